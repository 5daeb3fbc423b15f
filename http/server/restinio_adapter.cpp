#include "http/server/restinio_adapter.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <restinio/all.hpp>

#include "http/server/http_connection.hpp"
#include "http/server/request_view.hpp"
#include "http/server/response_head.hpp"
#include "http/server/websocket_session.hpp"

namespace troupe::http {
namespace {

/// The connection on whose behalf RESTinio runs: its parser callbacks get no pointer to their socket.
thread_local HttpConnection* current = nullptr;

/// Everything that makes RESTinio parse goes through here. Answers given meanwhile are kept back until it has
/// returned: one that is written while RESTinio still handles its request makes RESTinio 0.6 read the next
/// request twice over, which ends pipelined connections and can garble a request that arrives during a long
/// write.
template <class Work>
void inside_restinio(HttpConnection& connection, Work work) {
  HttpConnection* const outer = std::exchange(current, &connection);
  const bool was_inside = connection.keep_back_answers(true);
  work();
  current = outer;
  connection.keep_back_answers(was_inside);
}

/// The socket that RESTinio sees. It times and counts what passes, and decides how the connection ends.
class Socket {
 public:
  using executor_type = restinio::default_asio_executor;

  explicit Socket(std::shared_ptr<HttpConnection> connection) : connection_(std::move(connection)) {}
  Socket(Socket&&) = default;
  Socket& operator=(Socket&&) = default;
  ~Socket() {
    if (connection_) connection_->abandon();
  }

  HttpConnection& connection() { return *connection_; }
  executor_type get_executor() { return connection_->core().io.get_executor(); }
  bool is_open() const { return connection_->is_open(); }
  void cancel(error_code&) {
    if (is_open()) connection_->stream()->cancel();
  }
  void shutdown(tcp::socket::shutdown_type, error_code&) {}  // `close` follows at once
  void close() { connection_->close(); }

  // A turn of the loop later: by then the next request of a busy client has arrived, and the attempt that
  // finds nothing, a system call for each request, is saved.
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    asio::post(get_executor(), [connection = connection_, buffers, handler = std::forward<Handler>(handler)]() mutable {
      if (!connection->is_open()) return handler(asio::error::operation_aborted, 0);
      if (const auto intake = connection->intake(); intake && intake->is_full())
        return intake->when_ready([connection, buffers, handler = std::move(handler)]() mutable {
          if (!connection->is_open()) return handler(asio::error::operation_aborted, 0);
          read_now(std::move(connection), buffers, std::move(handler));
        });
      read_now(std::move(connection), buffers, std::move(handler));
    });
  }

  // By reference: Asio's write operation passes itself and buffers that it still owns, in no order.
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (!is_open()) return fail_later(std::forward<Handler>(handler));
    connection_->stream()->async_write_some(
        buffers, [connection = connection_, handler = std::forward<Handler>(handler)](error_code error,
                                                                                      std::size_t bytes) mutable {
          if (!connection->is_open()) error = asio::error::operation_aborted;
          connection->wrote(bytes);
          inside_restinio(*connection, [&] { handler(error, bytes); });
        });
  }

 private:
  template <class Buffers, class Handler>
  static void read_now(std::shared_ptr<HttpConnection> connection, const Buffers& buffers, Handler handler) {
    Stream& stream = *connection->stream();
    stream.async_read_some(buffers, [connection = std::move(connection), handler = std::move(handler)](
                                        error_code error, std::size_t bytes) mutable {
      if (error == asio::ssl::error::stream_truncated) error = asio::error::eof;
      if (!connection->is_open()) error = asio::error::operation_aborted;
      inside_restinio(*connection, [&] { handler(error, bytes); });
    });
  }

  template <class Handler>
  void fail_later(Handler handler) {
    asio::post(get_executor(),
               [handler = std::move(handler)]() mutable { handler(asio::error::operation_aborted, 0); });
  }

  std::shared_ptr<HttpConnection> connection_;
};

