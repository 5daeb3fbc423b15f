#include "http/surfaces/chatai/mcp_config.hpp"

#include <algorithm>
#include <cctype>

#include "http/route.hpp"

namespace troupe::http::chatai {
namespace {

/// Names of the server, beside its configuration.
constexpr std::string_view kNames[] = {"name", "server", "serverName"};

bool is_name(std::string_view field) {
  return std::find(std::begin(kNames), std::end(kNames), field) != std::end(kNames);
}

tl::unexpected<Error> wrong(const std::string& field, const char* wanted) {
  return fail(Errc::invalid, field + " must be " + wanted, field);
}

Expected<std::string> text_in(const std::string& field, const Json& value) {
  if (!value.is_string()) return wrong(field, "a string");
  return std::string(trimmed(value.get_ref<const std::string&>()));
}

Expected<std::map<std::string, std::string>> texts_in(const std::string& field, const Json& value) {
  std::map<std::string, std::string> texts;
  if (!value.is_object()) return wrong(field, "an object of strings");
  for (const auto& [name, text] : value.items()) {
    if (!text.is_string()) return wrong(field, "an object of strings");
    texts[name] = text.get<std::string>();
  }
  return texts;
}

/// What a configuration says, before it is an entry.
struct Given {
  std::optional<std::string> type, command, package, url;
  std::optional<std::vector<std::string>> args;
  McpConfig config;
};

template <class T>
Expected<void> take(Expected<T> value, std::optional<T>& into) {
  if (!value) return tl::unexpected(value.error());
  into = std::move(*value);
  return {};
}

Expected<void> take_field(const std::string& name, const Json& value, Given& given) {
  if (name == "type" || name == "transport") return take(text_in(name, value), given.type);
  if (name == "command") return take(text_in(name, value), given.command);
  if (name == "package") return take(text_in(name, value), given.package);
  if (name == "url") return take(text_in(name, value), given.url);
  if (name == "env") return take(texts_in(name, value), given.config.env);
  if (name == "headers") return take(texts_in(name, value), given.config.headers);
  if (name == "args") {
    const auto is_text = [](const Json& one) { return one.is_string(); };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text))
      return wrong(name, "an array of strings");
    given.args = value.get<std::vector<std::string>>();
    return {};
  }
  if (name == "timeout") {
    if (!value.is_number_integer()) return wrong(name, "a number of milliseconds");
    given.config.fields["timeout_ms"] = value;
    return {};
  }
  if (name == "enabled" || name == "disabled" || name == "autoReconnect") {
    if (!value.is_boolean()) return wrong(name, "true or false");
    if (name != "autoReconnect")
      given.config.fields["enabled"] = value.get<bool>() == (name == "enabled");
    else if (!value.get<bool>())
      return fail(Errc::invalid, "autoReconnect cannot be false: a connection that breaks is always made again", name);
    return {};
  }
  return fail(Errc::invalid, name + " is not supported by the servers of this house", name);
}

Expected<void> take_fields(const Json& object, Given& given) {
  for (const auto& [name, value] : object.items()) {
    if (is_name(name) || name == "config" || value.is_null()) continue;
    if (auto ok = take_field(name, value, given); !ok) return ok;
  }
  return {};
}

std::string inferred_type(const Given& given, const events::McpServer* before) {
  if (given.url && !given.url->empty()) return given.url->ends_with("/sse") ? "sse" : "http";
  if (given.package) return "npx";
  return before && !given.command ? before->transport : "stdio";
}

Expected<void> settle(Given& given, const events::McpServer* before) {
  const std::string type = given.type.value_or(inferred_type(given, before));
  Json& fields = given.config.fields;
  const auto is_there = [](const std::optional<std::string>& text) { return text && !text->empty(); };
  if (type == "npm" || type == "npx") {
    if (!is_there(given.package)) return fail(Errc::invalid, "package is required for " + type + " type", "package");
    if (given.package->starts_with('-')) return wrong("package", "the name of a package");
    std::vector<std::string> args = {"-y", *given.package};
    if (given.args) args.insert(args.end(), given.args->begin(), given.args->end());
    fields.update({{"transport", "stdio"}, {"command", "npx"}, {"args", args}});
    return {};
  }
  const bool by_http = type == "http" || type == "sse" || type == "streamable-http";
  if (type != "stdio" && !by_http) return fail(Errc::invalid, "Unsupported server type: " + type, "type");
  if (given.package) return fail(Errc::invalid, "package is for servers of type npx", "package");
  const bool needs_command = type == "stdio" && (!before || before->command.empty() || given.command);
  if (needs_command && !is_there(given.command))
    return fail(Errc::invalid, "command is required for stdio type", "command");
  if (by_http && (!before || before->url.empty() || given.url) && !is_there(given.url))
    return fail(Errc::invalid, "url is required for " + type + " type", "url");
  fields["transport"] = type == "streamable-http" ? "http" : type;
  if (given.command) fields["command"] = *given.command;
  if (given.url) fields["url"] = *given.url;
  if (given.args) fields["args"] = *given.args;
  return {};
}

/// Scheme, host and port, as they are written: a host in other words may be the same one, but is not taken for it.
std::string origin_of(const std::string& url) {
  const auto host = url.find("://");
  std::string origin = host == url.npos ? url : url.substr(0, url.find_first_of("/?#", host + 3));
  std::transform(origin.begin(), origin.end(), origin.begin(), [](unsigned char c) { return std::tolower(c); });
  return origin;
}

/// Sealed anew, the same secret is another text.
bool keeps_any(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& after) {
  return std::any_of(after.begin(), after.end(), [&](const auto& one) {
    const auto known = before.find(one.first);
    return known != before.end() && known->second == one.second;
  });
}

}  // namespace

Expected<void> check_kept_secrets(const events::McpServer& before, const events::McpServer& after) {
  const bool moves = before.transport != after.transport;
  if ((moves || origin_of(before.url) != origin_of(after.url)) &&
      keeps_any(before.sealed_headers, after.sealed_headers))
    return wrong("headers", "given anew, or as {}: those that are there were given for another server");
  if ((moves || before.command != after.command) && keeps_any(before.sealed_env, after.sealed_env))
    return wrong("env", "given anew, or as {}: what is there was given for another program");
  return {};
}

bool has_config(const Json& body) {
  return std::any_of(body.items().begin(), body.items().end(), [](const auto& field) { return !is_name(field.key()); });
}

Expected<McpConfig> mcp_config_in(const Json& body, const events::McpServer* before) {
  Given given;
  if (auto ok = take_fields(body, given); !ok) return tl::unexpected(ok.error());
  if (const auto inner = body.find("config"); inner != body.end() && !inner->is_null()) {
    if (!inner->is_object()) return wrong("config", "an object");
    if (auto ok = take_fields(*inner, given); !ok) return tl::unexpected(ok.error());
  }
  if (auto ok = settle(given, before); !ok) return tl::unexpected(ok.error());
  return std::move(given.config);
}

}  // namespace troupe::http::chatai
