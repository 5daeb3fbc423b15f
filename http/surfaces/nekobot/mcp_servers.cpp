#include "http/surfaces/nekobot/mcp_servers.hpp"

namespace troupe::http::nekobot {
namespace {

constexpr Sentence kAdded{"MCP server added", "MCP添加成功"};
constexpr Sentence kRemoved{"MCP server deleted", "MCP删除成功"};

OrderedJson names_of(const std::map<std::string, std::string>& sealed) {
  OrderedJson names = OrderedJson::array();
  for (const auto& [name, value] : sealed) names.push_back(name);
  return names;
}

/// Of variables and headers there are only ever the names: their values may be secrets.
OrderedJson view(const projections::McpServerRow& row, const actors::McpStatus& status) {
  const auto& entry = row.entry;
  const bool stdio = entry.transport == "stdio";
  OrderedJson config =
      stdio ? OrderedJson{{"command", entry.command}, {"args", entry.args}, {"env", names_of(entry.sealed_env)}}
            : OrderedJson{{"url", entry.url}, {"headers", names_of(entry.sealed_headers)}};
  config["timeout"] = static_cast<double>(entry.timeout_ms) / 1000;
  return {{"id", row.id},
          {"name", entry.name},
          {"type", entry.transport},
          {"config", std::move(config)},
          {"enabled", entry.enabled},
          {"status", status.state},
          {"tool_count", status.tools},
          {"error", status.error.empty() ? OrderedJson(nullptr) : OrderedJson(status.error)},
          {"created_at", iso8601(row.created_at)},
          {"updated_at", time_or_null(row.updated_at)}};
}

tl::unexpected<Error> wrong(const std::string& field, const char* wanted) {
  return fail(Errc::invalid, field + " must be " + wanted, field);
}

Expected<std::string> text_in(const std::string& field, const Json& value) {
  if (!value.is_string()) return wrong(field, "a string");
  return std::string(trimmed(value.get_ref<const std::string&>()));
}

Expected<std::vector<std::string>> texts_in(const std::string& field, const Json& value) {
  if (!value.is_array()) return wrong(field, "an array of strings");
  std::vector<std::string> texts;
  for (const Json& one : value) {
    if (!one.is_string()) return wrong(field, "an array of strings");
    texts.push_back(one.get<std::string>());
  }
  return texts;
}

Expected<std::map<std::string, std::string>> sealed_texts_in(const std::string& field, const Json& value,
                                                             const actors::Secrets& secrets) {
  if (!value.is_object()) return wrong(field, "an object of strings");
  std::map<std::string, std::string> plain;
  for (const auto& [name, text] : value.items()) {
    if (!text.is_string()) return wrong(field, "an object of strings");
    plain[name] = text.get<std::string>();
  }
  return actors::sealed_secrets(field, plain, secrets);
}

/// A program may be given with its arguments, as one array.
Expected<void> take_command(const Json& value, events::McpServer& server) {
  if (value.is_string()) {
    server.command = trimmed(value.get_ref<const std::string&>());
    return {};
  }
  auto words = texts_in("command", value);
  if (!words || words->empty()) return wrong("command", "a string, or an array of strings");
  server.command = std::move(words->front());
  server.args.insert(server.args.begin(), words->begin() + 1, words->end());
  return {};
}

template <class T>
Expected<void> take(Expected<T> value, T& into) {
  if (!value) return tl::unexpected(value.error());
  into = std::move(*value);
  return {};
}

Expected<void> take_field(const std::string& name, const Json& value, const actors::Secrets& secrets,
                          events::McpServer& server) {
  if (name == "command") return take_command(value, server);
  if (name == "args") {
    auto args = texts_in(name, value);
    if (!args) return tl::unexpected(args.error());
    server.args.insert(server.args.end(), args->begin(), args->end());
    return {};
  }
  if (name == "env") return take(sealed_texts_in(name, value, secrets), server.sealed_env);
  if (name == "headers") return take(sealed_texts_in(name, value, secrets), server.sealed_headers);
  if (name == "url") return take(text_in(name, value), server.url);
  if (name == "type" || name == "transport") return take(text_in(name, value), server.transport);
  if (name == "timeout") {
    if (!value.is_number() || value.get<double>() <= 0 || value.get<double>() > 600)
      return wrong(name, "from 0 to 600 seconds");
    server.timeout_ms = static_cast<std::int64_t>(value.get<double>() * 1000);
    return {};
  }
  return fail(Errc::invalid, "There is no field " + name, name);
}

}  // namespace

Expected<events::McpServer> mcp_server_in(const Json& body, const actors::Secrets& secrets) {
  events::McpServer server;
  for (const auto& [name, value] : body.items()) {
    if (name == "name") {
      if (auto ok = take(text_in(name, value), server.name); !ok) return tl::unexpected(ok.error());
    } else if (name == "enabled") {
      if (!value.is_boolean()) return wrong(name, "true or false");
      server.enabled = value.get<bool>();
    } else if (name == "config") {
      if (!value.is_object()) return wrong(name, "an object");
      for (const auto& [inner, inner_value] : value.items())
        if (auto ok = take_field(inner, inner_value, secrets, server); !ok) return tl::unexpected(ok.error());
    } else if (auto ok = take_field(name, value, secrets, server); !ok) {
      return tl::unexpected(ok.error());
    }
  }
  return server;
}

void McpServers::list(const CallPtr& call) {
  std::vector<OrderedJson> items;
  for (const auto& row : entries_.all()) items.push_back(view(row, context_.services.system.mcp().status(row.id)));
  succeed_with_page(call, std::move(items), under("servers"));
}

void McpServers::add(const CallPtr& call) {
  auto server = mcp_server_in(call->body, context_.services.secrets);
  if (!server) return call->refuse(server.error());
  context_.services.system.catalogue().add(
      std::move(*server), call->cause(), context_.services.then(call, [this, call](const storage::Record& record) {
        const auto row = entries_.entry(record.id());
        if (!row) return call->refuse({Errc::not_found, "There is no such mcp_server"});
        succeed(call, view(*row, context_.services.system.mcp().status(row->id)), kAdded);
      }));
}

void McpServers::remove(const CallPtr& call) {
  const std::string id = call->path_parameter("id");
  context_.services.system.catalogue().ask<events::McpServer>(
      id, actors::RemoveEntry{}, call->cause(), context_.services.then(call, [call, id](const storage::Record&) {
        succeed(call, {{"id", id}}, kRemoved);
      }));
}

}  // namespace troupe::http::nekobot
