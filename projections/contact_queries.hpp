// Reads of contacts, each from what is committed now. Thread-safe; nothing is cached.
#pragma once

#include <optional>
#include <vector>

#include "projections/read_row.hpp"
#include "storage/coding.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

class ContactQueries {
 public:
  explicit ContactQueries(const storage::Store& store) : store_(store) {}

  std::optional<ContactRow> contact(AccountId id) const { return read_row<ContactRow>(store_, storage::big64(id)); }
  bool exists(AccountId id) const { return store_.row(id_of(Table::contacts), storage::big64(id)).has_value(); }
  /// `platform`: the id of its entry in the catalogue.
  std::optional<AccountId> find(std::string_view platform, bool is_group, std::string_view foreign_id) const {
    const auto claim = events::contact_claim(platform, is_group, foreign_id);
    const auto id = id_of_holder(store_, claim, events::kContacts);
    return id ? std::optional<AccountId>(std::stoll(*id)) : std::nullopt;
  }
  /// Of one platform, or of all when it is empty; in the order in which they were met, without the first `skip`.
  std::vector<ContactRow> contacts(std::string_view platform, std::size_t skip, std::size_t limit) const;

 private:
  const storage::Store& store_;
};

}  // namespace troupe::projections
