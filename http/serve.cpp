#include "http/serve.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <thread>

#include "http/gateway.hpp"
#include "http/platform_listeners.hpp"
#include "http/provider_settings.hpp"
#include "http/startup.hpp"
#include "http/surfaces/bot_manager/bot_manager.hpp"
#include "http/surfaces/chat_v1/chat_v1.hpp"
#include "http/surfaces/chatai/chatai.hpp"
#include "http/surfaces/nekobot/nekobot.hpp"
#include "http/surfaces/openai/openai.hpp"
#include "http/surfaces/plexichat/plexichat.hpp"
#include "http/surfaces/webhooks/webhooks.hpp"

namespace troupe::http {
namespace {

/// Each dialect on the port that its specification names.
const std::vector<std::string> kDefaultListeners = {"127.0.0.1:5000=bot_manager",
                                                    "127.0.0.1:8000=plexichat,chat_v1,openai",
                                                    "127.0.0.1:6285=nekobot,webhooks", "127.0.0.1:3000=chatai"};

int cannot_start(const std::string& why) {
  std::fprintf(stderr, "troupe: cannot start: %s\n", why.c_str());
  return 1;
}

Expected<std::pair<std::string, std::uint16_t>> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  const bool shaped = colon != text.npos && colon > 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + (shaped ? colon + 1 : text.size()), end, port);
  if (!shaped || error != std::errc{} || stop != end) return fail(Errc::invalid, "'" + text + "' is not HOST:PORT");
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return std::pair(host == "localhost" ? std::string("127.0.0.1") : host, port);
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

std::string url_of(const ListenerSpec& listener, std::uint16_t port, bool tls) {
  const bool v6 = listener.address.find(':') != std::string::npos;
  return std::string(tls ? "https://" : "http://") + (v6 ? "[" + listener.address + "]" : listener.address) + ":" +
         std::to_string(port);
}

/// Turns SIGTERM and SIGINT into a call. Must exist before any other thread, so that all of them block the signals.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void start(std::function<void()> on_stop) {
    thread_ = std::thread([this, on_stop = std::move(on_stop)] {
      for (int signal = 0; !ending_;) {
        sigwait(&signals_, &signal);
        if (signal != SIGUSR1 && !ending_) on_stop();
      }
    });
  }
  /// After this nothing is called any more.
  void end() {
    if (!thread_.joinable()) return;
    ending_ = true;
    pthread_kill(thread_.native_handle(), SIGUSR1);  // only to end the wait
    thread_.join();
  }
  ~StopSignals() { end(); }

 private:
  sigset_t signals_{};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

/// All that runs. Members stand in the order they are built; `run` takes the house apart in the order it must.
class House {
 public:
  explicit House(ServeOptions options) : options_(std::move(options)), server_(options_.limits) {
    spdlog::default_logger()->sinks().push_back(log_);
  }

  Expected<void> open() {
    if (auto ok = find_providers(); !ok) return ok;  // before anything is made
    storage::StoreOptions store_options{options_.data};
    store_options.mirrored_counters = projections::mirrored_counters();
    auto store = storage::Store::open(std::move(store_options));
    if (!store) return tl::unexpected(store.error());
    store_ = std::move(*store);
    store_->on_failure([this](const std::string& why) {
      std::fprintf(stderr, "troupe: the journal failed and the server stops: %s\n", why.c_str());
      failed_ = true;
      server_.stop(std::chrono::milliseconds(500));
    });
    if (auto ok = update_projections(*store_); !ok) return ok;
    store_->follow([this](const std::vector<storage::RecordPtr>& records) {
      server_.loop().post([this, records] {
        for (const auto& surface : surfaces_) surface->committed(records);
      });
    });
    options_.system.mail.outbox = options_.data / "outbox";
    auto files = actors::FileStore::open(options_.data, store_->secrets());
    if (!files) return tl::unexpected(files.error());
    options_.system.files.store = std::move(*files);
    options_.system.files.inspector.program = actors::installed_inspector();
    if (options_.system.files.inspector.program.empty())
      spdlog::warn("there is no troupe-inspect: uploaded files have no type, no thumbnail and no pages");
    system_ = std::make_unique<actors::System>(*store_, store_->secrets(), options_.system);
    if (auto ok = first_accounts(*system_, *store_, options_.data, options_.demo, options_.admin_password_file); !ok)
      return ok;
    return first_channel(*system_, *store_);
  }

