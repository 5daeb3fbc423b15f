#include "http/surfaces/chatai/live.hpp"

#include <algorithm>
#include <iterator>

#include "events/codec.hpp"
#include "events/tool.hpp"

namespace troupe::http::chatai {
namespace {

/// Kinds of entries of the catalogue, and what this dialect calls them.
constexpr std::pair<std::string_view, std::string_view> kEntries[] = {
    {events::Provider::category, "channel"},   {events::Personality::category, "preset"},
    {events::BotSettings::category, "config"}, {events::Platform::category, "platform"},
    {events::Plugin::category, "plugin"},      {events::McpServer::category, "server"},
    {events::CustomTool::category, "tool"}};

std::string_view what_happened(std::string_view type) {
  return type.ends_with("Added") ? "added" : type.ends_with("Removed") ? "removed" : "changed";
}

/// What stands in the first list and not in the second.
std::vector<std::string> without(std::vector<std::string> list, std::vector<std::string> others) {
  std::sort(list.begin(), list.end());
  std::sort(others.begin(), others.end());
  std::vector<std::string> rest;
  std::set_difference(list.begin(), list.end(), others.begin(), others.end(), std::back_inserter(rest));
  return rest;
}

void add_toggles(const char* type, const char* field, const std::vector<std::string>& before,
                 const std::vector<std::string>& after, std::int64_t time, std::vector<OrderedJson>& views) {
  const auto add = [&](const std::vector<std::string>& names, bool enabled) {
    for (const auto& name : names)
      views.push_back({{"type", type}, {field, name}, {"enabled", enabled}, {"timestamp", time}});
  };
  add(without(after, before), false);
  add(without(before, after), true);
}

/// Without what was asked and what came of it, which are the asker's.
std::vector<OrderedJson> executed(const storage::Record& record, const events::EncodedEvent& event) {
  if (event.type != events::ToolCallEnded::type) return {};
  const auto fields = events::from_cbor(event.payload);
  if (!fields) return {};
  const auto outcome = fields->value("outcome", "succeeded");
  return {{{"type", "tool-executed"},
           {"id", fields->value("id", "")},
           {"toolName", fields->value("tool", "")},
           {"success", outcome == "succeeded"},
           {"outcome", outcome},
           {"duration", fields->value("took", Micros{0}) / 1000},
           {"timestamp", milliseconds(record.time)}}};
}

}  // namespace

std::vector<OrderedJson> live_views(const storage::Record& record, const events::EncodedEvent& event,
                                    events::ToolRules& rules) {
  if (record.category() == events::kToolCalls) return executed(record, event);
  const auto kind = std::find_if(std::begin(kEntries), std::end(kEntries),
                                 [&](const auto& one) { return one.first == record.category(); });
  const auto fields = kind == std::end(kEntries) ? std::nullopt : std::optional(events::from_cbor(event.payload));
  if (!fields || !*fields) return {};
  const auto time = milliseconds(record.time);
  std::vector<OrderedJson> views = {{{"type", std::string(kind->second) + "-" + std::string(what_happened(event.type))},
                                     {"id", record.id()},
                                     {"name", (*fields)->value("name", "")},
                                     {"timestamp", time}}};
  if (kind->first != events::BotSettings::category || !(*fields)->contains("tools")) return views;
  const auto now = (*fields)->at("tools").get<events::ToolRules>();
  add_toggles("tool-toggled", "tool", rules.disabled, now.disabled, time, views);
  add_toggles("category-toggled", "category", rules.disabled_categories, now.disabled_categories, time, views);
  rules = now;
  return views;
}

Live::Live(Context& context) : streams_(context), rules_(projections::bot_settings(context.services.store).tools) {
  recent_.begin(context.services.store.last_position());
}

void Live::stream(const CallPtr& call) {
  const auto last = whole_number(call->request.header("Last-Event-ID").value_or(""));
  auto missed = last ? recent_.after(static_cast<events::Position>(*last)) : RecentEvents::Missed{};
  missed.texts.insert(missed.texts.begin(), event_text({{"type", "connected"},
                                                        {"time", milliseconds(call->now)},
                                                        {"replayed", missed.texts.size()},
                                                        {"complete", missed.all}}));
  streams_.open(call, missed.texts);
}

void Live::tell(OrderedJson event) {
  event["timestamp"] = milliseconds(now_micros());
  streams_.send(event_text(event));
}

void Live::committed(const std::vector<storage::RecordPtr>& records) {
  for (const auto& record : records) {
    for (std::size_t i = 0; i < record->events.size(); ++i) {
      const auto views = live_views(*record, record->events[i], rules_);
      if (views.empty()) continue;
      const auto id = record->position + i;
      std::string text;
      // The id comes with the last of them: who has seen it has seen them all.
      for (const auto& view : views) {
        if (&view == &views.back()) text += "id: " + std::to_string(id) + "\n";
        text += event_text(view);
      }
      streams_.send(text);
      recent_.add({id, std::move(text)});
    }
  }
}

}  // namespace troupe::http::chatai
