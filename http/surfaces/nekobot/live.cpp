#include "http/surfaces/nekobot/live.hpp"

#include <algorithm>
#include <deque>

#include "events/json_depth.hpp"
#include "http/surfaces/nekobot/logs.hpp"

namespace troupe::http::nekobot {
namespace {

constexpr std::uint16_t kLoginEnded = 4001;
constexpr std::string_view kNames[] = {"logs", "events"};

OrderedJson channel_frame(std::string_view channel, OrderedJson data) {
  return {{"channel", channel}, {"data", std::move(data)}};
}

/// Of the i-th event of a record.
OrderedJson event_view(const storage::Record& record, std::size_t i) {
  return {{"position", record.position + i}, {"type", record.events[i].type},     {"category", record.category()},
          {"stream", record.stream},         {"timestamp", iso8601(record.time)}, {"caused_by", record.caused_by},
          {"request_id", record.correlation}};
}

Expected<Json> parse_said(std::string_view text) {
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth)) return fail(Errc::invalid, "JSON is nested too deep");
  Json said = Json::parse(text, nullptr, false);
  if (said.is_discarded()) return fail(Errc::invalid, "Malformed JSON");
  const bool shaped = said.is_object() && said.contains("action") && said["action"].is_string();
  if (!shaped) return fail(Errc::invalid, "A frame is a JSON object with an action", "action");
  return said;
}

OrderedJson with_id(OrderedJson answer, const Json& said) {
  const Json id = said.is_object() ? said.value("id", Json()) : Json();
  if (id.is_string() || id.is_number()) answer["id"] = OrderedJson(id);
  return answer;
}

}  // namespace

class Live::Socket final : public ClientSocket {
 public:
  Socket(Live& live, Caller caller, const Request& request)
      : ClientSocket(live.sockets_, std::move(caller)), address(request.remote_address), live_(live) {}

  void message(std::string_view payload, bool binary) override { live_.said(*this, payload, binary); }

  const std::string address;
  std::size_t bad_frames = 0;  ///< one after the other

 private:
  void came() override {
    if (!live_.sweep_timer_) live_.sweep_logins();
  }
  void went() override {
    for (auto& subscribers : live_.subscribers_) std::erase(subscribers, this);
  }

  Live& live_;
};

Live::Live(Context& context, Surface& surface, const RateClass& frames)
    : context_(context),
      surface_(surface),
      frames_(frames),
      sockets_(context.credentials, kLoginEnded),
      shown_event_(context.services.store.last_position()) {
  const auto& log = context_.options.log;
  if (!log) return;
  shown_line_ = log->last_number();
  log->on_line([this, &loop = context_.services.loop, waiting = log_is_waiting_] {
    if (waiting->exchange(true)) return;
    loop.post([this, waiting] {
      waiting->store(false);
      show_log();
    });
  });
}

Live::~Live() {
  if (context_.options.log) context_.options.log->on_line({});
}

// Coming and going

void Live::accept(const Request& request, Caller caller, std::unique_ptr<Upgrade> upgrade) {
  const bool nobody = caller.account == 0;
  const auto refuse = [&](Error why) { upgrade->refuse(surface_.refusal(why, request)); };
  if (nobody && !surface_.is_open_to(request))
    return refuse({Errc::unauthenticated, std::string(surface_.not_authenticated_text())});
  if (!nobody && (!caller.is_admin() || !caller.may_read))
    return refuse({Errc::forbidden, "Only an administrator may do this"});
  const auto limit = nobody ? defaults::kMaxOpenSockets : defaults::kMaxLiveSocketsPerAccount;
  if (sockets_.of_account(caller.account).size() >= limit)
    return refuse({Errc::too_fast, "Too many WebSocket connections"});
  WebSocketLimits limits;
  limits.max_message_bytes = defaults::kMaxNekoFrameBytes;
  limits.idle_timeout = defaults::kWebSocketIdleTimeout;
  if (subprotocol_token(request)) limits.subprotocol = kBearerSubprotocol;
  upgrade->accept(std::make_shared<Socket>(*this, std::move(caller), request), limits);
}

void Live::sweep_logins() {
  sweep_timer_.reset();
  if (sockets_.size() == 0) return;
  sockets_.check_expired_logins(now_micros());
  sweep_timer_ = context_.services.loop.after(defaults::kLoginSweepInterval, [this] { sweep_logins(); });
}

void Live::check_account(events::AccountId account) {
  if (account == 0 || sockets_.of_account(account).empty()) return;
  sockets_.check_logins_of(account);
  const auto standing = context_.queries.standing(account);
  if (standing && standing->role == "admin") return;
  for (ClientSocket* socket : sockets_.of_account(account)) socket->close(kLoginEnded, "No administrator any more");
}

void Live::shut_down() { sockets_.close_all(kGoingAway, "The server is ending"); }

// What clients say

