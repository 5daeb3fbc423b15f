#include "http/surfaces/nekobot/platforms.hpp"

#include "actors/platforms/platform_type.hpp"

namespace troupe::http::nekobot {
namespace {

using actors::PlatformStatus;
using actors::platforms::platform_type;

constexpr Sentence kAdded{"Platform added", "添加平台成功"};
constexpr Sentence kRemoved{"Platform deleted", "删除平台成功"};

/// Fields of the body that say what the entry is; all others are its settings, which may stand beside them.
constexpr std::string_view kOfTheEntry[] = {"id", "name", "type", "enable", "enabled", "config"};

Json settings_in(const CallPtr& call) {
  Json settings = call->body_object("config");
  for (const auto& [name, value] : call->body.items())
    if (std::find(std::begin(kOfTheEntry), std::end(kOfTheEntry), name) == std::end(kOfTheEntry))
      settings[name] = value;
  return settings;
}

OrderedJson error_view(const PlatformStatus& status) {
  if (!status.last_error) return nullptr;
  return {{"message", status.last_error->message}, {"timestamp", iso8601(status.last_error->time)}};
}

OrderedJson statistics_view(const PlatformStatus& status) {
  return {{"id", status.id},
          {"type", status.type},
          {"name", status.name},
          {"display_name", status.display_name},
          {"status", status.status},
          {"started_at", time_or_null(status.started_at)},
          {"error_count", status.errors},
          {"last_error", error_view(status)},
          {"unified_webhook", status.type == "webhook"},
          {"restarts", status.restarts},
          {"clients", status.clients},
          {"messages", status.received + status.sent},
          {"messageStats", {{"sent", status.sent}, {"received", status.received}, {"error", status.errors}}}};
}

}  // namespace

/// Secrets are only named.
OrderedJson Platforms::view(const projections::PlatformRow& row) const {
  const auto status = platforms().status(row.id);
  OrderedJson secrets = OrderedJson::array();
  for (const auto& [name, value] : row.entry.sealed_secrets) secrets.push_back(name);
  return {{"id", row.id},
          {"type", row.entry.type},
          {"name", row.entry.name},
          {"enable", row.entry.enabled},
          {"enabled", row.entry.enabled},
          {"config", row.entry.config},
          {"secrets", std::move(secrets)},
          {"connected", status ? status->status : "stopped"},
          {"created_at", iso8601(row.created_at)},
          {"updated_at", time_or_null(row.updated_at)}};
}

void Platforms::list(const CallPtr& call) {
  std::vector<OrderedJson> items;
  for (const auto& row : entries_.all()) items.push_back(view(row));
  succeed_with_page(call, std::move(items), under("platforms"));
}

void Platforms::add(const CallPtr& call) {
  events::Platform entry;
  entry.type = call->body_text("type");
  entry.name = call->body_text("name");
  if (entry.name.empty()) entry.name = call->body_text("id");
  if (entry.name.empty()) return call->refuse({Errc::invalid, "name is required", "name"});
  entry.enabled = call->body_flag("enable", call->body_flag("enabled", true));
  const auto* type = platform_type(entry.type);
  if (!type) return call->refuse(actors::platforms::unknown_type().value());
  auto split = actors::platforms::split_config(*type, settings_in(call), context_.services.secrets);
  if (!split) return call->refuse(split.error());
  entry.config = std::move(split->config);
  entry.sealed_secrets = std::move(split->sealed_secrets);
  context_.services.system.catalogue().add(std::move(entry), call->cause(),
                                           context_.services.then(call, [this, call](const storage::Record& record) {
                                             const auto row = entries_.entry(record.id());
                                             if (!row)
                                               return call->refuse({Errc::not_found, "There is no such platform"});
                                             succeed(call, view(*row), kAdded);
                                           }));
}

void Platforms::remove(const CallPtr& call) {
  const std::string id = call->path_parameter("id");
  context_.services.system.catalogue().ask<events::Platform>(
      id, actors::RemoveEntry{}, call->cause(), context_.services.then(call, [call, id](const storage::Record&) {
        succeed(call, {{"id", id}, {"deleted_count", 1}}, kRemoved);
      }));
}

void Platforms::statistics(const CallPtr& call) {
  OrderedJson items = OrderedJson::array();
  std::size_t running = 0, failing = 0;
  std::uint64_t errors = 0;
  for (const auto& status : platforms().status()) {
    running += status.status == "running";
    failing += status.status == "error";
    errors += status.errors;
    items.push_back(statistics_view(status));
  }
  const std::size_t total = items.size();
  succeed(call, {{"platforms", std::move(items)},
                 {"summary", {{"total", total}, {"running", running}, {"error", failing}, {"total_errors", errors}}}});
}

}  // namespace troupe::http::nekobot
