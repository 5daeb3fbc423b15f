// The configuration of an MCP server as panels and other programs write it down. Pure.
//
// Format: as `mcpServers` of the common configuration files, with a `type`: stdio (`command`, `args`, `env`), npm or npx
// (`package`, `args`, `env`), http and sse (`url`, `headers`); `timeout` in milliseconds.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "events/catalogue.hpp"
#include "events/expected.hpp"

namespace troupe::http::chatai {

/// What stands for a secret that is there, and shown by its name alone.
inline constexpr const char* kMaskedSecret = "****";

struct McpConfig {
  Json fields = Json::object();  ///< of an entry, without its secrets
  std::optional<std::map<std::string, std::string>> env, headers;
};

/// From the object itself, or its `config`. Without a type: sse for an address that ends in `/sse` and http for another, npx
/// for a package, else stdio. `before` is what it is to change; null: it is whole, and has to have what its type needs.
/// Errors: invalid, with the field's name; what is not known is refused.
Expected<McpConfig> mcp_config_in(const Json& body, const events::McpServer* before);

/// Secrets that are kept go nowhere but where they were given for: none of the headers to another scheme, host or port, none
/// of the variables to another program, and none of either by another transport. Errors: invalid (`headers`, `env`).
Expected<void> check_kept_secrets(const events::McpServer& before, const events::McpServer& after);

/// True where a body has more than a server's name.
bool has_config(const Json& body);

}  // namespace troupe::http::chatai
