// Every endpoint of the PlexiChat API, on one page.
#include "http/route_table.hpp"
#include "http/surfaces/plexichat/plexichat.hpp"

namespace troupe::http {
namespace {

using A = Access;
using namespace plexichat;
using namespace std::chrono_literals;

// Strangers are told apart by their address, people by their account.
constexpr RateClass kAuthentication{"authentication", 10, 60s, RateClass::Per::address};
constexpr RateClass kOwnAccess{"own_access", 10, 60s, RateClass::Per::caller};
constexpr RateClass kGeneral{"general", 600, 60s, RateClass::Per::caller};
constexpr RateClass kSearch{"search", 50, 60s, RateClass::Per::caller};
// An answer of a model takes more than a message; the same as the chat_v1 dialect has for it.
constexpr RateClass kAssistant{"assistant", 60, 60s, RateClass::Per::caller};

#define TIME R"("2026-01-31T12:00:00.000Z")"
#define TOKENS R"({"access_token":"eyJ…","token_type":"bearer","expires_in":1800,"refresh_token":"eyJ…"})"
#define USER                                                                                         \
  R"({"id":"user_1","username":"ada","email":"ada@example.org","display_name":"Ada Lovelace",)"      \
  R"("avatar_url":"https://example.org/ada.jpg","roles":["admin"],"permissions":["system.manage"],)" \
  R"("created_at":)" TIME R"(,"last_login":)" TIME R"(,"is_active":true,"preferences":{"theme":"dark"}})"

/// A handler of one of the surface's parts.
template <class Part>
Handler to(Part& part, void (Part::*handler)(const CallPtr&)) {
  return [&part, handler](const CallPtr& call) { (part.*handler)(call); };
}

void authentication_routes(RouteTable& table, Authentication& authentication) {
  using P = Authentication;
  table.tag("PlexiChat: authentication");
  table.post("/api/v1/auth/login", A::anyone, to(authentication, &P::log_in), "Log in")
      .takes({required("username", "Username or e-mail"), password("password"),
              flag("remember_me", "Refresh token and cookie live for 30 days instead of 7")})
      .answers(TOKENS)
      .note(
          "Also sets the cookie `plexichat_session`. Five wrong passwords within 15 minutes lock the account for as "
          "long: 423, ACCOUNT_LOCKED.")
      .rate(kAuthentication);
  table.post("/api/v1/auth/refresh", A::anyone, to(authentication, &P::refresh), "Get new tokens for a refresh token")
      .takes({required("refresh_token")})
      .answers(TOKENS)
      .note(
          "The refresh token is used up: it is replaced by the one in the answer. Presented again, it ends the login "
          "and all tokens that came of it.")
      .rate(kAuthentication);
  table
      .post("/api/v1/auth/logout", A::login, to(authentication, &P::log_out),
            "Log out: ends the login and all its tokens")
      .answers(R"({"message":"Logged out successfully"})")
      .rate(kOwnAccess);
}

void user_routes(RouteTable& table, Users& users) {
  using P = Users;
  table.tag("PlexiChat: users");
  table.get("/api/v1/users/me", A::login, to(users, &P::me), "My profile").answers(USER).rate(kGeneral);
  table.put("/api/v1/users/me", A::login, to(users, &P::update_me), "Change my profile")
      .takes({text("display_name", {}, defaults::kMaxProfileFieldLength), text("email", {}, defaults::kMaxEmailLength),
              text("avatar_url", "An http(s) URL, or a path on this server"),
              object("preferences", "Merged into what is there by name; null removes a name")})
      .answers(USER)
      .rate(kGeneral);
}

void assistant_routes(RouteTable& table, Assistant& assistant) {
  using P = Assistant;
  table.tag("PlexiChat: AI");
  table.post("/api/v1/ai/chat", A::login, to(assistant, &P::chat), "Ask a model, about a channel or at all")
      .takes(
          {required("message", "The question", defaults::kMaxQuestionLength),
           object("context",
                  "The channel that the question is about: `channel_id`; `time_range`, how far back it reaches (a "
                  "number and s, m, h, d or w, such as `24h` or `7d`; without it all messages count); `include_files`, "
                  "whether the model is told which files were attached"),
           text("provider", "One of the configured ones, or `echo`; without it, the first that answers"),
           text("model", "One of the provider's; without it, the provider's own")})
      .answers(R"({"response":"In the last week the team …","provider":"openai","model":"gpt-4",)"
               R"("usage":{"prompt_tokens":150,"completion_tokens":200,"total_tokens":350},"created_at":)" TIME "}")
      .note(
          "Each question stands alone: the model knows nothing of earlier ones. It is told the newest messages of the "
          "channel that fit, at most 100 and 32,000 bytes, as data that it must not take instructions from; only "
          "members may ask about a channel. The figures of `usage` are the provider's, or estimates where it sends "
          "none. Questions count in the statistics of the chat_v1 API, as all conversations with models do; only "
          "chats count as chats. Where no provider is configured, the provider `echo` answers and says that it is a "
          "stand-in. An unknown provider is 422, one that fails 502, one that is too slow 504. A question whose asker "
          "leaves is given up.")
      .rate(kAssistant);
  table.post("/api/v1/ai/search", A::login, to(assistant, &P::search), "Search by meaning")
      .takes(
          {required("query", {}, defaults::kMaxQueryLength),
           array("content_types", "`messages`, `files`, or both, as without it. Files are not indexed: none is found"),
           array("channels", "Channels to search, by id or name; without it all those of which you are a member"),
           number("similarity_threshold", 0, 1,
                  "What is less alike is left out. Without it: 0.7 for vectors, 0.3 for full text"),
           integer("limit", 1, defaults::kMaxSearchResults, "Without it: 10")})
      .answers(R"({"results":[{"type":"message","id":"msg_67108865","channel_id":"channel_1","user_id":"user_1",)"
               R"("content":"A tutorial on machine learning","similarity":0.83,"created_at":)" TIME R"(}],"total":1,)"
               R"("query":"machine learning tutorials","method":"vector","provider":"openai",)"
               R"("model":"text-embedding-3-small","complete":true})")
      .note(
          "The most alike first; `total` is how many were found, up to `limit`. Finds what stands in channels of which "
          "you are a member. `method` is `vector` where a provider makes embeddings: `similarity` is then the cosine "
          "between query and text (0 where it is negative), and `provider` and `model` say whose vectors they are. "
          "Else, "
          "and when that provider fails, it is `full_text`: `similarity` of the best text is the share of the query's "
          "words that it has, rare words counting more (BM25), and that of the others falls with their rank. Case, "
          "accents and width of letters do not matter. `complete` is false while messages are not in the index: just "
          "after a start, while vectors are being made, or because there are more than 200,000 messages, or more "
          "than 256 MiB hold: then the newest are found. With vectors, texts of all channels go to the provider.")
      .only_reads()
      .rate(kSearch);
}

}  // namespace

std::vector<Route> PlexiChat::make_routes(PlexiChat& self) {
  RouteTable table;
  authentication_routes(table, self.authentication_);
  user_routes(table, self.users_);
  assistant_routes(table, self.assistant_);
  return std::move(table).take();
}

}  // namespace troupe::http
