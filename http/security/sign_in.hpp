// Logging in by name and password, and by a second proof where the account has one: the one way of all dialects. On the
// event loop's thread.
#pragma once

#include "http/security/proof.hpp"
#include "http/services.hpp"

namespace troupe::http {

struct SignIn {
  std::string name;  ///< username or e-mail
  std::string password;
  actors::LogIn login;        ///< all but `verified_hash` and the second proof
  std::string mfa_code = {};  ///< of an authenticator, or a backup code; empty: none was given
};

/// A login whose password was right, and that lacks its second proof.
struct HalfLogin {
  events::AccountId account = 0;
  std::string verified_hash;
};

/// Checks the password, counts a wrong one towards the lock of the account (or of the name that nobody has), opens the
/// login, and continues with the account. Errors: unauthenticated (name or password; kMfaCode: the code was used or is wrong), too_fast (kLocked), forbidden (the
/// account is inactive, or kMfaCode: a code is missing), overloaded. `refused` answers the call where the dialect has
/// words of its own for them; `halfway`, where it can go on when a code is missing.
void sign_in(const Services& services, const CallPtr& call, SignIn sign_in, std::function<void(events::AccountId)> next,
             std::function<void(const Error&)> refused = {}, std::function<void(HalfLogin)> halfway = {});

/// Opens a login whose password was checked already. Errors and the lock as of `sign_in`.
void open_login(const Services& services, const CallPtr& call, HalfLogin half, actors::LogIn login,
                std::string_view mfa_code, std::function<void(events::AccountId)> next,
                std::function<void(const Error&)> refused);

}  // namespace troupe::http
