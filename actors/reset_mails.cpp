#include "actors/reset_mails.hpp"

#include <spdlog/spdlog.h>

#include "projections/projection.hpp"

namespace troupe::actors {
namespace {

constexpr const char* kStream = "reset_requests/all";

storage::Append append_of(const events::ResetRequestEvent& event, const Cause& cause) {
  storage::Append append = append_to(kStream, cause);
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

storage::Append ResetMails::append_of_request(const std::string& email, const Cause& cause) const {
  return append_of(events::PasswordResetRequested{random_hex(16), secrets_.seal(email)}, cause);
}

void ResetMails::try_again_at(Micros time) {
  if (retry_at_ == 0 || time < retry_at_) retry_at_ = time;
}

void ResetMails::work_off() {
  retry_at_ = 0;
  for (const auto& [request, sealed_email] : queries_.open_reset_requests()) {
    if (stopping_) return;
    issue(request, sealed_email);
  }
  for (const auto& [token_hash, mail] : queries_.open_reset_mails()) {
    if (stopping_) return;
    const Micros next = attempts_[token_hash].next;
    if (now_micros() < next)
      try_again_at(next);
    else
      send(token_hash, mail);
  }
}

void ResetMails::issue(const std::string& request, const std::string& sealed_email) {
  const auto email = secrets_.unseal(sealed_email);
  const auto account = email ? queries_.account_named(*email) : std::nullopt;
  bool issued = false;
  if (account) {
    const std::string token = random_token();
    const auto result = ask_account_(*account, IssuePasswordReset{token_digest(token), secrets_.seal(token)});
    const bool gone = !result && result.error().code == Errc::not_found;
    if (!result && !gone) return try_again_at(now_micros() + to_micros(options_.retry_delay));
    issued = result.has_value();
  }
  const auto settled =
      store_.append_and_wait(append_of(events::PasswordResetRequestSettled{request, issued}, by_the_house()));
  if (!settled) try_again_at(now_micros() + to_micros(options_.retry_delay));
}

void ResetMails::settle(const std::string& token_hash, AccountId account, bool sent, const std::string& reason) {
  ++(sent ? sent_ : failed_);
  const auto settled = ask_account_(account, SettlePasswordResetMail{token_hash, sent, reason});
  if (settled)
    attempts_.erase(token_hash);
  else
    spdlog::warn("the end of a reset mail could not be noted: {}", settled.error().message);
}

void ResetMails::send(const std::string& token_hash, const projections::ResetMailRow& mail) {
  const auto token = secrets_.unseal(mail.sealed_token);
  if (!token) return settle(token_hash, mail.account, false, token.error().message);
  if (now_micros() >= mail.expires_at)
    return settle(token_hash, mail.account, false, "the token ran out before the mail could be sent");
  const auto sent = send_mail(options_, reset_mail(mail.email, *token, options_.reset_link), now_micros());
  if (sent) return settle(token_hash, mail.account, true, "");
  Attempts& attempts = attempts_[token_hash];
  ++attempts.count;
  spdlog::warn("reset mail not sent, attempt {}: {}", attempts.count, sent.error().message);
  if (attempts.count >= defaults::kMaxMailAttempts)
    return settle(token_hash, mail.account, false, sent.error().message);
  attempts.next = now_micros() + to_micros(options_.retry_delay);
  try_again_at(attempts.next);
}

}  // namespace troupe::actors
