#include "actors/files/plain_text.hpp"

#include <algorithm>
#include <iterator>

#include "events/json.hpp"
#include "events/utf8.hpp"

namespace troupe::actors {
namespace {

/// The JSON library replaces what is no UTF-8 when it writes a string.
std::string valid_utf8(std::string_view bytes) {
  return Json::parse(Json(std::string(bytes)).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

}  // namespace

bool is_text(std::string_view content_type) {
  constexpr std::string_view kTypes[] = {"application/json",       "application/x-ndjson", "application/xml",
                                         "application/javascript", "application/csv",      "message/rfc822"};
  return content_type.starts_with("text/") || content_type.ends_with("+json") || content_type.ends_with("+xml") ||
         std::find(std::begin(kTypes), std::end(kTypes), content_type) != std::end(kTypes);
}

PlainText plain_text(std::string_view bytes, std::size_t limit) {
  PlainText plain{valid_utf8(first_bytes(bytes, limit)), bytes.size() > limit};
  plain.is_cut = plain.is_cut || plain.text.size() > limit;  // a replaced byte takes three
  plain.text.resize(first_bytes(plain.text, limit).size());
  std::replace_if(
      plain.text.begin(), plain.text.end(),
      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }, ' ');
  return plain;
}

}  // namespace troupe::actors
