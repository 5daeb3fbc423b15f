#include "actors/tools/house_tools.hpp"

#include <date/tz.h>

#include "actors/rules.hpp"
#include "events/utf8.hpp"
#include "projections/contact_queries.hpp"
#include "projections/search_index.hpp"
#include "projections/session_queries.hpp"

namespace troupe::actors {
namespace {

using projections::SessionQueries;

/// So much is read in one step, so that others write meanwhile.
constexpr std::size_t kSearchPage = 100;
constexpr std::size_t kMaxFoundMessages = 20;
constexpr std::size_t kMaxFoundBytes = 500;

Json object_schema(Json properties, std::vector<std::string> required = {}) {
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

/// A tool that answers at once.
template <class F>
auto at_once(F work) {
  return [work](const Json& arguments, const ToolContext& context, const ToolAnswer& answer) -> StopTool {
    answer(work(arguments, context));
    return {};
  };
}

OfferedTool current_time() {
  OfferedTool tool;
  tool.name = "current_time";
  tool.description = "Tells the date and the time now, in a time zone or in UTC.";
  tool.category = "time";
  tool.parameters = object_schema(
      {{"timezone", {{"type", "string"}, {"description", "IANA name, such as Europe/Rome; UTC without it"}}}});
  tool.run = at_once([](const Json& arguments, const ToolContext&) -> Expected<ToolResult> {
    auto text = time_in_zone(now_micros(), arguments.value("timezone", "UTC"));
    if (!text) return tl::unexpected(text.error());
    return ToolResult{std::move(*text)};
  });
  return tool;
}

/// Newest first, in the conversation where the question was asked and nowhere else.
ToolResult found_in(const SessionQueries& sessions, const Secrets& secrets, const ToolContext& context,
                    const std::string& query, std::size_t limit) {
  Json found = Json::array();
  std::int64_t before = context.number;
  for (std::size_t read = 0; read < defaults::kMaxSearchedMessages && found.size() < limit;) {
    const auto rows = sessions.messages_before(context.session, before, kSearchPage);
    if (rows.empty()) break;
    for (const auto& row : rows) {
      if (row.deleted_at != 0 || row.status == projections::kSecret || found.size() >= limit) continue;
      const auto text = secrets.unseal_for(row.key_of, row.sealed_text);
      if (!text || projections::folded(*text).find(query) == std::string::npos) continue;
      found.push_back({{"time", iso8601(row.created_at)},
                       {"role", row.role},
                       {"text", std::string(first_bytes(*text, kMaxFoundBytes))}});
    }
    read += rows.size();
    before = rows.back().number;
  }
  return {json_text(found)};
}

OfferedTool search_conversation(const storage::Store& store, const Secrets& secrets) {
  OfferedTool tool;
  tool.name = "search_conversation";
  tool.description = "Finds earlier messages of this conversation that hold some text, the newest first.";
  tool.category = "search";
  tool.parameters =
      object_schema({{"query", {{"type", "string"}, {"minLength", 1}, {"maxLength", defaults::kMaxQueryLength}}},
                     {"limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", kMaxFoundMessages}, {"default", 10}}}},
                    {"query"});
  tool.run = at_once([&store, &secrets](const Json& arguments, const ToolContext& context) -> Expected<ToolResult> {
    if (context.session == 0) return fail(Errc::invalid, "there is no conversation to search in");
    const std::string query = projections::folded(arguments["query"].get_ref<const std::string&>());
    return found_in(SessionQueries(store), secrets, context, query, arguments.value("limit", std::size_t{10}));
  });
  return tool;
}

/// To whom a message goes: a contact of the platform where the question came from, or the conversation itself.
Expected<Outgoing> addressed(const storage::Store& store, const Json& arguments, const ToolContext& context) {
  const projections::ContactQueries contacts(store);
  const auto here = contacts.contact(context.group != 0 ? context.group : context.asker);
  if (!here) return fail(Errc::invalid, "there is no platform to send it to");
  Outgoing message{here->platform, here->is_group, here->foreign_id, arguments["text"].get<std::string>(), {}};
  if (const auto to = arguments.value("to", ""); !to.empty()) {
    message.in_group = arguments.value("in_group", false);
    message.to = to;
    if (!contacts.find(message.platform, message.in_group, to))
      return fail(Errc::not_found, "the bot has never heard from " + to, "to");
  }
  return message;
}

OfferedTool send_message(const storage::Store& store, Sender send) {
  OfferedTool tool;
  tool.name = "send_message";
  tool.description =
      "Sends a message to this conversation, or to another person or group of the same platform that the bot has heard "
      "from.";
  tool.category = "message";
  tool.dangerous = true;
  tool.parameters =
      object_schema({{"text", {{"type", "string"}, {"minLength", 1}, {"maxLength", defaults::kMaxMessageLength}}},
                     {"to",
                      {{"type", "string"},
                       {"maxLength", defaults::kMaxForeignIdLength},
                       {"description", "The platform's id of a person or group; without it, this conversation"}}},
                     {"in_group", {{"type", "boolean"}, {"description", "`to` is a group"}}}},
                    {"text"});
  tool.run = [&store, send = std::move(send)](const Json& arguments, const ToolContext& context,
                                              const ToolAnswer& answer) -> StopTool {
    auto message = addressed(store, arguments, context);
    if (!message) {
      answer(tl::unexpected(message.error()));
      return {};
    }
    send(std::move(*message), [answer](const Expected<std::string>& sent) {
      sent ? answer(ToolResult{"The message was sent."}) : answer(tl::unexpected(sent.error()));
    });
    return {};
  };
  return tool;
}

}  // namespace

Expected<std::string> time_in_zone(Micros time, const std::string& zone) {
  try {  // the library's way to say that there is no such zone, or no database
    const date::time_zone* found = date::locate_zone(zone);
    const auto moment =
        date::sys_seconds(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::microseconds(time)));
    return date::format("%FT%T%Ez (%A)", date::make_zoned(found, moment));
  } catch (const std::exception&) {
    return fail(Errc::invalid, "there is no time zone " + zone, "timezone");
  }
}

std::vector<OfferedTool> house_tools(const storage::Store& store, const Secrets& secrets, Sender send) {
  return {current_time(), search_conversation(store, secrets), send_message(store, std::move(send))};
}

}  // namespace troupe::actors
