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
constexpr RateClass kMessages{"messages", 100, 60s, RateClass::Per::caller};
constexpr RateClass kSignals{"signals", 120, 60s, RateClass::Per::caller};

#define TIME R"("2026-01-31T12:00:00.000Z")"
#define TOKENS R"({"access_token":"eyJ…","token_type":"bearer","expires_in":1800,"refresh_token":"eyJ…"})"
#define USER                                                                                         \
  R"({"id":"user_1","username":"ada","email":"ada@example.org","display_name":"Ada Lovelace",)"      \
  R"("avatar_url":"https://example.org/ada.jpg","roles":["admin"],"permissions":["system.manage"],)" \
  R"("created_at":)" TIME R"(,"last_login":)" TIME R"(,"is_active":true,"preferences":{"theme":"dark"}})"

#define CHANNEL                                                                                           \
  R"({"id":"channel_1","name":"general","description":"For all","is_private":false,"owner_id":"user_1",)" \
  R"("is_member":true,"member_count":2,"message_count":1250,"created_at":)" TIME R"(,"last_message_at":)" TIME "}"
#define MEMBER \
  R"({"user_id":"user_1","username":"ada","display_name":"Ada Lovelace","role":"owner","joined_at":)" TIME "}"
#define REACTIONS R"([{"emoji":"👍","count":1,"users":["user_1"]}])"
#define MESSAGE                                                                                         \
  R"({"id":"msg_67108865","channel_id":"channel_1","user_id":"user_1","content":"Hello, world!",)"      \
  R"("content_type":"text","created_at":)" TIME R"(,"updated_at":null,"attachments":[],"mentions":[],)" \
  R"("reactions":)" REACTIONS R"(,"thread_id":null,"reply_to":null,"is_edited":false,"is_deleted":false})"
#define DONE(text) R"({"message":")" text R"("})"

constexpr long long kDefaultPage = 50, kLargestPage = 100;

Parameter limit() { return integer_parameter("limit", "How many to answer", kDefaultPage, 1, kLargestPage); }

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

void channel_routes(RouteTable& table, Channels& channels) {
  using P = Channels;
  table.tag("PlexiChat: channels");
  table.post("/api/v1/channels", A::login, to(channels, &P::create), "Create a channel")
      .takes({required("name", "Public channels have names of their own", defaults::kMaxChannelNameLength),
              text("description", {}, defaults::kMaxChannelDescriptionLength),
              flag("is_private", "Seen by its members only, who bring others in")})
      .answers(CHANNEL)
      .note("The creator owns it. 409, CONFLICT: the name is taken.")
      .status(201)
      .creates()
      .rate(kGeneral);
  table.get("/api/v1/channels", A::login, to(channels, &P::list), "My channels, and public ones to join")
      .query({limit(), text_parameter("after", "Id of a channel: those that are newer"),
              text_parameter("scope", "`all`, `mine` or `public`; default: all")})
      .answers(R"({"channels":[)" CHANNEL R"(],"pagination":{"has_more":true,"next_cursor":"channel_1"}})")
      .note("Oldest first. `next_cursor` is the next page's `after`; null on the last.")
      .rate(kGeneral);
  table.get("/api/v1/channels/{channel_id}", A::login, to(channels, &P::show), "A channel, by id or public name")
      .answers(CHANNEL)
      .note("A private channel that the caller is not in does not exist for it: 404, here and everywhere.")
      .rate(kGeneral);
  table.put("/api/v1/channels/{channel_id}", A::login, to(channels, &P::change), "Rename or describe a channel")
      .takes({text("name", {}, defaults::kMaxChannelNameLength),
              text("description", {}, defaults::kMaxChannelDescriptionLength)})
      .answers(CHANNEL)
      .note("Its owner; moderators, where they are members and in public channels.")
      .rate(kGeneral);
  table.del("/api/v1/channels/{channel_id}", A::login, to(channels, &P::remove), "Delete a channel")
      .answers(DONE("Channel deleted"))
      .note("Its owner, or an administrator. For good: nobody is in it any more, and its name is free.")
      .rate(kGeneral);
  table.post("/api/v1/channels/{channel_id}/join", A::login, to(channels, &P::join), "Join a public channel")
      .answers(CHANNEL)
      .rate(kGeneral);
  table.post("/api/v1/channels/{channel_id}/leave", A::login, to(channels, &P::leave), "Leave a channel")
      .answers(DONE("Channel left"))
      .note("409, CONFLICT: the owner stays, or deletes it.")
      .rate(kGeneral);
  table.get("/api/v1/channels/{channel_id}/members", A::login, to(channels, &P::members), "Who is in a channel")
      .query({limit(), text_parameter("after", "Id of a user: members with a higher one")})
      .answers(R"({"members":[)" MEMBER R"(],"pagination":{"has_more":true,"next_cursor":"user_1","total_count":2}})")
      .note("For members.")
      .rate(kGeneral);
  table.post("/api/v1/channels/{channel_id}/members", A::login, to(channels, &P::add_member), "Bring someone in")
      .takes({required("user_id")})
      .answers(MEMBER)
      .note("By any member.")
      .status(201)
      .rate(kGeneral);
  table
      .del("/api/v1/channels/{channel_id}/members/{user_id}", A::login, to(channels, &P::remove_member),
           "Remove a member")
      .answers(DONE("Member removed"))
      .note("By the owner or a moderator, or the member itself.")
      .rate(kGeneral);
}

