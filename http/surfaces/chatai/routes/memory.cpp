// Routes of the tag memory: what bots remember of people and groups.
#include "http/surfaces/chatai/memories.hpp"
#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define MEMORY                                                                                                \
  R"({"id":41,"userId":"10001","groupId":null,"category":"preference","subType":null,"content":"Likes tea",)" \
  R"("confidence":0.9,"source":"manual","metadata":{},"createdAt":1769860800000,"updatedAt":1769860800000,)"  \
  R"("isActive":true})"
#define FORGOTTEN R"({"success":true,"deletedCount":3})"
#define MEMORY_COUNTS R"("byCategory":{"preference":3},"categories":{"preference":"Preferences"})"

constexpr const char* kIds =
    "`userId` and `groupId` are the ids that platforms have given; where people of several platforms have the same "
    "one, `<platform>:<id>`, with the platform's name or id. `account:7` is the house's own number, of an account or "
    "of one whom bots have met.";
constexpr const char* kForgets =
    "There is no way back: the keys that seal what is forgotten are thrown away, so that nobody can read it any more, "
    "in the log either or in a later backup. What was said in conversations stays there. `hard` is accepted, and makes "
    "no difference.";

std::vector<Field> fact_fields() {
  return {anything("groupId", "Where it was learned; none: it holds everywhere"),
          text("content", "One fact", defaults::kMaxFactLength),
          text("category", "profile, preference, event, relation, topic or custom (the default)"),
          text("subType", {}, defaults::kMaxFactSubTypeLength),
          number("confidence", 0, 1, "Default: 0.9"),
          object("metadata")};
}

}  // namespace

