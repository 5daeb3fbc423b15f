// Logging in by name and password: the one way of all dialects. On the event loop's thread.
#pragma once

#include "http/services.hpp"
#include "projections/queries.hpp"

namespace troupe::http {

/// Fields of errors: the account is locked; a code is missing or no good.
inline constexpr const char* kLocked = "locked";
inline constexpr const char* kMfaCode = "mfa_code";
/// For dialects with a code of its own for a wrong name or password.
inline constexpr const char* kCredentials = "credentials";

struct SignIn {
  std::string name;  ///< username or e-mail
  std::string password;
  actors::LogIn login;  ///< all but `verified_hash`
};

/// Checks the password, counts a wrong one towards the account's lock, opens the login, and continues with the account.
/// Errors: unauthenticated (name or password; kMfaCode: the code was used or is wrong), too_fast (kLocked), forbidden (the
/// account is inactive, or kMfaCode: a code is missing), overloaded. `refused` answers the call where the dialect has
/// words of its own for them.
void sign_in(const Services& services, const CallPtr& call, SignIn sign_in, std::function<void(events::AccountId)> next,
             std::function<void(const Error&)> refused = {});

}  // namespace troupe::http
