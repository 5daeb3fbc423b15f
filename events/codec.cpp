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

}  // namespace troupe::events
