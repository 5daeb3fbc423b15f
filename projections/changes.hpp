// Short ways to say a row change.
#pragma once

#include "events/codec.hpp"
#include "projections/projection.hpp"
#include "projections/rows.hpp"
#include "storage/coding.hpp"

namespace troupe::projections {

using storage::big64;
using storage::RowChange;

inline RowChange put_bytes(Table table, std::string key, std::string value) {
  return {static_cast<TableId>(table), RowChange::Kind::put, std::move(key), std::move(value), 0};
}
template <class Row>
RowChange of_fields(RowChange::Kind kind, std::string key, Json fields) {
  const Json personal = events::take_personal<Row>(fields);
  RowChange change{static_cast<TableId>(Row::table), kind, std::move(key), events::to_cbor(fields)};
  if (!personal.empty()) change.personal = events::to_cbor(personal);
  return change;
}
template <class Row>
RowChange put_row(std::string key, const Row& row) {
  return of_fields<Row>(RowChange::Kind::put, std::move(key), Json(row));
}
/// An index entry: all is in its key.
inline RowChange put_key(Table table, std::string key) { return put_bytes(table, std::move(key), {}); }
inline RowChange erase(Table table, std::string key) {
  return {static_cast<TableId>(table), RowChange::Kind::erase, std::move(key), {}, 0};
}
template <class Row>
RowChange patch(std::string key, Json fields) {
  return of_fields<Row>(RowChange::Kind::patch, std::move(key), std::move(fields));
}
inline RowChange add(Table table, std::string key, std::int64_t delta) {
  return {static_cast<TableId>(table), RowChange::Kind::add, std::move(key), {}, delta};
}
inline RowChange add(std::string counter, std::int64_t delta) {
  return add(Table::counters, std::move(counter), delta);
}

}  // namespace troupe::projections