/// Found by RESTinio through the type of its argument.
template <class Connection, class Ready, class Failed>
void prepare_connection_and_start_read(Socket& socket, Connection& restinio_connection, Ready ready, Failed failed) {
  if (!socket.connection().is_tls()) return ready();
  socket.connection().handshake_began();
  socket.connection().stream()->async_handshake(
      [&socket, keep_alive = restinio_connection.shared_from_this(), ready, failed](error_code error) {
        if (!socket.is_open()) return;
        if (error) return failed(error);
        socket.connection().handshake_ended();
        ready();
      });
}

restinio::tls_socket_t* make_tls_socket_pointer_for_state_listener(Socket&) noexcept { return nullptr; }

/// RESTinio logs an error just before it closes a connection: the only sign of a request that does not parse.
struct ErrorListener {
  template <class Message>
  void trace(Message&&) const noexcept {}
  template <class Message>
  void info(Message&&) const noexcept {}
  template <class Message>
  void warn(Message&&) const noexcept {}
  template <class Message>
  void error(Message&& message) const {
    if (!current) return;
    const std::string text = message();
    if (text.find("parser error") == std::string::npos) return;
    current->refuse(text.find("HPE_HEADER_OVERFLOW") == std::string::npos ? 400 : 431);
  }
};

/// Kept inside each of RESTinio's requests: its share of the bodies in flight, and where it came from.
struct Origin {
  struct data_t {
    std::shared_ptr<HttpConnection> connection;
    BytesInFlight body;
  };
  void make_within(restinio::extra_data_buffer_t<data_t> place) {
    new (place.get()) data_t{current->shared_from_this(), current->request_complete()};
  }
};

using RestinioRequest = restinio::generic_request_handle_t<Origin::data_t>;

struct HandleRequest {
  restinio::request_handling_status_t operator()(const RestinioRequest& request) const;
};

struct Traits : restinio::traits_t<restinio::null_timer_manager_t, ErrorListener, HandleRequest,
                                   restinio::noop_strand_t, Socket> {
  using extra_data_factory_t = Origin;
};

using RestinioConnection = restinio::impl::connection_t<Traits>;

/// What RESTinio has read of a connection and not yet parsed. It has no public way to it, and an explicit instantiation
/// may name a private member: this counts exactly what the parser took, also behind pipelined requests.
restinio::impl::fixed_buffer_t& unparsed(RestinioConnection& connection);

template <auto Input>
struct Unparsed {
  friend restinio::impl::fixed_buffer_t& unparsed(RestinioConnection& connection) { return (connection.*Input).m_buf; }
};
template struct Unparsed<&RestinioConnection::m_input>;

/// A client may speak WebSocket before it has seen the 101: these bytes came with its request.
std::string bytes_behind_request(restinio::impl::connection_base_t& owner) {
  const auto& buffer = unparsed(static_cast<RestinioConnection&>(owner));
  return {buffer.bytes(), buffer.length()};
}

// Parser callbacks: RESTinio's own, each with the status that its refusal deserves

int refuse(int status) {
  current->refuse(status);
  return -1;
}

int on_message_begin(http_parser*) {
  current->request_began();
  return 0;
}

int on_url(http_parser* parser, const char* at, std::size_t length) {
  return restinio::impl::restinio_url_cb(parser, at, length) == 0 ? 0 : refuse(414);
}

int on_header_field(http_parser* parser, const char* at, std::size_t length) {
  // A space is no part of a name (RFC 9112, section 5.1): proxies that skip it would see another header than
  // we do.
  if (std::string_view(at, length).find(' ') != std::string_view::npos) return refuse(400);
  return restinio::impl::restinio_header_field_cb(parser, at, length) == 0 ? 0 : refuse(431);
}

/// http_parser looks only at the first character of most values.
bool has_control_character(const char* at, std::size_t length) {
  bool found = false;
  for (std::size_t i = 0; i < length; ++i) {
    const auto c = static_cast<unsigned char>(at[i]);
    found |= (c < 0x20 && c != '\t') || c == 0x7F;
  }
  return found;
}

