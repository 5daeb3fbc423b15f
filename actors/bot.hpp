// The decider of bots: who owns one, what it is called, whether it is online, what it keeps. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "events/bot.hpp"

namespace troupe::actors {

using events::AccountId;

/// Metadata and synced data live in the rows: nothing here is decided by them, and an awake bot stays small.
struct BotState {
  bool exists = false;
  bool deleted = false;
  AccountId owner_id = 0;
  std::string token_hash;
  std::string status;  ///< online or offline
  Micros created_at = 0;
  Micros last_said_online = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BotState, exists, deleted, owner_id, token_hash, status, created_at,
                                                last_said_online)

struct CreateBot {
  std::string id;
  AccountId owner_id = 0;
  std::string name;
  Json metadata = Json::object();
  std::string token_hash, sealed_token;
};
struct UpdateBot {
  std::optional<std::string> name;
  std::optional<Json> metadata;
};
struct RegenerateBotToken {
  std::string token_hash, sealed_token;
};
struct RegisterBot {
  std::optional<std::string> name;
  std::string status = "online";
  std::optional<Json> metadata;
};
struct ReportBotStatus {
  std::string status;
  Json data = Json::object();
};
/// From the watch over heartbeats: nothing was heard since `last_heard`.
struct NoticeSilence {
  Micros last_heard = 0;
};
struct SyncBotData {
  Json data = Json::object();
};
struct DeleteBot {};

struct BotDecider {
  using State = BotState;
  using Event = events::BotEvent;
  using Command = std::variant<CreateBot, UpdateBot, RegenerateBotToken, RegisterBot, ReportBotStatus, NoticeSilence,
                               SyncBotData, DeleteBot>;
  static constexpr std::string_view category = events::kBots;
  static constexpr std::uint16_t snapshot_schema = 1;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  /// A bot's token is a claim `token/<digest>`: the index from a token to its bot.
  static std::vector<Claim> claims(const State& before, const Event& event);
  static AccountId owner(const State& state) { return state.owner_id; }
};

}  // namespace troupe::actors
