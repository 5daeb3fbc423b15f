#include "actors/platforms/onebot.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "actors/llm/foreign_json.hpp"
#include "actors/rules.hpp"

namespace troupe::actors::platforms::onebot {
namespace {

using llm::field_of;
using llm::integer_in;
using llm::text_in;

/// Ids are numbers by the standard and texts in some clients.
std::string id_in(const Json& object, const char* name) {
  const Json& id = field_of(object, name);
  return id.is_number_integer() ? id.dump() : text_in(object, name);
}

struct Segment {
  std::string type;
  Json data = Json::object();
};

/// A piece of a CQ code. Only these four are escaped.
std::string unescaped(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEscapes[] = {
      {"&amp;", '&'}, {"&#91;", '['}, {"&#93;", ']'}, {"&#44;", ','}};
  std::string plain;
  while (!text.empty()) {
    std::size_t length = 1;
    char c = text.front();
    for (const auto& [escape, meant] : kEscapes)
      if (text.starts_with(escape)) {
        length = escape.size();
        c = meant;
      }
    plain += c;
    text.remove_prefix(length);
  }
  return plain;
}

/// `[CQ:type,name=value,…]`, without the brackets.
Segment segment_of_code(std::string_view code) {
  code.remove_prefix(std::string_view("CQ:").size());
  const auto end_of_type = std::min(code.find(','), code.size());
  Segment segment{std::string(code.substr(0, end_of_type))};
  for (std::size_t at = end_of_type; at < code.size();) {
    const auto end = std::min(code.find(',', at + 1), code.size());
    const auto pair = code.substr(at + 1, end - at - 1);
    const auto equals = std::min(pair.find('='), pair.size());
    if (equals < pair.size()) segment.data[std::string(pair.substr(0, equals))] = unescaped(pair.substr(equals + 1));
    at = end;
  }
  return segment;
}

Segment text_segment(std::string text) { return {"text", {{"text", std::move(text)}}}; }

std::vector<Segment> segments_of_text(std::string_view text) {
  std::vector<Segment> segments;
  while (!text.empty()) {
    const auto begin = std::min(text.find("[CQ:"), text.size());
    const auto end = begin == text.size() ? text.npos : text.find(']', begin);
    const auto plain = end == text.npos ? text.size() : begin;  // a code without an end is text
    if (plain > 0) segments.push_back(text_segment(unescaped(text.substr(0, plain))));
    if (end == text.npos) break;
    segments.push_back(segment_of_code(text.substr(begin + 1, end - begin - 1)));
    text.remove_prefix(end + 1);
  }
  return segments;
}

std::vector<Segment> segments_of(const Json& event) {
  const Json& message = field_of(event, "message");
  if (message.is_string()) return segments_of_text(message.get_ref<const std::string&>());
  if (!message.is_array()) return segments_of_text(text_in(event, "raw_message"));
  std::vector<Segment> segments;
  for (const auto& part : message) segments.push_back({text_in(part, "type"), field_of(part, "data")});
  return segments;
}

std::string rendered(const Segment& segment) {
  const auto& [type, data] = segment;
  if (type == "text") return text_in(data, "text");
  if (type == "at") return "[@" + id_in(data, "qq") + "]";
  if (type == "image") return "[图片]";
  if (type == "face") return "[表情]";
  if (type == "record") return "[语音]";
  if (type == "video") return "[视频]";
  if (type == "reply") return "[回复: " + id_in(data, "id") + "]";
  return "[" + type + "]";
}

constexpr std::string_view kSpace = " \t\r\n";

bool is_blank(std::string_view text) { return text.find_first_not_of(kSpace) == text.npos; }

/// What stands before the text only to say whom it is to, so that commands and prefixes are where they are looked for.
bool is_address(const Segment& segment, const std::string& self_id) {
  return segment.type == "reply" || (segment.type == "at" && id_in(segment.data, "qq") == self_id) ||
         (segment.type == "text" && is_blank(text_in(segment.data, "text")));
}

Message message_of(const Json& event) {
  Message message;
  message.self_id = id_in(event, "self_id");
  message.message_id = id_in(event, "message_id");
  const Json& sender = field_of(event, "sender");
  auto& speaker = message.speaker;
  speaker.in_group = text_in(event, "message_type") == "group";
  speaker.user = id_in(event, "user_id");
  const auto card = text_in(sender, "card");
  speaker.user_name = card.empty() ? text_in(sender, "nickname") : card;
  if (speaker.in_group) {
    speaker.group = id_in(event, "group_id");
    speaker.group_name = text_in(event, "group_name");
    const auto role = text_in(sender, "role");
    speaker.is_group_admin = role == "owner" || role == "admin";
  }
  std::string addressed, whole;
  bool is_before_text = true;
  for (const auto& segment : segments_of(event)) {
    if (segment.type == "reply" && message.answers.empty()) message.answers = id_in(segment.data, "id");
    message.names_the_bot |= segment.type == "at" && id_in(segment.data, "qq") == message.self_id;
    is_before_text = is_before_text && is_address(segment, message.self_id);
    whole += rendered(segment);
    if (!is_before_text) addressed += rendered(segment);
  }
  addressed.erase(0, std::min(addressed.find_first_not_of(kSpace), addressed.size()));
  message.text = addressed.empty() ? std::move(whole) : std::move(addressed);
  return message;
}

Response response_of(const Json& frame) {
  Response response;
  response.echo = text_in(frame, "echo");
  const auto retcode = integer_in(frame, "retcode").value_or(0);
  const auto status = text_in(frame, "status");
  // `async`: it was taken, and nobody will say more.
  response.is_ok = (status == "ok" || status == "async") && (retcode == 0 || retcode == 1);
  response.message_id = id_in(field_of(frame, "data"), "message_id");
  if (response.is_ok) return response;
  for (const char* words : {"wording", "message", "msg"})
    if (response.why.empty()) response.why = text_in(frame, words);
  response.why = "the client refused it (retcode " + std::to_string(retcode) + ")" +
                 (response.why.empty() ? "" : ": " + response.why);
  return response;
}

}  // namespace

Expected<Frame> parse(std::string_view json) {
  const auto frame = llm::parse_object(json);
  if (!frame) return tl::unexpected(frame.error());
  const auto post_type = text_in(*frame, "post_type");
  if (post_type.empty()) {
    if (frame->contains("retcode")) return response_of(*frame);
    return fail(Errc::corrupt, "a frame is neither an event nor a response");
  }
  if (post_type == "message") {
    auto message = message_of(*frame);
    const bool has_place = !message.speaker.in_group || !message.speaker.group.empty();
    if (message.self_id.empty() || message.speaker.user.empty() || !has_place)
      return fail(Errc::corrupt, "a message does not say whose it is");
    return message;
  }
  const auto kind = text_in(*frame, (post_type + "_type").c_str());
  if (post_type == "meta_event" && kind == "heartbeat")
    return Heartbeat{id_in(*frame, "self_id"),
                     std::chrono::milliseconds(llm::count_in(*frame, "interval").value_or(0))};
  return Happening{id_in(*frame, "self_id"), post_type + "." + kind};
}

std::string send_action(const Outgoing& outgoing, std::string_view answers, std::string_view echo) {
  // As segments, so that nothing in an answer is taken for a code.
  Json message = Json::array();
  if (outgoing.in_group && !answers.empty())
    message.push_back({{"type", "reply"}, {"data", {{"id", std::string(answers)}}}});
  message.push_back({{"type", "text"}, {"data", {{"text", outgoing.text}}}});
  Json params{{"message", std::move(message)}};
  const char* whom = outgoing.in_group ? "group_id" : "user_id";
  const auto number = outgoing.to.size() <= 18 && outgoing.to.find_first_not_of("0123456789") == outgoing.to.npos &&
                      !outgoing.to.empty();
  params[whom] = number ? Json(std::stoll(outgoing.to)) : Json(outgoing.to);
  return json_text(Json{{"action", outgoing.in_group ? "send_group_msg" : "send_private_msg"},
                        {"params", std::move(params)},
                        {"echo", std::string(echo)}});
}

std::string foreign_id(std::string_view self_id, std::string_view message_id) {
  return message_id.empty() ? std::string() : std::string(self_id) + "/" + std::string(message_id);
}

ForeignId parse_foreign_id(std::string_view id) {
  const auto slash = id.find('/');
  if (slash == id.npos) return {};
  return {std::string(id.substr(0, slash)), std::string(id.substr(slash + 1))};
}

}  // namespace troupe::actors::platforms::onebot
