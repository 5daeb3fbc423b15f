// Discord's gateway and REST API, version 10, between their JSON and the house's messages. Pure.
//
// Format: https://discord.com/developers/docs/events/gateway and /resources/message#create-message.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "actors/platforms/http_sender.hpp"
#include "actors/talks.hpp"
#include "events/defaults.hpp"
#include "events/expected.hpp"

namespace troupe::actors::platforms::discord {

/// Ids are numbers, and go into paths.
bool is_snowflake(std::string_view id);

/// Characters of one message.
inline constexpr std::size_t kMaxMessageLength = 2000;

/// One connection after the other to the gateway, and what is to be done when something comes in.
class Gateway {
 public:
  struct Options {
    std::string url;  ///< where a session begins
    std::string token;
    std::string activity;  ///< what the bot is said to be playing; empty: nothing
  };

  // What is to be done

  struct Send {
    std::string frame;
  };
  /// `beat` is due so often, the first time after `first`.
  struct BeginToBeat {
    std::chrono::milliseconds every{0}, first{0};
  };
  /// The session is there: messages come now.
  struct Ready {};
  struct Hear {
    Incoming message;  ///< without the platform
    std::string channel;
  };
  /// The connection is to be closed with a code that keeps the session. `wait`: before the next one.
  struct Reconnect {
    std::string why;
    std::chrono::milliseconds wait{0};
  };
  using Step = std::variant<Send, BeginToBeat, Ready, Hear, Reconnect>;
  using Steps = std::vector<Step>;

  explicit Gateway(Options options) : options_(std::move(options)) {}

  /// Where to connect next: a session that is resumed has a place of its own.
  std::string url() const;
  void connected() { is_acknowledged_ = true; }
  /// Errors: corrupt. `dice` from 0 up to 1.
  Expected<Steps> take(std::string_view frame, double dice);
  /// When a heartbeat is due.
  Steps beat();
  /// What a close code says: nothing when the session may go on or begin anew, or why it never will.
  std::optional<std::string> closed(std::uint16_t code);

 private:
  Steps dispatched(const std::string& type, const Json& data);
  std::string identify() const;
  std::string resume() const;
  std::string heartbeat() const;
  std::optional<Hear> heard(const Json& message) const;

  Options options_;
  std::string session_id_, resume_url_, bot_id_;
  std::optional<std::int64_t> sequence_;
  bool is_acknowledged_ = true;
};

std::string message_request(const Outgoing& outgoing, std::string_view text, std::size_t piece);
/// The body that asks for the channel to a person.
std::string private_channel_request(std::string_view user);
/// The id of what was made; empty when the answer says none.
std::string id_in(std::string_view answer);

/// The channels to people, as far as they are known. With so many remembered, all are forgotten: Discord tells them again.
class PrivateChannels {
 public:
  explicit PrivateChannels(std::size_t most = defaults::kMaxRememberedChannels) : most_(most) {}
  void remember(const std::string& user, std::string channel) {
    if (by_user_.size() >= most_ && !by_user_.contains(user)) by_user_.clear();
    by_user_[user] = std::move(channel);
  }
  /// Empty: it is not known.
  std::string to(const std::string& user) const {
    const auto at = by_user_.find(user);
    return at == by_user_.end() ? std::string() : at->second;
  }

 private:
  std::size_t most_;
  std::unordered_map<std::string, std::string> by_user_;
};

SendOutcome outcome_of(const HttpAnswer& answer);
/// Headers that `outcome_of` reads.
std::vector<std::string> limit_headers();

}  // namespace troupe::actors::platforms::discord
