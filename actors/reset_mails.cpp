#include "actors/reset_mails.hpp"

#include <spdlog/spdlog.h>

#include "projections/projection.hpp"

namespace troupe::actors {
namespace {

constexpr const char* kStream = "reset_requests/all";

storage::Append append_of(const events::ResetRequestEvent& event, const Cause& cause) {
  storage::Append append;
  append.stream = kStream;
  append.time = cause.now;
  append.caused_by = cause.caused_by;
  append.correlation = cause.correlation;
  append.events.push_back(events::encode(event));
  projections::project(event, {"all", cause.now}, append.rows);
  return append;
}

}  // namespace

ResetMails::ResetMails(storage::Store& store, const Secrets& secrets, MailOptions options, AskAccount ask_account)
    : store_(store),
      queries_(store),
      secrets_(secrets),
      options_(std::move(options)),
      ask_account_(std::move(ask_account)) {}

storage::Append ResetMails::request(const std::string& email, const Cause& cause) const {
  return append_of(events::PasswordResetRequested{random_hex(16), secrets_.seal(email)}, cause);
}

void ResetMails::work_off(Micros now) {
  retry_at_ = 0;
  for (const auto& [request, sealed_email] : queries_.open_reset_requests()) issue(request, sealed_email, now);
  for (const auto& [token_hash, mail] : queries_.open_reset_mails()) send(token_hash, mail, now);
}

void ResetMails::issue(const std::string& request, const std::string& sealed_email, Micros now) {
  const auto email = secrets_.unseal(sealed_email);
  const auto account = email ? queries_.account_named(*email) : std::nullopt;
  bool issued = false;
  if (account) {
    const std::string token = random_token();
    issued = ask_account_(*account, IssuePasswordReset{token_digest(token), secrets_.seal(token)}).has_value();
  }
  store_.append_and_wait(
      append_of(events::PasswordResetRequestSettled{request, issued}, {"system", "", now, std::nullopt}));
}

void ResetMails::send(const std::string& token_hash, const projections::ResetMailRow& mail, Micros now) {
  const auto token = secrets_.unseal(mail.sealed_token);
  const auto settle = [&](bool sent, const std::string& reason) {
    attempts_.erase(token_hash);
    ++(sent ? sent_ : failed_);
    ask_account_(mail.account, SettlePasswordResetMail{token_hash, sent, reason});
  };
  if (!token) return settle(false, token.error().message);
  if (now >= mail.expires_at) return settle(false, "the token ran out before the mail could be sent");
  const auto sent = send_mail(options_, reset_mail(mail.email, *token, options_.reset_link), now);
  if (sent) return settle(true, "");
  spdlog::warn("reset mail not sent, attempt {}: {}", attempts_[token_hash] + 1, sent.error().message);
  if (++attempts_[token_hash] >= defaults::kMaxMailAttempts) return settle(false, sent.error().message);
  retry_at_ = now + to_micros(defaults::kMailRetryDelay);
}

}  // namespace troupe::actors
