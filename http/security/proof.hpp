// Proofs of who someone is: what a code proves, and asking again who has a login already. A wrong password or code counts
// towards the account's lock. On the event loop's thread.
#pragma once

#include "http/services.hpp"

namespace troupe::http {

/// Fields of errors: the account is locked; a code is missing or no good.
inline constexpr const char* kLocked = "locked";
inline constexpr const char* kMfaCode = "mfa_code";
/// For dialects with a code of its own for a wrong name, password or code.
inline constexpr const char* kCredentials = "credentials";

/// What a code that was typed in may prove. The account's decider knows whether it was used before.
struct SecondProof {
  std::optional<std::int64_t> step;  ///< of the authenticator
  std::string backup_code_hash;      ///< otherwise; a code that is nothing has a digest that no account knows
};

SecondProof second_proof_of(const Services& services, events::AccountId account, std::string_view code, Micros now);

/// Nobody waits for this: a wrong password takes as long as an unknown name.
void count_failed_proof(const Services& services, events::AccountId account, const CallPtr& call);

/// Asks for the caller's password again and continues with the hash that it was checked against, or refuses the call:
/// unauthenticated (kCredentials), too_fast (kLocked), overloaded.
void confirm_password(const Services& services, const CallPtr& call, std::string password,
                      std::function<void(const std::string& verified_hash)> next);

/// Gives the caller the body's `new_password` once its `old_password` has proved right; all other logins end. Continues
/// when that is durable, or refuses the call: errors as of `confirm_password`.
void change_password(const Services& services, const CallPtr& call, std::function<void()> next);

/// Uses a code of the caller up and continues, or refuses the call: unauthenticated (kCredentials), too_fast (kLocked),
/// conflict (multi-factor authentication is not enabled).
void confirm_code(const Services& services, const CallPtr& call, std::string_view code, std::function<void()> next);

}  // namespace troupe::http
