// Routes of the tags system and statistics: how the server is, and the use of models.
#include "http/surfaces/chatai/house.hpp"
#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define FIGURES R"("calls":3,"success":3,"failed":0,"inputTokens":20,"outputTokens":10,"tokens":30,"avgDuration":420)"

}  // namespace

void system_routes(RouteTable& table, House& house) {
  using P = House;
  table.tag("ChatAI: system");
  table.get("/api/system/status", A::login, to(house, &P::status), "How the server is")
      .answers(OK(
          R"({"status":"running","version":"0.1.0","uptime":3600,"startTime":1769857200000,"memory":)"
          R"({"percentage":12.5},"cpu":{"percentage":1.5},"disk":{"percentage":40.0},"bot":{"platforms":1,"enabled":1}})"));
  table.get("/api/system/info", A::login, to(house, &P::info), "What the server is")
      .answers(OK(R"({"version":"0.1.0","platform":"Linux","arch":"x86_64","adapters":[],"mcpServers":0})"));
  for (const char* path : {"/api/system/health", "/api/health"})
    table.get(path, A::login, to(house, &P::health), "Whether all is well")
        .answers(OK(R"({"healthy":true,"status":"healthy","checks":{"database":{"status":"ok"},"channels":)"
                    R"({"status":"ok","available":1}},"timestamp":1769860800000,"uptime":3600})"));
  table.get("/api/system/monitor", A::admin, to(house, &P::monitor), "What the server takes of its machine")
      .answers(OK(R"({"memory":{"systemUsedPercent":12.5},"api":{"medianLatency":0.4},"system":{"uptime":3600}})"));
  for (const char* path : {"/api/system/version", "/api/version"})
    table.get(path, A::login, to(house, &P::version), "The server's version")
        .answers(OK(R"({"version":"0.1.0","name":"troupe"})"));
}

void statistics_routes(RouteTable& table, House& house) {
  using P = House;
  const Parameter period = text_parameter("period", "day, week, month or all; default: day");
  const Parameter limit = limit_parameter();
  table.tag("ChatAI: statistics");
  for (const std::string base : {"/api/stats", "/api/system/stats"}) {
    table.get(base, A::admin, to(house, &P::stats), "The use of models in a period, UTC")
        .query({period})
        .answers(
            OK(R"({"summary":{"totalMessages":3,"aiResponses":3,"tokensUsed":30,"activeUsers":1,"activeGroups":0},)"
               R"("daily":[{"date":"2026-01-31","messages":3,"responses":3,)" FIGURES "}]}"));
    table.get(base + "/models", A::admin, to(house, &P::models), "The use of models by model, most calls first")
        .query({period, limit})
        .answers(OK(R"({"models":[{"model":"gpt-4o-mini",)" FIGURES "}]}"));
    table.get(base + "/channels", A::admin, to(house, &P::channels), "The use of models by channel, most calls first")
        .query({period, limit})
        .answers(OK(R"({"channels":[{"channel":"main",)" FIGURES "}]}"));
    table.get(base + "/users", A::admin, to(house, &P::users), "The use of models by user, most calls first")
        .query({period, limit})
        .answers(OK(R"({"users":[{"userId":"1","username":"ada",)" FIGURES "}]}"))
        .note("Accounts, and the people that bots meet on platforms; they share their numbers.");
    table
        .get(base + "/groups", A::admin, to(house, &P::groups),
             "The use of models by group of a platform, most calls first")
        .query({period, limit})
        .answers(OK(R"({"groups":[{"groupId":"456","name":"friends",)" FIGURES "}]}"));
  }
}

}  // namespace troupe::http::chatai
