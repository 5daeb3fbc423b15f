// Routes of the tags group administration (by a group's own administrators) and groups (by those of the bots).
#include "http/surfaces/chatai/groups.hpp"

#include "http/surfaces/chatai/group_admin.hpp"
#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;
using namespace std::chrono_literals;

constexpr RateClass kGroupLogIns{"chatai_group_logins", defaults::kGroupLoginsPerMinute, 60s, RateClass::Per::address};

#define LIMITS R"({"dailyGroupLimit":100,"dailyUserLimit":10,"limitMessage":"今日的使用次数已用完，请明天再来。"})"
#define GROUP_CHANNEL                                                                                                 \
  R"({"hasChannel":true,"adapterType":"openai","baseUrl":"https://api.openai.com/v1","apiKey":"****wxyz","apiKeys":)" \
  R"(["****wxyz"],"models":["gpt-4o-mini"]})"
#define TRIGGERS R"({"prefix":["#chat"],"at":true,"keyword":null,"keywords":null,"random":null,"randomRate":null})"
#define GROUP_TOOLS                                                                                        \
  R"({"enabled":true,"allowedTools":[],"blockedTools":["send_message"],"disabledTools":["send_message"],)" \
  R"("disabledCategories":[]})"
#define GROUP                                                                                                        \
  R"({"groupId":"456","groupName":"friends","hasCustomConfig":true,"enabled":true,"systemPrompt":"","presetId":"",)" \
  R"("triggerMode":"default","customPrefix":"","triggers":)" TRIGGERS R"(,"toolsEnabled":true,"tools":)" GROUP_TOOLS \
  R"(,"memory":{"enabled":null},"rateLimit":{"enabled":false,"maxRequests":10,"windowSeconds":60},"models":)"        \
  R"({"chat":""},"listMode":"none","blacklist":[],"whitelist":[],"usageLimit":)" LIMITS                              \
  R"(,"independentChannel":{"hasChannel":false}})"
#define GROUP_USE                                                                                                      \
  R"({"groupId":"456","date":"2026-01-31","groupCount":3,"dailyGroupLimit":100,"dailyUserLimit":10,"groupRemaining":)" \
  R"(97,"topUsers":[{"userId":"123","nickname":"Ada","count":3}],"totalUsers":1})"
#define USERS_LISTED R"({"listMode":"blacklist","blacklist":["123"],"total":1})"

constexpr const char* kGroupNote =
    "A part of it is enough; null is as the bots' settings have it, where a field may be null. A group may ask for "
    "less than the bots' settings allow, never for more: of two rates, the fewer messages in the longer window count. "
    "What the bots' administrators set here of `enabled`, limits, the black list and blocked tools holds: 403 for a "
    "group's administrator who loosens it. What no group of this server has (`bym`, `imageGen`, `summary`, `events`, "
    "`knowledgeIds` and others) is refused by its name unless it asks for nothing. All that is set of a group is at "
    "most 64 KB of JSON.";

constexpr const char* kListMode =
    "Whom the bot hears: none (everybody), blacklist (all but those on it) or whitelist (those on it, but for the "
    "blacklist)";

std::vector<Field> group_fields() {
  return {text("systemPrompt", "In place of the preset's", defaults::kMaxQuestionLength),
          anything("presetId", "Id or name; empty: the bots' default preset"),
          flag("enabled", "No: the bot answers commands only"),
          text("triggerMode",
               "What wakes the bot: default (as the bots' settings have it), at, prefix, both (at and prefix), "
               "keyword, random or none"),
          text("customPrefix", "The one prefix that wakes the bot"),
          object("triggers",
                 "As of `/triggers`: `at`, `prefix`, `usePrefix`, `keyword`, `keywords`, `random`, `randomRate`"),
          object("tools", "`enabled`, `allowedTools`, `blockedTools`, `disabledCategories`"),
          object("memory", "`enabled`"),
          object("rateLimit", "`enabled`, `maxRequests`, `windowSeconds`"),
          text("listMode", kListMode),
          array("blacklist", "Ids of users on the platform"),
          array("whitelist", "Ids of users on the platform"),
          object("usageLimit", "`dailyGroupLimit`, `dailyUserLimit` (0: none), `limitMessage`"),
          object("models", "`chat`")};
}

}  // namespace

