// Multi-factor authentication: enrolling an authenticator, and using up its codes and the backup codes.
#include <algorithm>

#include "actors/account_parts.hpp"

namespace troupe::actors::account {

using namespace events;

namespace {

Expected<void> check_enabled(const AccountState& state) {
  if (state.mfa.enabled) return {};
  return fail(Errc::conflict, "Multi-factor authentication is not enabled");
}

tl::unexpected<Error> bad_code() { return fail(Errc::unauthenticated, "Invalid or used code", "mfa_code"); }

Decision use_step(const Mfa& mfa, std::int64_t step) {
  if (step <= mfa.last_step) return bad_code();
  return {{MfaStepUsed{step}}};
}

Decision use_backup_code(const Mfa& mfa, const std::string& hash) {
  const auto& hashes = mfa.backup_code_hashes;
  if (std::find(hashes.begin(), hashes.end(), hash) == hashes.end()) return bad_code();
  return {{MfaBackupCodeUsed{hash, static_cast<std::int64_t>(hashes.size()) - 1}}};
}

Expected<void> check_backup_codes(const std::vector<std::string>& hashes) {
  if (hashes.size() <= defaults::kBackupCodes && std::count(hashes.begin(), hashes.end(), "") == 0) return {};
  return fail(Errc::invalid, "there may be " + std::to_string(defaults::kBackupCodes) + " backup codes",
              "backup_code_hashes");
}

/// A proof besides a login: guesses of it count, and stop, as at login.
Expected<void> check_may_prove(const AccountState& state, Micros now) {
  if (auto ok = check_enabled(state); !ok) return ok;
  return check_unlocked(state, now);
}

}  // namespace

Decision second_proof(const AccountState& state, const LogIn& c) {
  if (!state.mfa.enabled) return Events{};
  if (c.mfa_step) return use_step(state.mfa, *c.mfa_step);
  if (!c.backup_code_hash.empty()) return use_backup_code(state.mfa, c.backup_code_hash);
  return fail(Errc::forbidden, "Multi-factor authentication required", "mfa_code");
}

Decision on(const AccountState& state, const BeginMfaEnrolment& c, Micros) {
  if (state.mfa.enabled) return fail(Errc::conflict, "Multi-factor authentication is enabled already");
  if (c.sealed_secret.empty()) return fail(Errc::invalid, "an enrolment needs a secret", "sealed_secret");
  return {{MfaEnrolmentBegan{c.sealed_secret}}};
}

Decision on(const AccountState& state, const ConfirmMfa& c, Micros) {
  const bool pending = !state.mfa.pending_secret.empty();
  if (!pending || c.verified_secret != state.mfa.pending_secret)
    return fail(Errc::conflict, "there is no such enrolment to confirm");
  if (auto ok = check_backup_codes(c.backup_code_hashes); !ok) return tl::unexpected(ok.error());
  if (c.step <= 0) return bad_code();
  return {{MfaEnabled{c.backup_code_hashes}, MfaStepUsed{c.step}}};
}

Decision on(const AccountState& state, const UseMfaStep& c, Micros now) {
  if (auto ok = check_may_prove(state, now); !ok) return tl::unexpected(ok.error());
  return use_step(state.mfa, c.step);
}

Decision on(const AccountState& state, const UseBackupCode& c, Micros now) {
  if (auto ok = check_may_prove(state, now); !ok) return tl::unexpected(ok.error());
  return use_backup_code(state.mfa, c.backup_code_hash);
}

Decision on(const AccountState& state, const RenewBackupCodes& c, Micros) {
  if (auto ok = check_enabled(state); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_backup_codes(c.backup_code_hashes); !ok) return tl::unexpected(ok.error());
  return {{MfaBackupCodesRenewed{c.backup_code_hashes}}};
}

Decision on(const AccountState& state, const DisableMfa&, Micros) {
  if (state.mfa.pending_secret.empty())
    if (auto ok = check_enabled(state); !ok) return tl::unexpected(ok.error());
  return {{MfaDisabled{}}};
}

void apply(AccountState& state, const MfaEnrolmentBegan& e, Micros) { state.mfa.pending_secret = e.sealed_secret; }

void apply(AccountState& state, const MfaEnabled& e, Micros) { state.mfa = {true, {}, 0, e.backup_code_hashes}; }

void apply(AccountState& state, const MfaStepUsed& e, Micros) { state.mfa.last_step = e.step; }

void apply(AccountState& state, const MfaBackupCodeUsed& e, Micros) {
  std::erase(state.mfa.backup_code_hashes, e.backup_code_hash);
}

void apply(AccountState& state, const MfaBackupCodesRenewed& e, Micros) {
  state.mfa.backup_code_hashes = e.backup_code_hashes;
}

void apply(AccountState& state, const MfaDisabled&, Micros) { state.mfa = {}; }

}  // namespace troupe::actors::account
