#include "actors/reset_mails.hpp"

#include <spdlog/spdlog.h>

#include "projections/projection.hpp"

namespace troupe::actors {
namespace {

const std::string kStream = std::string(events::kResetRequests) + "/all";

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
  return append_of(events::PasswordResetRequested{random_hex(16), queries_.account_named(email).value_or(0)}, cause);
}

void ResetMails::try_again_at(Micros time) {
  if (retry_at_ == 0 || time < retry_at_) retry_at_ = time;
}

void ResetMails::work_off() {
  retry_at_ = 0;
  for (const auto& [request, account] : queries_.open_reset_requests()) {
    if (stopping_) return;
    issue(request, account);
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

void ResetMails::issue(const std::string& request, AccountId account) {
  bool issued = false;
  if (account != 0) {
    const std::string token = random_token();
    const auto result = ask_account_(account, IssuePasswordReset{token_digest(token), secrets_.seal(token)});
    const bool gone = !result && result.error().code == Errc::not_found;
    if (!result && !gone) return try_again_at(now_micros() + to_micros(options_.retry_delay));
    issued = result.has_value();
  }
  const auto settled =
      store_.append_and_wait(append_of(events::PasswordResetRequestSettled{request, issued}, by_the_house()));
  if (!settled) try_again_at(now_micros() + to_micros(options_.retry_delay));
}

void ResetMails::settle(AccountId account, const events::PasswordResetMailSettled& outcome) {
  const auto settled = ask_account_(account, SettlePasswordResetMail{outcome.token_hash, outcome.sent, outcome.reason});
  if (settled) {
    ++(outcome.sent ? sent_ : failed_);
    attempts_.erase(outcome.token_hash);
    return;
  }
  // Remembered, so that the mail is not sent again.
  spdlog::warn("the end of a reset mail could not be noted: {}", settled.error().message);
  Attempts& attempts = attempts_[outcome.token_hash];
  attempts.outcome = outcome;
  attempts.next = now_micros() + to_micros(options_.retry_delay);
  try_again_at(attempts.next);
}

Expected<void> ResetMails::forget(AccountId account) {
  const std::lock_guard after_the_last(sending_);
  return remove_mails_of(account, options_);
}

void ResetMails::send(const std::string& token_hash, const projections::ResetMailRow& mail) {
  if (const auto& known = attempts_[token_hash].outcome) return settle(mail.account, *known);
  const auto token = secrets_.unseal(mail.sealed_token);
  if (!token) return settle(mail.account, {token_hash, false, token.error().message});
  if (now_micros() >= mail.expires_at)
    return settle(mail.account, {token_hash, false, "the token ran out before the mail could be sent"});
  std::unique_lock sending(sending_);
  if (mail.email.empty() || !queries_.account_exists(mail.account))
    return settle(mail.account, {token_hash, false, "the account is gone"});
  const auto sent =
      send_mail(options_, reset_mail(mail.email, *token, options_.reset_link, mail.account), now_micros(), stopping_);
  sending.unlock();
  if (sent) return settle(mail.account, {token_hash, true, ""});
  if (stopping_) return;
  Attempts& attempts = attempts_[token_hash];
  ++attempts.count;
  spdlog::warn("reset mail not sent, attempt {}: {}", attempts.count, sent.error().message);
  if (attempts.count >= defaults::kMaxMailAttempts)
    return settle(mail.account, {token_hash, false, sent.error().message});
  attempts.next = now_micros() + to_micros(options_.retry_delay);
  try_again_at(attempts.next);
}

}  // namespace troupe::actors
