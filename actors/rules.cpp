#include "actors/rules.hpp"

#include <algorithm>

#include "events/defaults.hpp"

namespace troupe::actors {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_dot_atom(std::string_view text, std::string_view also_allowed) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alnum(c) || c == '.' || also_allowed.find(c) != also_allowed.npos; });
}

}  // namespace

bool is_utf8(std::string_view text) {
  try {
    (void)Json(std::string(text)).dump();
    return true;
  } catch (const Json::type_error&) {  // the JSON library's way to say so
    return false;
  }
}

std::size_t length_in_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Expected<void> check_optional_line(std::string_view field, std::string_view text, std::size_t max_length) {
  if (!is_utf8(text)) return fail(Errc::invalid, std::string(field) + " must be UTF-8 text", std::string(field));
  if (length_in_characters(text) > max_length)
    return fail(Errc::invalid, std::string(field) + " must have at most " + std::to_string(max_length) + " characters",
                std::string(field));
  if (std::any_of(text.begin(), text.end(), is_control))
    return fail(Errc::invalid, std::string(field) + " must not contain control characters", std::string(field));
  return {};
}

Expected<void> check_line(std::string_view field, std::string_view text, std::size_t max_length) {
  if (text.empty()) return fail(Errc::invalid, std::string(field) + " must not be empty", std::string(field));
  return check_optional_line(field, text, max_length);
}

Expected<void> check_list(std::string_view field, const std::vector<std::string>& list, std::size_t max_entries,
                          std::size_t max_length) {
  if (list.size() > max_entries)
    return fail(Errc::invalid, std::string(field) + " must have at most " + std::to_string(max_entries) + " entries",
                std::string(field));
  for (const auto& entry : list)
    if (auto ok = check_line(field, entry, max_length); !ok) return ok;
  return {};
}

Expected<void> check_range(std::string_view field, double value, double least, double most) {
  if (value >= least && value <= most) return {};
  return fail(Errc::invalid, std::string(field) + " must be from " + Json(least).dump() + " to " + Json(most).dump(),
              std::string(field));
}

Expected<void> check_username(std::string_view username) {
  if (auto ok = check_line("username", username, defaults::kMaxUsernameLength); !ok) return ok;
  const bool plain = std::all_of(username.begin(), username.end(), [](char c) {
    return is_alnum(c) || c == '.' || c == '_' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
  });
  if (!plain) return fail(Errc::invalid, "username may hold letters, digits, '.', '_' and '-' only", "username");
  return {};
}

Expected<void> check_email(std::string_view email) {
  if (auto ok = check_line("email", email, defaults::kMaxEmailLength); !ok) return ok;
  const auto at = email.find('@');
  const bool shaped = at != email.npos && at <= 64 && is_dot_atom(email.substr(0, at), "!#$%&'*+/=?^_`{|}~-") &&
                      is_dot_atom(email.substr(at + 1), "-");
  if (!shaped) return fail(Errc::invalid, "email is not an e-mail address", "email");
  return {};
}

Expected<void> check_json_size(std::string_view field, const Json& value, std::size_t max_bytes) {
  const bool surely_small = value.is_null() || (value.is_object() && value.empty());
  if (!surely_small && value.dump().size() > max_bytes)
    return fail(Errc::too_large,
                std::string(field) + " must have at most " + std::to_string(max_bytes) + " bytes of JSON",
                std::string(field));
  return {};
}

}  // namespace troupe::actors
