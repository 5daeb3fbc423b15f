// Socket.IO: who may listen, what they hear, and the one thing they may say.
//
// Rooms: `bot:<id>` for a bot's own sockets, `owner:<account>` for its owner's, `admins`; and `login:<digest>`,
// `token:<bot id>`, so that a socket ends with the credentials it was let in by.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "http/surfaces/bot_manager/bot_manager.hpp"
#include "http/surfaces/bot_manager/views.hpp"

namespace troupe::http {

using namespace bot_manager;
using socketio::Socket;
using SocketJson = socketio::Json;

namespace {

/// What a socket knows of its client.
struct Listener {
  Caller caller;
  std::unique_ptr<EventLoop::Timer> end;  ///< of its login
};

std::string room_of_owner(events::AccountId account) { return "owner:" + std::to_string(account); }
std::string room_of_login(std::string_view hash) { return "login:" + std::string(hash); }
std::string room_of_token(std::string_view bot_id) { return "token:" + std::string(bot_id); }

/// Events of one kind, from a stored record.
template <class Variant>
std::vector<Variant> decoded(const storage::Record& record) {
  std::vector<Variant> events;
  for (const auto& stored : record.events)
    if (auto event = events::decode<Variant>(stored)) events.push_back(std::move(*event));
  return events;
}

Expected<std::string> text_of(const SocketJson& data, const char* field, const char* fallback) {
  const auto it = data.find(field);
  if (it == data.end() || it->is_null()) return std::string(fallback);
  if (!it->is_string()) return fail(Errc::invalid, std::string(field) + " must be a string", field);
  return it->get<std::string>();
}

bool holds_binary(const SocketJson& value) {
  if (value.is_binary()) return true;
  return value.is_structured() && std::any_of(value.begin(), value.end(), holds_binary);
}

/// The command that a `send_message` asks for, as the bot will find it. Errors: invalid, naming the field.
Expected<Json> payload_of(const SocketJson& data) {
  Json payload;
  for (const auto& [field, fallback] : {std::pair{"thread_id", ""}, {"thread_type", "GROUP"}, {"message", ""}}) {
    auto text = text_of(data, field, fallback);
    if (!text) return tl::unexpected(text.error());
    payload[field] = std::move(*text);
  }
  if (payload["message"].get_ref<const std::string&>().empty())
    return fail(Errc::invalid, "message required", "message");
  if (payload["thread_type"] != "GROUP" && payload["thread_type"] != "USER")
    return fail(Errc::invalid, "thread_type must be GROUP or USER", "thread_type");
  for (const auto& [field, empty] : {std::pair{"attachments", Json::array()}, {"metadata", Json::object()}}) {
    const auto it = data.find(field);
    payload[field] = empty;
    if (it == data.end() || it->is_null()) continue;
    if (holds_binary(*it)) return fail(Errc::invalid, std::string(field) + " must be JSON, not binary", field);
    payload[field] = Json::parse(it->dump());
    if (payload[field].type() != empty.type())
      return fail(Errc::invalid, std::string(field) + " must be " + (empty.is_array() ? "an array" : "an object"),
                  field);
  }
  return payload;
}

SocketJson refused(const Error& error) { return {{"status", "error"}, {"error", error.message}}; }

}  // namespace

std::vector<std::string> BotManager::rooms_of(std::string_view bot_id, events::AccountId owner) const {
  return {"bot:" + std::string(bot_id), room_of_owner(owner), "admins"};
}

void BotManager::admit(const socketio::Handshake& handshake, const socketio::Admit& admit) {
  Expected<Caller> caller = Caller{};
  const auto given = handshake.auth.find("token");
  if (given != handshake.auth.end() && given->is_string() && !given->get_ref<const std::string&>().empty()) {
    const auto& token = given->get_ref<const std::string&>();
    caller = credentials_.of_bot(token);
    if (!caller) caller = credentials_.of_login(token);
  } else {
    caller = authenticate(handshake.request, {});
  }
  // A cookie that has run out makes a visitor anonymous, not unwelcome; a token that was given on purpose must be good.
  if (!caller && given != handshake.auth.end()) return admit.refuse(caller.error().message);
  const Caller admitted = caller.value_or(Caller{});
  const std::string identity = admitted.bot_id.empty() ? admitted.login_hash : admitted.name();
  auto listener = std::make_shared<Listener>();
  listener->caller = admitted;
  admit.accept(std::move(listener), identity);
}

void BotManager::greet(const std::shared_ptr<Socket>& socket) {
  const Caller caller = socket->context<Listener>()->caller;
  if (!caller.bot_id.empty()) {
    socket->join("bot:" + caller.bot_id);
    socket->join(room_of_token(caller.bot_id));
  }
  if (caller.account != 0) {
    socket->join(room_of_owner(caller.account));
    if (caller.is_admin()) socket->join("admins");
    socket->join(room_of_login(caller.login_hash));
    const auto left = std::chrono::microseconds(caller.login_expires_at - now_micros());
    socket->context<Listener>()->end =
        services_.loop.after(std::chrono::ceil<std::chrono::milliseconds>(left), [weak = socket->weak_from_this()] {
          if (const auto expired = weak.lock()) expired->disconnect(true);
        });
  }
  socket->on_event([this](Socket& from, std::string_view name, const SocketJson& arguments, const socketio::Ack& ack) {
    if (name == "send_message") send_message(from, arguments, ack);
  });
  if (!socket->recovered())
    socket->emit(
        "connection_established",
        SocketJson{{"status", "connected"}, {"client_id", socket->id()}, {"timestamp", iso8601(now_micros())}});
}

void BotManager::send_message(Socket& socket, const SocketJson& arguments, const socketio::Ack& ack) {
  const auto refuse = [&](const Error& error) {
    const SocketJson answer = refused(error);
    socket.emit("message_sent", answer);
    ack(answer);
  };
  const SocketJson data = arguments.empty() ? SocketJson::object() : arguments.front();
  if (!data.is_object()) return refuse({Errc::invalid, "the message must be an object"});
  const auto bot_id = text_of(data, "bot_id", "");
  if (!bot_id || bot_id->empty()) return refuse({Errc::invalid, "bot_id required", "bot_id"});
  const Caller caller = socket.context<Listener>()->caller;
  const Subject subject = bot(*bot_id);
  const bool allowed = subject.exists && (caller.is_admin() || caller.bot_id == *bot_id ||
                                          (caller.account != 0 && caller.account == subject.owner));
  if (!allowed) return refuse({Errc::forbidden, "Not authorized"});
  auto payload = payload_of(data);
  if (!payload) return refuse(payload.error());

  actors::QueueCommand command;
  command.bot_id = *bot_id;
  command.owner_id = subject.owner;
  command.type = "send_message";
  command.payload = std::move(*payload);
  command.created_by = "socket";
  const actors::Cause cause{caller.name(), socket.id(), now_micros()};
  services_.system.queue_command(
      std::move(command), cause,
      [this, ack, owner = subject.owner, sender = socket.weak_from_this()](const Expected<storage::RecordPtr>& result) {
        services_.loop.post([this, ack, owner, sender, result] {
          const SocketJson answer = result ? SocketJson{{"status", "queued"},
                                                        {"command_id", std::string((*result)->id())},
                                                        {"timestamp", iso8601((*result)->time)}}
                                           : refused(result.error());
          const auto still_here = sender.lock();
          std::vector<std::string> rooms = {still_here ? still_here->id() : std::string()};
          if (result) rooms.push_back(room_of_owner(owner));
          io_.of("/").to(std::move(rooms)).emit("message_sent", answer);
          ack(answer);
        });
      });
}

void BotManager::committed(const std::vector<storage::RecordPtr>& records) {
  if (!io_.of("/").has_audience()) return;
  for (const auto& record : records) {
    try {
      show(*record);
    } catch (const std::exception& e) {
      spdlog::error("event at position {} cannot be shown: {}", record->position, e.what());
    }
  }
}

void BotManager::show(const storage::Record& record) {
  const auto category = record.category();
  if (category == events::kLogs || category == events::kMessages) return show_feed(record);
  if (category == events::kCommands) return show_command(record);
  if (category == events::kBots) return show_bot(record);
  if (category == events::kAccounts) return show_account(record);
}

void BotManager::show_feed(const storage::Record& record) {
  const std::string bot_id(record.id());
  const Subject subject = bot(bot_id);
  const auto rooms = rooms_of(bot_id, subject.owner);
  if (!io_.of("/").has_audience(rooms)) return;
  for (const auto& event : decoded<events::FeedEvent>(record)) {
    auto to = io_.of("/").to(rooms);
    if (const auto* log = std::get_if<events::LogReported>(&event)) {
      to.emit("new_log", log_entry(*log, bot_id, record.time));
      continue;
    }
    const auto& reported = std::get<events::MessageReported>(event);
    to.emit("new_message", message(reported, bot_id, record.time));
    to.emit("new_log", message_as_log(reported, bot_id, record.time));
  }
}

void BotManager::show_command(const storage::Record& record) {
  const auto row = queries_.command(record.id());
  if (!row) return;
  auto to = io_.of("/").to(rooms_of(row->bot_id, row->owner_id));
  for (const auto& event : decoded<events::CommandEvent>(record)) {
    // From the event, not from the row, which may be further on already.
    if (std::holds_alternative<events::CommandQueued>(event)) {
      projections::CommandRow queued = *row;
      queued.status = "pending";
      queued.attempts = 0;
      queued.completed_at = 0;
      to.emit("new_command", command_view(queued));
    } else if (const auto* finished = std::get_if<events::CommandFinished>(&event)) {
      projections::CommandRow done = *row;
      done.status = finished->status;
      done.result = finished->result;
      done.completed_at = record.time;
      to.emit("command_update", command_view(done));
    }
  }
}

void BotManager::show_bot(const storage::Record& record) {
  const std::string bot_id(record.id());
  auto& all = io_.of("/");
  const auto update = [&](const char* action, const std::string& status, const Json& data) {
    all.to(rooms_of(bot_id, bot(bot_id).owner))
        .emit("bot_update", SocketJson{{"action", action}, {"bot_id", bot_id}, {"status", status}, {"data", data}});
  };
  for (const auto& event : decoded<events::BotEvent>(record)) {
    if (const auto* registered = std::get_if<events::BotRegistered>(&event)) {
      Json data = Json::object();
      if (registered->name) data["name"] = *registered->name;
      if (registered->metadata) data["metadata"] = *registered->metadata;
      update("register", registered->status, data);
    } else if (const auto* reported = std::get_if<events::BotStatusReported>(&event)) {
      update("status_update", reported->status, reported->data);
    } else if (std::holds_alternative<events::BotWentOffline>(event)) {
      update("status_update", "offline", Json::object());
    } else if (const auto* synced = std::get_if<events::BotDataSynced>(&event)) {
      all.to(rooms_of(bot_id, bot(bot_id).owner))
          .emit("bot_data_sync", SocketJson{{"bot_id", bot_id}, {"data", synced->data}});
    } else if (std::holds_alternative<events::BotTokenRegenerated>(event) ||
               std::holds_alternative<events::BotDeleted>(event)) {
      all.to(room_of_token(bot_id)).disconnect(true);
    }
  }
}

void BotManager::show_account(const storage::Record& record) {
  auto& all = io_.of("/");
  const auto end = [&](const std::vector<std::string>& hashes) {
    for (const auto& hash : hashes) all.to(room_of_login(hash)).disconnect(true);
  };
  for (const auto& event : decoded<events::AccountEvent>(record)) {
    if (const auto* ended = std::get_if<events::LoginsEnded>(&event)) end(ended->token_hashes);
    if (const auto* changed = std::get_if<events::PasswordChanged>(&event)) end(changed->ended_logins);
    if (const auto* deleted = std::get_if<events::AccountDeleted>(&event)) end(deleted->ended_logins);
    if (std::holds_alternative<events::RoleChanged>(event))
      all.to("owner:" + std::string(record.id())).disconnect(true);
  }
}

}  // namespace troupe::http
