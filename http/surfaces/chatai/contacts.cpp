#include "http/surfaces/chatai/contacts.hpp"

#include <algorithm>
#include <charconv>

#include "actors/rules.hpp"
#include "http/surfaces/chatai/errors.hpp"

namespace troupe::http::chatai {
namespace {

using events::AccountId;
using projections::ContactRow;

constexpr std::string_view kNumberPrefix = "account:";

Error not_found(ContactKind kind) {
  return kind == ContactKind::user ? coded(Errc::not_found, "USER_NOT_FOUND", "User not found")
                                   : coded(Errc::not_found, "GROUP_NOT_FOUND", "Group not found");
}

/// An error must not grow with the number of platforms.
constexpr std::size_t kMaxNamed = 5;

Error ambiguous(std::string_view written, const std::vector<ContactRow>& found, const char* field) {
  std::string forms;
  for (std::size_t i = 0; i < std::min(found.size(), kMaxNamed); ++i)
    forms += (i == 0 ? "" : " or ") + found[i].platform + ":" + found[i].foreign_id;
  return {Errc::conflict, std::string(field) + " " + std::string(written) + " is on several platforms: write " + forms,
          field};
}

}  // namespace

std::vector<ForeignId> readings_of(std::string_view written, const std::vector<PlatformName>& platforms) {
  std::vector<ForeignId> readings = {{"", std::string(written)}};
  const auto colon = written.find(':');
  if (colon == written.npos || is_explicit_number(written)) return readings;
  // A platform that was removed has its contacts still, under its id.
  readings.push_back({std::string(written.substr(0, colon)), std::string(written.substr(colon + 1))});
  for (const auto& platform : platforms)
    if (written.starts_with(platform.name) && written.substr(platform.name.size()).starts_with(':'))
      if (ForeignId named{platform.id, std::string(written.substr(platform.name.size() + 1))}; named != readings.back())
        readings.push_back(std::move(named));
  return readings;
}

bool is_explicit_number(std::string_view written) {
  return written.starts_with(kNumberPrefix) && number_in(written).has_value();
}

std::optional<AccountId> number_in(std::string_view written) {
  if (written.starts_with(kNumberPrefix)) written.remove_prefix(kNumberPrefix.size());
  AccountId number = 0;
  const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), number);
  if (error != std::errc() || end != written.data() + written.size() || number <= 0) return std::nullopt;
  return number;
}

std::vector<ContactRow> Contacts::having(ContactKind kind, const ForeignId& foreign) const {
  std::vector<ContactRow> found;
  const auto look_on = [&](std::string_view platform) {
    if (const auto id = contacts_.find(platform, kind == ContactKind::group, foreign.id))
      if (auto contact = contacts_.contact(*id)) found.push_back(std::move(*contact));
  };
  if (!foreign.platform.empty()) {
    look_on(foreign.platform);
    return found;
  }
  for (const auto& id : platforms_.ids()) look_on(id);
  return found;
}

Expected<AccountId> Contacts::find(ContactKind kind, std::string_view written, const char* field) const {
  if (auto ok = actors::check_line(field, written, 2 * defaults::kMaxForeignIdLength); !ok)
    return tl::unexpected(ok.error());
  if (!is_explicit_number(written)) {
    std::vector<PlatformName> names;
    if (written.find(':') != written.npos)
      for (const auto& row : platforms_.all()) names.push_back({row.id, row.entry.name});
    for (const auto& reading : readings_of(written, names)) {
      const auto found = having(kind, reading);
      if (found.size() > 1) return tl::unexpected(ambiguous(written, found, field));
      if (!found.empty()) return found.front().id;
    }
  }
  const auto number = number_in(written);
  if (!number) return tl::unexpected(not_found(kind));
  // A contact's number in place of a foreign id would be a slip: whoever is forgotten must not be taken for another.
  const auto contact = is_explicit_number(written) ? contacts_.contact(*number) : std::nullopt;
  if (contact)
    return contact->is_group == (kind == ContactKind::group) ? Expected<AccountId>(*number)
                                                             : tl::unexpected(not_found(kind));
  if (kind == ContactKind::group || !accounts_.account_exists(*number)) return tl::unexpected(not_found(kind));
  return *number;
}

std::string Contacts::written(AccountId id) const {
  const auto contact = contacts_.contact(id);
  const auto kind = contact && contact->is_group ? ContactKind::group : ContactKind::user;
  const std::string number = std::to_string(id);
  const std::string shortest = contact ? contact->foreign_id : number;
  if (const auto found = find(kind, shortest, "id"); found && *found == id) return shortest;
  if (!contact) return std::string(kNumberPrefix) + number;
  const std::string with_platform = contact->platform + ":" + contact->foreign_id;
  if (const auto found = find(kind, with_platform, "id"); found && *found == id) return with_platform;
  return std::string(kNumberPrefix) + number;
}

std::string Contacts::name_of(AccountId id) const {
  if (const auto contact = contacts_.contact(id)) return contact->name;
  const auto account = accounts_.account(id);
  return account ? account->username : "";
}

}  // namespace troupe::http::chatai
