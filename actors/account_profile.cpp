// What an account says of its person.
#include <algorithm>

#include "actors/account_parts.hpp"
#include "actors/rules.hpp"

namespace troupe::actors::account {

using namespace events;

namespace {

/// An http or https URL, or an absolute path on this server (`//…` and `/\…` lead browsers to another), in the
/// characters that RFC 3986 knows. Empty is fine.
Expected<void> check_avatar_url(std::string_view url) {
  if (auto ok = check_optional_line("avatar_url", url, defaults::kMaxAvatarUrlLength); !ok) return ok;
  const auto after = [&](std::string_view scheme) {
    return url.starts_with(scheme) && url.size() > scheme.size() && url[scheme.size()] != '/';
  };
  const bool path = url.starts_with("/") && !url.starts_with("//");
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
  });
  if (url.empty() || (plain && (path || after("http://") || after("https://")))) return {};
  return fail(Errc::invalid, "avatar_url must be an http(s) URL or a path", "avatar_url");
}

Expected<Json> merged_preferences(const Json& before, const Json& changes) {
  if (!changes.is_object()) return fail(Errc::invalid, "preferences must be an object", "preferences");
  Json merged = before;
  for (const auto& [name, value] : changes.items()) {
    if (value.is_null())
      merged.erase(name);
    else
      merged[name] = value;
  }
  if (auto ok = check_json_size("preferences", merged, defaults::kMaxPreferencesBytes); !ok)
    return tl::unexpected(ok.error());
  return merged;
}

Expected<void> check_lines(const UpdateProfile& c) {
  const std::pair<const char*, const std::optional<std::string>*> fields[] = {
      {"fullname", &c.fullname}, {"phone", &c.phone}, {"birthday", &c.birthday}, {"gender", &c.gender}};
  for (const auto& [name, value] : fields) {
    if (!*value) continue;
    if (auto ok = check_optional_line(name, **value, defaults::kMaxProfileFieldLength); !ok) return ok;
  }
  if (c.email)
    if (auto ok = check_email(*c.email); !ok) return ok;
  if (c.avatar_url) return check_avatar_url(*c.avatar_url);
  return {};
}

}  // namespace

Decision on(const AccountState& state, const UpdateProfile& c, Micros) {
  const bool any_line = c.fullname || c.phone || c.birthday || c.gender || c.avatar_url;
  if (!any_line && !c.email && !c.preferences) return fail(Errc::invalid, "No fields to update");
  if (auto ok = check_lines(c); !ok) return tl::unexpected(ok.error());
  ProfileUpdated updated{c.fullname, c.phone, c.birthday, c.gender, c.email, c.avatar_url};
  if (updated.email == state.email) updated.email.reset();
  if (c.preferences) {
    auto merged = merged_preferences(state.preferences, *c.preferences);
    if (!merged) return tl::unexpected(merged.error());
    if (*merged != state.preferences) updated.preferences = std::move(*merged);
  }
  if (!any_line && !updated.email && !updated.preferences) return Events{};
  return {{std::move(updated)}};
}

void apply(AccountState& state, const ProfileUpdated& e, Micros) {
  if (e.preferences) state.preferences = *e.preferences;
  if (!e.email) return;
  state.email = *e.email;
  state.reset_token_hash.clear();  // it went to the address from before
}

}  // namespace troupe::actors::account