void message_routes(RouteTable& table, Messages& messages) {
  using P = Messages;
  table.tag("PlexiChat: messages");
  table.get("/api/v1/messages", A::login, to(messages, &P::list), "Messages of a channel, newest first")
      .query({{.name = "channel_id", .description = "Its id, or the name of a public one", .required = true},
              limit(),
              text_parameter("before", "Id of a message: those that are older"),
              text_parameter("after", "Id of a message: those that are newer, the ones next to it")})
      .answers(R"({"messages":[)" MESSAGE
               R"(],"pagination":{"has_more":true,"next_cursor":"msg_67108865","total_count":1250}})")
      .note(
          "For members of the channel; 403 in a public one that the caller has not joined. Deleted messages stay: "
          "`is_deleted` is true and `content` empty. `next_cursor` is the next page's `before` (its `after`, when "
          "only that was given); null on the last. However many are written or deleted meanwhile, no message is left "
          "out and none comes twice. `total_count` counts all messages of the channel. `thread_id` is the message "
          "that a chain of replies began with.")
      .rate(kMessages);
  table.post("/api/v1/messages", A::login, to(messages, &P::post), "Send a message")
      .takes(Messages::fields())
      .answers(MESSAGE)
      .note("To a public channel it makes the sender a member.")
      .status(201)
      .creates()
      .rate(kMessages);
  table.get("/api/v1/messages/{message_id}", A::login, to(messages, &P::show), "A message")
      .answers(MESSAGE)
      .rate(kMessages);
  table.put("/api/v1/messages/{message_id}", A::login, to(messages, &P::edit), "Edit a message")
      .takes({required("content", {}, defaults::kMaxMessageLength)})
      .answers(MESSAGE)
      .note("By its author; by moderators where they are members and in public channels.")
      .rate(kMessages);
  table.del("/api/v1/messages/{message_id}", A::login, to(messages, &P::remove), "Delete a message")
      .answers(MESSAGE)
      .note("By whom may edit it. Answers what stays: who wrote, when, and nothing of the content.")
      .rate(kMessages);
  table.get("/api/v1/messages/{message_id}/reactions", A::login, to(messages, &P::reactions), "Reactions to a message")
      .answers(R"({"reactions":)" REACTIONS "}")
      .note("`count` counts all people, `users` names the first 100.")
      .rate(kMessages);
  table.post("/api/v1/messages/{message_id}/reactions", A::login, to(messages, &P::react), "React to a message")
      .takes({required("emoji", {}, defaults::kMaxEmojiLength)})
      .answers(MESSAGE)
      .note("Twice is as good as once. 409, CONFLICT: there are too many.")
      .rate(kMessages);
  table
      .del("/api/v1/messages/{message_id}/reactions/{emoji}", A::login, to(messages, &P::unreact),
           "Take a reaction back")
      .answers(MESSAGE)
      .rate(kMessages);
}

void live_routes(RouteTable& table, const PlexiChat& surface) {
  table.tag("PlexiChat: live");
  const auto no_socket = [&surface](const CallPtr& call) {
    Response response = surface.error({Errc::wrong_method, "Connect with a WebSocket"}, call->request.id);
    response.status = 426;
    response.headers.emplace_back("Upgrade", "websocket");
    call->refuse(std::move(response));
  };
  table.get(kSocketPath, A::anyone, no_socket, "WebSocket: what happens in channels, as it happens")
      .query({text_parameter("token", "An access token or an API key, where headers cannot be set")})
      .answers(R"({"type":"welcome","data":{"user_id":"user_1"}})")
      .note(
          "Frames are JSON text, `{\"type\": …, \"data\": {…}}`; an `id` in a client's frame comes back in its "
          "answer.\n\n"
          "A client sends `subscribe` {channels, after}, `unsubscribe` {channels}, `send_message` {data: as of POST "
          "/api/v1/messages}, `typing_start` and `typing_stop` {channel_id}, `presence` {status: online, away or busy} "
          "and `ping`; it is answered `subscribed`, `unsubscribed`, `message_sent`, `pong` or `error`, whose `data` is "
          "the `error` of HTTP answers. It is told `message`, `message_updated`, `message_deleted`, `reaction_added`, "
          "`reaction_removed`, `member_joined`, `member_left`, `channel_updated`, `channel_deleted`, `typing` (it ends "
          "by itself after 10 seconds) and `presence`, in channels it subscribed to.\n\n"
          "Subscribing to a public channel joins it. `after` is the last message seen: {\"channel_1\": \"msg_…\"}, or "
          "one id for its own channel. All messages since then come first, then those that follow, none left out and "
          "none twice; `subscribed` says what `after` would be now, null is the beginning. Presence is told in "
          "channels "
          "with at most 100 members and 100 open sockets.\n\n"
          "Bad credentials are refused before the upgrade: 401. Without any, the socket is greeted and may ping. Close "
          "codes: 1001 the server is ending; 1008 too many bad frames, or 1 MB waits for a client that does not read; "
          "1009 a frame over 64 KB; 4001 the login or API key has ended. 100 sockets an account (429), 200 channels a "
          "socket; sending counts with POST /api/v1/messages, typing and presence 120 a minute.")
      .status(101);
}

}  // namespace

LiveRates PlexiChat::live_rates() { return {kMessages, kSignals, kGeneral}; }

std::vector<Route> PlexiChat::make_routes(PlexiChat& self) {
  RouteTable table;
  authentication_routes(table, self.authentication_);
  user_routes(table, self.users_);
  channel_routes(table, self.channels_);
  message_routes(table, self.messages_);
  live_routes(table, self);
  return std::move(table).take();
}

}  // namespace troupe::http
