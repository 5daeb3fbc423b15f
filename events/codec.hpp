// Events between their structs and their stored form: a CBOR map of the fields (RFC 8949) under a type name.
//
// An event struct declares `static constexpr std::string_view type` (stable for ever) and
// `static constexpr std::uint16_t schema`. A field that is added with a default needs nothing more. A change that
// older bytes do not fit raises `schema` and adds `static Json upcast(std::uint16_t stored_schema, Json fields)`.
//
// An event that holds somebody's personal data names those fields in `static constexpr std::string_view personal[]`:
// the journal seals them under that account's key. Once the key is thrown away the event decodes without them: they
// have their defaults.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "events/expected.hpp"
#include "events/json.hpp"
#include "events/record.hpp"

namespace troupe::events {

std::string to_cbor(const Json& value);
Expected<Json> from_cbor(std::string_view bytes);

inline bool holds_nothing(const Json& value) {
  return value.is_string() ? value.get_ref<const std::string&>().empty() : value.empty();
}

/// Takes the personal fields of a `T` (an event, a row) out of `fields`. One that holds nothing ("", null, {}, []) is
/// not worth a seal and stays. Empty when there is none.
template <class T>
Json take_personal(Json& fields) {
  Json personal = Json::object();
  if constexpr (requires { T::personal; }) {
    for (const auto name : T::personal) {
      const auto field = fields.find(name);
      if (field == fields.end() || holds_nothing(*field)) continue;
      personal[std::string(name)] = std::move(*field);
      fields.erase(field);
    }
  }
  return personal;
}

template <class E>
requires requires { E::schema; }
EncodedEvent encode(const E& event) {
  Json fields(event);
  const Json personal = take_personal<E>(fields);
  return {std::string(E::type), E::schema, to_cbor(fields), personal.empty() ? "" : to_cbor(personal)};
}

template <class... E>
EncodedEvent encode(const std::variant<E...>& event) {
  return std::visit([](const auto& e) { return encode(e); }, event);
}

/// All fields that are there to be read. Errors: corrupt.
Expected<Json> fields_of(const EncodedEvent& stored);

/// Errors: corrupt, when the bytes do not decode or were written by a newer schema than this program knows.
template <class E>
Expected<E> decode_as(const EncodedEvent& stored) {
  if (stored.schema > E::schema)
    return fail(Errc::corrupt, "event " + stored.type + " has schema " + std::to_string(stored.schema) +
                                   ", newer than this program knows");
  auto fields = fields_of(stored);
  if (!fields) return tl::unexpected(fields.error());
  try {
    if constexpr (requires { E::upcast(stored.schema, Json{}); }) {
      if (stored.schema < E::schema) *fields = E::upcast(stored.schema, std::move(*fields));
    }
    return fields->template get<E>();
  } catch (const Json::exception& e) {
    return fail(Errc::corrupt, "event " + stored.type + " does not decode: " + e.what());
  }
}

/// Decodes into the alternative of `Variant` whose type name matches. Errors: corrupt, also for an unknown type.
template <class Variant, std::size_t I = 0>
Expected<Variant> decode(const EncodedEvent& stored) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return fail(Errc::corrupt, "unknown event type " + stored.type);
  } else {
    using E = std::variant_alternative_t<I, Variant>;
    if (stored.type != E::type) return decode<Variant, I + 1>(stored);
    auto event = decode_as<E>(stored);
    if (!event) return tl::unexpected(event.error());
    return Variant(std::move(*event));
  }
}

}  // namespace troupe::events

/// Gives an event struct its fields; a field missing in the stored bytes keeps its default.
#define TROUPE_EVENT(Name, ...) NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Name, __VA_ARGS__)
