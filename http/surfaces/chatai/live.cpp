#include "http/surfaces/chatai/live.hpp"

#include <algorithm>

#include "events/codec.hpp"

namespace troupe::http::chatai {
namespace {

/// Kinds of entries of the catalogue, and what this dialect calls them.
constexpr std::pair<std::string_view, std::string_view> kEntries[] = {
    {events::Provider::category, "channel"},   {events::Personality::category, "preset"},
    {events::BotSettings::category, "config"}, {events::Platform::category, "platform"},
    {events::Plugin::category, "plugin"},      {events::McpServer::category, "server"}};

std::string_view what_happened(std::string_view type) {
  return type.ends_with("Added") ? "added" : type.ends_with("Removed") ? "removed" : "changed";
}

}  // namespace

OrderedJson live_view(const storage::Record& record, const events::EncodedEvent& event) {
  const auto kind = std::find_if(std::begin(kEntries), std::end(kEntries),
                                 [&](const auto& one) { return one.first == record.category(); });
  const auto fields = kind == std::end(kEntries) ? std::nullopt : std::optional(events::from_cbor(event.payload));
  if (!fields || !*fields) return nullptr;
  return {{"type", std::string(kind->second) + "-" + std::string(what_happened(event.type))},
          {"id", record.id()},
          {"name", (*fields)->value("name", "")},
          {"timestamp", milliseconds(record.time)}};
}

Live::Live(Context& context) : context_(context) { recent_.begin(context.services.store.last_position()); }

void Live::stream(const CallPtr& call) {
  const auto account = call->caller.account;
  const auto own = std::count_if(clients_.begin(), clients_.end(),
                                 [&](const Client& client) { return client.caller.account == account; });
  if (clients_.size() >= defaults::kMaxEventStreams ||
      own >= static_cast<std::ptrdiff_t>(defaults::kMaxEventStreamsPerAccount))
    return call->refuse({Errc::too_fast, "Too many streams are open"});
  const auto last = whole_number(call->request.header("Last-Event-ID").value_or(""));
  const auto missed = last ? recent_.after(static_cast<events::Position>(*last)) : RecentEvents::Missed{};
  clients_.push_back({call->caller, call->answer_events({{"X-Accel-Buffering", "no"}})});
  auto& body = clients_.back().body;
  body.write(server_sent_event(json_text(OrderedJson{{"type", "connected"},
                                                     {"time", milliseconds(call->now)},
                                                     {"replayed", missed.texts.size()},
                                                     {"complete", missed.all}})));
  for (const auto& text : missed.texts) body.write(text);
  if (!heartbeat_) heartbeat_ = context_.services.loop.after(defaults::kEventHeartbeat, [this] { beat(); });
}

/// Also lets go of those who have left, or whose login has ended.
void Live::beat() {
  std::erase_if(clients_, [this](const Client& client) {
    return client.body.gone() || !context_.credentials.still_good(client.caller);
  });
  send(server_sent_event(json_text(OrderedJson{{"type", "heartbeat"}, {"time", milliseconds(now_micros())}})));
  heartbeat_ = clients_.empty() ? nullptr : context_.services.loop.after(defaults::kEventHeartbeat, [this] { beat(); });
}

void Live::send(const std::string& text) {
  std::erase_if(clients_, [&](Client& client) { return !client.body.write(text); });
}

void Live::committed(const std::vector<storage::RecordPtr>& records) {
  for (const auto& record : records) {
    for (std::size_t i = 0; i < record->events.size(); ++i) {
      const auto view = live_view(*record, record->events[i]);
      if (view.is_null()) continue;
      const auto id = record->position + i;
      std::string text = "id: " + std::to_string(id) + "\n" + server_sent_event(json_text(view));
      send(text);
      recent_.add({id, std::move(text)});
    }
  }
}

void Live::shut_down() {
  heartbeat_.reset();
  for (auto& client : clients_) client.body.end();
  clients_.clear();
}

}  // namespace troupe::http::chatai
