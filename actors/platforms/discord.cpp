#include "actors/platforms/discord.hpp"

#include <algorithm>
#include <charconv>

#include "actors/llm/foreign_json.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::platforms::discord {
namespace {

using llm::field_of;
using llm::integer_in;
using llm::text_in;
using std::chrono::milliseconds;

// Opcodes of the gateway
enum Op : std::int64_t {
  kDispatch = 0,
  kHeartbeat = 1,
  kIdentify = 2,
  kResume = 6,
  kReconnect = 7,
  kInvalidSession = 9,
  kHello = 10,
  kAcknowledged = 11,
};

/// Servers' and private messages, with their text.
constexpr int kIntents = 1 << 9 | 1 << 12 | 1 << 15;
/// Connections that end without a frame, one after the other, before a session's own place is given up.
constexpr int kMaxSilentConnections = 2;
/// Of text with a mention in it.
constexpr std::string_view kSpace = " \t\r\n,:";

std::string frame_of(Op op, Json data) { return json_text(Json{{"op", op}, {"d", std::move(data)}}); }

/// The way `<@id>` and the older `<@!id>` mention somebody.
std::size_t mention_at_front(std::string_view text, const std::string& id) {
  for (const auto& mention : {"<@" + id + ">", "<@!" + id + ">"})
    if (text.starts_with(mention)) return mention.size();
  return 0;
}

std::string without_address(std::string_view text, const std::string& bot_id) {
  const auto begin = std::min(text.find_first_not_of(kSpace), text.size());
  const auto address = mention_at_front(text.substr(begin), bot_id);
  if (address == 0) return std::string(text);
  const auto rest = text.substr(begin + address);
  const auto at = std::min(rest.find_first_not_of(kSpace), rest.size());
  return at == rest.size() ? std::string(text) : std::string(rest.substr(at));
}

std::string attachment_shown(const Json& attachment) {
  const auto type = text_in(attachment, "content_type");
  if (type.starts_with("image/")) return "[图片]";
  if (type.starts_with("audio/")) return "[语音]";
  if (type.starts_with("video/")) return "[视频]";
  return "[document]";
}

milliseconds seconds_in(const Json& value) {
  if (!value.is_number()) return milliseconds(0);
  const double seconds = std::clamp(value.get<double>(), 0.0, 86'400.0);
  return std::min<milliseconds>(milliseconds(static_cast<milliseconds::rep>(seconds * 1000)),
                                defaults::kPlatformMaxRetryAfter);
}

/// Codes after which a new connection would end the same way.
const char* hopeless(std::uint16_t code) {
  switch (code) {
    case 4004: return "the token is refused";
    case 4010: return "the shard is refused";
    case 4011: return "the bot is in so many servers that it must be sharded, which is not supported";
    case 4012: return "version 10 of the gateway is refused";
    case 4013: return "the intents are refused";
    case 4014: return "the bot is not allowed to read messages: switch on the message content intent for it";
    default: return nullptr;
  }
}

}  // namespace

bool is_snowflake(std::string_view id) {
  return !id.empty() && id.size() <= 20 && id.find_first_not_of("0123456789") == id.npos;
}

std::string Gateway::url() const {
  const bool resumes = !session_id_.empty() && !resume_url_.empty();
  std::string url = resumes ? resume_url_ : options_.url;
  if (url.find('?') != url.npos) return url;
  if (url.find('/', url.find("://") + 3) == url.npos) url += '/';
  return url + "?v=10&encoding=json";
}

std::string Gateway::identify() const {
  Json data{{"token", options_.token},
            {"intents", kIntents},
            {"properties", {{"os", "linux"}, {"browser", "troupe"}, {"device", "troupe"}}}};
  if (!options_.activity.empty())
    data["presence"] = {{"activities", {{{"name", options_.activity}, {"type", 0}}}},
                        {"status", "online"},
                        {"since", nullptr},
                        {"afk", false}};
  return frame_of(kIdentify, std::move(data));
}

std::string Gateway::resume() const {
  return frame_of(kResume, {{"token", options_.token}, {"session_id", session_id_}, {"seq", sequence_.value_or(0)}});
}

std::string Gateway::heartbeat() const { return frame_of(kHeartbeat, sequence_ ? Json(*sequence_) : Json(nullptr)); }

Expected<Gateway::Steps> Gateway::take(std::string_view text, double dice) {
  const auto frame = llm::parse_object(text);
  if (!frame) return tl::unexpected(frame.error());
  const auto op = integer_in(*frame, "op");
  if (!op) return fail(Errc::corrupt, "a frame of the gateway has no opcode");
  has_frame_ = true;
  const Json& data = field_of(*frame, "d");
  switch (*op) {
    case kHello: {
      const milliseconds every(std::clamp<std::int64_t>(integer_in(data, "heartbeat_interval").value_or(0), 1000,
                                                        milliseconds(defaults::kLongestHeartbeat).count()));
      const auto first = milliseconds(static_cast<milliseconds::rep>(static_cast<double>(every.count()) * dice));
      is_acknowledged_ = true;
      return Steps{BeginToBeat{every, first}, Send{session_id_.empty() ? identify() : resume()}};
    }
    case kHeartbeat: return Steps{Send{heartbeat()}};
    case kAcknowledged: is_acknowledged_ = true; return Steps{};
    case kReconnect: return Steps{Reconnect{"the gateway asked for a new connection"}};
    case kInvalidSession: {
      if (data != true) session_id_.clear();
      // So long as Discord wants it, spread.
      return Steps{Reconnect{"the session is not good any more",
                             milliseconds(1000 + static_cast<milliseconds::rep>(4000 * dice))}};
    }
    case kDispatch:
      if (const auto sequence = integer_in(*frame, "s")) sequence_ = sequence;
      return dispatched(text_in(*frame, "t"), data);
    default: return Steps{};
  }
}

Gateway::Steps Gateway::dispatched(const std::string& type, const Json& data) {
  if (type == "RESUMED") return {Ready{}};
  if (type == "READY") {
    session_id_ = text_in(data, "session_id");
    resume_url_ = text_in(data, "resume_gateway_url");
    bot_id_ = text_in(field_of(data, "user"), "id");
    return {Ready{}};
  }
  if (type != "MESSAGE_CREATE") return {};
  auto message = heard(data);
  if (!message) return {};
  return {std::move(*message)};
}

std::optional<Gateway::Hear> Gateway::heard(const Json& message) const {
  const Json& author = field_of(message, "author");
  const Json& member = field_of(message, "member");
  // Programs that answer programs never end.
  if (field_of(author, "bot") == true || message.contains("webhook_id")) return std::nullopt;
  Hear heard{{}, text_in(message, "channel_id")};
  auto& incoming = heard.message;
  auto& speaker = incoming.speaker;
  incoming.message_id = text_in(message, "id");
  speaker.user = text_in(author, "id");
  for (const auto& id : {speaker.user, heard.channel, incoming.message_id})
    if (!is_snowflake(id)) return std::nullopt;
  for (const auto& name : {text_in(member, "nick"), text_in(author, "global_name"), text_in(author, "username")})
    if (speaker.user_name.empty()) speaker.user_name = name;
  speaker.in_group = message.contains("guild_id");
  if (speaker.in_group) speaker.group = heard.channel;
  const auto is_the_bot = [&](const Json& user) { return !bot_id_.empty() && text_in(user, "id") == bot_id_; };
  const Json& mentions = field_of(message, "mentions");
  incoming.to_the_bot = (mentions.is_array() && std::any_of(mentions.begin(), mentions.end(), is_the_bot)) ||
                        is_the_bot(field_of(field_of(message, "referenced_message"), "author"));
  incoming.text = without_address(text_in(message, "content"), bot_id_);
  if (const Json& attachments = field_of(message, "attachments"); attachments.is_array())
    for (const auto& attachment : attachments)
      incoming.text += (incoming.text.empty() ? "" : " ") + attachment_shown(attachment);
  if (incoming.text.empty()) return std::nullopt;
  return heard;
}

Gateway::Steps Gateway::beat() {
  if (!std::exchange(is_acknowledged_, false)) return {Reconnect{"the gateway does not answer heartbeats"}};
  return {Send{heartbeat()}};
}

std::optional<std::string> Gateway::closed(std::uint16_t code) {
  if (const char* why = hopeless(code)) return why;
  constexpr std::uint16_t kBadSequence = 4007, kSessionTimedOut = 4009;
  if (code == kBadSequence || code == kSessionTimedOut) session_id_.clear();
  silent_connections_ = std::exchange(has_frame_, false) ? 0 : silent_connections_ + 1;
  // The session may go on where sessions begin.
  if (silent_connections_ == kMaxSilentConnections) resume_url_.clear();
  return std::nullopt;
}

std::string message_request(const Outgoing& outgoing, std::string_view text, std::size_t piece) {
  // Discord does not make the same message twice within some minutes when it has a nonce, so that one that is sent again
  // because nobody knows whether it had arrived appears once.
  constexpr std::size_t kMaxNonce = 25;
  const auto nonce = text_digest(outgoing.id + "/" + std::to_string(piece)).substr(0, kMaxNonce);
  Json body{{"content", std::string(text)},
            {"nonce", nonce},
            {"enforce_nonce", true},
            // Nothing that a model says calls everybody.
            {"allowed_mentions", {{"parse", Json::array()}, {"replied_user", true}}}};
  if (outgoing.in_group && piece == 0 && !outgoing.reply_to.empty())
    body["message_reference"] = {{"message_id", outgoing.reply_to}, {"fail_if_not_exists", false}};
  return json_text(body);
}

std::string private_channel_request(std::string_view user) {
  return json_text(Json{{"recipient_id", std::string(user)}});
}

std::vector<std::string> limit_headers() { return {"X-RateLimit-Remaining", "X-RateLimit-Reset-After"}; }

SendOutcome outcome_of(const HttpAnswer& answer) {
  auto outcome = outcome_by_status(answer);
  const auto object = llm::parse_object(answer.body);
  if (outcome.kind == SendOutcome::Kind::sent) {
    if (object) outcome.id = text_in(*object, "id");
    double seconds = 0;
    const auto reset = answer.head.header("X-RateLimit-Reset-After");
    if (answer.head.header("X-RateLimit-Remaining") == "0" &&
        std::from_chars(reset.data(), reset.data() + reset.size(), seconds).ec == std::errc{})
      outcome.rest = seconds_in(Json(seconds));
    return outcome;
  }
  if (!object) return outcome;
  if (const auto words = text_in(*object, "message"); !words.empty()) outcome.why += ": " + words;
  outcome.rest = std::max(outcome.rest, seconds_in(field_of(*object, "retry_after")));
  outcome.rests_everywhere = field_of(*object, "global") == true;
  return outcome;
}

}  // namespace troupe::actors::platforms::discord
