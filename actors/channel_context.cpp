#include "actors/channel_context.hpp"

#include "events/defaults.hpp"
#include "events/json.hpp"

namespace troupe::actors {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string one_line(const OrderedJson& json) { return json_text(json) + "\n"; }

OrderedJson to_json(const ContextFile& file) {
  OrderedJson json = {{"name", file.name}};
  if (!file.type.empty()) json["type"] = file.type;
  if (!file.description.empty()) json["description"] = file.description;
  if (!file.text.empty()) json["text"] = file.text;
  return json;
}

std::string line_of(const ContextMessage& message) {
  OrderedJson json = {{"time", iso8601(message.time)}, {"author", message.author}, {"text", message.text}};
  for (const auto& file : message.files) json["files"].push_back(to_json(file));
  return one_line(json);
}

}  // namespace

bool ChannelContext::add(const ContextMessage& message) {
  std::string line = line_of(message);
  if (lines_.size() >= defaults::kMaxContextMessages || bytes_ + line.size() > defaults::kMaxContextBytes) return false;
  bytes_ += line.size();
  lines_.push_back(std::move(line));
  return true;
}

std::string ChannelContext::text(std::string_view channel) const {
  std::string text = "Channel: " + one_line(std::string(channel));
  if (lines_.empty()) return text + "It has no messages of the time that the question is about.";
  text += "BEGIN CHANNEL MESSAGES\n";
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) text += *line;
  return text + "END CHANNEL MESSAGES";
}

}  // namespace troupe::actors
