// API keys: what programs of an account show instead of a login.
#include <algorithm>

#include "actors/account_parts.hpp"
#include "actors/rules.hpp"

namespace troupe::actors::account {

using namespace events;

namespace {

/// Each once, read before write.
Expected<std::vector<std::string>> permissions_of(const std::vector<std::string>& wanted) {
  std::vector<std::string> permissions;
  for (const char* known : {"read", "write"})
    if (std::find(wanted.begin(), wanted.end(), known) != wanted.end()) permissions.emplace_back(known);
  const bool all_known =
      std::all_of(wanted.begin(), wanted.end(), [](const std::string& p) { return p == "read" || p == "write"; });
  if (!all_known || permissions.empty())
    return fail(Errc::invalid, "permissions must be read, write or both", "permissions");
  return permissions;
}

}  // namespace

Decision on(const AccountState& state, const CreateApiKey& c, Micros now) {
  if (auto ok = check_line("name", c.name, defaults::kMaxApiKeyNameLength); !ok) return tl::unexpected(ok.error());
  auto permissions = permissions_of(c.permissions);
  if (!permissions) return tl::unexpected(permissions.error());
  if (c.expires_at != 0 && c.expires_at <= now)
    return fail(Errc::invalid, "expires_at must be in the future", "expires_at");
  if (c.id.empty() || c.key_hash.empty()) return fail(Errc::invalid, "an API key needs an id and a digest", "id");
  if (std::any_of(state.api_keys.begin(), state.api_keys.end(), [&](const ApiKey& key) { return key.id == c.id; }))
    return fail(Errc::conflict, "API key exists already", "id");
  if (state.api_keys.size() >= defaults::kMaxApiKeysPerAccount)
    return fail(Errc::conflict,
                "an account has at most " + std::to_string(defaults::kMaxApiKeysPerAccount) + " API keys");
  return {{ApiKeyCreated{c.id, c.name, std::move(*permissions), c.key_hash, c.hint, c.expires_at}}};
}

Decision on(const AccountState& state, const RevokeApiKey& c, Micros) {
  for (const auto& key : state.api_keys)
    if (key.id == c.id) return {{ApiKeyRevoked{key.id, key.key_hash}}};
  return fail(Errc::not_found, "API key not found");
}

void apply(AccountState& state, const ApiKeyCreated& e, Micros) { state.api_keys.push_back({e.id, e.key_hash}); }

void apply(AccountState& state, const ApiKeyRevoked& e, Micros) {
  std::erase_if(state.api_keys, [&](const ApiKey& key) { return key.id == e.id; });
}

}  // namespace troupe::actors::account
