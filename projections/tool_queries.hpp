// Reads of the tool log, each from what is committed now. Thread-safe; nothing is cached.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/rows.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

/// Which calls are wanted; what is empty or 0 does not matter.
struct ToolCallFilter {
  std::string tool, source;
  AccountId asker = 0;
  std::optional<std::vector<AccountId>> groups;  ///< in one of these
  std::optional<bool> succeeded;                 ///< false: those that ended otherwise
};

/// What the calls of one tool came to; or those of one day, when that is its name.
struct ToolFigures {
  std::string tool;
  std::int64_t calls = 0, failures = 0, took_us = 0;
};

class ToolQueries {
 public:
  explicit ToolQueries(const storage::Store& store) : store_(store) {}

  std::optional<ToolCallRow> call(std::string_view id) const;
  /// Newest first, without the first `skip`; up to kMaxListBytes.
  std::vector<ToolCallRow> calls(const ToolCallFilter& filter, std::size_t skip, std::size_t limit) const;
  std::size_t count(const ToolCallFilter& filter) const;
  /// Ids of those that have not ended.
  std::vector<std::string> open_calls() const;

  // On the days from `first` to `last`, which count from 1970-01-01, UTC

  std::vector<ToolFigures> figures(std::int64_t first, std::int64_t last) const;
  /// Of all tools together; days without any call are left out. Their names are the days' numbers.
  std::vector<ToolFigures> by_day(std::int64_t first, std::int64_t last) const;

 private:
  using NameOf = std::string (*)(std::int64_t day, std::string_view tool);
  std::vector<ToolFigures> grouped(std::int64_t first, std::int64_t last, NameOf name_of) const;
  /// Newest first. Return false to stop.
  void each(const ToolCallFilter& filter, const std::function<bool(std::string_view id)>& visit) const;

  const storage::Store& store_;
};

}  // namespace troupe::projections
