// What can happen to an entry of the catalogue: the things of the house that administrators set up, each under a name.
// Streams `<category>/<id>`, where an id is 12 random letters.
//
// Every kind of entry has the same three events. An entry that is changed is told whole: the event says how it is from
// then on. In the log, the fields of the entry stand beside those of the event. `sealed_keys` are XChaCha20-Poly1305
// under the data folder's key, in url-safe base64.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/codec.hpp"

namespace troupe::events {

/// Requests that a provider is sent in each day, hour and minute, UTC; 0: as many as there are.
struct ProviderQuota {
  std::int64_t daily = 0, hourly = 0, per_minute = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ProviderQuota, daily, hourly, per_minute)

/// A service that answers for language models.
struct Provider {
  static constexpr std::string_view category = "provider";
  static constexpr std::string_view added = "ProviderAdded", changed = "ProviderChanged", removed = "ProviderRemoved";
  std::string name;
  std::string format = "openai";         ///< the wire format: openai, anthropic or gemini
  std::string type;                      ///< what NekoBot calls such a service; empty: it was not added there
  std::string base_url;                  ///< http or https: what stands before `/chat/completions` and the like
  std::vector<std::string> sealed_keys;  ///< tried in turn; none: no credentials are sent
  std::vector<std::string> key_hints;    ///< of each, the last four characters, or nothing of a short one
  std::string model;                     ///< where a request names none
  std::string embedding_model;           ///< empty: it makes no embeddings
  std::vector<std::string> models;       ///< what it may be asked for besides `model`; empty: anything
  std::int64_t priority = 100;           ///< the lowest is asked first
  bool enabled = true;
  std::string strategy = "failover";  ///< the key that a request begins with: that of the last success (failover), or
                                      ///< round-robin, random, least-used or weighted
  std::int64_t weight = 100;          ///< of a weighted one: how often it comes before others of the same priority
  ProviderQuota quota;
};
TROUPE_EVENT(Provider, name, format, type, base_url, sealed_keys, key_hints, model, embedding_model, models, priority,
             enabled, strategy, weight, quota)

/// A system prompt under a name, and who is to answer in its manner.
struct Personality {
  static constexpr std::string_view category = "personality";
  static constexpr std::string_view added = "PersonalityAdded", changed = "PersonalityChanged",
                                    removed = "PersonalityRemoved";
  std::string name;
  std::string description;
  std::string prompt;
  std::string provider;                    ///< empty: any
  std::string model;                       ///< empty: the provider's own
  std::optional<double> temperature;       ///< where a request says none
  std::optional<std::int64_t> max_tokens;  ///< where a request says none
  Micros default_since = 0;  ///< the latest of all is the default one, so that it takes one event to choose another
};
TROUPE_EVENT(Personality, name, description, prompt, provider, model, temperature, max_tokens, default_since)

/// A chat platform that the house keeps a connection to, as one of its accounts there.
struct Platform {
  static constexpr std::string_view category = "platform";
  static constexpr std::string_view added = "PlatformAdded", changed = "PlatformChanged", removed = "PlatformRemoved";
  std::string name;
  std::string type;                                   ///< aiocqhttp, telegram, discord or webhook
  Json config = Json::object();                       ///< what its type needs, without secrets
  std::map<std::string, std::string> sealed_secrets;  ///< the secret ones of it, by their names
  bool enabled = true;
};
TROUPE_EVENT(Platform, name, type, config, sealed_secrets, enabled)

/// An installed plugin: its name is that of its folder in the package.
struct Plugin {
  static constexpr std::string_view category = "plugin";
  static constexpr std::string_view added = "PluginAdded", changed = "PluginChanged", removed = "PluginRemoved";
  std::string name;
  std::string version, description, author;
  std::string package;  ///< digest of its files, which a PackageStored holds
  bool enabled = false;
  bool official = false;              ///< came with the house
  Json config = Json::object();       ///< what was set of its schema
  std::vector<std::string> commands;  ///< by name, as of when it was last loaded
  std::string last_error;             ///< why the house disabled it; empty: it did not
};
TROUPE_EVENT(Plugin, name, version, description, author, package, enabled, official, config, commands, last_error)

/// A server of the Model Context Protocol, whose tools the models may call.
struct McpServer {
  static constexpr std::string_view category = "mcp_server";
  static constexpr std::string_view added = "McpServerAdded", changed = "McpServerChanged",
                                    removed = "McpServerRemoved";
  std::string name;
  std::string transport = "stdio";                    ///< stdio, http (Streamable HTTP) or sse (the older transport)
  std::string command;                                ///< of stdio: a program that the settings allow
  std::vector<std::string> args;                      ///< of stdio
  std::map<std::string, std::string> sealed_env;      ///< of stdio, by their names
  std::string url;                                    ///< of http and sse
  std::map<std::string, std::string> sealed_headers;  ///< of http and sse, by their names
  std::int64_t timeout_ms = 30'000;                   ///< of one call
  bool enabled = true;
};
TROUPE_EVENT(McpServer, name, transport, command, args, sealed_env, url, sealed_headers, timeout_ms, enabled)

/// A tool that administrators have written in Lua.
struct CustomTool {
  static constexpr std::string_view category = "custom_tool";
  static constexpr std::string_view added = "CustomToolAdded", changed = "CustomToolChanged",
                                    removed = "CustomToolRemoved";
  std::string name;  ///< as models call it
  std::string description;
  Json parameters = {{"type", "object"}};  ///< JSON Schema of the arguments
  std::string code;                        ///< Lua
  bool dangerous = false;
  bool enabled = true;
};
TROUPE_EVENT(CustomTool, name, description, parameters, code, dangerous, enabled)

/// Two entries of one kind never have the same name.
template <class Entry>
std::string name_claim(std::string_view name) {
  return std::string(Entry::category) + "/" + std::string(name);
}

template <class Entry>
struct EntryAdded {
  static constexpr std::string_view type = Entry::added;
  static constexpr std::uint16_t schema = 1;
  std::string id;
  Entry entry;
};
template <class Entry>
void to_json(Json& fields, const EntryAdded<Entry>& event) {
  fields = event.entry;
  fields["id"] = event.id;
}
template <class Entry>
void from_json(const Json& fields, EntryAdded<Entry>& event) {
  event.entry = fields.template get<Entry>();
  event.id = fields.value("id", std::string());
}

template <class Entry>
struct EntryChanged {
  static constexpr std::string_view type = Entry::changed;
  static constexpr std::uint16_t schema = 1;
  Entry entry;  ///< all of it, as it is from now on
};
template <class Entry>
void to_json(Json& fields, const EntryChanged<Entry>& event) {
  fields = event.entry;
}
template <class Entry>
void from_json(const Json& fields, EntryChanged<Entry>& event) {
  event.entry = fields.template get<Entry>();
}

template <class Entry>
struct EntryRemoved {
  static constexpr std::string_view type = Entry::removed;
  static constexpr std::uint16_t schema = 1;
  std::string name;  ///< for who reads the log
};
template <class Entry>
void to_json(Json& fields, const EntryRemoved<Entry>& event) {
  fields = {{"name", event.name}};
}
template <class Entry>
void from_json(const Json& fields, EntryRemoved<Entry>& event) {
  event.name = fields.value("name", std::string());
}

template <class Entry>
using EntryEvent = std::variant<EntryAdded<Entry>, EntryChanged<Entry>, EntryRemoved<Entry>>;
using ProviderEvent = EntryEvent<Provider>;
using PersonalityEvent = EntryEvent<Personality>;
using PlatformEvent = EntryEvent<Platform>;
using PluginEvent = EntryEvent<Plugin>;
using McpServerEvent = EntryEvent<McpServer>;
using CustomToolEvent = EntryEvent<CustomTool>;

}  // namespace troupe::events
