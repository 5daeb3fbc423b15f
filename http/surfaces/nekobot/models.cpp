#include "http/surfaces/nekobot/models.hpp"

#include "http/surfaces/nekobot/chat.hpp"
#include "http/surfaces/nekobot/provider_types.hpp"

namespace troupe::http::nekobot {
namespace {

constexpr Sentence kAdded{"Provider added", "服务提供商添加成功"};
constexpr Sentence kRemoved{"Provider deleted", "服务提供商删除成功"};

/// Of a key there is only ever its hint.
OrderedJson view(const projections::ProviderRow& row) {
  const auto& hints = row.entry.key_hints;
  return {{"id", row.id},
          {"name", row.entry.name},
          {"type", type_of(row.entry)},
          {"has_api_key", !hints.empty()},
          {"api_key_hint", hints.empty() || hints.front().empty() ? "" : "…" + hints.front()},
          {"base_url", row.entry.base_url},
          {"model", row.entry.model},
          {"enabled", row.entry.enabled},
          {"created_at", iso8601(row.created_at)},
          {"updated_at", time_or_null(row.updated_at)}};
}

std::string names_of_types() {
  std::string names;
  for (const auto& type : provider_types()) names += (names.empty() ? "" : ", ") + std::string(type.name);
  return names;
}

}  // namespace

void Models::list(const CallPtr& call) {
  std::vector<OrderedJson> items;
  for (const auto& row : context_.providers.all()) items.push_back(view(row));
  succeed_with_page(call, std::move(items), under("providers"));
}

Expected<events::Provider> Models::provider_in(const Call& call) const {
  const auto* type = provider_type_named(call.body_text("type"));
  if (!type) return fail(Errc::invalid, "type must be one of " + names_of_types(), "type");
  const auto key = call.body_text("api_key");
  if (key.empty() && type->needs_key) return fail(Errc::invalid, "api_key is required", "api_key");
  events::Provider provider;
  provider.name = call.body_text("name");
  provider.type = type->name;
  provider.format = type->format;
  provider.base_url = base_url_of(*type, call.body_text("base_url"));
  provider.model = call.body_text("model");
  if (provider.model.empty()) provider.model = type->model;
  provider.enabled = call.body_flag("enabled", true);
  if (key.empty()) return provider;
  if (auto ok = actors::set_keys(provider, {key}, context_.services.secrets); !ok)
    return fail(ok.error().code, "api_key must have 1 to 512 visible ASCII characters", "api_key");
  return provider;
}

void Models::add(const CallPtr& call) {
  auto provider = provider_in(*call);
  if (!provider) return call->refuse(provider.error());
  context_.services.system.catalogue().add(std::move(*provider), call->cause(),
                                           context_.services.then(call, [this, call](const storage::Record& record) {
                                             const auto row = context_.providers.entry(record.id());
                                             if (!row)
                                               return call->refuse({Errc::not_found, "There is no such provider"});
                                             succeed(call, view(*row), kAdded);
                                           }));
}

void Models::remove(const CallPtr& call) {
  const std::string id = call->path_parameter("id");
  context_.services.system.catalogue().ask<events::Provider>(
      id, actors::RemoveEntry{}, call->cause(), context_.services.then(call, [call, id](const storage::Record&) {
        succeed(call, {{"id", id}}, kRemoved);
      }));
}

void Models::chat(const CallPtr& call) {
  const auto wanted = wanted_model(context_, *call);
  if (!wanted) return call->refuse(wanted.error());
  auto text = call->body_text("message");
  if (text.empty()) text = call->body_text("prompt");
  if (text.empty()) return call->refuse({Errc::invalid, "message is required", "message"});
  const bool streamed = call->body_flag("stream");
  guest_.account_of(call, [this, call, text, streamed, wanted = *wanted](events::AccountId account) {
    actors::AskModel question;
    question.asker = account;
    question.text = text;
    question.system_prompt = call->body_text("system_prompt");
    question.provider = wanted.provider;
    question.model = wanted.model;
    question.temperature = call->body_number("temperature");
    question.max_tokens = call->body_integer("max_tokens");
    projections::SessionRow session;
    if (const auto id = call->body.find("session_id"); id != call->body.end() && !id->is_null()) {
      const auto row = chat_of(context_, account, session_number(*id));
      if (!row) return call->refuse(row.error());
      session = *row;
    }
    apply_default_personality(context_, question, session);
    question.session = session.id;
    if (session.id != 0) return streams_.ask_in_session(call, std::move(question), streamed);
    actors::Completion completion;
    completion.account = account;
    completion.request.provider = question.provider;
    completion.request.model = question.model;
    completion.request.temperature = question.temperature;
    completion.request.max_tokens = question.max_tokens;
    if (!question.system_prompt.empty()) completion.request.messages.push_back({"system", question.system_prompt});
    completion.request.messages.push_back({"user", question.text});
    streams_.ask_alone(call, std::move(completion), streamed);
  });
}

}  // namespace troupe::http::nekobot
