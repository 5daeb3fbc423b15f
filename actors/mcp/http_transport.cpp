#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include "actors/llm/sse.hpp"
#include "actors/mcp/transport.hpp"

namespace troupe::actors::mcp {
namespace {

using llm::HttpEnd;
using llm::HttpHead;
using llm::HttpRequest;

constexpr const char* kContentType = "Content-Type";
constexpr const char* kSessionHeader = "Mcp-Session-Id";
constexpr std::string_view kJson = "application/json", kEvents = "text/event-stream";

bool is_of_type(std::string content_type, std::string_view type) {
  std::transform(content_type.begin(), content_type.end(), content_type.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return content_type.starts_with(type);
}

bool is_good(int status) { return status >= 200 && status < 300; }

Error refused(int status) {
  const auto code = status == 401 || status == 403 ? Errc::forbidden : Errc::upstream_failed;
  return {code, "the server answers with HTTP status " + std::to_string(status)};
}

class Streamable final : public Transport {
 public:
  Streamable(llm::HttpLoop& loop, const Server& server, TransportListener& listener)
      : loop_(loop), server_(server), listener_(listener) {}

  ~Streamable() override {
    for (const auto& exchange : exchanges_) loop_.abort(exchange->transfer);
    if (!session_.empty()) loop_.start(request("DELETE", {}), std::make_shared<Unheard>());
  }

  void send(std::string message, std::int64_t request_number) override {
    auto post = request("POST", std::string(kJson) + ", " + std::string(kEvents));
    post.body = std::move(message);
    auto exchange = std::make_shared<Exchange>(*this, request_number, Exchange::Kind::post);
    if (request_number == 0) {
      exchange->until = std::chrono::steady_clock::now() + defaults::kMcpPingTimeout;
      const auto is_open = [](const auto& one) { return one->is_telling() && !one->is_over; };
      if (std::count_if(exchanges_.begin(), exchanges_.end(), is_open) >= std::ptrdiff_t{defaults::kMaxMcpRequests})
        return listener_.broke(too_many_untaken());
    }
    begin(std::move(exchange), post);
  }

  void agree(const std::string& revision, std::string initialized) override {
    revision_ = revision;
    send(std::move(initialized), kInitialized);
  }

  /// An exchange that is about to end may do so by itself: then its connection serves again.
  void forget(std::int64_t request_number) override {
    std::erase_if(resumptions_, [&](const Resumption& one) { return one.request == request_number; });
    for (const auto& exchange : exchanges_)
      if (exchange->request == request_number) {
        exchange->is_forgotten = true;
        exchange->until = std::chrono::steady_clock::now() + defaults::kMcpGrace;
      }
  }

  SteadyTime turn(SteadyTime now) override {
    if (std::exchange(is_initialized_, false)) {
      listen({});
      listener_.ready();
    }
    SteadyTime next = SteadyTime::max();
    for (const auto& exchange : exchanges_) {
      if (exchange->is_over) continue;
      if (exchange->until > now) {
        next = std::min(next, exchange->until);
        continue;
      }
      loop_.abort(exchange->transfer);
      exchange->is_over = true;
    }
    // Those that are over are not destroyed while they speak.
    std::erase_if(exchanges_, [](const auto& exchange) { return exchange->is_over; });
    for (auto at = resumptions_.begin(); at != resumptions_.end();) {
      if (at->due > now) {
        next = std::min(next, at->due);
        ++at;
        continue;
      }
      const Resumption resumption = *at;
      at = resumptions_.erase(at);
      take_up(resumption);
    }
    return next;
  }

 private:
  /// A response that nobody waits for.
  struct Unheard final : llm::HttpListener {
    bool bytes(int, std::string_view) override { return true; }
    void ended(const HttpHead&, const HttpEnd&) override {}
  };

  /// A stream that broke: to be asked for again, from the event after this one.
  struct Resumption {
    SteadyTime due;
    std::int64_t request;  ///< that it is to answer; 0: the server's own messages
    std::string last_event;
    std::size_t attempts;
  };

  struct Exchange final : llm::HttpListener {
    enum class Kind : std::uint8_t { post, stream };
    Exchange(Streamable& transport_in, std::int64_t request_in, Kind kind_in)
        : transport(transport_in), request(request_in), kind(kind_in) {}

    Streamable& transport;
    const std::int64_t request;
    const Kind kind;
    std::size_t attempts = 0;
    bool is_forgotten = false;
    SteadyTime until = SteadyTime::max();  ///< then it is hung up on
    llm::HttpLoop::TransferId transfer = 0;
    int status = 0;
    bool is_stream = false, is_over = false;
    std::string body;
    std::string last_event;
    std::optional<Error> fault;
    llm::SseParser parser{defaults::kMaxMcpMessageBytes};

    /// Of a message that has no answer.
    bool is_telling() const { return kind == Kind::post && request == 0; }

    void began(const HttpHead& head) override {
      status = head.status;
      is_stream = is_good(status) && is_of_type(std::string(head.header(kContentType)), kEvents);
      if (!is_good(status)) return;
      transport.note_session(std::string(head.header(kSessionHeader)));
      // Here no transfer may be started; and not every server ends this response.
      if (request == kInitialized) transport.is_initialized_ = true;
    }
    bool bytes(int, std::string_view bytes) override {
      if (!is_stream) {
        body += bytes;
        if (body.size() <= defaults::kMaxMcpMessageBytes) return true;
        fault = Error{Errc::too_large, "an answer is too long"};
        return false;
      }
      const auto events = parser.events(bytes);
      if (!events) {
        fault = events.error();
        return false;
      }
      for (const auto& event : *events) {
        if (!event.id.empty()) last_event = event.id;
        attempts = 0;
        if (!event.data.empty() && (event.name.empty() || event.name == "message"))
          transport.listener_.received(event.data);
      }
      return true;
    }
    void ended(const HttpHead&, const HttpEnd& end) override {
      is_over = true;
      transport.ended(*this, end);
    }
  };

  HttpRequest request(const char* method, const std::string& accept) const {
    HttpRequest request;
    request.url = server_.url;
    request.reach = server_.reach;
    request.method = method;
    request.wanted_headers = {kContentType, kSessionHeader};
    if (!accept.empty()) request.headers.push_back("Accept: " + accept);
    if (!session_.empty()) request.headers.push_back(std::string(kSessionHeader) + ": " + session_);
    if (!revision_.empty()) request.headers.push_back("MCP-Protocol-Version: " + revision_);
    for (const auto& [name, value] : server_.headers) request.headers.push_back(name + ": " + value);
    return request;
  }

  void begin(std::shared_ptr<Exchange> exchange, const HttpRequest& request) {
    exchange->transfer = loop_.start(request, exchange);
    exchanges_.push_back(std::move(exchange));
  }

  /// The stream of what the server says on its own account. Not every server has one.
  void listen(const Resumption& resumption) {
    auto get = request("GET", std::string(kEvents));
    if (!resumption.last_event.empty()) get.headers.push_back("Last-Event-ID: " + resumption.last_event);
    auto exchange = std::make_shared<Exchange>(*this, resumption.request, Exchange::Kind::stream);
    exchange->attempts = resumption.attempts;
    exchange->last_event = resumption.last_event;
    begin(std::move(exchange), get);
  }
  void take_up(const Resumption& resumption) { listen(resumption); }

  /// Visible ASCII, says the specification; anything else would be a header of its own.
  void note_session(const std::string& id) {
    constexpr std::size_t kLongest = 1024;
    const bool is_visible = std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!id.empty() && id.size() <= kLongest && is_visible && session_.empty()) session_ = id;
  }

  void ended(Exchange& exchange, const HttpEnd& end) {
    if (exchange.fault) return listener_.broke(*exchange.fault);
    if (exchange.is_forgotten) return;
    if (exchange.status == 404 && exchange.kind == Exchange::Kind::post && !session_.empty())
      return listener_.broke({Errc::upstream_failed, "the server has ended the session"});
    const bool had_head = exchange.status != 0;
    if (exchange.request == kInitialized) {
      if (!had_head) return listener_.broke({Errc::upstream_failed, "no connection: " + end.why});
      if (!is_good(exchange.status)) listener_.broke(refused(exchange.status));
      return;
    }
    if (had_head && !is_good(exchange.status)) {
      if (exchange.kind == Exchange::Kind::post && exchange.request != 0)
        listener_.failed(exchange.request, refused(exchange.status));
      else if (exchange.kind == Exchange::Kind::stream && exchange.request != 0)
        listener_.failed(exchange.request, {Errc::upstream_failed, "the server's answer broke off"});
      return;  // 405: there is no stream of the server's own
    }
    if (exchange.kind == Exchange::Kind::post && !exchange.is_stream) {
      if (!end.is_whole) return no_answer(exchange.request, end.why);
      if (!exchange.body.empty()) listener_.received(exchange.body);
      return no_answer(exchange.request, "it is empty");
    }
    const bool is_own = exchange.kind == Exchange::Kind::stream && exchange.request == 0;
    if (is_own && !had_head && exchange.attempts + 1 >= defaults::kMaxMcpMuteStreams)
      return listener_.broke({Errc::upstream_failed, "no connection: " + end.why});
    const bool can_resume = exchange.is_stream && !exchange.last_event.empty() && !exchange.is_telling();
    if (!is_own && (!can_resume || exchange.attempts >= defaults::kMaxMcpResumptions))
      return no_answer(exchange.request, end.is_whole ? "it broke off" : end.why);
    const auto delay = std::min(defaults::kMcpRetryDelay * (1 << std::min<std::size_t>(exchange.attempts, 10)),
                                defaults::kLongestMcpRetryDelay);
    resumptions_.push_back(
        {std::chrono::steady_clock::now() + delay, exchange.request, exchange.last_event, exchange.attempts + 1});
  }

  void no_answer(std::int64_t request_number, const std::string& why) {
    if (request_number != 0) listener_.failed(request_number, {Errc::upstream_failed, "no answer: " + why});
  }

  llm::HttpLoop& loop_;
  const Server server_;
  TransportListener& listener_;
  std::string session_, revision_;
  bool is_initialized_ = false;  ///< the server has taken the end of the handshake: to be told in the next turn
  std::vector<std::shared_ptr<Exchange>> exchanges_;
  std::vector<Resumption> resumptions_;
};

}  // namespace

std::unique_ptr<Transport> http_transport(llm::HttpLoop& loop, const Server& server, TransportListener& listener) {
  return std::make_unique<Streamable>(loop, server, listener);
}

}  // namespace troupe::actors::mcp
