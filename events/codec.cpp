#include "events/codec.hpp"

namespace troupe::events {

std::string to_cbor(const Json& value) {
  std::string bytes;
  Json::to_cbor(value, nlohmann::detail::output_adapter<char>(bytes));
  return bytes;
}

Expected<Json> from_cbor(std::string_view bytes) {
  Json value = Json::from_cbor(bytes.begin(), bytes.end(), true, false);
  if (value.is_discarded()) return fail(Errc::corrupt, "stored bytes are not CBOR");
  return value;
}

Expected<Json> fields_of(const EncodedEvent& stored) {
  auto fields = from_cbor(stored.payload);
  if (!fields || stored.personal.empty()) return fields;
  auto personal = from_cbor(stored.personal);
  if (!personal) return personal;
  if (!fields->is_object() || !personal->is_object()) return fail(Errc::corrupt, "an event is not a map of its fields");
  fields->update(*personal);
  return fields;
}

}  // namespace troupe::events