  Expected<void> listen() {
    socketio::Options socketio_options;
    socketio_options.recovery.enabled = true;
    socketio_options.engine.cors = {{"*"}, true};  // as the gateway does for all other paths
    if (!options_.allowed_origins.empty()) {
      socketio_options.engine.cors.origins = options_.allowed_origins;
      socketio_options.engine.refusal_of = [this](const Request& request) { return foreign_origin(request); };
    }
    const Services services{*store_, *system_, store_->secrets(), server_.loop(), metrics_, unknown_names_};
    surfaces_.push_back(std::make_unique<BotManager>(services, socketio_options));
    surfaces_.push_back(std::make_unique<PlexiChat>(services));
    surfaces_.push_back(std::make_unique<ChatV1>(services, options_.chat));
    surfaces_.push_back(std::make_unique<OpenAi>(services));
    options_.chatai.allowed_origins = options_.allowed_origins;
    options_.chatai.allow_local_providers = options_.system.allow_local_providers;
    surfaces_.push_back(std::make_unique<ChatAi>(services, options_.chatai));
    surfaces_.push_back(std::make_unique<NekoBot>(
        services, NekoBotOptions{options_.open_endpoints, log_, has_well_known_passwords(options_.data)}));
    surfaces_.push_back(std::make_unique<Webhooks>(services));
    if (options_.listen.empty()) options_.listen = kDefaultListeners;
    for (const auto& text : options_.listen)
      if (auto ok = listen_on(text); !ok) return ok;
    return options_.metrics_listen.empty() ? Expected<void>{} : listen_for_metrics();
  }

  int run(StopSignals& signals) {
    signals.start([this] {
      system_->end_polls();
      server_.loop().post([this] {
        for (const auto& surface : surfaces_) surface->shut_down();
      });
      server_.stop(options_.grace);
    });
    // Not before everything else has begun well
    system_->mcp().start();
    system_->conversations().take_up_open_questions();
    system_->platforms().start(platform_listeners_);
    server_.run();
    signals.end();
    // What was asked is answered by now or never will be: first those who ask the journal, then the journal.
    system_.reset();
    store_.reset();
    return failed_ ? 1 : 0;
  }

 private:
  /// The file's before the environment's; the system puts the catalogue's behind both.
  Expected<void> find_providers() {
    auto& providers = options_.system.models.providers;
    if (!options_.providers_file.empty()) {
      auto of_file = providers_of_file(options_.providers_file);
      if (!of_file) return tl::unexpected(of_file.error());
      providers = std::move(*of_file);
    }
    for (auto& provider : actors::llm::providers_from_environment()) {
      const auto has_its_name = [&](const auto& other) { return other.name == provider.name; };
      if (std::none_of(providers.begin(), providers.end(), has_its_name)) providers.push_back(std::move(provider));
    }
    const auto& listeners = options_.listen;
    const bool all_on_loopback = std::all_of(listeners.begin(), listeners.end(), [](const std::string& text) {
      const auto spec = parse_listener(text);
      return spec && is_loopback(spec->address);
    });
    options_.system.allow_local_providers = options_.allow_local_providers.value_or(all_on_loopback);
    return {};
  }

  Expected<void> listen_on(const std::string& text) {
    const auto spec = parse_listener(text);
    if (!spec) return tl::unexpected(spec.error());
    if (!is_loopback(spec->address)) {
      if (options_.demo)
        return fail(Errc::invalid,
                    "--demo has well-known passwords and listens on loopback only, not on " + spec->address);
      if (has_well_known_passwords(options_.data))
        return fail(Errc::invalid,
                    "this data folder was made by --demo: its passwords are well known, and it listens "
                    "on loopback only. Change them and remove " +
                        (options_.data / "demo").string() + " to listen on " + spec->address);
    }
    auto gateway = std::make_unique<Gateway>(gateway_options(), metrics_);
    for (const auto& surface : spec->surfaces) {
      const auto named = std::find_if(surfaces_.begin(), surfaces_.end(),
                                      [&, name = surface](const auto& known) { return known->name() == name; });
      if (named == surfaces_.end()) return fail(Errc::invalid, "there is no surface '" + surface + "'");
      if (auto ok = gateway->add(**named); !ok) return ok;
    }
    ListenerOptions listener{spec->address, spec->port, std::nullopt, gateway->application()};
    if (!options_.tls_certificate.empty()) listener.tls = TlsFiles{options_.tls_certificate, options_.tls_key};
    gateways_.push_back(std::move(gateway));
    const bool tls = listener.tls.has_value();
    const auto port = server_.listen(std::move(listener));
    if (!port) return tl::unexpected(port.error());
    std::string names;
    for (const auto& surface : spec->surfaces) names += " " + surface;
    std::printf("listening %s%s\n", url_of(*spec, *port, tls).c_str(), names.c_str());
    std::fflush(stdout);
    return {};
  }

