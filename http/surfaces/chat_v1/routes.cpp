// Every endpoint of the chat_v1 API, on one page.
#include "http/route_table.hpp"
#include "http/surfaces/chat_v1/chat_v1.hpp"

namespace troupe::http {
namespace {

using A = Access;
using namespace std::chrono_literals;

constexpr RateClass kAuthentication{"authentication", 5, 60s, RateClass::Per::address};
constexpr RateClass kChat{"chat", 60, 60s, RateClass::Per::caller};
// Frames of a WebSocket: questions, which count as above as well, typing, and what is none of these.
constexpr RateClass kFrames{"frames", 300, 60s, RateClass::Per::caller};

#define TIME R"("2026-01-31T12:00:00.000Z")"
#define FIGURES R"("avg_response_time":812.5,)"

constexpr long long kMostSkipped = 1LL << 40;

Parameter skip() { return integer_parameter("skip", "How many to leave out", 0, 0, kMostSkipped); }
Parameter limit(long long fallback) {
  return integer_parameter("limit", "How many to answer", fallback, 1, defaults::kMaxListLimit);
}
Parameter user() {
  return text_parameter("user_id", "Whose statistics; other people's, and `all`, for administrators only");
}

}  // namespace

const RateClass& ChatV1::chat_rate() { return kChat; }
const RateClass& ChatV1::frame_rate() { return kFrames; }

std::vector<Route> ChatV1::make_routes(ChatV1& self) {
  const auto to = [&self](void (ChatV1::*handler)(const CallPtr&)) -> Handler {
    return [&self, handler](const CallPtr& call) { (self.*handler)(call); };
  };
  RouteTable table;

  table.tag("Chat: authentication");
  table.post("/api/v1/auth/token", A::anyone, to(&ChatV1::log_in), "Log in")
      .takes({required("username", "Username or e-mail"), password("password")})
      .forms()
      .answers(R"({"access_token":"eyJ…","token_type":"bearer"})")
      .note("The token is good for a day. Send it as `Authorization: Bearer …`. Wrong credentials: AUTH001.")
      .rate(kAuthentication);
  table.post("/api/v1/auth/register", A::anyone, to(&ChatV1::register_account), "Register a new account")
      .takes({required("username", "Letters, digits, `.`, `_`, `-`", defaults::kMaxUsernameLength),
              required("email", "An e-mail address", defaults::kMaxEmailLength), new_password("password")})
      .answers(R"({"id":1,"username":"ada","email":"ada@example.org","role":"user","status":"active"})")
      .creates()
      .rate(kAuthentication);

  table.tag("Chat");
  table.post("/api/v1/chat", A::login, to(&ChatV1::chat), "Send a message and get the model's answer")
      .takes({required("message", {}, defaults::kMaxQuestionLength),
              integer("session_id", 1, static_cast<double>(events::kMaxSessionId), "Missing: a new session"),
              text("system_prompt", "Kept for the session until another one is sent", defaults::kMaxQuestionLength),
              number("temperature", 0, 2), integer("max_tokens", 1, 1'000'000, "Of the answer")})
      .answers(R"({"session_id":1,"message":{"id":67108866,"role":"assistant","content":"Hello!","created_at":)" TIME
               R"(,"tokens":12},"total_tokens":40})")
      .note(
          "`message` is the answer. `total_tokens` are the prompt's and the answer's together, as the provider's "
          "`usage` counts them; a provider that sends none is estimated: one token for about four bytes of Latin "
          "text, one for each character of Chinese, Japanese or Korean. A client that leaves before the answer "
          "gives it up, unless a WebSocket watches the session. CHAT001: the account has too many sessions. "
          "CHAT002: no answer could be had; the question stands as failed in the session that `details` begins with "
          "(`session: 1; …`). A refusal without a session in its `details` leaves none. CHAT003: no such session of "
          "yours.")
      .rate(kChat);
  table.get("/api/v1/chat/sessions", A::login, to(&ChatV1::sessions), "My sessions, newest first")
      .query({skip(), limit(20)})
      .answers(R"([{"id":1,"title":"Hello","status":"active","message_count":2,"last_message_time":)" TIME
               R"(,"created_at":)" TIME R"(,"updated_at":)" TIME "}]")
      .note("`last_message_time` is null before the first message.")
      .rate(kChat);
  table
      .get("/api/v1/chat/sessions/{session_id}/messages", A::login, to(&ChatV1::messages),
           "Messages of a session, oldest first")
      .query({skip(), limit(50)})
      .answers(R"([{"id":67108865,"role":"user","content":"Hello","created_at":)" TIME
               R"(,"tokens":2,"status":"complete"}])")
      .note(
          "`status` is `pending` for a question whose answer is under way, `failed` for one that got none, and "
          "`complete` for all else. `tokens` of a user's message are an estimate.")
      .rate(kChat);

  table.tag("Chat: statistics");
  table.get("/api/v1/statistics/daily", A::login, to(&ChatV1::daily_statistics), "Statistics of each day")
      .query({text_parameter("start_date", "YYYY-MM-DD, UTC; default: 29 days before `end_date`"),
              text_parameter("end_date", "YYYY-MM-DD, UTC, included; default: today"), user()})
      .answers(R"([{"date":"2026-01-31","chat_count":1,"message_count":2,)" FIGURES
               R"("token_usage":40,"error_count":0}])")
      .note(
          "Of the caller's own sessions; of everybody's for an administrator, unless `user_id` names one. Every day "
          "of the range is there, also one without traffic; at most 366. `chat_count` are sessions begun, "
          "`message_count` questions and answers, `avg_response_time` milliseconds from a durable question to the "
          "end of its answer, `error_count` questions without an answer.")
      .elsewhere()
      .rate(kChat);
  table.get("/api/v1/statistics/total", A::login, to(&ChatV1::total_statistics), "Statistics of all time")
      .query({user()})
      .answers(R"({"total_chats":1,"total_messages":2,)" FIGURES R"("total_tokens":40,"total_errors":0})")
      .elsewhere()
      .rate(kChat);
  return std::move(table).take();
}

}  // namespace troupe::http
