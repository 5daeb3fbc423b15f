#include "http/gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "actors/secrets.hpp"
#include "http/openapi.hpp"
#include "http/validation.hpp"

namespace troupe::http {
namespace {

constexpr std::string_view kAllMethods = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
constexpr std::size_t kMaxIdempotencyKeyLength = 255;

/// Adds headers to whatever is answered.
class WithHeaders : public Reply::Sink {
 public:
  WithHeaders(Reply inner, Headers headers) : inner_(std::move(inner)), headers_(std::move(headers)) {}
  void send(Response response) override { inner_(with_headers(std::move(response))); }
  void begin(Response head) override {
    begun_ = true;
    body_ = inner_.stream(with_headers(std::move(head)));
  }
  bool write(std::string_view piece) override { return body_.write(piece); }
  void end() override { body_.end(); }
  bool gone() const override { return begun_ ? body_.gone() : inner_.gone(); }

 private:
  Response with_headers(Response response) const {
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
    return response;
  }

  Reply inner_;
  BodyStream body_;
  bool begun_ = false;
  Headers headers_;
};

/// The body of a caller who was let in before it arrived.
class AdmittedBody final : public BodySink {
 public:
  AdmittedBody(std::shared_ptr<BodySink> sink, Caller caller, Headers headers)
      : sink_(std::move(sink)), caller_(std::move(caller)), headers_(std::move(headers)) {}
  void write(std::string piece, std::function<void(std::optional<Response>)> taken) override {
    sink_->write(std::move(piece), std::move(taken));
  }
  /// Gives the call what was found out then.
  void move_into(Call& call) {
    call.caller = std::move(caller_);
    call.headers = std::move(headers_);
    call.request.body_sink = sink_;
  }

