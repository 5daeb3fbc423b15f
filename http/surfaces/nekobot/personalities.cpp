#include "http/surfaces/nekobot/personalities.hpp"

namespace troupe::http::nekobot {
namespace {

constexpr Sentence kCreated{"Personality created", "人设创建成功"};
constexpr Sentence kRemoved{"Personality deleted", "人设删除成功"};
constexpr Sentence kIsDefault{"{} is the default personality", "默认人设已设置为 {}"};

OrderedJson view(const projections::PersonalityRow& row, const std::string& default_id) {
  return {{"id", row.id},
          {"name", row.entry.name},
          {"description", row.entry.description},
          {"prompt", row.entry.prompt},
          {"enabled", true},
          {"is_default", row.id == default_id},
          {"created_at", iso8601(row.created_at)},
          {"updated_at", time_or_null(row.updated_at)}};
}

}  // namespace

void Personalities::list(const CallPtr& call) {
  const auto rows = context_.personalities.all();
  const auto default_id = projections::default_of(rows);
  std::vector<OrderedJson> items;
  for (const auto& row : rows) items.push_back(view(row, default_id));
  succeed_with_page(call, std::move(items), under("personalities"));
}

void Personalities::answer_with(const CallPtr& call, std::string_view id, const Sentence& sentence) {
  const auto row = context_.personalities.entry(id);
  if (!row) return call->refuse({Errc::not_found, "There is no such personality"});
  succeed(call, view(*row, projections::default_of(context_.personalities.all())), sentence, row->entry.name);
}

void Personalities::create(const CallPtr& call) {
  if (!call->body_flag("enabled", true))
    return call->refuse(
        {Errc::invalid, "enabled must be true: delete a personality that is not to be used", "enabled"});
  events::Personality personality;
  personality.name = call->body_text("name");
  personality.description = call->body_text("description");
  personality.prompt = call->body_text("prompt");
  context_.services.system.catalogue().add(std::move(personality), call->cause(),
                                           context_.services.then(call, [this, call](const storage::Record& record) {
                                             answer_with(call, record.id(), kCreated);
                                           }));
}

void Personalities::remove(const CallPtr& call) {
  const std::string id = call->path_parameter("id");
  context_.services.system.catalogue().ask<events::Personality>(
      id, actors::RemoveEntry{}, call->cause(), context_.services.then(call, [call, id](const storage::Record&) {
        succeed(call, {{"id", id}}, kRemoved);
      }));
}

void Personalities::set_default(const CallPtr& call) {
  const auto id = call->body_text("id");
  const auto name = call->body_text("name");
  if (id.empty() == name.empty())
    return call->refuse({Errc::invalid, "Either id or name must say which personality", id.empty() ? "id" : "name"});
  const auto row = id.empty() ? context_.personalities.named(name) : context_.personalities.entry(id);
  if (!row) return call->refuse({Errc::not_found, "There is no such personality"});
  context_.services.system.catalogue().ask<events::Personality>(
      row->id, actors::ChangeEntry{{{"default_since", call->now}}}, call->cause(),
      context_.services.then(
          call, [this, call, id = row->id](const storage::Record&) { answer_with(call, id, kIsDefault); }));
}

}  // namespace troupe::http::nekobot
