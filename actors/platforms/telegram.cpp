#include "actors/platforms/telegram.hpp"

#include <algorithm>

#include "actors/llm/foreign_json.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::platforms::telegram {
namespace {

using llm::field_of;
using llm::integer_in;
using llm::text_in;

std::string id_in(const Json& object) {
  const auto id = integer_in(object, "id");
  return id ? std::to_string(*id) : std::string();
}

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || c == '_' || byte >= 0x80;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Where `@name` stands as a word of its own, or npos.
std::size_t mention_in(std::string_view text, std::string_view name) {
  const std::string mention = "@" + std::string(name);
  const auto is_same = [](char a, char b) { return lower(a) == lower(b); };
  for (auto from = text.begin(); !name.empty();) {
    const auto at = std::search(from, text.end(), mention.begin(), mention.end(), is_same);
    if (at == text.end()) break;
    const auto end = at + static_cast<std::ptrdiff_t>(mention.size());
    if (end == text.end() || !is_word(*end)) return static_cast<std::size_t>(at - text.begin());
    from = end;
  }
  return std::string_view::npos;
}

/// Without the bot's name where it only says whom the text is to: in front of it, or behind a command.
std::string without_address(std::string_view text, std::string_view name) {
  const auto at = mention_in(text, name);
  if (at == text.npos) return std::string(text);
  const auto rest = text.substr(at + 1 + name.size());
  if (at == 0) {
    const auto begin = std::min(rest.find_first_not_of(" \t\r\n,:"), rest.size());
    return begin == rest.size() ? std::string(text) : std::string(rest.substr(begin));
  }
  const auto before = text.substr(0, at);
  const bool is_command = before.find_first_of(" \t\r\n") == before.npos;
  return is_command ? std::string(before) + std::string(rest) : std::string(text);
}

/// What else a message holds, as OneBot's segments are rendered.
std::string attachment_in(const Json& message) {
  static constexpr std::pair<const char*, const char*> kKinds[] = {
      {"photo", "[图片]"},      {"sticker", "[表情]"},   {"voice", "[语音]"},        {"audio", "[语音]"},
      {"video", "[视频]"},      {"animation", "[视频]"}, {"document", "[document]"}, {"location", "[location]"},
      {"contact", "[contact]"}, {"poll", "[poll]"}};
  for (const auto& [name, shown] : kKinds)
    if (message.contains(name)) return shown;
  return {};
}

bool names_the_bot_in_entities(const Json& message, const Bot& bot) {
  for (const char* list : {"entities", "caption_entities"}) {
    const Json& entities = field_of(message, list);
    if (!entities.is_array()) continue;
    for (const auto& entity : entities)
      if (text_in(entity, "type") == "text_mention" && id_in(field_of(entity, "user")) == bot.id) return true;
  }
  return false;
}

std::optional<Incoming> incoming_of(const Json& message, const Bot& bot) {
  const Json& from = field_of(message, "from");
  const Json& chat = field_of(message, "chat");
  const auto type = text_in(chat, "type");
  const auto id = integer_in(message, "message_id");
  if (!id || id_in(from).empty() || field_of(from, "is_bot") == true) return std::nullopt;
  if (type != "private" && type != "group" && type != "supergroup") return std::nullopt;
  Incoming incoming;
  incoming.message_id = std::to_string(*id);
  auto& speaker = incoming.speaker;
  speaker.in_group = type != "private";
  speaker.user = id_in(from);
  speaker.user_name = text_in(from, "first_name");
  if (const auto last = text_in(from, "last_name"); !last.empty()) speaker.user_name += " " + last;
  if (speaker.in_group) {
    speaker.group = id_in(chat);
    speaker.group_name = text_in(chat, "title");
  }
  auto text = text_in(message, "text");
  if (text.empty()) text = text_in(message, "caption");
  const auto attachment = attachment_in(message);
  incoming.to_the_bot = mention_in(text, bot.username) != text.npos || names_the_bot_in_entities(message, bot) ||
                        id_in(field_of(field_of(message, "reply_to_message"), "from")) == bot.id;
  incoming.text = without_address(text, bot.username);
  if (!attachment.empty()) incoming.text += (incoming.text.empty() ? "" : " ") + attachment;
  if (incoming.text.empty()) return std::nullopt;  // somebody joined, a title was changed
  return incoming;
}

/// Errors: corrupt.
Expected<Json> result_in(std::string_view answer) {
  auto object = llm::parse_object(answer);
  if (!object) return tl::unexpected(object.error());
  if (field_of(*object, "ok") != true) return fail(Errc::corrupt, "an answer of the Bot API is not ok");
  return field_of(*object, "result");
}

}  // namespace

