#include "http/surfaces/chatai/channels.hpp"

#include <algorithm>
#include <set>

#include "actors/base_url.hpp"

namespace troupe::http::chatai {
namespace {

using actors::llm::ChatAnswer;
using events::Provider;
using projections::ProviderRow;

constexpr std::string_view kMask = "****";
/// Fields that a record has in an answer and that nobody sets.
constexpr std::string_view kShownOnly[] = {
    "id",      "status", "testedAt", "lastHealthCheck", "lastError", "createdAt", "updatedAt",  "stats",
    "apiKeys", "apiKey", "models",   "model",           "channelId", "type",      "adapterType"};
/// The names of ours that stand for a provider's fields as they are.
constexpr std::pair<const char*, const char*> kPlain[] = {
    {"name", "name"},       {"baseUrl", "base_url"},  {"priority", "priority"},
    {"enabled", "enabled"}, {"strategy", "strategy"}, {"embeddingModel", "embedding_model"}};

Error no_such_channel() { return coded(Errc::not_found, "CHANNEL_NOT_FOUND", "Channel not found"); }

std::string format_of(const std::string& adapter) { return adapter == "claude" ? "anthropic" : adapter; }
std::string adapter_of(const std::string& format) { return format == "anthropic" ? "claude" : format; }

std::string masked(const std::string& hint) { return std::string(kMask) + hint; }

/// The one that is asked where nobody names one, and the others.
std::vector<std::string> models_of(const Provider& provider) {
  std::vector<std::string> models;
  if (!provider.model.empty()) models.push_back(provider.model);
  for (const auto& model : provider.models)
    if (model != provider.model) models.push_back(model);
  return models;
}

bool says_nothing(const Json& value) {
  return value.is_null() || ((value.is_object() || value.is_array() || value.is_string()) && value.empty());
}

const char* why_in_words(const Error& error) {
  switch (error.code) {
    case Errc::timed_out: return "the model did not answer in time";
    case Errc::overloaded: return "too many requests to models are under way";
    default: return nullptr;
  }
}

std::string words_of(const Error& error) {
  const char* why = why_in_words(error);
  return why ? why : error.message;
}

OrderedJson stats_view(const projections::UsageFigures& figures) {
  const auto good = figures.calls - figures.failures;
  return {{"totalCalls", figures.calls},
          {"successCalls", good},
          {"failedCalls", figures.failures},
          {"totalTokens", figures.tokens()},
          {"successRate", figures.calls == 0 ? 0.0 : static_cast<double>(good) / static_cast<double>(figures.calls)},
          {"avgTokensPerCall", figures.calls == 0 ? 0 : figures.tokens() / figures.calls}};
}

constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max();

actors::llm::ModelsOptions tester_options() {
  actors::llm::ModelsOptions options;
  options.request_timeout = defaults::kChannelTestTimeout;
  options.silence_timeout = defaults::kChannelTestTimeout;
  return options;
}

}  // namespace

struct Channels::Batch {
  CallPtr call;
  std::string id, name;
  actors::llm::Provider provider;
  std::vector<std::string> models;
  std::size_t next = 0, done = 0, good = 0;
  OrderedJson results = OrderedJson::array();
};

Channels::Channels(Context& context) : context_(context), usage_(context.services.store), tester_(tester_options()) {}

OrderedJson Channels::view(const ProviderRow& row) const {
  const auto& entry = row.entry;
  OrderedJson keys = OrderedJson::array();
  for (const auto& hint : entry.key_hints) keys.push_back(masked(hint));
  const auto tested = tested_.find(row.id);
  const bool known = tested != tested_.end();
  const bool failed = known && !tested->second.error.empty();
  return {{"id", row.id},
          {"name", entry.name},
          {"adapterType", adapter_of(entry.format)},
          {"type", adapter_of(entry.format)},
          {"baseUrl", entry.base_url},
          {"apiKey", keys.empty() ? OrderedJson("") : keys.front()},
          {"apiKeys", keys},
          {"models", models_of(entry)},
          {"model", entry.model},
          {"embeddingModel", entry.embedding_model},
          {"strategy", entry.strategy},
          {"priority", entry.priority},
          {"enabled", entry.enabled},
          {"status", !entry.enabled ? "disabled"
                     : failed       ? "error"
                     : known        ? "active"
                                    : "idle"},
          {"testedAt", known ? OrderedJson(milliseconds(tested->second.at)) : OrderedJson(nullptr)},
          {"lastError", failed ? OrderedJson(tested->second.error) : OrderedJson(nullptr)},
          {"createdAt", milliseconds(row.created_at)},
          {"updatedAt", milliseconds(std::max(row.created_at, row.updated_at))}};
}

OrderedJson Channels::list() const {
  OrderedJson list = OrderedJson::array();
  for (const auto& row : context_.providers.all()) list.push_back(view(row));
  return list;
}

std::optional<ProviderRow> Channels::channel_or_refused(const CallPtr& call, const std::string& id) const {
  auto row = context_.providers.entry(id);
  if (!row) row = context_.providers.named(id);
  if (!row) call->refuse(no_such_channel());
  return row;
}

void Channels::list_all(const CallPtr& call) {
  OrderedJson channels = list();
  if (call->query_text("withStats").value_or("") == "true") {
    std::map<std::string, projections::UsageFigures> by_name;
    for (auto& figures : usage_.by_name(projections::UsageOf::provider, 0, kEver)) by_name[figures.name] = figures;
    for (auto& channel : channels) channel["stats"] = stats_view(by_name[channel["name"].get<std::string>()]);
  }
  succeed(call, std::move(channels));
}

void Channels::show(const CallPtr& call) {
  if (const auto row = channel_or_refused(call, call->path_parameter("channel_id"))) succeed(call, view(*row));
}

void Channels::answer_channel(const CallPtr& call, const std::string& id) const {
  const auto row = context_.providers.entry(id);
  if (!row) return call->refuse(no_such_channel());
  succeed(call, view(*row));
}

Expected<std::vector<std::string>> Channels::keys_of(const Json& body, const Provider& before) const {
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
    auto plain = context_.services.secrets.unseal(before.sealed_keys[i]);
    if (!plain) return tl::unexpected(plain.error());
    kept.insert(i);
    keys.push_back(std::move(*plain));
  }
  return keys;
}

