#include "http/security/sign_in.hpp"

#include "projections/queries.hpp"

namespace troupe::http {

void sign_in(const Services& services, const CallPtr& call, SignIn sign_in, std::function<void(events::AccountId)> next,
             std::function<void(const Error&)> refused, std::function<void(HalfLogin)> halfway) {
  const projections::Queries queries(services.store);
  const auto account = queries.account_named(sign_in.name);
  if (!refused) refused = [call](const Error& error) { call->refuse(error); };
  const auto unknown = account ? std::string() : services.secrets.keyed_digest("login name/" + sign_in.name);
  if (account ? queries.locked_until(*account) > call->now : services.unknown_names.is_locked(unknown, call->now))
    return refused({Errc::too_fast, "Too many failed logins; try again later", kLocked});
  const auto hash = account ? queries.password_hash(*account) : std::nullopt;
  auto verified = [&services, call, account, unknown, hash, login = std::move(sign_in.login),
                   code = std::move(sign_in.mfa_code), next = std::move(next), refused,
                   halfway = std::move(halfway)](bool good) {
    if (!good) {
      if (account)
        count_failed_proof(services, *account, call);
      else
        services.unknown_names.count_failure(unknown, call->now);
      return refused({Errc::unauthenticated, "Invalid credentials"});
    }
    open_login(services, call, {*account, *hash}, login, code, next,
               [account, hash, refused, halfway](const Error& error) {
                 const bool code_missing = error.code == Errc::forbidden && error.field == kMfaCode;
                 if (code_missing && halfway) return halfway({*account, *hash});
                 refused(error);
               });
  };
  services.system.verify_password(hash, std::move(sign_in.password),
                                  services.then_with<bool>(call, std::move(verified), refused));
}

void open_login(const Services& services, const CallPtr& call, HalfLogin half, actors::LogIn login,
                std::string_view mfa_code, std::function<void(events::AccountId)> next,
                std::function<void(const Error&)> refused) {
  const auto account = half.account;
  login.verified_hash = std::move(half.verified_hash);
  if (!mfa_code.empty()) {
    auto proof = second_proof_of(services, account, mfa_code, call->now);
    login.mfa_step = proof.step;
    login.backup_code_hash = std::move(proof.backup_code_hash);
  }
  services.system.ask_account(account, std::move(login), call->cause(),
                              services.then_with<storage::RecordPtr>(
                                  call, [next = std::move(next), account](const storage::RecordPtr&) { next(account); },
                                  [&services, call, account, refused = std::move(refused)](const Error& error) {
                                    if (error.code == Errc::unauthenticated && error.field == kMfaCode)
                                      count_failed_proof(services, account, call);
                                    refused(error);
                                  }));
}

}  // namespace troupe::http
