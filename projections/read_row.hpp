// Rows back from their bytes: what all queries share. Internal to projections/.
#pragma once

#include <optional>
#include <string>

#include "events/codec.hpp"
#include "projections/rows.hpp"
#include "storage/coding.hpp"
#include "storage/personal_fields.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

constexpr TableId id_of(Table table) { return static_cast<TableId>(table); }

/// Nothing, and an unhealthy store, when the bytes are no such row. Personal fields of an erased account are empty.
template <class Row>
std::optional<Row> parse_row(const storage::Store& store, std::string_view bytes) {
  try {
    auto fields = events::from_cbor(bytes);
    bool open = fields.has_value();
    if constexpr (requires { Row::personal; }) open = open && storage::open_fields(*fields, store.secrets());
    if (open) return fields->template get<Row>();
  } catch (const Json::exception&) {
  }
  store.report_corrupt_row(id_of(Row::table));
  return std::nullopt;
}

template <class Row>
std::optional<Row> read_row(const storage::Store& store, std::string_view key) {
  const auto bytes = store.row(id_of(Row::table), key);
  return bytes ? parse_row<Row>(store, *bytes) : std::nullopt;
}

/// Of a table with one row, which is a time.
inline std::optional<Micros> read_time(const storage::Store& store, Table table) {
  const auto time = store.row(id_of(table), "");
  return time ? std::optional(static_cast<Micros>(storage::read_big64(*time))) : std::nullopt;
}

/// The id of the stream that holds a claim, when it is one of `category`.
inline std::optional<std::string> id_of_holder(const storage::Store& store, const std::string& claim,
                                               std::string_view category) {
  const auto stream = store.claim_holder(claim);
  const std::string prefix = std::string(category) + "/";
  if (!stream || !stream->starts_with(prefix)) return std::nullopt;
  return stream->substr(prefix.size());
}

}  // namespace troupe::projections