std::string method_url(std::string_view base_url, std::string_view token, std::string_view method) {
  std::string path = "/bot";
  for (const char c : token) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == ':' || c == '-' || c == '_')
      path += c;
    else
      path += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return llm::url_of(base_url, path + "/" + std::string(method));
}

Expected<Bot> bot_in(std::string_view answer) {
  const auto result = result_in(answer);
  if (!result) return tl::unexpected(result.error());
  Bot bot{id_in(*result), text_in(*result, "username")};
  if (bot.id.empty()) return fail(Errc::corrupt, "getMe does not say who the bot is");
  return bot;
}

Expected<std::vector<Update>> updates_in(std::string_view answer, const Bot& bot) {
  const auto result = result_in(answer);
  if (!result) return tl::unexpected(result.error());
  if (!result->is_array()) return fail(Errc::corrupt, "getUpdates brings no list");
  std::vector<Update> updates;
  for (const auto& update : *result) {
    const auto id = integer_in(update, "update_id");
    if (!id) return fail(Errc::corrupt, "an update has no id");
    updates.push_back({*id, incoming_of(field_of(update, "message"), bot)});
  }
  return updates;
}

std::string updates_request(std::int64_t offset) {
  return json_text(Json{{"offset", offset},
                        {"limit", defaults::kTelegramUpdatesAtOnce},
                        {"timeout", std::chrono::seconds(defaults::kTelegramPollTime).count()},
                        {"allowed_updates", {"message"}}});
}

std::string message_request(const Outgoing& outgoing, std::string_view text, bool is_first) {
  Json body{{"chat_id", outgoing.to}, {"text", std::string(text)}};
  const auto& number = outgoing.reply_to;
  const bool answers = outgoing.in_group && is_first && !number.empty() && number.size() <= 18 &&
                       number.find_first_not_of("0123456789") == number.npos;
  // A message that was deleted meanwhile is answered all the same.
  if (answers) body["reply_parameters"] = {{"message_id", std::stoll(number)}, {"allow_sending_without_reply", true}};
  return json_text(body);
}

Complaint complaint_in(const HttpAnswer& answer) {
  Complaint complaint{"Telegram answered with status " + std::to_string(answer.head.status), retry_after(answer.head)};
  const auto object = llm::parse_object(answer.body);
  if (!object) return complaint;
  // Whoever stands in between may say 404 too, but not in Telegram's form.
  const auto code = field_of(*object, "ok") == false ? integer_in(*object, "error_code") : std::nullopt;
  complaint.is_about_the_token = code == 401 || code == 404;
  if (const auto words = text_in(*object, "description"); !words.empty()) complaint.why += ": " + words;
  if (const auto seconds = llm::count_in(field_of(*object, "parameters"), "retry_after"))
    complaint.rest =
        std::min<std::chrono::milliseconds>(std::chrono::seconds(*seconds), defaults::kPlatformMaxRetryAfter);
  return complaint;
}

SendOutcome outcome_of(const HttpAnswer& answer) {
  auto outcome = outcome_by_status(answer);
  if (outcome.kind == SendOutcome::Kind::sent) {
    const auto result = result_in(answer.body);
    const auto id = result ? integer_in(*result, "message_id") : std::nullopt;
    if (id) outcome.id = std::to_string(*id);
    return outcome;
  }
  const auto complaint = complaint_in(answer);
  outcome.why = complaint.why;
  outcome.rest = complaint.rest;
  return outcome;
}

}  // namespace troupe::actors::platforms::telegram