void memory_routes(RouteTable& table, Memories& memories) {
  using P = Memories;
  const Field user_field = anything("userId", "Of whom");
  const Field group_field = anything("groupId", "In which group");
  const Parameter user = text_parameter("userId", "Of whom"), group = text_parameter("groupId", "In which group");
  const Parameter query = text_parameter("query", "What to look for");
  const Parameter hard = text_parameter("hard", "Makes no difference");
  const auto limit = [](long long fallback) { return limit_parameter(fallback, defaults::kMaxFactsOfSubject); };
  auto with_user = fact_fields();
  with_user.push_back(user_field);
  table.tag("ChatAI: memory");
  for (const std::string base : {"/api/memory", "/api/memories"}) {
    table.get(base + "/users", A::admin, to(memories, &P::users), "Of whom something is remembered")
        .query({limit(100), offset_parameter(1'000'000'000)})
        .answers(
            OK(R"([{"userId":"10001","name":"Ann","count":3,"lastUpdate":1769860800000,"categories":["topic"]}])"));
    table.get(base + "/stats", A::admin, to(memories, &P::stats), "How much is remembered")
        .answers(OK(R"({"total":3,"users":1,)" MEMORY_COUNTS "}"));
    table.get(base + "/categories", A::admin, to(memories, &P::categories), "What a memory may be about")
        .answers(OK(R"([{"key":"preference","name":"Preferences","label":"Preferences"}])"));
    table.get(base + "/search", A::admin, to(memories, &P::search), "Search what is remembered")
        .query({query, user, group, text_parameter("category", "Of one category"), limit(20)})
        .answers(OK("[" MEMORY "]"));
    table
        .post(base + "/search", A::admin, to(memories, &P::search),
              "Search what is remembered, by meaning where a channel makes vectors")
        .takes({required("query", {}, defaults::kMaxQueryLength), user_field, group_field, text("category"),
                integer("limit", 1, defaults::kMaxFactsOfSubject, "Default: 20")})
        .answers(OK("[" MEMORY "]"))
        .note(kIds)
        .only_reads();
    table.get(base + "/user/{user}", A::admin, to(memories, &P::of_user), "What is remembered of somebody")
        .query({text_parameter("format", "tree (by category, the default) or list"), group})
        .answers(OK(R"({"preference":{"label":"Preferences","items":[)" MEMORY R"(],"count":1}})"))
        .note(kIds)
        .elsewhere();
    table
        .get(base + "/user/{user}/stats", A::admin, to(memories, &P::stats_of_user),
             "How much is remembered of somebody")
        .answers(OK(R"({"userId":"10001","total":3,)" MEMORY_COUNTS R"(,"lastUpdate":1769860800000})"));
    table
        .get(base + "/user/{user}/category/{category}", A::admin, to(memories, &P::category_of_user),
             "What is remembered of somebody in one category")
        .answers(OK("[" MEMORY "]"))
        .elsewhere();
    table.post(base + "/user/{user}", A::admin, to(memories, &P::add), "Remember something of somebody")
        .takes(requiring({"content"}, fact_fields()))
        .answers(OK(MEMORY))
        .status(201)
        .creates()
        .note(
            "What says nearly the same of the same person, group and category is brought up to date; then `merged` is "
            "true.");
    table
        .post(base + "/user/{user}/summarize", A::admin, to(memories, &P::summarize),
              "Merge what of somebody says nearly the same")
        .takes({flag("useLLM", "Not supported: a model has no part in it")})
        .answers(OK(R"({"success":true,"method":"merge","mergedCount":1,"total":2})"));
    table.post(base + "/merge/{user}", A::admin, to(memories, &P::merge), "Merge what of somebody says nearly the same")
        .answers(OK(R"({"success":true,"method":"merge","mergedCount":1,"total":2})"));
    table.del(base + "/user/{user}", A::admin, to(memories, &P::remove_of_user), "Forget all of somebody, for good")
        .query({hard})
        .answers(OK(FORGOTTEN))
        .note(kForgets);
    table
        .get(base + "/group/{group}", A::admin, to(memories, &P::of_group),
             "What is remembered of a group, and what was learned in it")
        .query({limit(100)})
        .answers(OK("[" MEMORY "]"))
        .elsewhere();
    table.post(base + "/batch", A::admin, to(memories, &P::add_many), "Remember several things")
        .takes({array("memories", "Each with `userId` and what a memory has; at most 100")})
        .answers(OK(R"({"total":1,"saved":1,"failed":0,"results":[{"success":true,"id":41,"merged":false}]})"));
    table.del(base + "/clear-all", A::admin, to(memories, &P::remove_all), "Forget everything of everybody, for good")
        .query({text_parameter("confirm", "true, or nothing is forgotten")})
        .answers(OK(FORGOTTEN))
        .note(kForgets);
    table.get(base + "/{memory_id}", A::admin, to(memories, &P::show), "One memory").answers(OK(MEMORY));
    table.put(base + "/{memory_id}", A::admin, to(memories, &P::change), "Change a memory")
        .takes(fact_fields())
        .answers(OK(MEMORY))
        .note("Whom it is about and where it was learned cannot be changed.");
  }
  for (const std::string base : {"/api/memory", "/api/memories", "/api/chat/memories"}) {
    table.get(base, A::admin, to(memories, &P::list), "What is remembered of somebody, newest first, or fits a query")
        .query({user, group, query, limit(20)})
        .answers(OK("[" MEMORY "]"))
        .note(kIds);
    table.post(base, A::admin, to(memories, &P::add), "Remember something of somebody")
        .takes(requiring({"content"}, with_user))
        .answers(OK(MEMORY))
        .status(201)
        .creates();
    table.del(base, A::admin, to(memories, &P::remove_of_user), "Forget all of somebody, for good")
        .query({user})
        .takes({user_field})
        .answers(OK(FORGOTTEN))
        .note(kForgets);
    table.del(base + "/{memory_id}", A::admin, to(memories, &P::remove), "Forget a memory for good")
        .query({hard})
        .answers(OK(FORGOTTEN))
        .note(kForgets);
  }
  table
      .del("/api/contacts/{contact}", A::admin, to(memories, &P::forget_contact),
           "Forget a person or group of a platform wholly, for good")
      .query({text_parameter("type", "user (the default) or group"),
              text_parameter("confirm", "true, or nothing is forgotten")})
      .answers(R"({"success":true,"data":{"success":true},"message":"Contact forgotten"})")
      .note(
          "With the key of the contact goes all that it ever said to bots, and all that is remembered of it. Should it "
          "speak again, it is met anew. An account is deleted elsewhere.");
}

}  // namespace troupe::http::chatai
