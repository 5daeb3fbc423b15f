// The catalogue as administrators see and change it.
#include "http/surfaces/openai/openai.hpp"

namespace troupe::http {
namespace {

using projections::PersonalityRow;
using projections::ProviderRow;

template <class T>
OrderedJson or_null(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

/// Of a key there is only ever its hint.
OrderedJson view(const ProviderRow& row) {
  OrderedJson keys = OrderedJson::array();
  for (const auto& hint : row.entry.key_hints) keys.push_back("…" + hint);
  return {{"id", row.id},
          {"object", "troupe.provider"},
          {"name", row.entry.name},
          {"format", row.entry.format},
          {"base_url", row.entry.base_url},
          {"keys", std::move(keys)},
          {"model", row.entry.model},
          {"embedding_model", row.entry.embedding_model},
          {"models", row.entry.models},
          {"priority", row.entry.priority},
          {"enabled", row.entry.enabled},
          {"created_at", iso8601(row.created_at)},
          {"updated_at", time_or_null(row.updated_at)}};
}

OrderedJson view(const PersonalityRow& row, const std::string& default_id) {
  return {{"id", row.id},
          {"object", "troupe.personality"},
          {"name", row.entry.name},
          {"description", row.entry.description},
          {"prompt", row.entry.prompt},
          {"provider", row.entry.provider},
          {"model", row.entry.model},
          {"temperature", or_null(row.entry.temperature)},
          {"max_tokens", or_null(row.entry.max_tokens)},
          {"is_default", row.id == default_id},
          {"created_at", iso8601(row.created_at)},
          {"updated_at", time_or_null(row.updated_at)}};
}

OrderedJson removed(const CallPtr& call, const char* object, const char* parameter) {
  return {{"id", call->path_parameter(parameter)}, {"object", object}, {"deleted", true}};
}

Expected<std::vector<std::string>> texts_in(const Json& body, const char* field) {
  std::vector<std::string> texts;
  for (const Json& text : body[field]) {
    if (!text.is_string()) return fail(Errc::invalid, std::string(field) + " must be an array of strings", field);
    texts.emplace_back(trimmed(text.get_ref<const std::string&>()));
  }
  return texts;
}

bool is_given(const Json& body, const char* field) { return body.contains(field) && !body[field].is_null(); }

/// The fields of the body that an entry keeps as they are. Null leaves a field as it was, unless it may have no value.
Json plain_fields(const CallPtr& call, std::initializer_list<const char*> names) {
  Json fields = Json::object();
  for (const char* name : names) {
    if (!is_given(call->body, name)) continue;
    fields[name] = call->body[name].is_string() ? Json(call->body_text(name)) : call->body[name];
  }
  return fields;
}

Expected<Json> provider_fields(const CallPtr& call, const actors::Secrets& secrets) {
  Json fields = plain_fields(call, {"name", "format", "base_url", "model", "embedding_model", "priority", "enabled"});
  if (is_given(call->body, "models")) {
    const auto models = texts_in(call->body, "models");
    if (!models) return tl::unexpected(models.error());
    fields["models"] = *models;
  }
  if (is_given(call->body, "keys")) {
    const auto keys = texts_in(call->body, "keys");
    if (!keys) return tl::unexpected(keys.error());
    events::Provider provider;
    if (auto ok = actors::set_keys(provider, *keys, secrets); !ok) return tl::unexpected(ok.error());
    fields["sealed_keys"] = provider.sealed_keys;
    fields["key_hints"] = provider.key_hints;
  }
  return fields;
}

Json personality_fields(const CallPtr& call) {
  Json fields = plain_fields(call, {"name", "description", "prompt", "provider", "model", "temperature", "max_tokens"});
  for (const char* name : {"temperature", "max_tokens"})
    if (call->body.contains(name) && call->body[name].is_null()) fields[name] = nullptr;
  if (is_given(call->body, "is_default")) fields["default_since"] = call->body_flag("is_default") ? call->now : 0;
  return fields;
}

}  // namespace

void OpenAi::providers(const CallPtr& call) {
  OrderedJson list = OrderedJson::array();
  for (const auto& row : providers_.all()) list.push_back(view(row));
  call->answer({{"object", "list"}, {"data", std::move(list)}});
}

void OpenAi::answer_provider(const CallPtr& call, std::string_view id) {
  const auto row = providers_.entry(id);
  if (!row) return call->refuse({Errc::not_found, "There is no such provider"});
  call->answer(view(*row));
}

void OpenAi::provider(const CallPtr& call) { answer_provider(call, call->path_parameter("provider_id")); }

void OpenAi::add_provider(const CallPtr& call) {
  const auto fields = provider_fields(call, services_.secrets);
  if (!fields) return call->refuse(fields.error());
  services_.system.catalogue().add(
      fields->get<events::Provider>(), call->cause(),
      services_.then(call, [this, call](const storage::Record& record) { answer_provider(call, record.id()); }));
}

void OpenAi::change_provider(const CallPtr& call) {
  auto fields = provider_fields(call, services_.secrets);
  if (!fields) return call->refuse(fields.error());
  services_.system.catalogue().ask<events::Provider>(
      call->path_parameter("provider_id"), actors::ChangeEntry{std::move(*fields)}, call->cause(),
      services_.then(
          call, [this, call](const storage::Record&) { answer_provider(call, call->path_parameter("provider_id")); }));
}

void OpenAi::remove_provider(const CallPtr& call) {
  services_.system.catalogue().ask<events::Provider>(
      call->path_parameter("provider_id"), actors::RemoveEntry{}, call->cause(),
      services_.then(
          call, [call](const storage::Record&) { call->answer(removed(call, "troupe.provider", "provider_id")); }));
}

void OpenAi::personalities(const CallPtr& call) {
  const auto rows = personalities_.all();
  const auto default_id = projections::default_of(rows);
  OrderedJson list = OrderedJson::array();
  for (const auto& row : rows) list.push_back(view(row, default_id));
  call->answer({{"object", "list"}, {"data", std::move(list)}});
}

void OpenAi::answer_personality(const CallPtr& call, std::string_view id) {
  const auto row = personalities_.entry(id);
  if (!row) return call->refuse({Errc::not_found, "There is no such personality"});
  // Only one that was ever chosen can be the default, so that most answers need no look at the others.
  call->answer(view(*row, row->entry.default_since == 0 ? "" : projections::default_of(personalities_.all())));
}

void OpenAi::personality(const CallPtr& call) { answer_personality(call, call->path_parameter("personality_id")); }

void OpenAi::add_personality(const CallPtr& call) {
  services_.system.catalogue().add(
      personality_fields(call).get<events::Personality>(), call->cause(),
      services_.then(call, [this, call](const storage::Record& record) { answer_personality(call, record.id()); }));
}

void OpenAi::change_personality(const CallPtr& call) {
  services_.system.catalogue().ask<events::Personality>(
      call->path_parameter("personality_id"), actors::ChangeEntry{personality_fields(call)}, call->cause(),
      services_.then(call, [this, call](const storage::Record&) {
        answer_personality(call, call->path_parameter("personality_id"));
      }));
}

void OpenAi::remove_personality(const CallPtr& call) {
  services_.system.catalogue().ask<events::Personality>(
      call->path_parameter("personality_id"), actors::RemoveEntry{}, call->cause(),
      services_.then(call, [call](const storage::Record&) {
        call->answer(removed(call, "troupe.personality", "personality_id"));
      }));
}

}  // namespace troupe::http