void group_admin_routes(RouteTable& table, GroupAdmin& group) {
  using P = GroupAdmin;
  constexpr auto kAccess = A::group_admin;
  const std::string base = "/api/group-admin";
  const std::vector<Field> user = {
      {.name = "userId", .type = Field::Type::any, .required = true, .description = "Of the platform"}};
  table.tag("ChatAI: group administration");
  table.post(base + "/login", A::anyone, to(group, &P::log_in), "Log in by a code of the bot's")
      .takes({text("code", "Of `#群管理面板`", 64)})
      .answers(OK(R"({"token":"grp_…","groupId":"456","groupName":"friends","userId":"123","expiresIn":86400})"))
      .note(
          "The bot hands codes to a group's owner and administrators, in private. Each is good once, for 5 minutes. "
          "The token opens this group and nothing else, as a bearer token only.")
      .rate(kGroupLogIns);
  table.post(base + "/logout", kAccess, to(group, &P::log_out), "Log out: ends the login").answers(DONE("Logged out"));
  table.get(base + "/verify", kAccess, to(group, &P::verify), "Whether the token is good")
      .answers(OK(R"({"valid":true,"groupId":"456","groupName":"friends","userId":"123","expiresAt":1769947200000})"));
  table.get(base + "/config", kAccess, to(group, &P::show), "The group's settings, and what they may be")
      .answers(OK(GROUP));
  table.put(base + "/config", kAccess, to(group, &P::change), "Change the group's settings")
      .takes(group_fields())
      .answers(OK(GROUP))
      .note(kGroupNote);
  table.get(base + "/presets", kAccess, to(group, &P::show_presets), "Presets that a group may choose from")
      .answers(OK(R"([{"id":"AbCdEfGhIjKl","name":"helper","description":"Helps"}])"));
  table.get(base + "/channels", kAccess, to(group, &P::show_channels), "Names of the house's channels")
      .answers(OK(R"([{"name":"main"}])"));
  for (const bool white : {false, true}) {
    const std::string name = white ? "whitelist" : "blacklist", list = base + "/" + name;
    table.get(list, kAccess, to(group, white ? &P::show_whitelist : &P::show_blacklist), "The group's " + name)
        .answers(OK(USERS_LISTED));
    table.put(list, kAccess, to(group, white ? &P::set_whitelist : &P::set_blacklist), "Replace the group's " + name)
        .takes({array(name, "Ids of users on the platform"), text("listMode", kListMode)})
        .answers(OK(USERS_LISTED));
    table
        .post(list + "/add", kAccess, to(group, white ? &P::add_to_whitelist : &P::add_to_blacklist),
              "Put a user on the group's " + name)
        .takes(user)
        .answers(OK(USERS_LISTED));
    table
        .post(list + "/remove", kAccess, to(group, white ? &P::remove_from_whitelist : &P::remove_from_blacklist),
              "Take a user off the group's " + name)
        .takes(user)
        .answers(OK(USERS_LISTED));
  }
  table.get(base + "/usage-limit", kAccess, to(group, &P::show_limits), "How much may be asked in the group a day")
      .answers(OK(LIMITS));
  table
      .put(base + "/usage-limit", kAccess, to(group, &P::set_limits), "Change how much may be asked in the group a day")
      .takes({integer("dailyGroupLimit", 0, defaults::kMaxDailyLimit),
              integer("dailyUserLimit", 0, defaults::kMaxDailyLimit),
              text("limitMessage", "Told once a day to whom a limit stops; empty: nothing is",
                   defaults::kMaxDescriptionLength)})
      .answers(OK(LIMITS));
  table.get(base + "/usage-stats", kAccess, to(group, &P::show_use), "What was asked in the group today, UTC")
      .answers(OK(GROUP_USE));
  table.post(base + "/usage-stats/reset", kAccess, to(group, &P::reset_use), "Begin the group's counts of today anew")
      .answers(OK(GROUP_USE))
      .note("403 where the limits are those of the bots' administrators.");
  table.get(base + "/channel", kAccess, to(group, &P::show_channel), "The group's own channel")
      .answers(OK(GROUP_CHANNEL));
  table.put(base + "/channel", kAccess, to(group, &P::set_channel), "Answer by a channel of the group's own")
      .takes({text("adapterType"), text("baseUrl", "On the internet, never near", defaults::kMaxBaseUrlLength),
              text("apiKey", "Stored sealed; `****` and its end stand for the key that is there, for the same baseUrl"),
              array("apiKeys"), array("models")})
      .answers(OK(GROUP_CHANNEL))
      .note(
          "It is sent what is said in the group, what was learned there and of it, and the prompt of the group or of "
          "its preset; neither the prompt of the bots nor what their administrators wrote down for everywhere. Its "
          "models call tools without the rights of administrators.");
  table.del(base + "/channel", kAccess, to(group, &P::remove_channel), "Answer by the house's channels again")
      .answers(OK(R"({"hasChannel":false})"));
  table.post(base + "/models/fetch", kAccess, to(group, &P::fetch_models), "Which models the group's channel has")
      .takes({text("adapterType"), text("baseUrl"), text("apiKey")})
      .answers(OK(R"({"models":["gpt-4o-mini"]})"));
}

