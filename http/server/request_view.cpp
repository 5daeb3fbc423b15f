#include "http/server/request_view.hpp"

namespace troupe::http {

void set_target(Request& request, std::string_view target) {
  request.target = target;
  if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme != std::string_view::npos) {
    const auto path = target.find_first_of("/?", scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const auto question_mark = target.find('?');
  request.path = target.substr(0, question_mark);
  if (request.path.empty()) request.path = "/";
  if (question_mark != std::string_view::npos) request.query = target.substr(question_mark + 1);
}

std::optional<Response> websocket_refusal(const Request& request) {
  if (request.header("Sec-WebSocket-Version") != "13")
    return Response{.status = 426,
                    .body = R"({"error":"Only WebSocket version 13 is spoken here"})",
                    .headers = {{"Sec-WebSocket-Version", "13"}}};
  // Sixteen bytes in base64.
  const auto key = request.header("Sec-WebSocket-Key");
  if (!key || key->size() != 24 || !key->ends_with("=="))
    return plain_error(400, "The Sec-WebSocket-Key is missing or malformed");
  return std::nullopt;
}

}  // namespace troupe::http
