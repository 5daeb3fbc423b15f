#include "http/surfaces/plexichat/api_keys.hpp"

#include "http/security/api_key.hpp"

namespace troupe::http::plexichat {
namespace {

OrderedJson time_or_never(Micros time) { return time == 0 ? OrderedJson(nullptr) : OrderedJson(iso8601(time)); }

OrderedJson key_view(const projections::ApiKeyRow& row) {
  return {{"id", row.id},
          {"name", row.name},
          {"hint", "…" + row.hint},
          {"permissions", row.permissions},
          {"expires_at", time_or_never(row.expires_at)},
          {"created_at", iso8601(row.created_at)}};
}

/// 0: never.
Expected<Micros> end_of(const CallPtr& call) {
  const auto text = call->optional_body_text("expires_at");
  if (!text) return 0;
  if (const auto time = parse_iso8601(*text)) return *time;
  return fail(Errc::invalid, "expires_at must be a time such as 2026-12-31T23:59:59Z", "expires_at");
}

}  // namespace

void ApiKeys::create(const CallPtr& call) {
  const auto key = make_api_key();
  actors::CreateApiKey command;
  command.id = key.id;
  command.name = call->body_text("name");
  command.key_hash = key.hash;
  command.hint = key.hint;
  const auto permissions = call->body_texts("permissions");
  if (!permissions) return call->refuse(permissions.error());
  command.permissions = *permissions;
  const auto expires_at = end_of(call);
  if (!expires_at) return call->refuse(expires_at.error());
  command.expires_at = *expires_at;
  context_.services.system.ask_account(
      call->caller.account, std::move(command), call->cause(),
      context_.services.then(call, [call, text = key.text](const storage::Record& record) {
        const auto made = events::decode_as<events::ApiKeyCreated>(record.events.front());
        if (!made) return call->refuse(made.error());
        call->answer({{"id", made->id},
                      {"name", made->name},
                      {"key", text},
                      {"permissions", made->permissions},
                      {"expires_at", time_or_never(made->expires_at)},
                      {"created_at", iso8601(record.time)}});
      }));
}

void ApiKeys::list(const CallPtr& call) {
  OrderedJson keys = OrderedJson::array();
  for (const auto& row : context_.queries.api_keys(call->caller.account)) keys.push_back(key_view(row));
  call->answer({{"api_keys", keys}});
}

void ApiKeys::revoke(const CallPtr& call) {
  context_.services.system.ask_account(call->caller.account, actors::RevokeApiKey{call->path_parameter("key_id")},
                                       call->cause(), context_.services.then(call, [call](const storage::Record&) {
                                         call->answer({{"message", "API key revoked"}});
                                       }));
}

}  // namespace troupe::http::plexichat
