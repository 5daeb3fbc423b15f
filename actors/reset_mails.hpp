// The effect behind forgotten passwords. What was asked and what was issued stand in rows until they are settled, so a
// crash forgets neither: `work_off` takes up all that is open and due.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>

#include "actors/account.hpp"
#include "actors/ask.hpp"
#include "actors/mail.hpp"
#include "actors/secrets.hpp"
#include "projections/queries.hpp"

namespace troupe::actors {

/// `append_of_request`, `forget`, `due` and `stop` on any thread; `work_off` on one thread that may block.
class ResetMails {
 public:
  using AskAccount = std::function<Expected<storage::RecordPtr>(AccountId, AccountDecider::Command)>;

  ResetMails(storage::Store& store, const Secrets& secrets, MailOptions options, AskAccount ask_account);

  /// The append that notes a request for whoever has this e-mail.
  storage::Append append_of_request(const std::string& email, const Cause& cause) const;

  /// Works off the requests, and the mails whose time has come.
  void work_off();

  /// Removes the mails of a deleted account that are in the outbox; none comes after them. Blocks while one is sent.
  Expected<void> forget(AccountId account);

  /// True when something that could not be done is to be tried again.
  bool due(Micros now) const { return retry_at_ != 0 && now >= retry_at_; }

  /// Lets `work_off` end after the mail it is at; the next start takes up the rest.
  void stop() { stopping_ = true; }

  std::uint64_t sent() const { return sent_; }
  std::uint64_t failed() const { return failed_; }

 private:
  struct Attempts {
    int count = 0;
    Micros next = 0;
    std::optional<events::PasswordResetMailSettled> outcome = {};  ///< known, but not noted in the log yet
  };

  void issue(const std::string& request, AccountId account);
  void send(const std::string& token_hash, const projections::ResetMailRow& mail);
  void settle(AccountId account, const events::PasswordResetMailSettled& outcome);
  void try_again_at(Micros time);

  storage::Store& store_;
  projections::Queries queries_;
  const Secrets& secrets_;
  MailOptions options_;
  AskAccount ask_account_;
  std::map<std::string, Attempts> attempts_;  ///< by token digest, of mails that could not be sent
  std::mutex sending_;
  std::atomic<Micros> retry_at_{0};  ///< 0: nothing to try again
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> sent_{0}, failed_{0};
};

}  // namespace troupe::actors
