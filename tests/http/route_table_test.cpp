// Walks the route table: what each route declares is what the gateway does.
#include <gtest/gtest.h>

#include <future>

#include "actors/system.hpp"
#include "http/gateway.hpp"
#include "http/openapi.hpp"
#include "http/surfaces/bot_manager/bot_manager.hpp"
#include "projections/rebuild.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::http {
namespace {

/// Runs posted work at once, under a lock: the tests send one request at a time.
class InlineLoop : public EventLoop {
 public:
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    work();
  }
  std::unique_ptr<Timer> after(std::chrono::milliseconds, std::function<void()>) override {
    return std::make_unique<Timer>();
  }

 private:
  std::recursive_mutex mutex_;
};

struct Promised : Reply::Sink {
  explicit Promised(std::promise<Response> promise) : promise(std::move(promise)) {}
  void send(Response response) override { promise.set_value(std::move(response)); }
  std::promise<Response> promise;
};

class RouteTable : public ::testing::Test {
 protected:
  RouteTable() {
    storage::StoreOptions store_options{folder_.path()};
    store_options.mirrored_counters = projections::mirrored_counters();
    store_ = std::move(*storage::Store::open(store_options));
    EXPECT_TRUE(projections::rebuild(*store_, false, {}));
    secrets_ = *actors::Secrets::open(folder_.path());
    actors::SystemOptions options;
    options.mail.outbox = folder_.path() / "outbox";
    system_ = std::make_unique<actors::System>(*store_, secrets_, options);
    surface_ = std::make_unique<BotManager>(Services{*store_, *system_, secrets_, loop_, metrics_, unknown_names_},
                                            socketio::Options{});
    GatewayOptions gateway_options;
    gateway_options.limit_rates = false;
    gateway_options.fingerprint = [this](std::string_view body) { return secrets_.keyed_digest(body); };
    gateway_options.read_elsewhere = [this](std::function<void()> work) { return system_->read_elsewhere(work); };
    gateway_ = std::make_unique<Gateway>(gateway_options, metrics_);
    EXPECT_TRUE(gateway_->add(*surface_));
    for (const char* name : {"owner", "other"}) {
      const std::string body =
          std::string(R"({"username":")") + name + R"(","email":")" + name + R"(@example.org","password":"password"})";
      EXPECT_EQ(send("POST", "/api/auth/register", body).status, 200);
      const auto answer = send("POST", "/api/auth/login", body);
      const std::string& set = answer.headers.front().second;
      cookies_[name] = set.substr(0, set.find(';'));
    }
    const auto create_bot = [this](const char* owner) {
      return Json::parse(send("POST", "/api/my-bots", R"({"name":"bot"})", "Cookie", cookies_[owner]).body);
    };
    const auto created = create_bot("owner");
    bot_ = created["bot_id"].get<std::string>();
    token_ = created["token"].get<std::string>();
    other_token_ = create_bot("other")["token"].get<std::string>();
  }
  ~RouteTable() override {
    system_.reset();
    store_.reset();
  }

  Response send(const std::string& method, const std::string& target, const std::string& body = {},
                const std::string& header = {}, const std::string& value = {}) {
    const auto owned =
        std::make_shared<std::vector<std::string>>(std::vector<std::string>{method, target, body, header, value});
    Request request;
    request.method = (*owned)[0];
    request.target = (*owned)[1];
    request.path = request.target.substr(0, request.target.find('?'));
    request.query = request.path.size() < request.target.size() ? request.target.substr(request.path.size() + 1)
                                                                : std::string_view{};
    request.body = (*owned)[2];
    if (!header.empty()) request.headers.emplace_back((*owned)[3], (*owned)[4]);
    request.remote_address = "127.0.0.1";
    request.id = "test";
    request.keep_alive = owned;
    std::promise<Response> promise;
    auto answer = promise.get_future();
    gateway_->handle(std::move(request), Reply(std::make_unique<Promised>(std::move(promise))));
    if (answer.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return {0, "no answer"};
    return answer.get();
  }

  std::string target_of(const Route& route) const {
    std::string path = route.pattern;
    const auto fill = [&](const std::string& name, const std::string& value) {
      if (const auto at = path.find(name); at != path.npos) path.replace(at, name.size(), value);
    };
    fill("{bot_id}", bot_);
    fill("{user_id}", "1");
    fill("{command_id}", "cmd_1_000000");
    return path;
  }

  static Json example_of(const Field& field) {
    switch (field.type) {
      case Field::Type::integer:
      case Field::Type::number: return 1;
      case Field::Type::boolean: return true;
      case Field::Type::object: return Json::object();
      case Field::Type::array: return Json::array();
      case Field::Type::string:
      case Field::Type::any: break;
    }
    return field.values.empty() ? "text" : field.values.front();
  }

  static void expect_error(const Response& response, int status, const Route& route) {
    EXPECT_EQ(response.status, status) << route.method << " " << route.pattern << " " << response.body;
    const auto body = Json::parse(response.body, nullptr, false);
    ASSERT_TRUE(body.is_object()) << response.body;
    EXPECT_TRUE(body.contains("error") && body["error"].is_string()) << response.body;
    EXPECT_EQ(body.value("request_id", ""), "test");
  }

  storage::test::TempFolder folder_;
  InlineLoop loop_;
  Metrics metrics_;
  UnknownNames unknown_names_;
  actors::Secrets secrets_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<actors::System> system_;
  std::unique_ptr<BotManager> surface_;
  std::unique_ptr<Gateway> gateway_;
  std::map<std::string, std::string> cookies_;
  std::string bot_, token_, other_token_;
};

TEST_F(RouteTable, EveryRouteRefusesThoseItsTableDoesNotName) {
  for (const Route& route : surface_->routes()) {
    if (route.access == Access::anyone) continue;
    const std::string target = target_of(route);
    const bool for_bots = route.access == Access::bot || route.access == Access::bot_or_login;
    expect_error(send(route.method, target), 401, route);
    expect_error(send(route.method, target, "", "Cookie", "session_token=nonsense"), 401, route);
    expect_error(send(route.method, target, "", "X-Bot-Token", "nonsense"), 401, route);
    if (!for_bots) expect_error(send(route.method, target, "", "X-Bot-Token", token_), 401, route);
    if (route.access == Access::bot)
      expect_error(send(route.method, target, "", "X-Bot-Token", other_token_), 401, route);
    const bool of_somebody = route.access != Access::login && route.access != Access::bot_or_login;
    if (of_somebody) expect_error(send(route.method, target, "", "Cookie", cookies_["other"]), 403, route);
  }
}

TEST_F(RouteTable, EveryRouteRefusesABodyThatIsNotJson) {
  for (const Route& route : surface_->routes()) {
    if (route.body == BodyKind::none) continue;
    const bool bots_only = route.access == Access::bot;
    const auto answer = bots_only ? send(route.method, target_of(route), "{", "X-Bot-Token", token_)
                                  : send(route.method, target_of(route), "{", "Cookie", cookies_["owner"]);
    expect_error(answer, 400, route);
  }
}

TEST_F(RouteTable, EveryIntegerParameterHasARange) {
  for (const Route& route : surface_->routes()) {
    if (route.access == Access::admin) continue;
    for (const Parameter& parameter : route.query) {
      if (!parameter.integer) continue;
      for (const std::string& value : {std::to_string(parameter.max + 1), std::to_string(parameter.min - 1),
                                       std::string("x"), std::string("1x"), std::string("99999999999999999999")}) {
        const auto answer =
            send(route.method, target_of(route) + "?" + parameter.name + "=" + value, "", "Cookie", cookies_["owner"]);
        expect_error(answer, 400, route);
        EXPECT_EQ(Json::parse(answer.body)["field"], parameter.name);
      }
    }
  }
}

TEST_F(RouteTable, EveryRequiredFieldIsNamedWhenItIsMissing) {
  for (const Route& route : surface_->routes()) {
    for (const Field& field : route.fields) {
      if (!field.required) continue;
      Json body = Json::object();
      for (const Field& other : route.fields)
        if (other.required && other.name != field.name) body[other.name] = example_of(other);
      const bool bots_only = route.access == Access::bot;
      const auto answer = bots_only ? send(route.method, target_of(route), body.dump(), "X-Bot-Token", token_)
                                    : send(route.method, target_of(route), body.dump(), "Cookie", cookies_["owner"]);
      expect_error(answer, 400, route);
      const auto error = Json::parse(answer.body);
      EXPECT_EQ(error.value("field", ""), field.name) << route.pattern;
      const std::string expected = route.missing.empty() ? field.name + " is required" : route.missing;
      EXPECT_EQ(error.value("error", ""), expected) << route.pattern;
    }
  }
}

TEST_F(RouteTable, EveryRouteIsInTheOpenApiDocument) {
  const auto document = openapi_document({surface_.get()});
  for (const Route& route : surface_->routes()) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    EXPECT_TRUE(document["paths"][route.pattern].contains(method)) << route.method << " " << route.pattern;
  }
}

TEST_F(RouteTable, ALoginIsForgottenTheMomentItEnds) {
  const auto me = [&] { return send("GET", "/api/auth/me", "", "Cookie", cookies_["owner"]).status; };
  EXPECT_EQ(me(), 200);
  EXPECT_EQ(me(), 200);
  EXPECT_EQ(send("POST", "/api/auth/logout", "", "Cookie", cookies_["owner"]).status, 200);
  EXPECT_EQ(me(), 401);
}

TEST_F(RouteTable, ABotsOldTokenIsForgottenTheMomentItIsReplaced) {
  const std::string logs = "/api/bot/" + bot_ + "/logs";
  const auto post = [&] { return send("POST", logs, R"({"message":"m"})", "X-Bot-Token", token_).status; };
  EXPECT_EQ(post(), 200);
  EXPECT_EQ(send("POST", "/api/my-bots/" + bot_ + "/regenerate-token", "", "Cookie", cookies_["owner"]).status, 200);
  EXPECT_EQ(post(), 401);
}

TEST_F(RouteTable, MyBotsShowsAChangeAtOnce) {
  const auto list = [&] { return Json::parse(send("GET", "/api/my-bots", "", "Cookie", cookies_["owner"]).body); };
  EXPECT_EQ(list()["bots"][0]["name"], "bot");
  EXPECT_EQ(send("PUT", "/api/my-bots/" + bot_, R"({"name":"renamed"})", "Cookie", cookies_["owner"]).status, 200);
  EXPECT_EQ(list()["bots"][0]["name"], "renamed");
  EXPECT_EQ(send("DELETE", "/api/my-bots/" + bot_, "", "Cookie", cookies_["owner"]).status, 200);
  EXPECT_EQ(list()["count"], 0);
}

TEST_F(RouteTable, AnEmptyBotFilterIsNoFilter) {
  const char* registration = R"({"username":"new","email":"new@example.org","password":"password"})";
  EXPECT_EQ(send("POST", "/api/auth/register", registration).status, 200);
  const auto login = send("POST", "/api/auth/login", R"({"username":"new","password":"password"})");
  const std::string& set = login.headers.front().second;
  for (const char* path : {"/api/commands?bot_id=", "/api/logs?bot_id=", "/api/export/messages?bot_id="})
    EXPECT_EQ(send("GET", path, "", "Cookie", set.substr(0, set.find(';'))).status, 200) << path;
}

TEST_F(RouteTable, OverviewCountsWhatHappened) {
  const auto before = Json::parse(send("GET", "/api/stats/overview", "", "Cookie", cookies_["owner"]).body);
  send("POST", "/api/bot/" + bot_ + "/logs", R"([{"message":"a"},{"message":"b"}])", "X-Bot-Token", token_);
  send("POST", "/api/bot/" + bot_ + "/messages", R"({"message":"c"})", "X-Bot-Token", token_);
  const auto after = Json::parse(send("GET", "/api/stats/overview", "", "Cookie", cookies_["owner"]).body);
  EXPECT_EQ(after["total_logs"].get<int>() - before["total_logs"].get<int>(), 3);
  EXPECT_EQ(after["total_messages"].get<int>() - before["total_messages"].get<int>(), 1);
  EXPECT_EQ(after["total_users"], 2);
  EXPECT_EQ(after["user_bots"], 1);
}

}  // namespace
}  // namespace troupe::http
