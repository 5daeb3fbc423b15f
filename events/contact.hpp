// What can happen to a contact: a person or a group on a platform, whom the house's bots meet there. Stream
// `contact/<number>`, where numbers are those of accounts: a contact has a personal key as an account has one, and what
// it says is sealed under that.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "events/account.hpp"

namespace troupe::events {

/// Category of the streams here.
inline constexpr std::string_view kContacts = "contact";

/// `platform`: the id of its entry in the catalogue.
inline std::string contact_claim(std::string_view platform, bool is_group, std::string_view foreign_id) {
  return "contact/" + std::string(platform) + (is_group ? "/group/" : "/user/") + std::string(foreign_id);
}

struct ContactMet {
  static constexpr std::string_view type = "ContactMet";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"foreign_id", "name"};
  AccountId id = 0;
  std::string platform;
  bool is_group = false;
  std::string foreign_id;  ///< as the platform has it
  std::string name;
};
TROUPE_EVENT(ContactMet, id, platform, is_group, foreign_id, name)

struct ContactRenamed {
  static constexpr std::string_view type = "ContactRenamed";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"name"};
  AccountId id = 0;
  std::string name;
};
TROUPE_EVENT(ContactRenamed, id, name)

/// Its key goes next. Whoever it is, the house meets it anew the next time.
struct ContactForgotten {
  static constexpr std::string_view type = "ContactForgotten";
  static constexpr std::uint16_t schema = 1;
  AccountId id = 0;
  std::string platform;
};
TROUPE_EVENT(ContactForgotten, id, platform)

using ContactEvent = std::variant<ContactMet, ContactRenamed, ContactForgotten>;

}  // namespace troupe::events
