#include "http/surfaces/plexichat/multi_factor.hpp"

#include "http/security/mfa.hpp"
#include "http/security/proof.hpp"

namespace troupe::http::plexichat {

MultiFactor::BackupCodes MultiFactor::make_backup_codes(events::AccountId account) const {
  BackupCodes made{http::make_backup_codes(), {}};
  for (const auto& code : made.codes)
    made.hashes.push_back(*backup_code_digest(context_.services.secrets, account, code));
  return made;
}

void MultiFactor::status(const CallPtr& call) {
  const auto row = context_.queries.mfa(call->caller.account);
  OrderedJson methods = OrderedJson::array();
  if (row.enabled) methods.push_back("totp");
  if (row.enabled && row.backup_codes > 0) methods.push_back("backup_code");
  call->answer({{"enabled", row.enabled},
                {"pending", row.pending},
                {"methods", methods},
                {"backup_codes_left", row.enabled ? row.backup_codes : 0}});
}

void MultiFactor::set_up(const CallPtr& call) {
  const auto& services = context_.services;
  confirm_password(services, call, call->body_text("password"), [this, &services, call](const std::string&) {
    const auto account = context_.queries.account(call->caller.account);
    const std::string secret = make_totp_secret();
    const std::string uri = totp_uri(secret, account ? account->username : "");
    const auto image = qr_svg(uri);
    if (!image) return call->refuse(image.error());
    services.system.ask_account(call->caller.account, actors::BeginMfaEnrolment{services.secrets.seal(secret)},
                                call->cause(),
                                services.then(call, [call, secret, uri, image = *image](const storage::Record&) {
                                  call->answer({{"secret", secret}, {"otpauth_uri", uri}, {"qr_code", image}});
                                }));
  });
}

void MultiFactor::confirm(const CallPtr& call) {
  const auto& services = context_.services;
  const auto row = context_.queries.mfa(call->caller.account);
  if (!row.pending) return call->refuse({Errc::conflict, "There is no enrolment to confirm"});
  const auto secret = services.secrets.unseal(row.sealed_secret);
  if (!secret) return call->refuse(secret.error());
  const auto step = totp_step(*secret, call->body_text("mfa_code"), call->now);
  // No guess: whoever asks was shown the secret.
  if (!step) return call->refuse({Errc::invalid, "This is no code of the secret that was shown", kMfaCode});
  auto made = make_backup_codes(call->caller.account);
  services.system.ask_account(call->caller.account, actors::ConfirmMfa{*step, made.hashes, row.sealed_secret},
                              call->cause(), services.then(call, [call, made](const storage::Record&) {
                                call->answer({{"enabled", true}, {"backup_codes", made.codes}});
                              }));
}

void MultiFactor::renew_backup_codes(const CallPtr& call) {
  const auto& services = context_.services;
  confirm_code(services, call, call->body_text("mfa_code"), [this, &services, call] {
    auto made = make_backup_codes(call->caller.account);
    services.system.ask_account(call->caller.account, actors::RenewBackupCodes{made.hashes}, call->cause(),
                                services.then(call, [call, made](const storage::Record&) {
                                  call->answer({{"backup_codes", made.codes}});
                                }));
  });
}

void MultiFactor::disable(const CallPtr& call) {
  const auto& services = context_.services;
  const auto disabled = [&services, call] {
    services.system.ask_account(call->caller.account, actors::DisableMfa{}, call->cause(),
                                services.then(call, [call](const storage::Record&) {
                                  call->answer({{"enabled", false}});
                                }));
  };
  confirm_password(services, call, call->body_text("password"), [this, &services, call, disabled](const std::string&) {
    if (!context_.queries.mfa(call->caller.account).enabled) return disabled();
    const auto code = call->body_text("mfa_code");
    if (code.empty()) return call->refuse({Errc::invalid, "mfa_code is required", kMfaCode});
    confirm_code(services, call, code, disabled);
  });
}

}  // namespace troupe::http::plexichat
