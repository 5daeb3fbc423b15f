// The account's decider in parts, one file each: what follows from a command (`on`), and what an event makes of the state
// (`apply`). actors/account.cpp has the rest of them and puts them together. Pure.
#pragma once

#include "actors/account.hpp"

namespace troupe::actors::account {

using Events = std::vector<events::AccountEvent>;
using Decision = Expected<Events>;

// account_logins.cpp

Decision on(const AccountState& state, const LogIn& c, Micros now);
Decision on(const AccountState& state, const RefuseLogIn& c, Micros now);
Decision on(const AccountState& state, const RefreshLogin& c, Micros now);
Decision on(const AccountState& state, const LogOut& c, Micros now);
Decision on(const AccountState& state, const LogOutEverywhere& c, Micros now);
void apply(AccountState& state, const events::LoggedIn& e, Micros time);
void apply(AccountState& state, const events::LoginRefreshed& e, Micros time);
void apply(AccountState& state, const events::LoginsEnded& e, Micros time);
void apply(AccountState& state, const events::LogInFailed& e, Micros time);

/// Refuses what proves who someone is, while the account is locked.
Expected<void> check_unlocked(const AccountState& state, Micros now);
std::vector<std::string> hashes_of(const std::vector<Login>& logins);
/// Logins that end so that there is room for one more: those that ran out, and the oldest of too many.
std::vector<std::string> make_room(const std::vector<Login>& logins, Micros now);
void end_logins(AccountState& state, const std::vector<std::string>& token_hashes);

// account_links.cpp

Decision on(const AccountState& state, const IssueLoginLink& c, Micros now);
Decision on(const AccountState& state, const RevokePermanentLink& c, Micros now);
Decision on(const AccountState& state, const LogInByLink& c, Micros now);
void apply(AccountState& state, const events::LoginLinkIssued& e, Micros time);
void apply(AccountState& state, const events::LoginLinksEnded& e, Micros time);

// account_mfa.cpp

Decision on(const AccountState& state, const BeginMfaEnrolment& c, Micros now);
Decision on(const AccountState& state, const ConfirmMfa& c, Micros now);
Decision on(const AccountState& state, const UseMfaStep& c, Micros now);
Decision on(const AccountState& state, const UseBackupCode& c, Micros now);
Decision on(const AccountState& state, const RenewBackupCodes& c, Micros now);
Decision on(const AccountState& state, const DisableMfa& c, Micros now);
void apply(AccountState& state, const events::MfaEnrolmentBegan& e, Micros time);
void apply(AccountState& state, const events::MfaEnabled& e, Micros time);
void apply(AccountState& state, const events::MfaStepUsed& e, Micros time);
void apply(AccountState& state, const events::MfaBackupCodeUsed& e, Micros time);
void apply(AccountState& state, const events::MfaBackupCodesRenewed& e, Micros time);
void apply(AccountState& state, const events::MfaDisabled& e, Micros time);

/// What uses up the proof that a login brings; nothing when none is needed.
Decision second_proof(const AccountState& state, const LogIn& c);

// account_keys.cpp

Decision on(const AccountState& state, const CreateApiKey& c, Micros now);
Decision on(const AccountState& state, const RevokeApiKey& c, Micros now);
void apply(AccountState& state, const events::ApiKeyCreated& e, Micros time);
void apply(AccountState& state, const events::ApiKeyRevoked& e, Micros time);

// account_profile.cpp

Decision on(const AccountState& state, const UpdateProfile& c, Micros now);
void apply(AccountState& state, const events::ProfileUpdated& e, Micros time);

}  // namespace troupe::actors::account
