// Reads of what is remembered, each from what is committed now. Thread-safe; nothing is cached.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "events/defaults.hpp"
#include "projections/read_row.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

using events::FactContent;
using events::FactId;

class MemoryQueries {
 public:
  explicit MemoryQueries(const storage::Store& store) : store_(store) {}

  std::optional<FactRow> fact(FactId id) const { return read_row<FactRow>(store_, storage::big64(id)); }
  bool exists(FactId id) const { return store_.row(id_of(Table::facts), storage::big64(id)).has_value(); }
  /// Nothing when its key, or that of whom it is about, was thrown away.
  std::optional<FactContent> content(const FactRow& fact) const;
  /// Of length 1; empty when there is none of this model.
  std::vector<float> vector(FactId id, std::string_view model) const;

  /// What is remembered of somebody, oldest first.
  std::vector<FactRow> facts_of(AccountId subject, std::size_t limit = defaults::kMaxFactsOfSubject) const;
  /// What was learned in a group, whomever it is about; newest first.
  std::vector<FactRow> learned_in(AccountId group, std::size_t limit) const;
  /// Of all people, newest first: until `visit` says false.
  void each_newest(const std::function<bool(const FactRow&)>& visit) const;

  std::optional<FactSubjectRow> subject(AccountId id) const {
    return read_row<FactSubjectRow>(store_, storage::big64(id));
  }
  /// Those of whom anything is remembered, in order of their numbers, without the first `skip`.
  std::vector<FactSubjectRow> subjects(std::size_t skip, std::size_t limit) const;

  std::int64_t total() const { return counter(kTotalFacts); }
  std::int64_t total_of(std::string_view category) const { return counter(facts_of_category(category)); }
  std::int64_t total_subjects() const { return counter(kTotalFactSubjects); }

 private:
  std::int64_t counter(std::string_view name) const;

  const storage::Store& store_;
};

}  // namespace troupe::projections
