#include "http/socketio/socketio_codec.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "events/json.hpp"
#include "events/json_depth.hpp"

namespace troupe::socketio {
namespace {

constexpr std::array<std::string_view, 6> kReservedEvents = {"connect",       "connect_error", "disconnect",
                                                             "disconnecting", "newListener",   "removeListener"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes a decimal number off the front of `text`. Nothing when there is none, or too large a one.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

Expected<void> take_attachments(std::string_view& text, Packet& packet, std::size_t max_attachments) {
  const auto count = take_number(text);
  if (!count || !text.starts_with('-')) return fail(Errc::invalid, "no number of attachments");
  if (*count > max_attachments) return fail(Errc::too_large, "too many attachments");
  text.remove_prefix(1);
  packet.attachments = *count;
  return {};
}

Expected<void> take_namespace(std::string_view& text, Packet& packet) {
  const auto end = text.find(',');
  if (std::min(end, text.size()) > defaults::kMaxNamespaceBytes)
    return fail(Errc::too_large, "the namespace is too long");
  packet.nsp = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return {};
}

Expected<void> take_json(std::string_view text, Packet& packet) {
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth)) return fail(Errc::too_large, "the data nest too deep");
  packet.data = Json::parse(text, nullptr, false);
  if (packet.data.is_discarded()) return fail(Errc::invalid, "the data are not JSON");
  return {};
}

bool is_event(const Json& data) {
  if (!data.is_array() || data.empty()) return false;
  const Json& name = data.front();
  if (name.is_number()) return true;
  return name.is_string() && std::find(kReservedEvents.begin(), kReservedEvents.end(),
                                       name.get_ref<const std::string&>()) == kReservedEvents.end();
}

bool data_fit(PacketType type, bool has_data, const Json& data) {
  switch (type) {
    case PacketType::connect: return !has_data || data.is_object();
    case PacketType::disconnect: return !has_data;
    case PacketType::event:
    case PacketType::binary_event: return is_event(data);
    case PacketType::ack:
    case PacketType::binary_ack: return data.is_array();
    case PacketType::connect_error: return data.is_object() || data.is_string();
  }
  return false;
}

bool is_placeholder(const Json& value) {
  if (!value.is_object()) return false;
  const auto mark = value.find("_placeholder");
  return mark != value.end() && *mark == true;
}

Expected<void> fill(Json& value, std::vector<std::optional<std::string>>& attachments) {
  if (is_placeholder(value)) {
    const auto num = value.find("num");
    if (num == value.end() || !num->is_number_unsigned()) return fail(Errc::invalid, "a placeholder without a number");
    const auto k = num->get<std::uint64_t>();
    if (k >= attachments.size() || !attachments[k])
      return fail(Errc::invalid, "a placeholder for no attachment, or for one that stands elsewhere");
    value = Json::binary({attachments[k]->begin(), attachments[k]->end()});
    attachments[k].reset();
    return {};
  }
  if (value.is_structured())
    for (auto& element : value)
      if (auto filled = fill(element, attachments); !filled) return filled;
  return {};
}

bool contains_binary(const Json& value) {
  if (value.is_binary()) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), contains_binary);
}

void extract_binary(Json& value, Frames& attachments) {
  if (value.is_binary()) {
    const auto& bytes = value.get_binary();
    const std::size_t num = attachments.size();
    attachments.push_back(binary_packet({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    value = Json{{"_placeholder", true}, {"num", num}};
  } else if (value.is_structured()) {
    for (auto& element : value) extract_binary(element, attachments);
  }
}

std::string render(const Argument& argument, Frames& attachments) {
  if (const auto* rendered = std::get_if<RenderedJson>(&argument.value())) return std::string(rendered->text);
  const auto& json = std::get<Json>(argument.value());
  if (!contains_binary(json)) return json_text(json);
  Json copy = json;
  extract_binary(copy, attachments);
  return json_text(copy);
}

/// The Engine.IO type, then everything up to the data.
std::string head(PacketType type, std::size_t attachments, std::string_view nsp, std::optional<std::uint64_t> id) {
  std::string text = {static_cast<char>(EngineType::message), static_cast<char>(type)};
  if (attachments > 0) text += std::to_string(attachments) + '-';
  if (nsp != "/") (text += nsp) += ',';
  if (id) text += std::to_string(*id);
  return text;
}

Frames encode_array(PacketType plain, PacketType binary, std::string_view nsp, std::optional<std::uint64_t> id,
                    std::optional<std::string> first, const std::vector<Argument>& arguments, std::string_view offset) {
  Frames attachments;
  std::string array = "[";
  const auto append = [&](const std::string& text) {
    if (array.size() > 1) array += ',';
    array += text;
  };
  if (first) append(*first);
  for (const auto& argument : arguments) append(render(argument, attachments));
  if (!offset.empty()) append(json_text(Json(offset)));
  array += ']';
  Frames frames;
  frames.reserve(1 + attachments.size());
  frames.push_back(text_packet(head(attachments.empty() ? plain : binary, attachments.size(), nsp, id) + array));
  std::move(attachments.begin(), attachments.end(), std::back_inserter(frames));
  return frames;
}

}  // namespace

Expected<Packet> decode_packet(std::string_view text, std::size_t max_attachments) {
  if (text.empty() || text[0] < '0' || text[0] > '6') return fail(Errc::invalid, "unknown packet type");
  Packet packet{.type = static_cast<PacketType>(text[0])};
  text.remove_prefix(1);
  Expected<void> taken;
  if (packet.has_attachments()) taken = take_attachments(text, packet, max_attachments);
  if (taken && text.starts_with('/')) taken = take_namespace(text, packet);
  if (taken && !text.empty() && is_digit(text[0])) {
    packet.id = take_number(text);
    if (!packet.id) taken = fail(Errc::too_large, "the acknowledgement id is too large");
  }
  const bool has_data = !text.empty();
  if (taken && has_data) taken = take_json(text, packet);
  if (!taken) return tl::unexpected(std::move(taken.error()));
  if (!data_fit(packet.type, has_data, packet.data)) return fail(Errc::invalid, "the data do not fit the type");
  return packet;
}

Expected<void> fill_placeholders(Json& data, std::vector<std::string> attachments) {
  std::vector<std::optional<std::string>> unplaced(std::make_move_iterator(attachments.begin()),
                                                   std::make_move_iterator(attachments.end()));
  return fill(data, unplaced);
}

Frames encode_event(std::string_view nsp, std::optional<std::uint64_t> id, std::string_view name,
                    const std::vector<Argument>& arguments, std::string_view offset) {
  return encode_array(PacketType::event, PacketType::binary_event, nsp, id, json_text(Json(name)), arguments, offset);
}

Frames encode_ack(std::string_view nsp, std::uint64_t id, const std::vector<Argument>& arguments) {
  return encode_array(PacketType::ack, PacketType::binary_ack, nsp, id, std::nullopt, arguments, {});
}

Frames encode_control(PacketType type, std::string_view nsp, const Json& data) {
  std::string text = head(type, 0, nsp, std::nullopt);
  if (!data.is_null()) text += json_text(data);
  return {text_packet(text)};
}

}  // namespace troupe::socketio
