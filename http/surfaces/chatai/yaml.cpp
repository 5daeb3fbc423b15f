#include "http/surfaces/chatai/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::http::chatai {
namespace {

void emit(YAML::Emitter& out, const OrderedJson& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, field] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, field);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const auto& item : value) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << YAML::DoubleQuoted << value.get_ref<const std::string&>();
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << value.dump();
  }
}

Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!" || node.Tag().ends_with(":str")) return text;  // quoted, or called a string
  if (text.empty() || text == "~") return nullptr;
  const Json value = Json::parse(text, nullptr, false);
  return value.is_number() || value.is_boolean() || value.is_null() ? value : Json(text);
}

/// What an alias stands for is counted each time that it stands there.
struct Conversion {
  std::size_t nodes_left = defaults::kMaxYamlNodes;

  Expected<Json> json(const YAML::Node& node, std::size_t depth) {
    if (nodes_left-- == 0)
      return fail(Errc::invalid, "The YAML has more than " + std::to_string(defaults::kMaxYamlNodes) + " values");
    if (depth > defaults::kMaxJsonDepth)
      return fail(Errc::invalid,
                  "The YAML is nested deeper than " + std::to_string(defaults::kMaxJsonDepth) + " levels");
    if (node.IsScalar()) return scalar(node);
    if (!node.IsMap() && !node.IsSequence()) return Json(nullptr);
    Json value = node.IsMap() ? Json::object() : Json::array();
    for (const auto& item : node) {
      if (node.IsMap() && !item.first.IsScalar()) return fail(Errc::invalid, "A key of the YAML is no scalar");
      auto part = json(node.IsMap() ? item.second : YAML::Node(item), depth + 1);
      if (!part) return part;
      if (node.IsMap())
        value[item.first.Scalar()] = std::move(*part);
      else
        value.push_back(std::move(*part));
    }
    return value;
  }
};

}  // namespace

std::string to_yaml(const OrderedJson& value) {
  YAML::Emitter out;
  emit(out, value);
  return std::string(out.c_str()) + "\n";
}

Expected<Json> from_yaml(std::string_view text) {
  if (text.size() > defaults::kMaxImportBytes)
    return fail(Errc::too_large, "An import has at most " + std::to_string(defaults::kMaxImportBytes) + " bytes");
  if (!actors::is_utf8(text)) return fail(Errc::invalid, "The YAML is not UTF-8 text");
  try {  // yaml-cpp's way to say that it is none
    const auto documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1) return fail(Errc::invalid, "The YAML has more than one document");
    return documents.empty() ? Json(nullptr) : Conversion{}.json(documents.front(), 0);
  } catch (const YAML::Exception& e) {
    return fail(Errc::invalid, "The YAML does not parse, line " + std::to_string(e.mark.line + 1));
  }
}

}  // namespace troupe::http::chatai
