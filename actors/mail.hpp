// Mail: through an SMTP server when one is configured, otherwise as files that an administrator (or a test) reads.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "events/record.hpp"
#include "events/time.hpp"

namespace troupe::actors {

struct MailOptions {
  std::filesystem::path outbox;  ///< folder for mails when there is no server
  std::string smtp_url;          ///< `smtp://host:587` or `smtps://host:465`; empty: the outbox
  std::string smtp_user;
  std::string smtp_password;
  std::string from = "troupe@localhost";
  std::chrono::milliseconds timeout = defaults::kMailTimeout;
  std::chrono::milliseconds retry_delay = defaults::kMailRetryDelay;
  std::string reset_link;  ///< what a reset mail points to; `{token}` stands for the token. Empty: the token alone
};

struct Mail {
  std::string to, subject, text;
  events::AccountId account = 0;  ///< whose mail it is, so that it can go with the account
};

/// The message as RFC 5322 text with CRLF line ends.
std::string to_rfc5322(const Mail& mail, const std::string& from, Micros now);

/// The mail that carries a reset token, on a line of its own: `Token: …`.
Mail reset_mail(const std::string& to, const std::string& token, const std::string& link, events::AccountId account);

/// Blocks, at most for the time-out or until `stop` is true. Errors: storage_failed (outbox), timed_out, invalid (refused
/// by the server).
Expected<void> send_mail(const MailOptions& options, const Mail& mail, Micros now, const std::atomic<bool>& stop);

/// Removes the account's mails from the outbox. Errors: storage_failed.
Expected<void> remove_mails_of(events::AccountId account, const MailOptions& options);

}  // namespace troupe::actors