int on_header_value(http_parser* parser, const char* at, std::size_t length) {
  if (has_control_character(at, length)) return refuse(400);
  return restinio::impl::restinio_header_value_cb(parser, at, length) == 0 ? 0 : refuse(431);
}

/// Views into the parser's own header.
Request head_of(const restinio::http_request_header_t& header, std::string_view method, const HttpConnection& from) {
  Request head;
  head.method = method;
  set_target(head, header.request_target());
  head.headers.reserve(header.fields_count());
  header.for_each_field([&](const auto& field) { head.headers.emplace_back(field.name(), field.value()); });
  head.remote_address = from.remote_address();
  head.remote_port = from.remote_port();
  head.id = next_request_id();
  head.tls = from.is_tls();
  return head;
}

bool streams(const restinio::http_request_header_t& header, std::string_view method) {
  const auto& application = current->application();
  if (!application.streams) return false;
  Request target;
  set_target(target, header.request_target());
  return application.streams(method, target.path);
}

/// Asks the application for a sink, before a byte of the body is read.
int begin_streaming(http_parser* parser, const restinio::http_request_header_t& header, std::string_view method) {
  const Request head = head_of(header, method, *current);
  BodyPlan plan;
  try {
    plan = current->application().receive(head);
  } catch (const std::exception&) {
    return refuse(500);
  }
  if (plan.refusal || !plan.sink) {
    current->refuse(plan.refusal ? std::move(*plan.refusal) : plain_error(500, "Internal Server Error"), head.id);
    return -1;
  }
  if (parser->content_length != ULLONG_MAX && parser->content_length > plan.max_bytes) return refuse(413);
  return current->body_begins(std::move(plan), head.id) ? 0 : refuse(503);
}

int on_headers_complete(http_parser* parser) {
  auto& header = static_cast<restinio::impl::http_parser_ctx_t*>(parser->data)->m_header;
  header.http_minor(parser->http_minor);  // RESTinio itself leaves it at 1
  if (parser->http_major != 1) return refuse(505);
  const bool http_1_1 = parser->http_minor >= 1;
  if (http_1_1 && !header.has_field(restinio::http_field::host)) return refuse(400);
  // Any other upgrade (h2c, CONNECT) is declined by serving the request as plain HTTP. RESTinio itself would
  // read no further request from such a connection.
  const auto upgrade = header.get_field_or(restinio::http_field::upgrade, "");
  if (parser->method != HTTP_GET || !equals_ignoring_case(upgrade, "websocket")) parser->upgrade = 0;
  const bool has_body =
      (parser->content_length > 0 && parser->content_length != ULLONG_MAX) || (parser->flags & F_CHUNKED) != 0;
  const char* method = http_method_str(static_cast<http_method>(parser->method));
  if (has_body && streams(header, method)) {
    static_cast<restinio::impl::http_parser_ctx_t*>(parser->data)->m_leading_headers_completed = true;
    if (const int refused = begin_streaming(parser, header, method); refused != 0) return refused;
  } else if (restinio::impl::restinio_headers_complete_cb(parser) != 0) {
    return refuse(413);
  }
  if (const auto expect = header.opt_value_of(restinio::http_field::expect); expect && http_1_1) {
    if (!equals_ignoring_case({expect->data(), expect->size()}, "100-continue")) return refuse(417);
    if (has_body) current->send_continue();
  }
  return 0;
}

int on_body(http_parser* parser, const char* at, std::size_t length) {
  if (const auto& intake = current->intake()) return intake->add({at, length}) ? 0 : refuse(413);
  if (!current->body_arrived(length)) return refuse(503);
  return restinio::impl::restinio_body_cb(parser, at, length) == 0 ? 0 : refuse(413);
}