 private:
  std::shared_ptr<BodySink> sink_;
  Caller caller_;
  Headers headers_;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

Response plain(int status, std::string body, std::string content_type) {
  return {status, std::move(body), std::move(content_type), {}};
}

std::string_view content_type_of(std::string_view file) {
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".html")) return "text/html; charset=utf-8";
  return "application/octet-stream";
}

/// One of the few files of the documentation pages; never a path.
Response docs_file(const std::string& folder, std::string_view name) {
  static const std::vector<std::string_view> kFiles = {"index.html", "swagger-ui.css", "swagger-ui-bundle.js",
                                                       "redoc.html", "redoc.standalone.js"};
  if (folder.empty() || std::find(kFiles.begin(), kFiles.end(), name) == kFiles.end())
    return plain_error(404, "Not found");
  std::ifstream in(folder + "/" + std::string(name), std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return plain_error(404, "Not found");
  return plain(200, text.str(), std::string(content_type_of(name)));
}

}  // namespace

Gateway::Gateway(GatewayOptions options, Metrics& metrics) : options_(std::move(options)), metrics_(metrics) {}

Expected<void> Gateway::add(Surface& surface) {
  for (const Route& route : surface.routes()) {
    if (auto ok = router_.add(route); !ok) return ok;
    surface_of_.emplace(&route, &surface);
    takes_uploads_ = takes_uploads_ || route.sink;
  }
  surfaces_.push_back(&surface);
  surface.limit_rates(options_.limit_rates);
  openapi_ = openapi_document(surfaces_).dump(2);
  return {};
}

Application Gateway::application() {
  return {[this](Request request, Reply reply) { handle(std::move(request), std::move(reply)); },
          [this](Request request, std::unique_ptr<Upgrade> upgrade) {
            if (const auto why = refusal_of_upgrade(request))
              return upgrade->refuse(surfaces_.front()->error(*why, request.id));
            for (Surface* surface : surfaces_)
              if (surface->take_upgrade(request, upgrade)) return;
            upgrade->refuse(surfaces_.front()->no_such_path(request.id));
          },
          [this](std::string_view method, std::string_view path) {
            const Route* route = takes_uploads_ ? router_.find(method, path).route : nullptr;
            return route && route->sink;
          },
          [this](const Request& head) { return receive(head); }};
}

/// Browsers do not ask before they open a WebSocket, and send the cookies of other ports with it. Other programs send no
/// origin.
std::optional<Error> Gateway::refusal_of_upgrade(const Request& request) const {
  if (!options_.maintenance.empty()) return Error{Errc::maintenance, options_.maintenance};
  const auto origin = request.header("Origin");
  if (!origin || allows_origin(options_.allowed_origins, *origin)) return std::nullopt;
  return Error{Errc::forbidden, "This origin is not allowed"};
}

/// Who may not upload, or uploads too much, learns it before a byte is taken.
BodyPlan Gateway::receive(const Request& head) {
  Router::Match match = router_.find(head.method, head.path);
  Surface& surface = *surface_of_.at(match.route);
  // Refused as ever, through a reply of its own.
  struct Refusal final : Reply::Sink {
    explicit Refusal(std::optional<Response>& response_in) : response(response_in) {}
    void send(Response refused) override { response = std::move(refused); }
    std::optional<Response>& response;
  };
  BodyPlan plan;
  const auto call =
      call_for(surface, std::move(match), head, with_cors(head, Reply(std::make_unique<Refusal>(plan.refusal))));
  if (!may_knock(surface, *call) || !let_in(surface, *call)) return plan;
  auto sink = call->route->sink(*call);
  if (!sink) return call->refuse(sink.error()), plan;
  call->reply.forget();
  plan.max_bytes = call->route->max_upload_bytes;
  plan.sink = std::make_shared<AdmittedBody>(std::move(*sink), call->caller, call->headers);
  return plan;
}

void Gateway::handle(Request request, Reply reply) {
  const bool open = options_.maintenance.empty();
  for (Surface* surface : surfaces_)
    if (open && surface->take(request, reply)) return;
  reply = with_cors(request, std::move(reply));
  if (request.method == "OPTIONS") return reply(preflight(request));
  if (answer_house_paths(request, reply)) return;
  Router::Match match = router_.find(request.method, request.path);
  if (match.route)
    return dispatch(*surface_of_.at(match.route), std::move(match), std::move(request), std::move(reply));
  if (!open) return reply(surfaces_.front()->refusal({Errc::maintenance, options_.maintenance}, request));
  reply(match.allowed.empty() ? surfaces_.front()->refusal({Errc::not_found, kNoSuchPath}, request)
                              : method_not_allowed(request, match.allowed));
}

bool Gateway::answer_house_paths(const Request& request, Reply& reply) {
  const bool ours = request.path == "/healthz" || request.path == "/readyz" || request.path == "/openapi.json" ||
                    request.path == "/docs" || request.path == "/redoc" || request.path.starts_with("/docs/");
  if (!ours) return false;
  if (request.method != "GET" && request.method != "HEAD") return reply(method_not_allowed(request, {"GET"})), true;
  if (request.path == "/healthz") return reply(plain(200, "ok\n", "text/plain")), true;
  if (request.path == "/readyz") {
    const bool ready = !options_.ready || options_.ready();
    return reply(plain(ready ? 200 : 503, ready ? "ready\n" : "not ready\n", "text/plain")), true;
  }
  if (request.path == "/openapi.json") return reply(plain(200, openapi_, "application/json")), true;
  const auto file = request.path == "/docs"    ? std::string_view("index.html")
                    : request.path == "/redoc" ? std::string_view("redoc.html")
                                               : request.path.substr(6);
  return reply(docs_file(options_.docs_folder, file)), true;
}

Response Gateway::method_not_allowed(const Request& request, const std::vector<std::string>& allowed) const {
  Response response = surfaces_.front()->refusal({Errc::wrong_method, "Method not allowed"}, request);
  response.headers.emplace_back("Allow", joined(allowed));
  return response;
}

CallPtr Gateway::call_for(Surface& surface, Router::Match match, Request request, Reply reply) {
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->reply = std::move(reply);
  call->route = match.route;
  call->surface = &surface;
  call->path_parameters = std::move(match.parameters);
  call->now = now_micros();
  call->finished = [this, raw = call.get()](int status) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - raw->began;
    metrics_.observe(*raw->route, status, took.count());
    if (options_.log_requests || status >= 500)
      spdlog::log(status >= 500 ? spdlog::level::warn : spdlog::level::info,
                  "request={} method={} route={} status={} caller={} ms={:.2f}", raw->request.id, raw->route->method,
                  raw->route->pattern, status, raw->caller.name(), took.count() * 1000);
  };
  return call;
}

