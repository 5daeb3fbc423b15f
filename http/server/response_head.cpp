#include "http/server/response_head.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <random>

namespace troupe::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append(kLineEnd);
}

bool is_ours(std::string_view name) {
  return equals_ignoring_case(name, "Content-Length") || equals_ignoring_case(name, "Transfer-Encoding") ||
         equals_ignoring_case(name, "Connection");
}

bool is_safe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string response_head(const Response& response, const ResponseContext& context) {
  std::size_t size = 256;
  for (const auto& [name, value] : response.headers) size += name.size() + value.size() + 4;
  std::string head;
  head.reserve(size);
  head.append("HTTP/1.1 ");
  append_number(head, static_cast<std::size_t>(response.status));
  head.append(" ").append(reason_phrase(response.status)).append(kLineEnd);
  append_header(head, "Server", "troupe");
  if (!context.date.empty()) append_header(head, "Date", context.date);
  if (context.close)
    append_header(head, "Connection", "close");
  else if (context.http_1_0)
    append_header(head, "Connection", "keep-alive");
  if (!context.request_id.empty()) append_header(head, "X-Request-Id", context.request_id);

  bool has_type = response.content_type.empty() || !is_safe(response.content_type) || !has_body(response.status);
  for (const auto& [name, value] : response.headers) {
    if (is_ours(name) || !is_safe(name) || !is_safe(value)) continue;
    has_type = has_type || equals_ignoring_case(name, "Content-Type");
    append_header(head, name, value);
  }
  if (!has_type) append_header(head, "Content-Type", response.content_type);
  if (has_body(response.status) && context.streamed) {
    if (!context.http_1_0) append_header(head, "Transfer-Encoding", "chunked");
  } else if (has_body(response.status)) {
    head.append("Content-Length: ");
    append_number(head, response.content_length());
    head.append(kLineEnd);
  }
  return head.append(kLineEnd);
}

std::string chunk_of(std::string_view bytes) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
  std::string chunk;
  chunk.reserve(bytes.size() + 20);
  chunk.append(digits.data(), end).append(kLineEnd).append(bytes).append(kLineEnd);
  return chunk;
}

std::string next_request_id() {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  static const std::string process = [&] {
    std::random_device random;
    std::string id;
    for (int i = 0; i < 6; ++i) id += kDigits[random() % kDigits.size()];
    return id;
  }();
  static std::atomic<std::uint64_t> counter{0};
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), ++counter, 36).ptr;
  std::string id = process;
  id.append(digits.data(), end);
  return id;
}

std::string last_words(const Response& response, std::string_view request_id, std::string_view date) {
  return response_head(response, {.request_id = request_id, .date = date, .close = true}) + response.body;
}

std::string refusal(int status, std::string_view date) {
  const std::string id = next_request_id();
  Response response{
      .status = status,
      .body = R"({"error":")" + std::string(reason_phrase(status)) + R"(","request_id":")" + id + R"("})"};
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return last_words(response, id, date);
}

}  // namespace troupe::http