http_parser_settings parser_settings() {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_message_begin = on_message_begin;
  settings.on_url = on_url;
  settings.on_header_field = on_header_field;
  settings.on_header_value = on_header_value;
  settings.on_headers_complete = on_headers_complete;
  settings.on_body = on_body;
  // No on_chunk_header: RESTinio would note 16 bytes for each chunk, sixteen times a body of one-byte chunks.
  settings.on_message_complete = restinio::impl::restinio_message_complete_cb<restinio::default_http_methods_t>;
  return settings;
}

// Requests and replies

class ReplySink final : public Reply::Sink {
 public:
  explicit ReplySink(ReplyAddress address)
      : address_(std::move(address)), replies_(address_.connection->core().replies) {}
  ~ReplySink() override {
    if (body_) body_->abandon();
  }

  void send(Response response) override {
    if (replies_->on_loop_thread())
      address_.connection->answer(address_.sequence, std::move(response));
    else
      replies_->push(std::move(address_), std::move(response));
  }
  void begin(Response head) override {
    body_ = std::make_shared<StreamedBody>(replies_, address_, std::move(head));
    body_->begin();
  }
  bool write(std::string_view piece) override { return body_ && body_->write(piece); }
  void end() override {
    if (body_) body_->end();
  }
  bool gone() const override { return address_.connection->gone(); }

 private:
  ReplyAddress address_;
  std::shared_ptr<ReplyQueue> replies_;
  std::shared_ptr<StreamedBody> body_;
};

class PendingUpgrade final : public Upgrade {
 public:
  PendingUpgrade(Request request, Reply reply, std::shared_ptr<HttpConnection> connection, std::string early_bytes)
      : request_(std::move(request)),
        reply_(std::move(reply)),
        connection_(std::move(connection)),
        early_bytes_(std::move(early_bytes)) {}

  void accept(std::shared_ptr<WebSocketListener> listener, const WebSocketLimits& limits) override {
    auto stream = connection_->take_stream();
    if (stream)
      open_websocket(connection_->core(), std::move(stream), request_, std::move(early_bytes_), std::move(listener),
                     limits);
  }
  void refuse(Response response) override { reply_(std::move(response)); }

 private:
  Request request_;
  Reply reply_;
  std::shared_ptr<HttpConnection> connection_;
  std::string early_bytes_;
};

Request plain_request(const RestinioRequest& source, const HttpConnection& connection) {
  Request request = head_of(source->header(), source->header().method().c_str(), connection);
  request.body = source->body();
  request.keep_alive = source;
  return request;
}

void upgrade(const Application& application, Request request, Reply reply, std::shared_ptr<HttpConnection> connection,
             std::string early_bytes) {
  if (auto refused = websocket_refusal(request)) return reply(std::move(*refused));
  if (!application.upgrade) return reply(plain_error(400, "No WebSocket is offered here"));
  auto pending =
      std::make_unique<PendingUpgrade>(request, std::move(reply), std::move(connection), std::move(early_bytes));
  application.upgrade(std::move(request), std::move(pending));
}

/// `early_bytes`: those behind the request, when it asks for an upgrade.
void hand_over(HttpConnection& connection, std::optional<std::string> early_bytes, Request request, Reply reply) {
  const Application& application = connection.application();
  try {
    if (early_bytes)
      upgrade(application, std::move(request), std::move(reply), connection.shared_from_this(),
              std::move(*early_bytes));
    else
      application.request(std::move(request), std::move(reply));
  } catch (...) {
    // The reply was destroyed on the way here, or is still in somebody's hands: either way it answers.
  }
}

