#include "http/server.hpp"

#include <boost/asio/post.hpp>

#include "http/server/core.hpp"
#include "http/server/http_connection.hpp"
#include "http/server/linger.hpp"
#include "http/server/response_head.hpp"
#include "http/server/restinio_adapter.hpp"
#include "http/server/tls.hpp"

namespace troupe::http {
namespace {

class AsioLoop final : public EventLoop {
 public:
  explicit AsioLoop(asio::io_context& io) : io_(io) {}

  // Many at once, such as the answers to one commit, cost one wake-up.
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    if (posted_.empty()) asio::post(io_, [this] { run_posted(); });
    posted_.push_back(std::move(work));
  }

  std::unique_ptr<Timer> after(std::chrono::milliseconds delay, std::function<void()> work) override {
    struct AsioTimer final : Timer {
      explicit AsioTimer(asio::io_context& io) : timer(io) {}
      ~AsioTimer() override { *work = nullptr; }  // it may have expired already and wait for its turn
      asio::steady_timer timer;
      std::shared_ptr<std::function<void()>> work;
    };
    auto timer = std::make_unique<AsioTimer>(io_);
    timer->work = std::make_shared<std::function<void()>>(std::move(work));
    timer->timer.expires_after(delay);
    timer->timer.async_wait([work = timer->work](const error_code&) {
      if (const auto once = std::exchange(*work, nullptr)) once();
    });
    return timer;
  }

 private:
  void run_posted() {
    std::vector<std::function<void()>> ready;
    {
      const std::lock_guard lock(mutex_);
      ready.swap(posted_);
    }
    for (auto& work : ready) std::exchange(work, nullptr)();
  }

  asio::io_context& io_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
};

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(Core& core, Application application, std::shared_ptr<asio::ssl::context> tls)
      : core_(core),
        application_(std::make_shared<const Application>(std::move(application))),
        tls_(std::move(tls)),
        acceptor_(core.io),
        retry_(core.io) {}

  Expected<std::uint16_t> bind(const std::string& address, std::uint16_t port);
  void accept();
  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  void accepted(const error_code& error, tcp::socket socket, const tcp::endpoint& remote);
  void open_connection(tcp::socket socket, const tcp::endpoint& remote);

  Core& core_;
  const std::shared_ptr<const Application> application_;
  const std::shared_ptr<asio::ssl::context> tls_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
};

Expected<std::uint16_t> Listener::bind(const std::string& address, std::uint16_t port) {
  error_code error;
  const auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) return fail(Errc::invalid, "'" + address + "' is not an IP address to listen on", "address");
  const tcp::endpoint endpoint(ip, port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (error) {
    const std::string shown = ip.is_v6() ? "[" + address + "]" : address;
    return fail(Errc::conflict, "cannot listen on " + shown + ":" + std::to_string(port) + ": " + error.message());
  }
  return acceptor_.local_endpoint().port();
}

void Listener::accept() {
  acceptor_.async_accept([me = shared_from_this()](const error_code& error, tcp::socket socket) {
    tcp::endpoint remote;
    error_code gone;
    if (!error) remote = socket.remote_endpoint(gone);
    me->accepted(error ? error : gone, std::move(socket), remote);
  });
}

void Listener::accepted(const error_code& error, tcp::socket socket, const tcp::endpoint& remote) {
  if (!acceptor_.is_open()) return;
  if (!error) open_connection(std::move(socket), remote);
  const bool out_of_resources = error == asio::error::no_descriptors || error == asio::error::no_memory ||
                                error == asio::error::no_buffer_space ||
                                error == boost::system::errc::too_many_files_open_in_system;
  if (!out_of_resources) return accept();
  retry_.expires_after(defaults::kAcceptRetryDelay);
  retry_.async_wait([me = shared_from_this()](const error_code& cancelled) {
    if (!cancelled) me->accept();
  });
}

void Listener::open_connection(tcp::socket socket, const tcp::endpoint& remote) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  auto stream = std::make_shared<Stream>(std::move(socket), tls_);
  if (core_.counters->connections + core_.counters->websockets >= core_.limits.max_connections) {
    if (tls_) return stream->reset();
    return linger(core_, std::move(stream), refusal(503, core_.date()));
  }
  core_.restinio->serve(std::make_shared<HttpConnection>(core_, std::move(stream), application_, remote));
}

}  // namespace

struct Server::Impl {
  explicit Impl(const ServerLimits& limits) : core(limits), loop(core.io) {}
  Core core;
  AsioLoop loop;
};

Server::Server(ServerLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
Server::~Server() = default;

EventLoop& Server::loop() { return impl_->loop; }

Expected<std::uint16_t> Server::listen(ListenerOptions options) {
  std::shared_ptr<asio::ssl::context> tls;
  if (options.tls) {
    auto context = make_tls_context(*options.tls);
    if (!context) return tl::unexpected(context.error());
    tls = std::move(*context);
  }
  Core& core = impl_->core;
  if (core.stopping) return fail(Errc::shutting_down, "the server is stopping");
  const auto listener = std::make_shared<Listener>(core, std::move(options.application), std::move(tls));
  auto port = listener->bind(options.address, options.port);
  if (!port) return port;
  core.close_listeners[{options.address, *port}] = [listener] { listener->close(); };
  listener->accept();
  return port;
}

void Server::close(const std::string& address, std::uint16_t port) {
  if (const auto node = impl_->core.close_listeners.extract({address, port}); !node.empty()) node.mapped()();
}

void Server::run() {
  Core& core = impl_->core;
  core.replies->set_loop_thread(true);
  core.start_checking();
  core.io.run();
  for (const auto& peer : core.all_peers()) peer->abort();
  core.replies->set_loop_thread(false);
}

void Server::stop(std::chrono::milliseconds grace) {
  asio::post(impl_->core.io, [&core = impl_->core, grace] { core.stop(grace); });
}

ServerMetrics Server::metrics() const {
  const Counters& counters = *impl_->core.counters;
  return {.connections = counters.connections,
          .websockets = counters.websockets,
          .bodies_in_flight_bytes = counters.bodies_in_flight_bytes,
          .responses_in_flight_bytes = counters.responses_in_flight_bytes,
          .websockets_dropped = counters.websockets_dropped,
          .streams_dropped = counters.streams_dropped};
}

}  // namespace troupe::http
