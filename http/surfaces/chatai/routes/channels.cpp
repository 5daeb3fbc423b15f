// Routes of the tag channels: accounts with providers of models.
#include "http/surfaces/chatai/channels.hpp"

#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define CHANNEL                                                                                         \
  R"({"id":"AbCdEfGhIjKl","name":"main","adapterType":"openai","type":"openai","baseUrl":)"             \
  R"("https://api.openai.com/v1","apiKey":"****wxyz","apiKeys":["****wxyz"],"models":["gpt-4o-mini"],)" \
  R"("model":"gpt-4o-mini","embeddingModel":"","strategy":"failover","priority":100,"weight":100,)"     \
  R"("quota":{"daily":0,"hourly":0,"perMinute":0},"enabled":true,"status":"idle","testedAt":null,)"     \
  R"("lastError":null,"createdAt":1769860800000,"updatedAt":1769860800000})"
#define CHANNEL_STATS \
  R"({"totalCalls":3,"successCalls":3,"failedCalls":0,"totalTokens":30,"successRate":1.0,"avgTokensPerCall":10})"
#define TESTED R"({"model":"gpt-4o-mini","success":true,"elapsed":420,"response":"Hello!"})"

std::vector<Field> channel_fields() {
  return {
      text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
      word("adapterType", {"openai", "claude", "anthropic", "gemini"}, "Default: openai"),
      text("baseUrl", "http or https; default: the provider's own", defaults::kMaxBaseUrlLength),
      text("apiKey", "Stored sealed. `****` and its end stand for the key that is there"),
      array("apiKeys", "Several, tried in turn"),
      array("models", "The first is asked where nobody names one; none: anything may be asked for"),
      text("embeddingModel", "None: it makes no embeddings", defaults::kMaxModelNameLength),
      word("strategy", {"failover", "round-robin", "random", "least-used", "weighted"},
           "Which key a request begins with; another is tried when it fails. Default: failover. `weighted`: any of its "
           "keys, and among channels of the same priority that are weighted as well, one by chance, by `weight`"),
      integer("priority", 0, defaults::kMaxProviderPriority, "The lowest is asked first; default: 100"),
      integer("weight", 1, defaults::kMaxProviderWeight, "Of a weighted one; default: 100"),
      object("quota",
             "Requests that it is sent: `daily`, `hourly`, `perMinute`, UTC; 0: as many as there are. When one is "
             "used up, `status` is `quota_exceeded`, and the next channel is asked"),
      flag("enabled", "Default: true")};
}

}  // namespace

void channel_routes(RouteTable& table, Channels& channels) {
  using P = Channels;
  table.tag("ChatAI: channels");
  for (const char* path : {"/api/channels", "/api/channels/list"})
    table.get(path, A::admin, to(channels, &P::list_all), "Channels, oldest first")
        .query({text_parameter("withStats", "true: with the figures of each")})
        .answers(OK("[" CHANNEL "]"));
  table.get("/api/channels/stats", A::admin, to(channels, &P::stats), "Figures of one channel, or of all by their ids")
      .query({text_parameter("id", "Of one")})
      .answers(OK(CHANNEL_STATS));
  table.post("/api/channels", A::admin, to(channels, &P::create), "Add a channel")
      .takes(requiring({"name"}, channel_fields()))
      .answers(OK(CHANNEL))
      .status(201)
      .creates()
      .note(
          "It counts from the answer on. What no channel of this server has (headers and paths of one's own, "
          "overrides) is refused by its name.");
  table.post("/api/channels/fetch-models", A::admin, to(channels, &P::fetch_models), "Which models a provider has")
      .takes({text("channelId", "Of one that is kept; none: the body describes it"), text("apiKey"), text("baseUrl"),
              text("adapterType"), text("modelsPath")})
      .answers(OK(R"({"models":["gpt-4o-mini"]})"));
  table.post("/api/channels/test", A::admin, to(channels, &P::test), "Say hello to a channel")
      .takes({text("id", "Of one that is kept; none: the body describes it"), text("apiKey"), text("baseUrl"),
              text("adapterType"), array("models")})
      .answers(OK(
          R"({"success":true,"message":"OK","testResponse":"Hello!","elapsed":420,"latency":420,"model":"gpt-4o-mini"})"));
  table.post("/api/channels/test-model", A::admin, to(channels, &P::test_model), "Say hello to one model of a channel")
      .takes({required("channelId"), required("model", {}, defaults::kMaxModelNameLength)})
      .answers(OK(TESTED));
  table
      .post("/api/channels/batch-test", A::admin, to(channels, &P::test_models),
            "Say hello to several models of a channel")
      .takes({required("channelId"), array("models", "None: all that it lists"),
              integer("concurrency", 1, defaults::kMaxTestConcurrency, "At the same time; default: 3")})
      .answers(
          OK(R"({"total":1,"success":1,"failed":0,"channelId":"AbCdEfGhIjKl","channelName":"main","results":[)" TESTED
             "]}"));
  table.get("/api/channels/{channel_id}", A::admin, to(channels, &P::show), "One channel").answers(OK(CHANNEL));
  table.put("/api/channels/{channel_id}", A::admin, to(channels, &P::change), "Change a channel")
      .takes(channel_fields())
      .answers(OK(CHANNEL));
  table.del("/api/channels/{channel_id}", A::admin, to(channels, &P::remove), "Remove a channel")
      .answers(R"({"success":true,"data":null})");
}

}  // namespace troupe::http::chatai