restinio::request_handling_status_t HandleRequest::operator()(const RestinioRequest& source) const {
  const auto connection = source->extra_data().connection;
  if (!connection->is_open()) return restinio::request_accepted();
  const bool is_upgrade = source->header().connection() == restinio::http_connection_header_t::upgrade;
  // Moved out of the request: a handler may destroy it on any thread, where the socket must not die.
  auto owner = std::move(restinio::impl::access_req_connection(*source));
  std::optional<std::string> early_bytes;
  if (is_upgrade) early_bytes = bytes_behind_request(*owner);
  Request request = plain_request(source, *connection);
  request.http_1_0 = source->header().http_minor() == 0;
  const unsigned sequence = source->request_id();
  const auto intake = connection->intake();
  if (intake) {
    request.id = intake->request_id();
    request.body_sink = intake->sink();
  }
  connection->waiting_for_answer(std::move(owner), {.sequence = sequence,
                                                    .request_id = request.id,
                                                    // RESTinio reads nothing more once it has seen an upgrade.
                                                    .keep_alive = source->header().should_keep_alive() && !is_upgrade,
                                                    .http_1_0 = request.http_1_0,
                                                    .head = request.method == "HEAD"});
  Reply reply(std::make_unique<ReplySink>(ReplyAddress{connection, sequence}));
  if (!intake) {
    hand_over(*connection, std::move(early_bytes), std::move(request), std::move(reply));
    return restinio::request_accepted();
  }
  auto waiting = std::make_shared<std::pair<Request, Reply>>(std::move(request), std::move(reply));
  intake->finish([raw = connection.get(), early_bytes, waiting](std::optional<Response> refusal) mutable {
    const auto connection = raw->shared_from_this();
    connection->body_taken();
    auto& [request, reply] = *waiting;
    if (refusal) return reply(std::move(*refusal));
    hand_over(*connection, std::move(early_bytes), std::move(request), std::move(reply));
  });
  return restinio::request_accepted();
}

}  // namespace

struct RestinioAdapter::Settings {
  restinio::impl::connection_settings_handle_t<Traits> shared;
  restinio::connection_id_t last_connection_id = 0;
};

RestinioAdapter::RestinioAdapter(const ServerLimits& limits) {
  restinio::server_settings_t<Traits> settings;
  settings.request_handler(std::make_unique<HandleRequest>())
      .buffer_size(defaults::kReadBufferBytes)
      .max_pipelined_requests(1)
      .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}
                                    .max_url_size(limits.max_url_bytes)
                                    .max_field_count(limits.max_header_fields)
                                    .max_field_name_size(limits.max_header_name_bytes)
                                    // RESTinio refuses a value that reaches its limit.
                                    .max_field_value_size(limits.max_header_value_bytes + 1)
                                    .max_body_size(limits.max_body_bytes));
  settings_ = std::make_unique<Settings>(Settings{std::make_shared<restinio::impl::connection_settings_t<Traits>>(
      std::move(settings), parser_settings(), std::make_shared<restinio::null_timer_manager_t>())});
}

RestinioAdapter::~RestinioAdapter() = default;

void RestinioAdapter::serve(std::shared_ptr<HttpConnection> connection) {
  using Connection = restinio::impl::connection_t<Traits>;
  std::make_shared<Connection>(++settings_->last_connection_id, Socket(connection), settings_->shared, tcp::endpoint{},
                               Connection::lifetime_monitor_t(nullptr))
      ->init();
}

void write_response(HttpConnection& connection, restinio::impl::connection_base_t& owner, unsigned sequence,
                    std::string head, std::string body, ResponsePart part) {
  restinio::writable_items_container_t items;
  if (head.empty()) {
    if (!body.empty()) items.emplace_back(std::move(body));
  } else if (body.size() <= defaults::kSmallBodyBytes) {
    head += body;
    items.emplace_back(std::move(head));
  } else {
    items.emplace_back(std::move(head));
    items.emplace_back(std::move(body));
  }
  const restinio::response_output_flags_t flags{
      part.last ? restinio::response_parts_attr_t::final_parts : restinio::response_parts_attr_t::not_final_parts,
      part.close ? restinio::response_connection_attr_t::connection_close
                 : restinio::response_connection_attr_t::connection_keepalive};
  inside_restinio(connection,
                  [&] { owner.write_response_parts(sequence, flags, restinio::write_group_t{std::move(items)}); });
}

}  // namespace troupe::http