Expected<Json> Channels::fields_of(const Json& body, const Provider& before) const {
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
    fields["format"] = format_of(word);
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
  if (body.contains("apiKey") || body.contains("apiKeys")) {
    const auto keys = keys_of(body, before);
    if (!keys) return tl::unexpected(keys.error());
    Provider sealed;
    if (auto ok = actors::set_keys(sealed, *keys, context_.services.secrets); !ok) return tl::unexpected(ok.error());
    fields["sealed_keys"] = sealed.sealed_keys;
    fields["key_hints"] = sealed.key_hints;
  }
  return fields;
}

void Channels::create(const CallPtr& call) {
  auto fields = fields_of(call->body, {});
  if (!fields) return call->refuse(fields.error());
  const std::string format = fields->value("format", "openai");
  if (!fields->contains("base_url"))
    (*fields)["base_url"] = format == "anthropic" ? "https://api.anthropic.com/v1"
                            : format == "gemini"  ? "https://generativelanguage.googleapis.com/v1beta"
                                                  : "https://api.openai.com/v1";
  Provider provider;
  try {
    provider = fields->get<Provider>();
  } catch (const Json::exception&) {  // the JSON library's way to say that a value has another type
    return call->refuse({Errc::invalid, "a field has the wrong type"});
  }
  context_.services.system.catalogue().add(std::move(provider), call->cause(),
                                           context_.services.then(call, [this, call](const storage::Record& record) {
                                             answer_channel(call, std::string(record.id()));
                                           }));
}

void Channels::change(const CallPtr& call) {
  const auto row = channel_or_refused(call, call->path_parameter("channel_id"));
  if (!row) return;
  auto fields = fields_of(call->body, row->entry);
  if (!fields) return call->refuse(fields.error());
  tested_.erase(row->id);
  context_.services.system.catalogue().ask<Provider>(
      row->id, actors::ChangeEntry{std::move(*fields)}, call->cause(),
      context_.services.then(call, [this, call, id = row->id](const storage::Record&) { answer_channel(call, id); }));
}

void Channels::remove(const CallPtr& call) {
  const auto row = channel_or_refused(call, call->path_parameter("channel_id"));
  if (!row) return;
  tested_.erase(row->id);
  context_.services.system.catalogue().ask<Provider>(
      row->id, actors::RemoveEntry{}, call->cause(),
      context_.services.then(call, [call](const storage::Record&) { succeed(call, nullptr); }));
}

// Tests

Expected<actors::llm::Provider> Channels::to_ask(const Provider& entry) const {
  if (auto ok = actors::check(entry); !ok) return tl::unexpected(ok.error());
  const bool local = context_.options.allow_local_providers;
  if (!local && actors::is_near(entry.base_url))
    return fail(Errc::invalid, "baseUrl must not be of this machine or a private network", "baseUrl");
  actors::llm::Provider provider;
  provider.name = entry.name;
  provider.format = actors::llm::format_named(entry.format).value_or(actors::llm::Format::openai);
  provider.base_url = entry.base_url;
  provider.model = entry.model;
  provider.key_order = actors::llm::key_order_named(entry.strategy).value_or(actors::llm::KeyOrder::failover);
  provider.reach = local ? actors::Reach::everywhere : actors::Reach::public_only;
  for (const auto& sealed : entry.sealed_keys) {
    auto key = context_.services.secrets.unseal(sealed);
    if (!key) return tl::unexpected(key.error());
    provider.keys.push_back(std::move(*key));
  }
  return provider;
}

