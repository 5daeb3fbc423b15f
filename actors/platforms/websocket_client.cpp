#include "actors/platforms/websocket_client.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <optional>

#include "actors/platforms/asio_loop.hpp"
#include "actors/platforms/platform_type.hpp"
#include "events/defaults.hpp"
#include "events/utf8.hpp"

namespace troupe::actors::platforms {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::uint16_t kBroken = 1006;
constexpr const char* kNotAllowed = "its name leads to an address that is not allowed";

struct Url {
  bool is_tls = false;
  std::string host;  ///< without the brackets of IPv6
  std::string port;
  std::string target;  ///< path and query
};

std::optional<Url> parse_url(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, as_http_url(text).c_str(), 0) != CURLUE_OK) return std::nullopt;
  const auto part = [&](CURLUPart which) {
    char* found = nullptr;
    if (curl_url_get(url.get(), which, &found, CURLU_DEFAULT_PORT) != CURLUE_OK) return std::string();
    std::string copy = found;
    curl_free(found);
    return copy;
  };
  Url parsed{text.starts_with("wss:"), part(CURLUPART_HOST), part(CURLUPART_PORT), part(CURLUPART_PATH)};
  if (parsed.host.size() > 2 && parsed.host.front() == '[') parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  if (const auto query = part(CURLUPART_QUERY); !query.empty()) parsed.target += "?" + query;
  return parsed;
}

using PlainLayer = beast::tcp_stream;
using TlsLayer = beast::ssl_stream<beast::tcp_stream>;

/// One connection, from looking up the name to its end. On the loop's thread but for what PlatformSocket says.
template <class Layer>
class Session final : public PlatformSocket, public std::enable_shared_from_this<Session<Layer>> {
  static constexpr bool kIsTls = std::is_same_v<Layer, TlsLayer>;

 public:
  template <class... Args>
  Session(Loop& loop, WebSocketTarget target, Url url, std::shared_ptr<SocketReceiver> receiver, Args&... layer_of)
      : loop_(loop),
        target_(std::move(target)),
        url_(std::move(url)),
        receiver_(std::move(receiver)),
        resolver_(loop.impl().io),
        ws_(loop.impl().io, layer_of...),
        buffer_(defaults::kMaxPlatformMessageBytes + defaults::kReadBufferBytes) {}

  void send(std::string text) override {
    loop_.post([me = this->shared_from_this(), text = std::move(text)]() mutable { me->queue(std::move(text)); });
  }
  void close(std::uint16_t code, std::string reason) override {
    loop_.post([me = this->shared_from_this(), code, reason = std::move(reason)] { me->begin_close(code, reason); });
  }

  void start() {
    deadline_ = loop_.after(defaults::kPlatformConnectTimeout, [this] {
      resolver_.cancel();
      end(kBroken, "no connection in time");
    });
    resolver_.async_resolve(url_.host, url_.port,
                            handler([this](const tcp::resolver::results_type& found) { connect(found); }));
  }

 private:
  tcp::socket& socket() { return beast::get_lowest_layer(ws_).socket(); }

  /// A completion handler that ends the session on an error.
  template <class Next>
  auto handler(Next next) {
    return [me = this->shared_from_this(), next](const error_code& error, auto&&... results) {
      if (me->is_ended_) return;
      if (error) return me->failed(error);
      if constexpr (std::is_invocable_v<Next, decltype(results)...>)
        next(results...);
      else
        next();
    };
  }

  void failed(const error_code& error) {
    if (error == websocket::error::closed) return end(closing_code(), "the platform closed the connection" + reason());
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
      return end(1009, "the platform sent a message that is too large");
    if (error == websocket::error::upgrade_declined)
      return end(kBroken,
                 "the platform refused the WebSocket with HTTP status " + std::to_string(response_.result_int()));
    end(kBroken, error.message());
  }

  std::uint16_t closing_code() {
    const auto code = ws_.reason().code;
    return code == websocket::close_code::none ? 1005 : static_cast<std::uint16_t>(code);
  }
  std::string reason() {
    const std::string_view reason(ws_.reason().reason.data(), ws_.reason().reason.size());
    std::string text = " (" + std::to_string(closing_code());
    return text + (reason.empty() ? ")" : ": " + std::string(reason) + ")");
  }

  void connect(const tcp::resolver::results_type& found) {
    std::vector<tcp::endpoint> allowed;
    for (const auto& entry : found) {
      const auto address = ip_address(reinterpret_cast<const sockaddr*>(entry.endpoint().data()));
      if (address && may_reach(target_.reach, whereabouts(*address))) allowed.push_back(entry.endpoint());
    }
    if (allowed.empty()) return end(kBroken, kNotAllowed);
    beast::get_lowest_layer(ws_).async_connect(allowed, handler([this] { secure(); }));
  }

  void secure() {
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    if constexpr (kIsTls) {
      auto& tls = ws_.next_layer();
      // A name goes with the request, and the certificate must be for it.
      if (!SSL_set_tlsext_host_name(tls.native_handle(), url_.host.c_str())) return end(kBroken, "no TLS");
      tls.set_verify_mode(asio::ssl::verify_peer);
      tls.set_verify_callback(asio::ssl::host_name_verification(url_.host));
      tls.async_handshake(asio::ssl::stream_base::client, handler([this] { shake_hands(); }));
    } else {
      shake_hands();
    }
  }

