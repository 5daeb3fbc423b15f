#include "projections/memory_queries.hpp"

#include "events/json.hpp"
#include "projections/search_index.hpp"

namespace troupe::projections {

using storage::big64;
using Direction = storage::Store::Direction;

namespace {

/// The fact at the end of an index key.
std::string_view fact_in(std::string_view key) { return key.substr(key.size() - 8); }

}  // namespace

std::optional<FactContent> MemoryQueries::content(const FactRow& fact) const {
  const auto text = store_.secrets().unseal_for(fact.id, fact.sealed_content);
  if (!text) return std::nullopt;
  const Json fields = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!fields.is_object()) return std::nullopt;
  return fields.get<FactContent>();
}

std::vector<float> MemoryQueries::vector(FactId id, std::string_view model) const {
  const auto row = read_row<FactVectorRow>(store_, big64(id));
  if (!row || row->model != model) return {};
  const auto bytes = store_.secrets().unseal_for(id, row->sealed_vector);
  return bytes ? vector_of(*bytes) : std::vector<float>{};
}

std::vector<FactRow> MemoryQueries::facts_of(AccountId subject, std::size_t limit) const {
  std::vector<FactRow> facts;
  store_.scan(id_of(Table::facts_of_subject), big64(subject), {}, Direction::forward,
              [&](std::string_view key, std::string_view) {
                if (facts.size() >= limit) return false;
                if (auto row = read_row<FactRow>(store_, fact_in(key))) facts.push_back(std::move(*row));
                return true;
              });
  return facts;
}

std::vector<FactRow> MemoryQueries::learned_in(AccountId group, std::size_t limit) const {
  std::vector<FactRow> facts;
  store_.scan(id_of(Table::facts_of_group), big64(group), {}, Direction::backward,
              [&](std::string_view key, std::string_view) {
                if (facts.size() >= limit) return false;
                if (auto row = read_row<FactRow>(store_, fact_in(key))) facts.push_back(std::move(*row));
                return true;
              });
  return facts;
}

void MemoryQueries::each_newest(const std::function<bool(const FactRow&)>& visit) const {
  store_.scan(id_of(Table::facts), {}, {}, Direction::backward, [&](std::string_view, std::string_view value) {
    const auto row = parse_row<FactRow>(store_, value);
    return !row || visit(*row);
  });
}

std::vector<FactSubjectRow> MemoryQueries::subjects(std::size_t skip, std::size_t limit) const {
  std::vector<FactSubjectRow> subjects;
  store_.scan(id_of(Table::fact_subjects), {}, {}, Direction::forward, [&](std::string_view, std::string_view value) {
    if (subjects.size() >= limit) return false;
    if (skip > 0) return --skip, true;
    if (auto row = parse_row<FactSubjectRow>(store_, value)) subjects.push_back(std::move(*row));
    return true;
  });
  return subjects;
}

std::int64_t MemoryQueries::counter(std::string_view name) const {
  return store_.counter(id_of(Table::counters), name);
}

}  // namespace troupe::projections
