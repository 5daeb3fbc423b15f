#include "actors/platforms/webhook.hpp"

#include <sodium.h>

#include <array>
#include <charconv>

#include "actors/llm/foreign_json.hpp"
#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::platforms::webhook {
namespace {

using llm::text_in;

constexpr Micros kSecond = 1'000'000;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::optional<Micros> time_of(std::string_view timestamp) {
  std::int64_t seconds = 0;
  const char* end = timestamp.data() + timestamp.size();
  const auto [stop, error] = std::from_chars(timestamp.data(), end, seconds);
  constexpr std::int64_t kLatest = 253'402'300'799;  // of the year 9999
  if (error != std::errc{} || stop != end || seconds < 0 || seconds > kLatest) return std::nullopt;
  return seconds * kSecond;
}

}  // namespace

std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(secret), secret.size());
  for (const std::string_view part : {timestamp, std::string_view("."), body})
    crypto_auth_hmacsha256_update(&state, bytes(part), part.size());
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> digest;
  crypto_auth_hmacsha256_final(&state, digest.data());
  std::array<char, 2 * crypto_auth_hmacsha256_BYTES + 1> hex;
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return "sha256=" + std::string(hex.data());
}

Expected<void> verify(std::string_view secret, const Delivery& delivery, Micros now) {
  const auto good = signature(secret, delivery.timestamp, delivery.body);
  if (delivery.signature.size() != good.size() ||
      sodium_memcmp(delivery.signature.data(), good.data(), good.size()) != 0)
    return fail(Errc::unauthenticated, "the signature is not good");
  const auto time = time_of(delivery.timestamp);
  if (!time || std::abs(*time - now) > to_micros(defaults::kWebhookClockSkew))
    return fail(Errc::unauthenticated, "the timestamp is too far from this server's time");
  return {};
}

Expected<Incoming> parse(std::string_view body) {
  const auto object = llm::parse_object(body);
  if (!object) return fail(Errc::invalid, "the body must be a JSON object", "body");
  Incoming incoming;
  auto& speaker = incoming.speaker;
  const std::tuple<const char*, std::string&, bool> ids[] = {{"message_id", incoming.message_id, true},
                                                             {"user_id", speaker.user, true},
                                                             {"group_id", speaker.group, false},
                                                             {"user_name", speaker.user_name, false},
                                                             {"group_name", speaker.group_name, false}};
  for (const auto& [name, value, is_required] : ids) {
    value = text_in(*object, name);
    const auto check = is_required ? check_line : check_optional_line;
    if (auto ok = check(name, value, defaults::kMaxForeignIdLength); !ok) return tl::unexpected(ok.error());
  }
  incoming.text = text_in(*object, "text");
  if (incoming.text.empty()) return fail(Errc::invalid, "text must not be empty", "text");
  speaker.in_group = !speaker.group.empty();
  speaker.is_group_admin = llm::field_of(*object, "is_group_admin") == true;
  incoming.to_the_bot = llm::field_of(*object, "to_bot") == true;
  return incoming;
}

std::string body_of(const Outgoing& outgoing) {
  const std::string kind = outgoing.in_group ? "group" : "private";
  return json_text(Json{{"id", text_digest(outgoing.id)},
                        {"kind", kind},
                        {"to", outgoing.to},
                        {"text", outgoing.text},
                        {"reply_to", outgoing.reply_to}});
}

std::string sent_id(std::string_view body) {
  const auto object = llm::parse_object(body);
  const auto id = object ? text_in(*object, "message_id") : std::string();
  return check_line("message_id", id, defaults::kMaxForeignIdLength) ? id : std::string();
}

}  // namespace troupe::actors::platforms::webhook
