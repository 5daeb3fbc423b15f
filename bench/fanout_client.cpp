// Many listeners and one trigger: how many deliveries a second does a server make, and how late is the last? They speak
// Socket.IO, or JSON on bare WebSockets when HELLO is set.
// A bare epoll loop, so that two cores hold it beside the server: it looks at the first bytes of each frame only.
//
//   COOKIE=... BOT_TOKEN=... bench_fanout_client PORT PATH CLIENTS SECONDS WINDOW BATCH
//   HELLO=... BODY=... TOKENS=... bench_fanout_client PORT PATH CLIENTS SECONDS WINDOW 1
//
// A trigger is one POST of BATCH log entries to PATH; each entry is one event `new_log` to every listener. With HELLO,
// which is each listener's first frame and is answered by a frame `subscribed`, the trigger is a POST of BODY that makes
// one event `message`; TOKENS, with commas between, are shared by the listeners and the first is the trigger's. WINDOW
// triggers are under way at any time; the next one starts when every listener has all events of an older one. A
// trigger's delay runs from its request until the last listener has its last event. Prints one line of JSON.
// `client_cpu` is the part of one core that this program used: near 1 it measured itself, not the server.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kDrainTime = std::chrono::seconds(15);
constexpr std::string_view kSocketIoEvent = "42[\"new_log\"";
constexpr std::string_view kMessageEvent = R"({"type":"message",)";
constexpr std::string_view kSubscribed = R"({"type":"subscribed")";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](timeval time) { return static_cast<double>(time.tv_sec) + time.tv_usec / 1e6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("cannot connect");
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) give_up("cannot send");
}

/// A masked text frame below 126 bytes (RFC 6455, section 5.2). The mask is zero: it protects proxies, and there are
/// none here.
std::string short_frame(std::string_view text) {
  return std::string("\x81") + static_cast<char>(0x80 | text.size()) + std::string(4, '\0') + std::string(text);
}

/// The length of the whole frame at the start of `bytes`, and where its payload begins; 0 when more bytes are needed.
std::size_t frame_length(std::string_view bytes, std::size_t& payload_at) {
  if (bytes.size() < 2) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  std::size_t length = byte(1) & 0x7f;
  payload_at = 2;
  const std::size_t wide = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < payload_at + wide) return 0;
  if (wide > 0) length = 0;
  for (std::size_t i = 0; i < wide; ++i) length = length << 8 | byte(payload_at++);
  return bytes.size() < payload_at + length ? 0 : payload_at + length;
}

struct Bench;

struct Peer {
  explicit Peer(int socket) : fd(socket) {}
  virtual ~Peer() { close(fd); }
  virtual void received(Bench& bench, std::string_view bytes) = 0;
  const int fd;
};

struct Listener final : Peer {
  using Peer::Peer;
  void received(Bench& bench, std::string_view bytes) override;
  std::size_t events = 0;
  bool upgraded = false;
  bool joined = false;
  std::string rest;  ///< the start of a frame
};

struct Trigger final : Peer {
  using Peer::Peer;
  void received(Bench& bench, std::string_view bytes) override;
  bool busy = false;
};

struct Bench {
  std::size_t batch = 1;
  std::string hello = {};  ///< empty: Socket.IO
  std::size_t joined = 0;
  std::size_t deliveries = 0;
  std::size_t complete = 0;
  std::vector<Clock::time_point> started = {};
  std::vector<std::size_t> behind = {};  ///< listeners that still miss events of that trigger
  std::vector<double> delays_ms = {};

  void delivered(Listener& listener) {
    ++deliveries;
    // Events come in order on each connection: an event's place in the count says whose it is.
    if (++listener.events % batch != 0) return;
    const std::size_t trigger = listener.events / batch - 1;
    if (trigger >= behind.size()) give_up("more events than were sent");
    if (--behind[trigger] > 0) return;
    delays_ms.push_back(seconds_between(started[trigger], Clock::now()) * 1e3);
    ++complete;
  }
};

void Listener::received(Bench& bench, std::string_view bytes) {
  if (!rest.empty()) bytes = rest.append(bytes);
  std::size_t at = 0;
  if (!upgraded) {
    const auto end = bytes.find("\r\n\r\n");
    if (end != bytes.npos && !bytes.starts_with("HTTP/1.1 101")) give_up("no upgrade: " + std::string(bytes));
    upgraded = end != bytes.npos;
    at = upgraded ? end + 4 : 0;
    if (upgraded && !bench.hello.empty()) send_all(fd, short_frame(bench.hello));
  }
  std::size_t payload_at = 0;
  while (upgraded) {
    const std::size_t length = frame_length(bytes.substr(at), payload_at);
    if (length == 0) break;
    const auto payload = bytes.substr(at + payload_at, length - payload_at);
    if (payload.starts_with(kMessageEvent) || payload.starts_with(kSocketIoEvent)) {
      bench.delivered(*this);
    } else if (!bench.hello.empty()) {
      if (payload.starts_with(kSubscribed) && !std::exchange(joined, true)) ++bench.joined;
    } else if (payload.starts_with("2")) {
      send_all(fd, short_frame("3"));
    } else if (payload.starts_with("0")) {
      send_all(fd, short_frame("40"));
    } else if (payload.starts_with("40") && !std::exchange(joined, true)) {
      ++bench.joined;
    }
    at += length;
  }
  rest = std::string(bytes.substr(at));
}

