#include <curl/curl.h>

#include <algorithm>
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

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCleanup>;

std::string part(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

/// Where the server wants to be sent to; empty when that is another server.
std::string endpoint(const std::string& base, const std::string& reference) {
  const Url from(curl_url()), to(curl_url());
  if (!from || !to) return {};
  curl_url_set(from.get(), CURLUPART_URL, base.c_str(), 0);
  curl_url_set(to.get(), CURLUPART_URL, base.c_str(), 0);
  if (curl_url_set(to.get(), CURLUPART_URL, reference.c_str(), 0) != CURLUE_OK) return {};
  for (const auto which : {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT})
    if (part(from, which) != part(to, which)) return {};
  return part(to, CURLUPART_USER).empty() ? part(to, CURLUPART_URL) : std::string();
}

bool is_good(int status) { return status >= 200 && status < 300; }

class Sse final : public Transport {
 public:
  Sse(llm::HttpLoop& loop, const Server& server, TransportListener& listener)
      : loop_(loop), server_(server), listener_(listener) {
    auto get = request("GET", server_.url);
    get.headers.push_back("Accept: text/event-stream");
    stream_ = std::make_shared<Stream>(*this);
    stream_->transfer = loop_.start(get, stream_);
  }
  ~Sse() override {
    loop_.abort(stream_->transfer);
    for (const auto& post : posts_) loop_.abort(post->transfer);
  }

  void send(std::string message, std::int64_t request_number) override {
    if (endpoint_.empty()) {
      unsent_bytes_ += message.size();
      if (unsent_bytes_ > defaults::kMaxMcpUnsentBytes)
        return listener_.broke({Errc::overloaded, "the server does not say where it reads"});
      unsent_.emplace_back(std::move(message), request_number);
      return;
    }
    auto post = request("POST", endpoint_);
    post.body = std::move(message);
    auto exchange = std::make_shared<Post>(*this, request_number);
    if (request_number == 0) {
      exchange->until = std::chrono::steady_clock::now() + defaults::kMcpPingTimeout;
      const auto is_open = [](const auto& one) { return one->request == 0 && !one->is_over; };
      if (std::count_if(posts_.begin(), posts_.end(), is_open) >= std::ptrdiff_t{defaults::kMaxMcpRequests})
        return listener_.broke(too_many_untaken());
    }
    exchange->transfer = loop_.start(post, exchange);
    posts_.push_back(std::move(exchange));
  }

  void agree(const std::string& revision, std::string initialized) override {
    revision_ = revision;
    send(std::move(initialized), kInitialized);
  }
  void forget(std::int64_t request_number) override {
    for (const auto& post : posts_)
      if (post->request == request_number) post->until = std::chrono::steady_clock::now() + defaults::kMcpGrace;
  }

  SteadyTime turn(SteadyTime now) override {
    if (std::exchange(is_initialized_, false)) listener_.ready();
    // A transfer must not be started from within the bytes of another.
    if (!endpoint_.empty())
      for (auto& [message, number] : std::exchange(unsent_, {})) send(std::move(message), number);
    SteadyTime next = SteadyTime::max();
    std::erase_if(posts_, [&](const auto& post) {
      if (!post->is_over && post->until <= now) {
        loop_.abort(post->transfer);
        return true;
      }
      if (!post->is_over) next = std::min(next, post->until);
      return post->is_over;
    });
    return next;
  }

 private:
  struct Stream final : llm::HttpListener {
    explicit Stream(Sse& transport_in) : transport(transport_in) {}
    Sse& transport;
    llm::HttpLoop::TransferId transfer = 0;
    llm::SseParser parser{defaults::kMaxMcpMessageBytes};
    std::optional<Error> fault;

    void began(const HttpHead& head) override {
      if (head.status != 200)
        fault = Error{Errc::upstream_failed, "the server answers with HTTP status " + std::to_string(head.status)};
    }
    bool bytes(int, std::string_view bytes) override {
      if (fault) return false;
      const auto events = parser.events(bytes);
      if (!events) {
        fault = events.error();
        return false;
      }
      for (const auto& event : *events) {
        if (event.name == "endpoint") {
          if (!transport.note_endpoint(event.data)) {
            fault = Error{Errc::upstream_failed, "the server wants to be sent to another server"};
            return false;
          }
        } else if (!event.data.empty() && (event.name.empty() || event.name == "message")) {
          transport.listener_.received(event.data);
        }
      }
      return true;
    }
    void ended(const HttpHead&, const HttpEnd& end) override {
      transport.listener_.broke(fault.value_or(Error{
          Errc::upstream_failed, end.is_whole ? "the server has ended the stream" : "no connection: " + end.why}));
    }
  };

  struct Post final : llm::HttpListener {
    Post(Sse& transport_in, std::int64_t request_in) : transport(transport_in), request(request_in) {}
    Sse& transport;
    const std::int64_t request;
    llm::HttpLoop::TransferId transfer = 0;
    SteadyTime until = SteadyTime::max();  ///< then it is hung up on
    bool is_over = false;

    void began(const HttpHead& head) override {
      if (request == kInitialized && is_good(head.status)) transport.is_initialized_ = true;
    }
    bool bytes(int, std::string_view) override { return true; }
    void ended(const HttpHead& head, const HttpEnd& end) override {
      is_over = true;
      if (is_good(head.status) || request == 0) return;
      const Error error{Errc::upstream_failed,
                        head.status == 0 ? "no connection: " + end.why
                                         : "the server answers with HTTP status " + std::to_string(head.status)};
      request == kInitialized ? transport.listener_.broke(error) : transport.listener_.failed(request, error);
    }
  };

  HttpRequest request(const char* method, const std::string& url) const {
    HttpRequest request;
    request.url = url;
    request.reach = server_.reach;
    request.method = method;
    if (!revision_.empty()) request.headers.push_back("MCP-Protocol-Version: " + revision_);
    for (const auto& [name, value] : server_.headers) request.headers.push_back(name + ": " + value);
    return request;
  }

  bool note_endpoint(const std::string& reference) {
    endpoint_ = endpoint(server_.url, reference);
    return !endpoint_.empty();
  }

  llm::HttpLoop& loop_;
  const Server server_;
  TransportListener& listener_;
  std::string endpoint_, revision_;
  bool is_initialized_ = false;  ///< the server has taken the end of the handshake: to be told in the next turn
  std::shared_ptr<Stream> stream_;
  std::vector<std::shared_ptr<Post>> posts_;
  std::vector<std::pair<std::string, std::int64_t>> unsent_;
  std::size_t unsent_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Transport> sse_transport(llm::HttpLoop& loop, const Server& server, TransportListener& listener) {
  return std::make_unique<Sse>(loop, server, listener);
}

}  // namespace troupe::actors::mcp
