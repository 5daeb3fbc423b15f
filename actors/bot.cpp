#include "actors/bot.hpp"

#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<BotEvent>>;

constexpr std::string_view kOnline = "online";
constexpr std::string_view kOffline = "offline";

Expected<void> check_status(const std::string& status) {
  if (status == kOnline || status == kOffline) return {};
  return fail(Errc::invalid, "status must be online or offline", "status");
}

Expected<void> check_name(const std::optional<std::string>& name) {
  return name ? check_line("name", *name, defaults::kMaxBotNameLength) : Expected<void>{};
}

Expected<void> check_metadata(const std::optional<Json>& metadata) {
  if (!metadata) return {};
  if (!metadata->is_object()) return fail(Errc::invalid, "metadata must be an object", "metadata");
  return check_json_size("metadata", *metadata, defaults::kMaxMetadataBytes);
}

Decision on(const BotState& state, const CreateBot& c, Micros) {
  if (state.exists) return fail(Errc::conflict, "bot exists already", "id");
  if (auto ok = check_name(c.name); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_metadata(c.metadata); !ok) return tl::unexpected(ok.error());
  return {{BotCreated{c.id, c.owner_id, c.name, c.metadata, c.token_hash, c.sealed_token}}};
}

Decision on(const BotState&, const UpdateBot& c, Micros) {
  if (!c.name && !c.metadata) return fail(Errc::invalid, "No fields to update");
  if (auto ok = check_name(c.name); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_metadata(c.metadata); !ok) return tl::unexpected(ok.error());
  return {{BotUpdated{c.name, c.metadata}}};
}

Decision on(const BotState&, const RegenerateBotToken& c, Micros) {
  return {{BotTokenRegenerated{c.token_hash, c.sealed_token}}};
}

Decision on(const BotState&, const RegisterBot& c, Micros) {
  if (auto ok = check_status(c.status); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_name(c.name); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_metadata(c.metadata); !ok) return tl::unexpected(ok.error());
  return {{BotRegistered{c.name, c.status, c.metadata}}};
}

Decision on(const BotState&, const ReportBotStatus& c, Micros) {
  if (auto ok = check_status(c.status); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_json_size("data", c.data, defaults::kMaxMetadataBytes); !ok) return tl::unexpected(ok.error());
  return {{BotStatusReported{c.status, c.data}}};
}

Decision on(const BotState& state, const NoticeSilence& c, Micros) {
  const bool spoke_since = state.last_said_online > c.last_heard;
  if (state.status != kOnline || spoke_since) return std::vector<BotEvent>{};
  return {{BotWentOffline{c.last_heard}}};
}

Decision on(const BotState&, const SyncBotData& c, Micros) {
  if (!c.data.is_object()) return fail(Errc::invalid, "the body must be an object");
  if (auto ok = check_json_size("body", c.data, defaults::kMaxBotDataBytes); !ok) return tl::unexpected(ok.error());
  return {{BotDataSynced{c.data}}};
}

Decision on(const BotState& state, const DeleteBot&, Micros) {
  return {{BotDeleted{state.owner_id, state.created_at}}};
}

}  // namespace

Decision BotDecider::decide(const State& state, const Command& command, Micros now) {
  const bool creating = std::holds_alternative<CreateBot>(command);
  if (!creating && (!state.exists || state.deleted)) return fail(Errc::not_found, "Bot not found");
  return std::visit([&](const auto& c) { return on(state, c, now); }, command);
}

void BotDecider::evolve(State& state, const Event& event, Micros time) {
  const auto says = [&](const std::string& status) {
    state.status = status;
    if (status == kOnline) state.last_said_online = time;
  };
  std::visit(Overloaded{
                 [&](const BotCreated& e) {
                   state.exists = true;
                   state.owner_id = e.owner_id;
                   state.token_hash = e.token_hash;
                   state.status = kOffline;
                   state.created_at = time;
                 },
                 [&](const BotTokenRegenerated& e) { state.token_hash = e.token_hash; },
                 [&](const BotRegistered& e) { says(e.status); },
                 [&](const BotStatusReported& e) { says(e.status); },
                 [&](const BotWentOffline&) { state.status = kOffline; },
                 [&](const BotDeleted&) { state.deleted = true; },
                 [](const BotUpdated&) {},
                 [](const BotDataSynced&) {},
             },
             event);
}

std::vector<Claim> BotDecider::claims(const State& before, const Event& event) {
  return std::visit(
      Overloaded{
          [](const BotCreated& e) -> std::vector<Claim> { return {take(events::token_claim(e.token_hash))}; },
          [&](const BotTokenRegenerated& e) -> std::vector<Claim> {
            return {release(events::token_claim(before.token_hash)), take(events::token_claim(e.token_hash))};
          },
          [&](const BotDeleted&) -> std::vector<Claim> { return {release(events::token_claim(before.token_hash))}; },
          [](const auto&) -> std::vector<Claim> { return {}; },
      },
      event);
}

}  // namespace troupe::actors