bool Gateway::may_knock(Surface& surface, Call& call) {
  if (!options_.maintenance.empty()) return call.refuse({Errc::maintenance, options_.maintenance}), false;
  return within_rate(surface, call, RateClass::Per::address, call.request.remote_address);
}

bool Gateway::let_in(Surface& surface, Call& call) {
  const auto authorized = authorize(surface, call);
  // Whoever guesses tokens, or shows an old one, has the budget of an address, but not that of those who need no login
  // there: among them is whoever comes to log in.
  const bool is_refused = !authorized && authorized.error().code == Errc::unauthenticated;
  const std::string& address = call.request.remote_address;
  const std::string client = !call.caller.is_nobody() ? call.caller.name()
                             : is_refused             ? "refused " + address
                                                      : address;
  if ((authorized || is_refused) && !within_rate(surface, call, RateClass::Per::caller, client)) return false;
  if (!authorized) return call.refuse(authorized.error()), false;
  return true;
}

void Gateway::dispatch(Surface& surface, Router::Match match, Request request, Reply reply) {
  const auto call = call_for(surface, std::move(match), std::move(request), std::move(reply));
  const Route& route = *call->route;
  const auto admitted = std::dynamic_pointer_cast<AdmittedBody>(call->request.body_sink);
  if (!admitted && !may_knock(surface, *call)) return;
  auto body = parse_body(route, call->request);
  if (body) call->body = std::move(*body);
  if (admitted)
    admitted->move_into(*call);
  else if (!let_in(surface, *call))
    return;
  // After the authorisation: a stranger learns that it is one before it learns what is wrong with its request.
  if (!body) return call->refuse(body.error());
  if (auto ok = check(*call); !ok) return call->refuse(ok.error());
  const auto run = [call, &route] { call->guarded([&] { route.handler(call); }); };
  if (!route.elsewhere) return run();
  if (!options_.read_elsewhere(run)) call->refuse({Errc::overloaded, "Too many long reads are waiting"});
}

bool Gateway::within_rate(Surface& surface, Call& call, RateClass::Per per, const std::string& client) {
  const RateClass* rate = call.route->rate;
  if (!rate || rate->per != per) return true;
  const auto verdict = surface.take_from_rate(*rate, client, call.now);
  call.headers = surface.rate_headers(*rate, verdict);
  if (verdict.allowed) return true;
  const auto wait = static_cast<int>(std::max<Micros>(0, verdict.reset_at - call.now) / 1'000'000 + 1);
  call.headers.emplace_back("Retry-After", std::to_string(wait));
  call.refuse(surface.too_fast_to(call.request, wait));
  return false;
}

Expected<void> Gateway::check(Call& call) const {
  const Route& route = *call.route;
  if (call.body.is_object() && route.body != BodyKind::upload)
    if (auto ok = check_fields(route, call.body); !ok) return ok;
  if (auto ok = check_query(route, call.request.query); !ok) return ok;
  return take_idempotency_key(call);
}

