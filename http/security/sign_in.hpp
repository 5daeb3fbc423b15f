// Logging in by name and password: the one way of all dialects. On the event loop's thread.
#pragma once

#include "http/services.hpp"
#include "projections/queries.hpp"

namespace troupe::http {

struct SignIn {
  std::string name;  ///< username or e-mail
  std::string password;
  actors::LogIn login;  ///< all but `verified_hash`
};

/// Checks the password, counts a wrong one towards the account's lock, opens the login, and continues with the account.
/// Errors: unauthenticated (name, password, or a code that was used), too_fast (the account is locked: `field` is
/// `locked`), forbidden (the account is inactive, or a code is missing: `field` is `mfa_code`), overloaded. `refusal`
/// puts them into the dialect's words.
void sign_in(const Services& services, const CallPtr& call, SignIn sign_in,
             std::function<void(events::AccountId)> next, std::function<Error(Error)> refusal = {});

}  // namespace troupe::http