  /// Browsers do not ask before they open a WebSocket, so the origin is checked here. Other programs send none.
  std::optional<std::string> foreign_origin(const Request& request) const {
    const auto origin = request.header("Origin");
    if (!origin || allows_origin(options_.allowed_origins, *origin)) return std::nullopt;
    return "This origin is not allowed";
  }

  GatewayOptions gateway_options() {
    GatewayOptions options;
    options.allowed_origins = options_.allowed_origins;
    options.limit_rates = options_.limit_rates;
    options.maintenance = options_.maintenance;
    options.log_requests = options_.log_requests;
    options.docs_folder = options_.docs_folder;
    options.fingerprint = [this](std::string_view body) { return store_->secrets().keyed_digest(body); };
    options.ready = [this] { return store_->healthy(); };
    options.read_elsewhere = [this](std::function<void()> work) { return system_->read_elsewhere(std::move(work)); };
    return options;
  }

  std::size_t connected_clients() const {
    std::size_t clients = 0;
    for (const auto& surface : surfaces_) clients += surface->connected_clients();
    return clients;
  }

  Expected<void> listen_for_metrics() {
    const auto address = parse_address(options_.metrics_listen);
    if (!address) return tl::unexpected(address.error());
    Metrics::Sources sources{[this] { return store_->metrics(); }, [this] { return system_->metrics(); },
                             [this] { return server_.metrics(); }, [this] { return connected_clients(); },
                             [this] { return store_->last_position(); }};
    ListenerOptions listener{address->first, address->second, std::nullopt, {}};
    listener.application.request = [this, sources](const Request& request, Reply reply) {
      const bool known = request.path == "/metrics" || request.path == "/healthz";
      reply(known ? Response{200, request.path == "/metrics" ? metrics_.text(sources) : "ok\n",
                             "text/plain; version=0.0.4; charset=utf-8"}
                  : Response{404, "see /metrics\n", "text/plain"});
    };
    const auto port = server_.listen(std::move(listener));
    if (!port) return tl::unexpected(port.error());
    std::printf("metrics http://%s:%u/metrics\n", address->first.c_str(), *port);
    std::fflush(stdout);
    return {};
  }

  ServeOptions options_;
  const std::shared_ptr<LogRing> log_ = std::make_shared<LogRing>();
  Metrics metrics_;
  UnknownNames unknown_names_;
  Server server_;
  PlatformListeners platform_listeners_{server_};
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<actors::System> system_;
  std::vector<std::unique_ptr<Surface>> surfaces_;
  std::vector<std::unique_ptr<Gateway>> gateways_;
  std::atomic<bool> failed_{false};
};

}  // namespace

Expected<ListenerSpec> parse_listener(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals + 1 == text.size())
    return fail(Errc::invalid, "'" + text + "' is not HOST:PORT=SURFACE[,SURFACE...]");
  const auto address = parse_address(text.substr(0, equals));
  if (!address) return tl::unexpected(address.error());
  ListenerSpec spec{address->first, address->second, {}};
  for (std::size_t at = equals + 1; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    spec.surfaces.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return spec;
}

int serve(ServeOptions options) {
  StopSignals signals;
  House house(std::move(options));
  if (auto ok = house.open(); !ok) return cannot_start(ok.error().message);
  if (auto ok = house.listen(); !ok) return cannot_start(ok.error().message);
  return house.run(signals);
}

}  // namespace troupe::http