void Live::said(Socket& socket, std::string_view text, bool binary) {
  if (!sockets_.check_login(socket)) return;
  const auto& caller = socket.caller();
  const auto refuse = [&](const Error& why, const Json& said) {
    OrderedJson answer = {{"status", "error"}, {"message", why.message}};
    if (!why.field.empty()) answer["field"] = why.field;
    socket.send(with_id(std::move(answer), said));
    if (++socket.bad_frames >= defaults::kMaxBadFrames) socket.close(kPolicyViolation, "Too many bad frames");
  };
  const std::string client = caller.account == 0 ? socket.address : caller.name();
  if (!surface_.take_from_rate(frames_, client, now_micros()).allowed)
    return refuse({Errc::too_fast, "Too many frames"}, nullptr);
  if (binary) return refuse({Errc::invalid, "Frames are JSON text"}, nullptr);
  const auto parsed = parse_said(text);
  if (!parsed) return refuse(parsed.error(), nullptr);
  if (auto ok = handle(socket, *parsed); !ok) return refuse(ok.error(), *parsed);
  socket.bad_frames = 0;
}

Expected<void> Live::handle(Socket& socket, const Json& said) {
  const auto action = said["action"].get<std::string>();
  if (action == "ping") {
    socket.send(with_id({{"status", "success"}, {"action", "pong"}}, said));
    return {};
  }
  if (action != "subscribe" && action != "unsubscribe")
    return fail(Errc::invalid, "action must be subscribe, unsubscribe or ping", "action");
  const auto list = said.find("channels");
  if (list == said.end() || !list->is_array() || list->empty() || list->size() > kChannels)
    return fail(Errc::invalid, "channels must be an array of logs and events", "channels");
  std::vector<Channel> channels;
  for (const Json& name : *list) {
    const auto at = std::find_if(std::begin(kNames), std::end(kNames),
                                 [&](std::string_view known) { return name.is_string() && name == known; });
    if (at == std::end(kNames)) return fail(Errc::invalid, "channels must be an array of logs and events", "channels");
    channels.push_back(static_cast<Channel>(at - std::begin(kNames)));
  }
  const Json last = said.value("last", Json(0u));
  const bool good = last.is_number_unsigned() && last.get<std::uint64_t>() <= defaults::kMaxReplayedFrames;
  if (!good)
    return fail(Errc::invalid, "last must be an integer from 0 to " + std::to_string(defaults::kMaxReplayedFrames),
                "last");
  if (action == "unsubscribe")
    for (const Channel channel : channels) std::erase(subscribers_[channel], &socket);
  OrderedJson now = OrderedJson::array();
  for (const Channel channel : {logs, events}) {
    const auto& all = subscribers_[channel];
    const bool wanted = action == "subscribe" && std::find(channels.begin(), channels.end(), channel) != channels.end();
    if (wanted || std::find(all.begin(), all.end(), &socket) != all.end()) now.push_back(kNames[channel]);
  }
  socket.send(with_id({{"status", "success"}, {"action", action}, {"channels", std::move(now)}}, said));
  if (action == "subscribe")
    for (const Channel channel : channels) subscribe(socket, channel, last.get<std::size_t>());
  return {};
}

void Live::subscribe(Socket& socket, Channel channel, std::size_t last) {
  auto& subscribers = subscribers_[channel];
  if (std::find(subscribers.begin(), subscribers.end(), &socket) == subscribers.end()) subscribers.push_back(&socket);
  if (last == 0) return;
  std::deque<OrderedJson> before;
  const auto add = [&](OrderedJson data) {
    if (before.size() == last) before.pop_front();
    before.push_back(std::move(data));
  };
  // Up to what was shown: the rest is on its way to all subscribers.
  if (channel == logs && context_.options.log) {
    for (const auto& line : context_.options.log->lines())
      if (line.number <= shown_line_) add(log_view(line));
  } else if (channel == events && shown_event_ > 0) {
    const auto from = shown_event_ > last ? shown_event_ - last + 1 : 1;
    const auto read = context_.services.store.read(from, [&](const storage::Record& record) {
      for (std::size_t i = 0; i < record.events.size(); ++i)
        if (record.position + i <= shown_event_) add(event_view(record, i));
      return record.last_position() < shown_event_;
    });
    if (!read) return socket.send(OrderedJson{{"status", "error"}, {"message", "The log could not be read"}});
  }
  for (auto& data : before) socket.send(channel_frame(kNames[channel], std::move(data)));
}

// What happens

void Live::send_to(Channel channel, const OrderedJson& data) {
  const auto frame = make_text_frame(json_text(channel_frame(kNames[channel], data)));
  for (Socket* socket : subscribers_[channel]) socket->send(frame);
}

void Live::show_log() {
  for (const auto& line : context_.options.log->lines(shown_line_)) {
    shown_line_ = line.number;
    if (!subscribers_[logs].empty()) send_to(logs, log_view(line));
  }
}

void Live::committed(const std::vector<storage::RecordPtr>& records) {
  for (const auto& record : records) {
    if (record->category() == troupe::events::kAccounts) check_account(record->number());
    if (record->last_position() > shown_event_) show_record(*record);
  }
}

void Live::show_record(const storage::Record& record) {
  shown_event_ = record.last_position();
  if (subscribers_[events].empty()) return;
  for (std::size_t i = 0; i < record.events.size(); ++i) send_to(events, event_view(record, i));
}

}  // namespace troupe::http::nekobot
