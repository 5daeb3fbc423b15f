// People and groups as requests and answers of this dialect write them: `userId` and `groupId` are the ids that platforms
// have given them.
//
//   10001              the one contact that has this id on any platform; where none has, the account with this number
//   qq:10001           of the platform with this name, or this id in the catalogue
//   account:7          by the house's own number, which accounts and contacts share, whoever has the id 7 on a platform
//
// An id that contacts of several platforms have is refused with an error that tells them apart. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/catalogue_queries.hpp"
#include "projections/contact_queries.hpp"
#include "projections/queries.hpp"

namespace troupe::http::chatai {

enum class ContactKind : std::uint8_t { user, group };

/// One platform and the id there that a written id may mean.
struct ForeignId {
  std::string platform;  ///< its id in the catalogue; empty: any platform
  std::string id;
  bool operator==(const ForeignId&) const = default;
};

/// A platform's id in the catalogue, and its name there.
struct PlatformName {
  std::string id, name;
};

// Pure

/// All that `written` may mean, as it stands and with what is before a colon as a platform.
std::vector<ForeignId> readings_of(std::string_view written, const std::vector<PlatformName>& platforms);

/// The house's number in `7` or `account:7`; nothing in any other text.
std::optional<events::AccountId> number_in(std::string_view written);
bool is_explicit_number(std::string_view written);

class Contacts {
 public:
  explicit Contacts(const storage::Store& store) : platforms_(store), contacts_(store), accounts_(store) {}

  /// Whom a request means. A user is an account or a contact that is no group. `field` is named by what refuses it. Takes a
  /// look-up a platform. Errors: invalid (no id at all), not_found (USER_NOT_FOUND, GROUP_NOT_FOUND), conflict
  /// (several have it).
  Expected<events::AccountId> find(ContactKind kind, std::string_view written, const char* field) const;
  Expected<events::AccountId> user(std::string_view written, const char* field = "userId") const {
    return find(ContactKind::user, written, field);
  }
  Expected<events::AccountId> group(std::string_view written, const char* field = "groupId") const {
    return find(ContactKind::group, written, field);
  }

  /// How an answer writes it: the shortest text that `find` would find it by. Of one that is gone, its number.
  std::string written(events::AccountId id) const;

  /// The name that a platform or an account has for it; empty when it is gone.
  std::string name_of(events::AccountId id) const;

  const projections::ContactQueries& queries() const { return contacts_; }

 private:
  std::vector<projections::ContactRow> having(ContactKind kind, const ForeignId& foreign) const;

  projections::EntryQueries<events::Platform> platforms_;
  projections::ContactQueries contacts_;
  projections::Queries accounts_;
};

}  // namespace troupe::http::chatai