void Channels::ask(const actors::llm::Provider& provider, const std::string& model,
                   std::function<void(Expected<ChatAnswer>)> done) {
  tester_.configure({provider});  // what is under way keeps its own
  actors::llm::ChatRequest request;
  request.provider = provider.name;
  request.model = model;
  request.messages = {{"user", "Say hello."}};
  request.max_tokens = 64;
  tester_.ask(
      std::move(request), [](std::string_view) {},
      [&loop = context_.services.loop, done = std::move(done)](Expected<ChatAnswer> answer) {
        loop.post([done, answer = std::move(answer)] { done(answer); });
      });
}

void Channels::note(const std::string& id, const Expected<ChatAnswer>& answer, Micros now) {
  if (context_.providers.entry(id)) tested_[id] = {now, answer ? "" : words_of(answer.error())};
}

void Channels::test(const CallPtr& call) {
  Provider entry;
  const std::string id = call->body_text("id");
  if (!id.empty()) {
    const auto row = channel_or_refused(call, id);
    if (!row) return;
    entry = row->entry;
  } else {
    auto fields = fields_of(call->body, {});
    if (!fields) return call->refuse(fields.error());
    (*fields)["name"] = "test";
    try {
      entry = fields->get<Provider>();
    } catch (const Json::exception&) {  // the JSON library's way to say that a value has another type
      return call->refuse({Errc::invalid, "a field has the wrong type"});
    }
  }
  const auto provider = to_ask(entry);
  if (!provider) return call->refuse(provider.error());
  ask(*provider, entry.model, [this, call, id](const Expected<ChatAnswer>& answer) {
    if (!id.empty()) note(id, answer, call->now);
    if (!answer) return call->refuse({answer.error().code, words_of(answer.error()), "CONNECTION_FAILED"});
    succeed(call, {{"success", true},
                   {"message", "OK"},
                   {"testResponse", answer->text},
                   {"elapsed", answer->took_us / 1000},
                   {"latency", answer->took_us / 1000},
                   {"model", answer->model}});
  });
}

void Channels::test_model(const CallPtr& call) {
  const auto row = channel_or_refused(call, call->body_text("channelId"));
  if (!row) return;
  const auto provider = to_ask(row->entry);
  if (!provider) return call->refuse(provider.error());
  const std::string model = call->body_text("model");
  ask(*provider, model, [call, model](const Expected<ChatAnswer>& answer) {
    if (answer)
      return succeed(
          call, {{"model", model}, {"success", true}, {"elapsed", answer->took_us / 1000}, {"response", answer->text}});
    succeed(call, {{"model", model}, {"success", false}, {"error", words_of(answer.error())}});
  });
}

void Channels::test_models(const CallPtr& call) {
  const auto row = channel_or_refused(call, call->body_text("channelId"));
  if (!row) return;
  auto models = call->body_texts("models");
  if (!models) return call->refuse(models.error());
  if (models->empty()) *models = models_of(row->entry);
  if (models->empty() || models->size() > defaults::kMaxTestedModels)
    return call->refuse(
        {Errc::invalid, "models must be 1 to " + std::to_string(defaults::kMaxTestedModels) + " names", "models"});
  auto provider = to_ask(row->entry);
  if (!provider) return call->refuse(provider.error());
  const auto batch =
      std::make_shared<Batch>(Batch{call, row->id, row->entry.name, std::move(*provider), std::move(*models)});
  const auto together = call->body_integer("concurrency").value_or(3);
  for (long long i = 0; i < together; ++i) test_next(batch);
}

void Channels::test_next(const std::shared_ptr<Batch>& batch) {
  if (batch->next == batch->models.size() || batch->call->reply.gone()) return;
  const std::string model = batch->models[batch->next++];
  ask(batch->provider, model, [this, batch, model](const Expected<ChatAnswer>& answer) {
    ++batch->done;
    batch->good += answer ? 1 : 0;
    OrderedJson result = {{"model", model}, {"success", answer.has_value()}};
    if (answer)
      result.update({{"elapsed", answer->took_us / 1000}, {"response", answer->text}});
    else
      result["error"] = words_of(answer.error());
    batch->results.push_back(std::move(result));
    if (batch->done < batch->models.size()) return test_next(batch);
    succeed(batch->call, {{"total", batch->models.size()},
                          {"success", batch->good},
                          {"failed", batch->models.size() - batch->good},
                          {"channelId", batch->id},
                          {"channelName", batch->name},
                          {"results", batch->results}});
  });
}

void Channels::stats(const CallPtr& call) {
  std::map<std::string, projections::UsageFigures> by_name;
  for (auto& figures : usage_.by_name(projections::UsageOf::provider, 0, kEver)) by_name[figures.name] = figures;
  if (const auto id = call->query_text("id")) {
    if (const auto row = channel_or_refused(call, *id)) succeed(call, stats_view(by_name[row->entry.name]));
    return;
  }
  OrderedJson all = OrderedJson::object();
  for (const auto& row : context_.providers.all()) all[row.id] = stats_view(by_name[row.entry.name]);
  succeed(call, std::move(all));
}

}  // namespace troupe::http::chatai