  void shake_hands() {
    websocket::stream_base::timeout timeouts{defaults::kPlatformConnectTimeout, defaults::kPlatformIdleTimeout, true};
    ws_.set_option(timeouts);
    ws_.set_option(websocket::stream_base::decorator([headers = target_.headers](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, "troupe");
      for (const auto& [name, value] : headers) request.set(name, value);
    }));
    ws_.read_message_max(defaults::kMaxPlatformMessageBytes);
    const bool v6 = url_.host.find(':') != url_.host.npos;
    const bool usual_port = url_.port == (kIsTls ? "443" : "80");
    const auto host = (v6 ? "[" + url_.host + "]" : url_.host) + (usual_port ? "" : ":" + url_.port);
    ws_.async_handshake(response_, host, url_.target, handler([this] { open(); }));
  }

  void open() {
    deadline_ = nullptr;
    is_open_ = true;
    response_ = {};
    receiver_->opened(this->shared_from_this());
    if (is_ended_) return;
    write();
    read();
  }

  void read() {
    ws_.async_read(buffer_, handler([this] {
                     const auto data = buffer_.cdata();
                     receiver_->message({static_cast<const char*>(data.data()), data.size()});
                     if (is_ended_) return;
                     buffer_.consume(buffer_.size());
                     if (buffer_.capacity() > defaults::kMaxIdleBufferBytes)
                       buffer_ = beast::flat_buffer(defaults::kMaxPlatformMessageBytes + defaults::kReadBufferBytes);
                     read();
                   }));
  }

  void queue(std::string text) {
    if (is_ended_ || is_closing_) return;
    queued_bytes_ += text.size();
    queue_.push_back(std::move(text));
    if (queued_bytes_ > defaults::kMaxPlatformQueueBytes) return end(1008, "the platform does not read");
    write();
  }

  void write() {
    if (!is_open_ || is_writing_ || queue_.empty()) return;
    is_writing_ = true;
    ws_.text(true);
    ws_.async_write(asio::buffer(queue_.front()), handler([this] {
                      is_writing_ = false;
                      queued_bytes_ -= queue_.front().size();
                      queue_.pop_front();
                      if (is_closing_ && queue_.empty()) return say_goodbye();
                      write();
                    }));
  }

  void begin_close(std::uint16_t code, const std::string& reason) {
    if (is_ended_ || std::exchange(is_closing_, true)) return;
    const auto cut = first_bytes(reason, 123);  // all that a close frame has room for
    goodbye_ = websocket::close_reason(static_cast<websocket::close_code>(code), {cut.data(), cut.size()});
    if (!is_open_) return end(code, reason);
    // What a peer that does not read keeps waiting is not waited for.
    deadline_ = loop_.after(defaults::kWebSocketCloseTimeout, [this] { end(kBroken, "closed"); });
    if (!is_writing_) say_goodbye();
  }

  void say_goodbye() {
    ws_.async_close(goodbye_, [me = this->shared_from_this()](const error_code&) { me->end(1000, "closed"); });
  }

  void end(std::uint16_t code, std::string why) {
    if (std::exchange(is_ended_, true)) return;
    const auto me = this->shared_from_this();
    deadline_ = nullptr;
    error_code ignored;
    socket().close(ignored);
    std::exchange(receiver_, nullptr)->closed(code, std::move(why));
  }

  Loop& loop_;
  const WebSocketTarget target_;
  const Url url_;
  std::shared_ptr<SocketReceiver> receiver_;
  tcp::resolver resolver_;
  websocket::stream<Layer> ws_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
  Loop::TimerPtr deadline_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  websocket::close_reason goodbye_;
  bool is_open_ = false, is_writing_ = false, is_closing_ = false, is_ended_ = false;
};

}  // namespace

struct WebSocketClient::Impl {
  Loop& loop;
  asio::ssl::context tls{asio::ssl::context::tls_client};
};

WebSocketClient::WebSocketClient(Loop& loop) : impl_(new Impl{loop}) {
  error_code ignored;  // without any authority every certificate is refused, which is said then
  impl_->tls.set_default_verify_paths(ignored);
}
WebSocketClient::~WebSocketClient() = default;

std::shared_ptr<PlatformSocket> WebSocketClient::connect(WebSocketTarget target,
                                                         std::shared_ptr<SocketReceiver> receiver) {
  auto url = parse_url(target.url).value_or(Url{});
  const auto begin = [&](auto session) -> std::shared_ptr<PlatformSocket> {
    session->start();
    return session;
  };
  if (url.is_tls)
    return begin(std::make_shared<Session<TlsLayer>>(impl_->loop, std::move(target), std::move(url),
                                                     std::move(receiver), impl_->tls));
  return begin(
      std::make_shared<Session<PlainLayer>>(impl_->loop, std::move(target), std::move(url), std::move(receiver)));
}

}  // namespace troupe::actors::platforms
