#include "http/surfaces/chatai/channels.hpp"

#include <algorithm>

#include "actors/base_url.hpp"
#include "http/surfaces/chatai/channel_fields.hpp"

namespace troupe::http::chatai {
namespace {

using actors::llm::ChatAnswer;
using events::Provider;
using projections::ProviderRow;

Error no_such_channel() { return coded(Errc::not_found, "CHANNEL_NOT_FOUND", "Channel not found"); }

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
  return {
      {"id", row.id},
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
      {"weight", entry.weight},
      {"quota", {{"daily", entry.quota.daily}, {"hourly", entry.quota.hourly}, {"perMinute", entry.quota.per_minute}}},
      {"enabled", entry.enabled},
      {"status", !entry.enabled                                             ? "disabled"
                 : context_.services.system.models().is_used_up(entry.name) ? "quota_exceeded"
                 : failed                                                   ? "error"
                 : known                                                    ? "active"
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

void Channels::create(const CallPtr& call) {
  auto fields = channel_fields_of(call->body, {}, context_.services.secrets);
  if (!fields) return call->refuse(fields.error());
  const std::string format = fields->value("format", "openai");
  if (!fields->contains("base_url")) (*fields)["base_url"] = usual_base_url(format);
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
  auto fields = channel_fields_of(call->body, row->entry, context_.services.secrets);
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

/// One that is not kept.
Expected<Provider> Channels::described_in(const Json& body) const {
  auto fields = channel_fields_of(body, {}, context_.services.secrets);
  if (!fields) return tl::unexpected(fields.error());
  (*fields)["name"] = "test";
  try {
    return fields->get<Provider>();
  } catch (const Json::exception&) {  // the JSON library's way to say that a value has another type
    return fail(Errc::invalid, "a field has the wrong type");
  }
}

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
    auto described = described_in(call->body);
    if (!described) return call->refuse(described.error());
    entry = std::move(*described);
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

void Channels::fetch_models(const CallPtr& call) {
  Provider entry;
  if (const std::string id = call->body_text("channelId"); !id.empty()) {
    const auto row = channel_or_refused(call, id);
    if (!row) return;
    entry = row->entry;
  } else {
    auto described = described_in(call->body);
    if (!described) return call->refuse(described.error());
    entry = std::move(*described);
  }
  auto provider = to_ask(entry);
  if (!provider) return call->refuse(provider.error());
  context_.model_lists.fetch(std::move(*provider),
                             context_.services.then_with<std::vector<std::string>>(
                                 call,
                                 [call](const std::vector<std::string>& models) {
                                   succeed(call, {{"models", models}});
                                 },
                                 [call](const Error& error) {
                                   call->refuse({error.code, words_of(error), "CONNECTION_FAILED"});
                                 }));
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
