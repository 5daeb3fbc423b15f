// What can happen to a bot. Stream `bot/<id>`; an id is six ASCII letters. `token_hash` and `sealed_token` have the
// forms told in events/account.hpp. What is `personal` here (events/codec.hpp) is its owner's.
#pragma once

#include "events/account.hpp"
#include "events/codec.hpp"

namespace troupe::events {

/// Category of the streams here.
inline constexpr std::string_view kBots = "bot";

/// The name that a bot claims for its token: the index from a token to its bot.
inline std::string token_claim(std::string_view token_hash) { return "token/" + std::string(token_hash); }

struct BotCreated {
  static constexpr std::string_view type = "BotCreated";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"name", "metadata"};
  std::string id;
  AccountId owner_id = 0;
  std::string name;
  Json metadata = Json::object();
  std::string token_hash;
  std::string sealed_token;
};
TROUPE_EVENT(BotCreated, id, owner_id, name, metadata, token_hash, sealed_token)

/// Its owner changed its name, its metadata (which are also its settings), or both.
struct BotUpdated {
  static constexpr std::string_view type = "BotUpdated";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"name", "metadata"};
  std::optional<std::string> name;
  std::optional<Json> metadata;
};
TROUPE_EVENT(BotUpdated, name, metadata)

struct BotTokenRegenerated {
  static constexpr std::string_view type = "BotTokenRegenerated";
  static constexpr std::uint16_t schema = 1;
  std::string token_hash;
  std::string sealed_token;
};
TROUPE_EVENT(BotTokenRegenerated, token_hash, sealed_token)

/// The bot's program started and introduced itself.
struct BotRegistered {
  static constexpr std::string_view type = "BotRegistered";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"name", "metadata"};
  std::optional<std::string> name;
  std::string status;
  std::optional<Json> metadata;
};
TROUPE_EVENT(BotRegistered, name, status, metadata)

struct BotStatusReported {
  static constexpr std::string_view type = "BotStatusReported";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"data"};
  std::string status;
  Json data = Json::object();
};
TROUPE_EVENT(BotStatusReported, status, data)

/// It said it was online, and was not heard from within the heartbeat window.
struct BotWentOffline {
  static constexpr std::string_view type = "BotWentOffline";
  static constexpr std::uint16_t schema = 1;
  Micros last_heard = 0;
};
TROUPE_EVENT(BotWentOffline, last_heard)

/// The bot sent the data it keeps (friends, groups, …); it replaces what it sent before.
struct BotDataSynced {
  static constexpr std::string_view type = "BotDataSynced";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"data"};
  Json data = Json::object();
};
TROUPE_EVENT(BotDataSynced, data)

struct BotDeleted {
  static constexpr std::string_view type = "BotDeleted";
  static constexpr std::uint16_t schema = 1;
  AccountId owner_id = 0;
  Micros created_at = 0;
};
TROUPE_EVENT(BotDeleted, owner_id, created_at)

using BotEvent = std::variant<BotCreated, BotUpdated, BotTokenRegenerated, BotRegistered, BotStatusReported,
                              BotWentOffline, BotDataSynced, BotDeleted>;

}  // namespace troupe::events
