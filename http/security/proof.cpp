#include "http/security/proof.hpp"

#include "http/security/mfa.hpp"
#include "projections/queries.hpp"

namespace troupe::http {
namespace {

/// No digest has this form. Not empty, which would be no proof at all instead of a wrong one.
constexpr const char* kNoBackupCode = "none";

}  // namespace

SecondProof second_proof_of(const Services& services, events::AccountId account, std::string_view code, Micros now) {
  const auto row = projections::Queries(services.store).mfa(account);
  if (row.enabled)
    if (const auto secret = services.secrets.unseal(row.sealed_secret))
      if (const auto step = totp_step(*secret, code, now)) return {step, {}};
  return {std::nullopt, backup_code_digest(services.secrets, account, code).value_or(kNoBackupCode)};
}

void count_failed_proof(const Services& services, events::AccountId account, const CallPtr& call) {
  services.system.ask_account(account, actors::RefuseLogIn{}, call->cause(), [](const auto&) {});
}

void confirm_password(const Services& services, const CallPtr& call, std::string password,
                      std::function<void(const std::string&)> next) {
  const auto account = call->caller.account;
  const projections::Queries queries(services.store);
  if (queries.locked_until(account) > call->now)
    return call->refuse({Errc::too_fast, "Too many failed logins; try again later", kLocked});
  const auto hash = queries.password_hash(account);
  services.system.verify_password(
      hash, std::move(password),
      services.then_with<bool>(call, [&services, call, account, hash, next = std::move(next)](bool good) {
        if (good) return next(*hash);
        count_failed_proof(services, account, call);
        call->refuse({Errc::unauthenticated, "Incorrect password", kCredentials});
      }));
}

void change_password(const Services& services, const CallPtr& call, std::function<void()> next) {
  confirm_password(services, call, call->body_text("old_password"),
                   [&services, call, next = std::move(next)](const std::string& verified) {
                     services.system.hash_password(
                         call->body_text("new_password"),
                         services.then_with<std::string>(call, [&services, call, verified, next](std::string fresh) {
                           services.system.ask_account(
                               call->caller.account,
                               actors::ChangePassword{verified, std::move(fresh), call->caller.login_hash},
                               call->cause(), services.then(call, [next](const storage::Record&) { next(); }));
                         }));
                   });
}

void confirm_code(const Services& services, const CallPtr& call, std::string_view code, std::function<void()> next) {
  const auto account = call->caller.account;
  auto proof = second_proof_of(services, account, code, call->now);
  actors::AccountDecider::Command command = actors::UseBackupCode{std::move(proof.backup_code_hash)};
  if (proof.step) command = actors::UseMfaStep{*proof.step};
  services.system.ask_account(account, std::move(command), call->cause(),
                              services.then_with<storage::RecordPtr>(
                                  call, [next = std::move(next)](const storage::RecordPtr&) { next(); },
                                  [&services, call, account](const Error& error) {
                                    if (error.code != Errc::unauthenticated) return call->refuse(error);
                                    count_failed_proof(services, account, call);
                                    call->refuse({error.code, error.message, kCredentials});
                                  }));
}

}  // namespace troupe::http