Expected<void> Gateway::authorize(Surface& surface, Call& call) const {
  const Route& route = *call.route;
  if (route.access == Access::anyone) return {};
  const bool for_bots = route.access == Access::bot || route.access == Access::bot_or_login;
  std::string body_token;
  if (for_bots && call.body.is_object()) body_token = call.body_text("token");
  auto caller = surface.authenticate(call.request, body_token);
  if (!caller) return tl::unexpected(caller.error());
  call.caller = std::move(*caller);
  if (route.access == Access::group_admin)
    return call.caller.group != 0 ? Expected<void>{} : fail(Errc::unauthenticated, "A group administrator must log in");
  const bool is_bot = !call.caller.bot_id.empty();
  const bool nobody = !is_bot && call.caller.account == 0;
  const bool reads = route.method == "GET" || route.only_reads;
  const bool may_be_open = route.access == Access::open_or_login || route.access == Access::open_or_admin;
  if (nobody && may_be_open && surface.is_open_to(call.request)) return {};
  if (nobody || (is_bot && !for_bots))
    return fail(Errc::unauthenticated, std::string(surface.not_authenticated_text()));
  const auto denied = [&] { return fail(Errc::forbidden, route.denied); };
  if (reads ? !call.caller.may_read : !call.caller.may_write)
    return fail(Errc::forbidden, std::string("This API key may not ") + (reads ? "read" : "write"));
  if (route.logins_only && !call.caller.api_key_hash.empty())
    return fail(Errc::forbidden, "An API key may not do this; log in");
  const bool admin = call.caller.is_admin();
  switch (route.access) {
    case Access::anyone:
    case Access::login:
    case Access::open_or_login:
    case Access::bot_or_login: return {};
    case Access::group_admin: return denied();  // a group's login is no account
    case Access::open_or_admin:
    case Access::admin: return admin ? Expected<void>{} : denied();
    case Access::self_or_admin: {
      const auto wanted = surface.account(call.path_parameter("user_id"));
      if (!wanted) return fail(Errc::not_found, "Not found");
      return admin || call.caller.account == *wanted ? Expected<void>{} : denied();
    }
    case Access::bot:
      if (is_bot && call.caller.bot_id != call.path_parameter("bot_id"))
        return fail(Errc::unauthenticated, std::string(surface.wrong_bot_token_text()));
      call.bot_owner = call.caller.bot_owner;
      if (is_bot) return {};
      [[fallthrough]];
    case Access::owner:
    case Access::owner_or_admin: {
      const Subject bot = surface.bot(call.path_parameter("bot_id"));
      call.bot_owner = bot.owner;
      const bool owns = bot.exists && bot.owner == call.caller.account;
      if (owns) return {};
      if (!admin || route.access == Access::owner) return denied();
      return bot.exists ? Expected<void>{} : fail(Errc::not_found, "Bot not found");
    }
  }
  return denied();
}

Expected<void> Gateway::take_idempotency_key(Call& call) const {
  const auto key = call.request.header("Idempotency-Key");
  if (!key || !call.route->creates) return {};
  const bool printable = std::all_of(key->begin(), key->end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (key->empty() || key->size() > kMaxIdempotencyKeyLength || !printable)
    return fail(
        Errc::invalid,
        "Idempotency-Key must have 1 to " + std::to_string(kMaxIdempotencyKeyLength) + " visible ASCII characters",
        "Idempotency-Key");
  std::string name = call.caller.name() + " " + call.route->method + " " + std::string(call.request.path) + " ";
  call.idempotency = {actors::text_digest(name + std::string(*key)), options_.fingerprint(call.request.body)};
  return {};
}

bool allows_origin(const std::vector<std::string>& allowed, std::string_view origin) {
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), origin) != allowed.end();
}

Reply Gateway::with_cors(const Request& request, Reply reply) const {
  const auto origin = request.header("Origin");
  if (!origin) return reply;
  Headers headers = {{"Vary", "Origin"}};
  const bool unlisted = options_.allowed_origins.empty();
  const bool may_call = unlisted ? std::all_of(surfaces_.begin(), surfaces_.end(),
                                               [](const Surface* surface) { return surface->takes_every_origin(); })
                                 : allows_origin(options_.allowed_origins, *origin);
  if (may_call) {
    headers.emplace_back("Access-Control-Allow-Origin", *origin);
    headers.emplace_back("Access-Control-Allow-Credentials", "true");
  }
  return Reply(std::make_unique<WithHeaders>(std::move(reply), std::move(headers)));
}

Response Gateway::preflight(const Request& request) const {
  Response response = plain(200, "", "text/plain");
  response.headers.emplace_back("Allow", kAllMethods);
  if (request.header("Access-Control-Request-Method"))
    response.headers.emplace_back("Access-Control-Allow-Methods", kAllMethods);
  if (const auto headers = request.header("Access-Control-Request-Headers"))
    response.headers.emplace_back("Access-Control-Allow-Headers", *headers);
  return response;
}

}  // namespace troupe::http