void groups_routes(RouteTable& table, Groups& groups) {
  using P = Groups;
  const std::vector<Parameter> page = {integer_parameter("page", "From 1", 1, 1, 1'000'000), limit_parameter(),
                                       text_parameter("search", "In ids and names")};
  const std::string one = "/api/groups/{group_id}";
  table.tag("ChatAI: groups");
  table.get("/api/groups", A::admin, to(groups, &P::list), "Groups that the bots are in")
      .query({page[0], page[1]})
      .answers(OK(R"({"groups":[{"id":"456","name":"friends","memberCount":3,"enabled":true,"preset":"",)"
                  R"("hasCustomConfig":false}],"total":1,"page":1,"limit":50})"))
      .note(
          "Members are those who spoke. An id that groups of several platforms have is told apart by its platform's "
          "name: `qq:456`.")
      .elsewhere();
  table.post("/api/groups/batch", A::admin, to(groups, &P::change_many), "Change the settings of several groups")
      .takes({{.name = "groupIds", .type = Field::Type::array, .required = true},
              text("action", "update"),
              object("config")})
      .answers(OK(R"({"total":2,"updated":2,"success":2,"failed":0,"results":[{"groupId":"456","success":true}]})"));
  table.post("/api/groups/batch/toggle", A::admin, to(groups, &P::toggle_many), "Switch several groups on or off")
      .takes({{.name = "groupIds", .type = Field::Type::array, .required = true},
              {.name = "enabled", .type = Field::Type::boolean, .required = true}})
      .answers(OK(R"({"total":2,"updated":2,"success":2,"failed":0,"results":[{"groupId":"456","success":true}]})"));
  table.get(one + "/config", A::admin, to(groups, &P::show), "A group's settings").answers(OK(GROUP));
  table.put(one + "/config", A::admin, to(groups, &P::change), "Change a group's settings")
      .takes(group_fields())
      .answers(OK(GROUP))
      .note(kGroupNote);
  table.del(one + "/config", A::admin, to(groups, &P::reset), "A group as the bots' settings have it")
      .answers(OK(GROUP))
      .note("Its codes and logins end.");
  table.get(one + "/members", A::admin, to(groups, &P::members), "Who spoke in a group")
      .query(page)
      .answers(OK(R"({"members":[{"userId":"123","nickname":"Ada","role":null,"blocked":false,"lastActive":)"
                  R"(1769860800000}],"total":1,"page":1,"limit":50})"))
      .elsewhere();
  table.put(one + "/members/{user_id}", A::admin, to(groups, &P::change_member), "Hear somebody in a group, or not")
      .takes({{.name = "blocked", .type = Field::Type::boolean, .required = true}})
      .answers(OK(R"({"userId":"123","blocked":true})"));
  table.get(one + "/stats", A::admin, to(groups, &P::stats), "A group's figures, by day, UTC")
      .query({text_parameter("period", "day, week or month; default: day")})
      .answers(OK(R"({"groupId":"456","totalMessages":9,"aiResponses":3,"toolCalls":1,"activeUsers":1,"topUsers":)"
                  R"([{"userId":"123","nickname":"Ada","count":3}],"dailyStats":[{"date":"2026-01-31","messages":9,)"
                  R"("responses":3,"toolCalls":1}]})"));
  table.get(one + "/usage-stats", A::admin, to(groups, &P::use), "What was asked in a group today, UTC")
      .answers(OK(GROUP_USE));
  table.post(one + "/usage-stats/reset", A::admin, to(groups, &P::reset_use), "Begin a group's counts of today anew")
      .answers(OK(GROUP_USE));
  table.get(one + "/conversations", A::admin, to(groups, &P::conversations), "A group's conversations, newest first")
      .query({limit_parameter()})
      .answers(OK(R"({"conversations":[{)" CONVERSATION R"(}],"total":1})"))
      .elsewhere();
  table.del(one + "/conversations", A::admin, to(groups, &P::clear_conversations), "Take back what was said in a group")
      .answers(OK(R"({"success":true,"deletedCount":1})"));
  table.get(one + "/presets", A::admin, to(groups, &P::presets), "Presets, and the group's own")
      .answers(OK(
          R"({"presets":[{"id":"AbCdEfGhIjKl","name":"helper","description":"Helps"}],"current":"","presetId":""})"));
  table.put(one + "/preset", A::admin, to(groups, &P::set_preset), "Choose a group's preset")
      .takes({text("presetId", "Id or name; empty: the bots' default preset")})
      .answers(OK(GROUP));
  table.get(one + "/tools", A::admin, to(groups, &P::tools), "Which tools may be called in a group")
      .answers(OK(GROUP_TOOLS));
  table.put(one + "/tools", A::admin, to(groups, &P::set_tools), "Change which tools may be called in a group")
      .takes({flag("enabled"), array("allowedTools", "None: all that the house allows"), array("blockedTools")})
      .answers(OK(GROUP_TOOLS));
  table.get(one + "/triggers", A::admin, to(groups, &P::triggers), "What wakes the bot in a group")
      .answers(OK(TRIGGERS));
  table.put(one + "/triggers", A::admin, to(groups, &P::set_triggers), "Change what wakes the bot in a group")
      .takes({anything("prefix", "An array of what messages begin with; or true or false, as `usePrefix`"),
              anything("usePrefix", "Whether messages wake it that begin with a prefix"),
              flag("at", "Whether a mention wakes it"), flag("keyword", "Whether messages wake it that have a keyword"),
              array("keywords", "The keywords"),
              anything("random", "Whether it answers some messages by chance: true or false, or how many, from 0 to 1"),
              anything("randomRate", "How many, from 0 to 1")})
      .answers(OK(TRIGGERS));
}

}  // namespace troupe::http::chatai
