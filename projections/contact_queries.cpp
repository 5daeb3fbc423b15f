#include "projections/contact_queries.hpp"

namespace troupe::projections {

std::vector<ContactRow> ContactQueries::contacts(std::string_view platform, std::size_t skip, std::size_t limit) const {
  std::vector<ContactRow> found;
  const std::string prefix = platform.empty() ? std::string() : std::string(platform) + "/";
  const auto table = platform.empty() ? Table::contacts : Table::platform_contacts;
  store_.scan(id_of(table), prefix, {}, storage::Store::Direction::forward,
              [&](std::string_view key, std::string_view) {
                if (found.size() >= limit) return false;
                if (skip > 0) return --skip, true;
                if (auto row = read_row<ContactRow>(store_, key.substr(prefix.size())))
                  found.push_back(std::move(*row));
                return true;
              });
  return found;
}

}  // namespace troupe::projections