void Trigger::received(Bench&, std::string_view bytes) {
  // Small answers come whole.
  if (!bytes.starts_with("HTTP/1.1 20")) give_up("a trigger was answered: " + std::string(bytes));
  busy = false;
}

class Loop {
 public:
  void add(Peer& peer) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &peer;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event);
  }

  void turn(Bench& bench) {
    epoll_event events[256];
    const int ready = epoll_wait(epoll_, events, 256, 50);
    for (int i = 0; i < ready; ++i) {
      auto& peer = *static_cast<Peer*>(events[i].data.ptr);
      const auto bytes = recv(peer.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (bytes <= 0) give_up("a connection was cut off");
      peer.received(bench, {buffer_.data(), static_cast<std::size_t>(bytes)});
    }
  }

 private:
  int epoll_ = epoll_create1(0);
  std::vector<char> buffer_ = std::vector<char>(1 << 20);
};

std::string header(const char* name, const char* variable) {
  const char* value = std::getenv(variable);
  return value ? std::string(name) + ": " + value + "\r\n" : std::string();
}

std::string text_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

double percentile(const std::vector<double>& sorted, double part) {
  return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(sorted.size() * part))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) give_up("bench_fanout_client PORT PATH CLIENTS SECONDS WINDOW BATCH");
  const auto number = [&](int i) { return static_cast<std::size_t>(std::strtoul(argv[i], nullptr, 10)); };
  const auto port = static_cast<std::uint16_t>(number(1));
  const std::size_t clients = number(3), seconds = number(4), window = number(5), batch = number(6);

  const std::string entry = R"({"type":"info","message":")" + std::string(200, 'x') + "\"}";
  const std::string hello = text_of("HELLO");
  const auto tokens = parts_of(text_of("TOKENS"));
  std::string body = hello.empty() ? entry : text_of("BODY");
  for (std::size_t i = 1; i < batch; ++i) body += "," + entry;
  if (batch > 1) body = "[" + body + "]";
  const std::string host = "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  const std::string request = "POST " + std::string(argv[2]) + " HTTP/1.1\r\n" + host +
                              header("X-Bot-Token", "BOT_TOKEN") +
                              (hello.empty() ? "" : "Authorization: Bearer " + tokens.front() + "\r\n") + "Content-Type: application/json\r\n" +
                              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  const auto path_of = [&](std::size_t listener) {
    return hello.empty() ? "/socket.io/?EIO=4&transport=websocket"
                         : "/ws?token=" + tokens[listener * tokens.size() / clients];
  };
  const std::string upgrade = " HTTP/1.1\r\n" + host +
                              header("Cookie", "COOKIE") +
                              "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

  Bench bench{.batch = batch, .hello = hello};
  Loop loop;
  std::vector<std::unique_ptr<Listener>> listeners;
  while (listeners.size() < clients) {
    listeners.push_back(std::make_unique<Listener>(connect_to(port)));
    loop.add(*listeners.back());
    send_all(listeners.back()->fd, "GET " + path_of(listeners.size() - 1) + upgrade);
    while (bench.joined + 50 < listeners.size()) loop.turn(bench);
  }
  while (bench.joined < clients) loop.turn(bench);
  std::vector<std::unique_ptr<Trigger>> triggers;
  for (std::size_t i = 0; i < window; ++i) {
    triggers.push_back(std::make_unique<Trigger>(connect_to(port)));
    loop.add(*triggers.back());
  }

  const double cpu_before = cpu_seconds();
  const auto began = Clock::now();
  const auto ends = began + std::chrono::seconds(seconds);
  while (Clock::now() < ends) {
    for (auto& trigger : triggers) {
      if (trigger->busy || bench.started.size() - bench.complete >= window) continue;
      trigger->busy = true;
      bench.started.push_back(Clock::now());
      bench.behind.push_back(clients);
      send_all(trigger->fd, request);
    }
    loop.turn(bench);
  }
  const double took = seconds_between(began, Clock::now());
  const double rate = static_cast<double>(bench.deliveries) / took;
  const double cpu = (cpu_seconds() - cpu_before) / took;
  while (bench.complete < bench.started.size() && Clock::now() < ends + kDrainTime) loop.turn(bench);
  if (bench.complete < bench.started.size()) give_up("deliveries are missing");

  std::sort(bench.delays_ms.begin(), bench.delays_ms.end());
  std::printf(
      R"({"deliveries_per_second":%.0f,"triggers":%zu,"delay_ms_p50":%.1f,"delay_ms_p99":%.1f,"client_cpu":%.2f})"
      "\n",
      rate, bench.started.size(), percentile(bench.delays_ms, 0.5), percentile(bench.delays_ms, 0.99), cpu);
}
