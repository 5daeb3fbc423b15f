#include "http/surfaces/chatai/channel_fields.hpp"

#include <algorithm>
#include <set>

#include "actors/catalogue_entry.hpp"

namespace troupe::http::chatai {
namespace {

using events::Provider;

/// Fields that a record has in an answer and that nobody sets.
constexpr std::string_view kShownOnly[] = {
    "id",      "status", "testedAt", "lastHealthCheck", "lastError", "createdAt", "updatedAt",   "stats",
    "apiKeys", "apiKey", "models",   "model",           "channelId", "type",      "adapterType", "quota"};
/// The names of ours that stand for a provider's fields as they are.
constexpr std::pair<const char*, const char*> kPlain[] = {{"name", "name"},
                                                          {"baseUrl", "base_url"},
                                                          {"priority", "priority"},
                                                          {"weight", "weight"},
                                                          {"enabled", "enabled"},
                                                          {"strategy", "strategy"},
                                                          {"embeddingModel", "embedding_model"}};
constexpr std::pair<const char*, const char*> kQuotas[] = {
    {"daily", "daily"}, {"hourly", "hourly"}, {"perMinute", "per_minute"}};

Expected<std::vector<std::string>> keys_of(const Json& body, const Provider& before, const actors::Secrets& secrets) {
  Json given = Json::array();
  if (const auto keys = body.find("apiKeys"); keys != body.end() && !says_nothing(*keys))
    given = *keys;
  else if (const auto key = body.find("apiKey"); key != body.end() && !says_nothing(*key))
    given.push_back(*key);
  if (!given.is_array()) return fail(Errc::invalid, "apiKeys must be an array", "apiKeys");
  std::vector<std::string> keys;
  std::set<std::size_t> kept;
  for (const Json& one : given) {
    const Json& text = one.is_object() && one.contains("key") ? one["key"] : one;
    if (!text.is_string()) return fail(Errc::invalid, "apiKeys must be an array of strings", "apiKeys");
    const auto key = std::string(trimmed(text.get_ref<const std::string&>()));
    if (!key.starts_with(kMask)) {
      keys.push_back(key);
      continue;
    }
    // What an answer showed of a key stands for the key.
    std::size_t i = 0;
    while (i < before.key_hints.size() && (kept.contains(i) || key != masked(before.key_hints[i]))) ++i;
    if (i == before.key_hints.size())
      return fail(Errc::invalid, "a masked key must be one that the channel has", "apiKeys");
    auto plain = secrets.unseal(before.sealed_keys[i]);
    if (!plain) return tl::unexpected(plain.error());
    kept.insert(i);
    keys.push_back(std::move(*plain));
  }
  return keys;
}

Expected<Json> quota_of(const Json& given, const Provider& before) {
  Json quota = before.quota;
  if (!given.is_object()) return fail(Errc::invalid, "quota must be an object", "quota");
  for (const auto& [name, value] : given.items()) {
    const auto known = std::find_if(std::begin(kQuotas), std::end(kQuotas),
                                    [&name = name](const auto& one) { return name == one.first; });
    if (known == std::end(kQuotas))
      return fail(Errc::invalid, "quota." + name + " is not supported by the channels of this server", "quota." + name);
    if (!value.is_number_integer())
      return fail(Errc::invalid, "quota." + name + " must be an integer", "quota." + name);
    quota[known->second] = value;
  }
  return quota;
}

}  // namespace

bool says_nothing(const Json& value) {
  if (value.is_object() || value.is_array())
    return std::all_of(value.begin(), value.end(), [](const Json& part) { return says_nothing(part); });
  return value.is_null() || value == false || value == 0 || value == "";
}

std::string adapter_of(const std::string& format) { return format == "anthropic" ? "claude" : format; }

std::vector<std::string> models_of(const Provider& provider) {
  std::vector<std::string> models;
  if (!provider.model.empty()) models.push_back(provider.model);
  for (const auto& model : provider.models)
    if (model != provider.model) models.push_back(model);
  return models;
}

const char* usual_base_url(std::string_view format) {
  return format == "anthropic" ? "https://api.anthropic.com/v1"
         : format == "gemini"  ? "https://generativelanguage.googleapis.com/v1beta"
                               : "https://api.openai.com/v1";
}

Expected<Json> channel_fields_of(const Json& body, const Provider& before, const actors::Secrets& secrets) {
  Json fields = Json::object();
  std::set<std::string, std::less<>> known(std::begin(kShownOnly), std::end(kShownOnly));
  for (const auto& [ours, theirs] : kPlain) {
    known.insert(ours);
    const auto given = body.find(ours);
    if (given == body.end() || given->is_null()) continue;
    fields[theirs] = given->is_string() ? Json(trimmed(given->get_ref<const std::string&>())) : *given;
  }
  for (const auto& [name, value] : body.items())
    if (!known.contains(name) && !says_nothing(value))
      return fail(Errc::invalid, name + " is not supported by the channels of this server", name);
  if (const auto url = fields.find("base_url"); url != fields.end() && url->is_string()) {
    std::string& text = url->get_ref<std::string&>();
    while (text.ends_with('/')) text.pop_back();
  }
  for (const char* name : {"adapterType", "type"}) {
    const auto adapter = body.find(name);
    if (adapter == body.end() || says_nothing(*adapter)) continue;
    const auto word = adapter->is_string() ? adapter->get<std::string>() : "";
    if (word != "openai" && word != "claude" && word != "anthropic" && word != "gemini")
      return fail(Errc::invalid, std::string(name) + " must be openai or claude or gemini", name);
    fields["format"] = word == "claude" ? "anthropic" : word;
    break;
  }
  if (const auto model = body.find("model"); model != body.end() && !model->is_null()) fields["model"] = *model;
  if (const auto models = body.find("models"); models != body.end() && !models->is_null()) {
    const bool texts = models->is_array() &&
                       std::all_of(models->begin(), models->end(), [](const Json& model) { return model.is_string(); });
    if (!texts) return fail(Errc::invalid, "models must be an array of strings", "models");
    fields["models"] = *models;
    // The first one is asked where nobody names one.
    if (!fields.contains("model")) fields["model"] = models->empty() ? Json("") : models->front();
  }
  if (const auto quota = body.find("quota"); quota != body.end() && !quota->is_null()) {
    auto limits = quota_of(*quota, before);
    if (!limits) return tl::unexpected(limits.error());
    fields["quota"] = std::move(*limits);
  }
  if (body.contains("apiKey") || body.contains("apiKeys")) {
    const auto keys = keys_of(body, before, secrets);
    if (!keys) return tl::unexpected(keys.error());
    Provider sealed;
    if (auto ok = actors::set_keys(sealed, *keys, secrets); !ok) return tl::unexpected(ok.error());
    fields["sealed_keys"] = sealed.sealed_keys;
    fields["key_hints"] = sealed.key_hints;
  }
  return fields;
}

}  // namespace troupe::http::chatai
