#include "http/surfaces/chatai/groups.hpp"

#include <algorithm>

#include "http/surface.hpp"
#include "projections/session_keys.hpp"

namespace troupe::http::chatai {
namespace {

using events::AccountId;

/// Contacts that are looked through for groups at a time.
constexpr std::size_t kContactsAtOnce = 1000;

Expected<std::pair<std::int64_t, std::int64_t>> days_of(const CallPtr& call) {
  const auto period = call->query_text("period").value_or("day");
  const auto today = projections::day_of(call->now);
  if (period == "day") return std::pair(today, today);
  if (period == "week") return std::pair(today - 6, today);
  if (period == "month") return std::pair(today - 29, today);
  return fail(Errc::invalid, "period must be day or week or month", "period");
}

const char* changed(const CallPtr& call) { return worded(call, "Configuration updated", "配置已更新"); }

/// A group or a user is a number to some clients.
std::string id_in(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

struct Groups::Batch {
  CallPtr call;
  std::vector<std::string> ids;  ///< as the request has them
  std::function<Expected<Json>(AccountId)> patch_of;
  std::size_t next = 0, good = 0;
  OrderedJson results = OrderedJson::array();
};

std::optional<AccountId> Groups::group_or_refused(const CallPtr& call) const {
  auto group = context_.contacts.group(call->path_parameter("group_id"));
  if (group) return *group;
  call->refuse(group.error());
  return std::nullopt;
}

OrderedJson Groups::brief(AccountId group) const {
  const auto settings = config_.settings(group);
  return {{"id", context_.contacts.written(group)},
          {"groupId", context_.contacts.written(group)},
          {"name", config_.name_of(group)},
          {"memberCount", context_.services.system.groups().queries().members(group).size()},
          {"enabled", settings.enabled},
          {"preset", settings.personality},
          {"hasCustomConfig", config_.is_set(group)}};
}

void Groups::list(const CallPtr& call) {
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  const auto first = static_cast<std::size_t>(call->query_integer("page") - 1) * limit;
  OrderedJson groups = OrderedJson::array();
  std::size_t total = 0;
  for (std::size_t skip = 0;; skip += kContactsAtOnce) {
    const auto contacts = context_.contacts.queries().contacts("", skip, kContactsAtOnce);
    for (const auto& contact : contacts) {
      if (!contact.is_group) continue;
      if (total >= first && groups.size() < limit) groups.push_back(brief(contact.id));
      ++total;
    }
    if (contacts.size() < kContactsAtOnce) break;
  }
  succeed(call,
          {{"groups", std::move(groups)}, {"total", total}, {"page", call->query_integer("page")}, {"limit", limit}});
}

void Groups::show(const CallPtr& call) {
  if (const auto group = group_or_refused(call)) succeed(call, config_.view(*group));
}

void Groups::change(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  config_.change(call, *group, group_patch(call->body, config_.settings(*group), context_.services.secrets),
                 [this, call, group = *group] {
                   succeed(call, config_.view(group), {{"message", changed(call)}});
                 });
}

void Groups::reset(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  config_.ask(call, *group, actors::ResetGroup{*group}, [this, call, group = *group] {
    succeed(call, config_.view(group), {{"message", worded(call, "Configuration reset", "配置已重置")}});
  });
}

void Groups::members(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  const auto search = call->query_text("search").value_or("");
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  const auto page = static_cast<std::size_t>(call->query_integer("page"));
  const auto lists = config_.settings(*group).lists;
  OrderedJson members = OrderedJson::array();
  std::size_t found = 0;
  for (const auto& member : context_.services.system.groups().queries().members(*group)) {
    const auto contact = context_.contacts.queries().contact(member.user);
    if (!contact) continue;  // forgotten
    const auto& id = contact->foreign_id;
    if (id.find(search) == id.npos && contact->name.find(search) == contact->name.npos) continue;
    if (found++ / limit != page - 1) continue;
    const bool is_listed = std::find(lists.blacklist.begin(), lists.blacklist.end(), id) != lists.blacklist.end();
    members.push_back({{"userId", context_.contacts.written(member.user)},
                       {"nickname", contact->name},
                       {"role", nullptr},
                       {"blocked", is_listed && lists.mode != "none"},
                       {"lastActive", milliseconds(member.last_message)}});
  }
  succeed(call, {{"members", std::move(members)}, {"total", found}, {"page", page}, {"limit", limit}});
}

/// Lists hold the platform's ids, as those of the bots' settings do: somebody may be blocked before they speak.
void Groups::change_member(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  for (const auto& [name, value] : call->body.items())
    if (name != "blocked" && !says_nothing(value))
      return call->refuse({Errc::invalid, name + " is not supported by the members of this server", name});
  const std::string written = call->path_parameter("user_id");
  std::string user = written;
  if (const auto known = context_.contacts.user(written))
    if (const auto contact = context_.contacts.queries().contact(*known)) user = contact->foreign_id;
  const bool blocked = call->body_flag("blocked");
  config_.ask(call, *group, actors::ListGroupUser{*group, false, user, blocked, blocked, true},
              [call, written, blocked] {
                succeed(call, {{"userId", written}, {"blocked", blocked}});
              });
}

void Groups::stats(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  const auto days = days_of(call);
  if (!days) return call->refuse(days.error());
  succeed(call, config_.figures_view(*group, days->first, days->second));
}

void Groups::use(const CallPtr& call) {
  if (const auto group = group_or_refused(call)) succeed(call, config_.use_view(*group, call->now));
}

void Groups::reset_use(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  context_.services.system.groups().forgive_use(
      *group, true, call->cause(), context_.services.then(call, [this, call, group = *group](const storage::Record&) {
        succeed(call, config_.use_view(group, call->now), {{"message", worded(call, "Usage reset", "使用统计已重置")}});
      }));
}

void Groups::conversations(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  OrderedJson list = OrderedJson::array();
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  const auto& sessions = context_.sessions;
  for (const auto& talk : sessions.sessions_of(*group, events::kTalkSession, 0, limit)) {
    std::string text;
    const auto last = sessions.messages_before(talk.id, talk.messages + 1, 1);
    if (!last.empty())
      text = context_.services.secrets.unseal_for(last.front().key_of, last.front().sealed_text).value_or("");
    const auto slash = talk.name.find('/');
    const auto user = slash == talk.name.npos ? std::nullopt : whole_number(talk.name.substr(slash + 1));
    list.push_back({{"id", "conv_" + std::to_string(talk.id)},
                    {"groupId", context_.contacts.written(*group)},
                    {"userId", user ? OrderedJson(context_.contacts.written(*user)) : OrderedJson(nullptr)},
                    {"messageCount", talk.messages - talk.cleared},
                    {"lastMessage", text},
                    {"createdAt", milliseconds(talk.created_at)},
                    {"updatedAt", milliseconds(std::max(talk.created_at, talk.last_message_at))}});
  }
  const auto total = list.size();
  succeed(call, {{"conversations", std::move(list)}, {"total", total}});
}

void Groups::clear_conversations(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  std::vector<events::SessionId> talks;
  for (const auto& talk : context_.sessions.sessions_of(*group, events::kTalkSession, 0, defaults::kMaxListLimit))
    talks.push_back(talk.id);
  struct Clearing {
    std::size_t left = 0;
    std::optional<Error> error;
  };
  const auto clearing = std::make_shared<Clearing>(Clearing{talks.size(), {}});
  const auto done = [call, clearing, count = talks.size()] {
    if (clearing->error) return call->refuse(*clearing->error);
    succeed(call, {{"success", true}, {"deletedCount", count}});
  };
  if (talks.empty()) return done();
  for (const auto talk : talks)
    context_.services.system.conversations().ask_session(
        talk, actors::ClearChat{*group}, call->cause(),
        [&loop = context_.services.loop, clearing, done](const Expected<storage::RecordPtr>& result) {
          loop.post([clearing, done, error = result ? std::nullopt : std::optional(result.error())] {
            if (error) clearing->error = error;
            if (--clearing->left == 0) done();
          });
        });
}

void Groups::presets(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  const auto current = config_.settings(*group).personality;
  succeed(call, {{"presets", config_.presets()}, {"current", current}, {"presetId", current}});
}

void Groups::set_preset(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  config_.change(call, *group, Json{{"personality", call->body_text("presetId")}}, [this, call, group = *group] {
    succeed(call, config_.view(group), {{"message", changed(call)}});
  });
}

void Groups::tools(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  OrderedJson view = group_tools_view(config_.settings(*group).tools);
  OrderedJson names = OrderedJson::array();
  for (const auto& tool : context_.services.system.tools().allowed(false, *group)) names.push_back(tool->name);
  view["available"] = std::move(names);
  succeed(call, std::move(view));
}

void Groups::set_tools(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  Json body = call->body;
  body.erase("available");
  config_.change(call, *group, group_tools_patch(body), [this, call] { tools(call); });
}

void Groups::triggers(const CallPtr& call) {
  if (const auto group = group_or_refused(call)) succeed(call, triggers_view(config_.settings(*group)));
}

void Groups::set_triggers(const CallPtr& call) {
  const auto group = group_or_refused(call);
  if (!group) return;
  config_.change(call, *group, triggers_patch(call->body), [this, call] { triggers(call); });
}

void Groups::begin(const CallPtr& call, std::function<Expected<Json>(AccountId)> patch_of) {
  const Json& given = call->body["groupIds"];
  const bool fits =
      given.is_array() && !given.empty() && given.size() <= defaults::kMaxGroupsAtOnce &&
      std::all_of(given.begin(), given.end(), [](const Json& id) { return id.is_string() || id.is_number_integer(); });
  if (!fits)
    return call->refuse({Errc::invalid,
                         "groupIds must be 1 to " + std::to_string(defaults::kMaxGroupsAtOnce) + " ids of groups",
                         "groupIds"});
  const auto batch = std::make_shared<Batch>(Batch{call, {}, std::move(patch_of)});
  for (const Json& id : given) batch->ids.push_back(id_in(id));
  change_next(batch);
}

void Groups::change_next(const std::shared_ptr<Batch>& batch) {
  if (batch->next == batch->ids.size())
    return succeed(batch->call, {{"total", batch->ids.size()},
                                 {"updated", batch->good},
                                 {"success", batch->good},
                                 {"failed", batch->ids.size() - batch->good},
                                 {"results", batch->results}});
  const std::string id = batch->ids[batch->next++];
  const auto settled = [this, batch, id](const Expected<void>& outcome) {
    OrderedJson result = {{"groupId", id}, {"success", outcome.has_value()}};
    if (!outcome) result["error"] = Surface::public_text(outcome.error(), batch->call->request.id);
    batch->good += outcome ? 1 : 0;
    batch->results.push_back(std::move(result));
    change_next(batch);
  };
  const auto group = context_.contacts.group(id);
  if (!group) return settled(tl::unexpected(group.error()));
  config_.change(batch->call->cause(), *group, batch->patch_of(*group),
                 [&loop = context_.services.loop, settled](Expected<void> outcome) {
                   loop.post([settled, outcome = std::move(outcome)] { settled(outcome); });
                 });
}

void Groups::change_many(const CallPtr& call) {
  const auto action = call->body_text("action");
  if (!action.empty() && action != "update") return call->refuse({Errc::invalid, "action must be update", "action"});
  const Json config = call->body_object("config");
  // What is wrong with it is wrong for all.
  if (const auto patch = group_patch(config, {}, context_.services.secrets); !patch) return call->refuse(patch.error());
  begin(call, [this, config](AccountId group) {
    return group_patch(config, config_.settings(group), context_.services.secrets);
  });
}

void Groups::toggle_many(const CallPtr& call) {
  const bool enabled = call->body_flag("enabled");
  begin(call, [enabled](AccountId) { return Expected<Json>(Json{{"enabled", enabled}}); });
}

}  // namespace troupe::http::chatai
