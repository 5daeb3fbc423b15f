// The models against providers on real sockets, with everything that goes wrong there.
#include "actors/llm/models.hpp"

#include <gtest/gtest.h>

#include <future>

#include "tests/actors/llm/fake_provider.hpp"

namespace troupe::actors::llm {
namespace {

using namespace std::chrono_literals;
using testing::Exchange;
using testing::FakeProvider;

constexpr const char* kHel = R"({"model":"m-1","choices":[{"delta":{"content":"Hel"}}]})";
constexpr const char* kLo =
    R"({"choices":[{"delta":{"content":"lo"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})";
constexpr const char* kDone = "[DONE]";

void hello(const Exchange& exchange) { exchange.stream({kHel, kLo, kDone}); }

FakeProvider::Script refusing(const std::string& status, const std::string& more = "", const std::string& body = "") {
  return [=](const Exchange& exchange) { exchange.answer(status, body, more); };
}

/// What a request came to.
struct Asked {
  std::vector<std::string> pieces;
  std::promise<Expected<ChatAnswer>> done;
  std::future<Expected<ChatAnswer>> outcome = done.get_future();
  Models::Ticket ticket = 0;

  Expected<ChatAnswer> wait() {
    if (outcome.wait_for(20s) != std::future_status::ready) return fail(Errc::invalid, "no outcome in 20 s");
    return outcome.get();
  }
  std::string text_or_error() {
    const auto answer = wait();
    return answer ? answer->text : std::string(name(answer.error().code)) + ": " + answer.error().message;
  }
};

class ModelsTest : public ::testing::Test {
 protected:
  Provider provider(const FakeProvider& fake, const std::string& name = "one", std::vector<std::string> keys = {"k"},
                    Format format = Format::openai) {
    return {name, fake.url, std::move(keys), name + "-model", format, ""};
  }

  void start(std::vector<Provider> providers) {
    options_.providers = std::move(providers);
    models_ = std::make_unique<Models>(options_);
  }

  std::shared_ptr<Asked> ask(ChatRequest request = {}) {
    auto asked = std::make_shared<Asked>();
    if (request.messages.empty()) request.messages = {{"user", "Say hello"}};
    asked->ticket = models_->ask(
        std::move(request), [asked](std::string_view piece) { asked->pieces.emplace_back(piece); },
        [asked](Expected<ChatAnswer> answer) { asked->done.set_value(std::move(answer)); });
    return asked;
  }
  std::shared_ptr<Asked> ask_of(const std::string& provider, const std::string& model = "") {
    ChatRequest request;
    request.provider = provider;
    request.model = model;
    return ask(request);
  }

  Expected<Embeddings> embed(EmbeddingRequest request) {
    auto done = std::make_shared<std::promise<Expected<Embeddings>>>();
    auto outcome = done->get_future();
    models_->embed(std::move(request), [done](Expected<Embeddings> result) { done->set_value(std::move(result)); });
    if (outcome.wait_for(20s) != std::future_status::ready) return fail(Errc::timed_out, "no outcome in 20 s");
    return outcome.get();
  }

  static void eventually(const std::function<bool()>& holds, const char* what) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << what;
      std::this_thread::sleep_for(1ms);
    }
  }

  FakeProvider fake_, other_;
  ModelsOptions options_{.retry_delay = 20ms};
  std::unique_ptr<Models> models_;
};

TEST_F(ModelsTest, DoNotConnectToAPlaceThatAProviderMayNotReachWhateverItsName) {
  fake_.otherwise = hello;
  const std::string port = fake_.url.substr(fake_.url.rfind(':'));
  for (const char* host : {"localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"}) {
    auto confined = provider(fake_);
    confined.base_url = "http://" + std::string(host) + port;
    confined.reach = Reach::public_only;
    start({confined});
    EXPECT_EQ(ask()->text_or_error(),
              "upstream_failed: the connection to one failed: its name leads to an address that is not allowed")
        << host;
  }
  EXPECT_EQ(fake_.connections, 0);
}

TEST_F(ModelsTest, LetNoProviderUseTheConnectionOfOneThatMayReachMore) {
  fake_.otherwise = hello;
  const std::string url = "http://localhost" + fake_.url.substr(fake_.url.rfind(':'));
  auto free = provider(fake_, "free"), confined = provider(fake_, "confined");
  free.base_url = confined.base_url = url;
  confined.reach = Reach::public_only;
  start({free, confined});
  EXPECT_EQ(ask_of("free")->text_or_error(), "Hello");
  EXPECT_EQ(ask_of("confined")->wait().error().code, Errc::upstream_failed);
  EXPECT_EQ(ask_of("free")->text_or_error(), "Hello");
  EXPECT_EQ(fake_.requests, 2);
}

TEST_F(ModelsTest, HandOutEachPieceAsSoonAsItArrives) {
  std::promise<void> first_seen;
  fake_.then([seen = first_seen.get_future().share()](const Exchange& exchange) {
    exchange.send_head();
    exchange.send_event(kHel);
    EXPECT_EQ(seen.wait_for(10s), std::future_status::ready) << "the first piece waits for the second";
    exchange.send_event(kLo);
    exchange.send_event(kDone);
    exchange.end();
  });
  start({provider(fake_)});
  std::promise<Expected<ChatAnswer>> done;
  std::vector<std::string> pieces;
  models_->ask(
      {"", "", {{"user", "hi"}}},
      [&](std::string_view piece) {
        pieces.emplace_back(piece);
        if (pieces.size() == 1) first_seen.set_value();
      },
      [&](Expected<ChatAnswer> answer) { done.set_value(std::move(answer)); });
  const auto answer = done.get_future().get();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(pieces, (std::vector<std::string>{"Hel", "lo"}));
  EXPECT_EQ(answer->text, "Hello");
  EXPECT_EQ(answer->provider, "one");
  EXPECT_EQ(answer->model, "m-1");
  EXPECT_EQ(answer->usage.prompt_tokens, 3);
  EXPECT_GT(answer->took_us, 0);
  EXPECT_EQ(models_->under_way(), 0u);
}

TEST_F(ModelsTest, AnswerWithTheLastEventAndNotWithTheEndOfTheConnection) {
  std::promise<void> answered;
  fake_.then([answered = answered.get_future().share()](const Exchange& exchange) {
    exchange.send_head();
    for (const char* event : {kHel, kLo, kDone}) exchange.send_event(event);
    EXPECT_EQ(answered.wait_for(10s), std::future_status::ready);
    exchange.end();
  });
  start({provider(fake_)});
  EXPECT_EQ(ask()->text_or_error(), "Hello");
  answered.set_value();
}

TEST_F(ModelsTest, UseAConnectionAgain) {
  fake_.otherwise = hello;
  start({provider(fake_)});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask()->text_or_error(), "Hello");
  EXPECT_EQ(fake_.requests, 3);
  EXPECT_EQ(fake_.connections, 1);
}

TEST_F(ModelsTest, SpeakAnthropicsFormat) {
  fake_.then([](const Exchange& exchange) {
    exchange.stream({R"({"type":"message_start","message":{"model":"c","usage":{"input_tokens":3}}})",
                     R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}})",
                     R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}})",
                     R"({"type":"message_stop"})"});
  });
  start({provider(fake_, "anthropic", {"k"}, Format::anthropic)});
  EXPECT_EQ(ask()->text_or_error(), "Hello");
  EXPECT_TRUE(fake_.seen()[0].head.starts_with("POST /messages HTTP/1.1\r\n"));
  EXPECT_NE(fake_.seen()[0].head.find("x-api-key: k\r\n"), std::string::npos);
  EXPECT_EQ(Json::parse(fake_.seen()[0].body)["model"], "anthropic-model");
}

TEST_F(ModelsTest, SpeakGeminisFormat) {
  fake_.then([](const Exchange& exchange) {
    exchange.stream({R"({"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]})",
                     R"({"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP"}]})"});
  });
  start({provider(fake_, "gemini", {"k"}, Format::gemini)});
  EXPECT_EQ(ask()->text_or_error(), "Hello");
  EXPECT_TRUE(fake_.seen()[0].head.starts_with("POST /models/gemini-model:streamGenerateContent?alt=sse HTTP/1.1\r\n"));
  EXPECT_NE(fake_.seen()[0].head.find("x-goog-api-key: k\r\n"), std::string::npos);
}

TEST_F(ModelsTest, TryAgainAfterWhatMayPass) {
  fake_.then(refusing("500 Broken"));
  fake_.then([](const Exchange& exchange) { exchange.cut(); });
  fake_.then(
      [](const Exchange& exchange) { exchange.stream({R"({"error":{"code":"overloaded","message":"busy"}})"}); });
  fake_.then(hello);
  start({provider(fake_)});
  EXPECT_EQ(ask()->text_or_error(), "Hello");
  EXPECT_EQ(fake_.requests, 4);
}

TEST_F(ModelsTest, GiveUpAfterSomeAttempts) {
  start({provider(fake_)});
  EXPECT_EQ(ask()->text_or_error(), "upstream_failed: one answered with status 500");
  EXPECT_EQ(fake_.requests, defaults::kMaxModelAttempts);
}

TEST_F(ModelsTest, TryNothingAgainThatIsNoGood) {
  fake_.then(refusing("400 Bad Request", "", R"({"error":{"message":"no","code":"bad_request"}})"));
  start({provider(fake_), provider(other_, "two")});
  EXPECT_EQ(ask()->text_or_error(), "upstream_failed: one answered with status 400 (bad_request)");
  EXPECT_EQ(fake_.requests, 1);
  EXPECT_EQ(other_.requests, 0);
}

TEST_F(ModelsTest, FollowNoRedirect) {
  fake_.then(refusing("307 Temporary Redirect", "Location: " + other_.url + "\r\n"));
  start({provider(fake_)});
  EXPECT_EQ(ask()->text_or_error(), "upstream_failed: one answered with status 307");
  EXPECT_EQ(other_.connections, 0);
}

TEST_F(ModelsTest, NeverTryAgainAfterTheFirstPiece) {
  for (const auto& [what, break_it] : std::vector<std::pair<std::string, FakeProvider::Script>>{
           {"cut", [](const Exchange& exchange) { exchange.cut(); }},
           {"ended", [](const Exchange& exchange) { exchange.end(); }},
           {"malformed", [](const Exchange& exchange) { exchange.send_event("{\"choices\":[{"); }},
           {"error", [](const Exchange& exchange) { exchange.send_event(R"({"error":{"message":"busy"}})"); }},
           {"huge", [](const Exchange& exchange) {
              exchange.send_chunk("data: " + std::string(defaults::kMaxEventLineBytes, 'x'));
            }}}) {
    FakeProvider fake;
    fake.otherwise = [&](const Exchange& exchange) {
      exchange.send_head();
      exchange.send_event(kHel);
      break_it(exchange);
    };
    start({provider(fake), provider(other_, "two")});
    const auto asked = ask();
    const auto answer = asked->wait();
    ASSERT_FALSE(answer) << what;
    EXPECT_EQ(answer.error().code, Errc::upstream_failed) << what;
    EXPECT_EQ(asked->pieces, std::vector<std::string>{"Hel"}) << what;
    EXPECT_EQ(fake.requests, 1) << what;
    EXPECT_EQ(other_.requests, 0) << what;
    models_.reset();
  }
}

TEST_F(ModelsTest, TakeAnAnswerAsWholeThatLacksOnlyItsLastWord) {
  fake_.then([](const Exchange& exchange) {
    exchange.send_head();
    exchange.send_event(kHel);
    exchange.send_event(kLo);
    exchange.cut();
  });
  start({provider(fake_)});
  EXPECT_EQ(ask()->text_or_error(), "Hello");
}

TEST_F(ModelsTest, GoOnWithTheNextKeyAndBeginWithItNextTime) {
  fake_.then(refusing("429 Too Many Requests", "Retry-After: 20\r\n"));
  fake_.then(refusing("401 Unauthorized"));
  fake_.otherwise = hello;
  start({provider(fake_, "one", {"k1", "k2", "k3"})});
  EXPECT_EQ(ask()->text_or_error(), "Hello");
  EXPECT_EQ(ask()->text_or_error(), "Hello");
  const auto seen = fake_.seen();
  ASSERT_EQ(seen.size(), 4u);
  const std::vector<std::string> keys = {"k1", "k2", "k3", "k3"};
  for (std::size_t i = 0; i < keys.size(); ++i)
    EXPECT_NE(seen[i].head.find("Authorization: Bearer " + keys[i] + "\r\n"), std::string::npos) << i;
}

TEST_F(ModelsTest, BeginWithTheKeyThatTheProvidersOrderSays) {
  fake_.otherwise = hello;
  for (const auto order : {KeyOrder::round_robin, KeyOrder::least_used}) {
    auto ordered = provider(fake_, "one", {"k1", "k2"});
    ordered.key_order = order;
    start({ordered});
    const auto before = fake_.seen().size();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ask()->text_or_error(), "Hello");
    const auto seen = fake_.seen();
    const std::vector<std::string> keys = {"k1", "k2", "k1", "k2"};
    for (std::size_t i = 0; i < keys.size(); ++i)
      EXPECT_NE(seen.at(before + i).head.find("Authorization: Bearer " + keys[i] + "\r\n"), std::string::npos) << i;
  }
}

TEST_F(ModelsTest, WaitAsLongAsTheProviderAsksFor) {
  fake_.then(refusing("429 Too Many Requests", "Retry-After: 1\r\n"));
  fake_.then(hello);
  start({provider(fake_)});
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(ask()->text_or_error(), "Hello");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(ModelsTest, DoNotWaitLongerThanTheLimit) {
  fake_.then(refusing("429 Too Many Requests", "Retry-After: 3600\r\n"));
  start({provider(fake_)});
  EXPECT_EQ(ask()->text_or_error(), "upstream_failed: one answered with status 429");
  EXPECT_EQ(fake_.requests, 1);
}

TEST_F(ModelsTest, GoOnWithTheNextProviderUnlessOneWasNamed) {
  other_.otherwise = hello;
  start({provider(fake_), provider(other_, "two")});
  const auto answer = ask()->wait();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->provider, "two");
  EXPECT_EQ(Json::parse(other_.seen()[0].body)["model"], "two-model");
  EXPECT_EQ(fake_.requests, 1);
  EXPECT_EQ(ask_of("one")->text_or_error(), "upstream_failed: one answered with status 500");
}

TEST_F(ModelsTest, GoToTheProviderWhoseModelIsNamed) {
  fake_.otherwise = hello;
  other_.otherwise = hello;
  start({provider(fake_), provider(other_, "two")});
  EXPECT_EQ(ask_of("", "two-model")->wait()->provider, "two");
  EXPECT_EQ(ask_of("", "unknown")->wait()->provider, "one");
  EXPECT_EQ(Json::parse(fake_.seen()[0].body)["model"], "unknown");
  EXPECT_EQ(ask_of("nobody")->wait().error().field, "provider");
}

TEST_F(ModelsTest, SayWhenNobodyIsThere) {
  std::string url;
  { url = FakeProvider().url; }
  start({{"gone", url, {}, "m"}});
  EXPECT_TRUE(ask()->text_or_error().starts_with("upstream_failed: the connection to gone failed: "));
  models_->configure({{"odd", "gopher://127.0.0.1", {}, "m"}});
  EXPECT_TRUE(ask()->text_or_error().starts_with("upstream_failed: the connection to odd failed: "));
}

TEST_F(ModelsTest, TakeSilenceForAFailureBeforeTheAnswerAndWithinIt) {
  options_.silence_timeout = 100ms;
  fake_.then([](const Exchange& exchange) { exchange.is_left_within(10s); });
  fake_.then(hello);
  start({provider(fake_)});
  EXPECT_EQ(ask()->text_or_error(), "Hello");
  fake_.then([](const Exchange& exchange) {
    exchange.send_head();
    exchange.send_event(kHel);
    EXPECT_TRUE(exchange.is_left_within(10s));
  });
  const auto asked = ask();
  EXPECT_EQ(asked->text_or_error(), "timed_out: one did not answer in time");
  EXPECT_EQ(asked->pieces.size(), 1u);
}

TEST_F(ModelsTest, LetNoAnswerTakeLongerThanTheWholeTime) {
  options_.request_timeout = 200ms;
  fake_.otherwise = [](const Exchange& exchange) {
    exchange.send_head();
    while (!exchange.is_left_within(10ms)) exchange.send_chunk(": still thinking\n\n");
  };
  start({provider(fake_)});
  EXPECT_EQ(ask()->text_or_error(), "timed_out: one did not answer in time");
  EXPECT_EQ(fake_.requests, 1);
}

TEST_F(ModelsTest, CloseTheConnectionOfWhatIsCancelled) {
  std::promise<bool> left;
  fake_.then([&](const Exchange& exchange) {
    exchange.send_head();
    exchange.send_event(kHel);
    left.set_value(exchange.is_left_within(10s));
  });
  start({provider(fake_)});
  const auto asked = ask();
  eventually([&] { return fake_.requests == 1; }, "the request");
  models_->cancel(asked->ticket);
  EXPECT_EQ(asked->wait().error().code, Errc::cancelled);
  EXPECT_TRUE(left.get_future().get());
  models_->cancel(asked->ticket);
  models_->cancel(12345);
  EXPECT_EQ(models_->under_way(), 0u);
}

TEST_F(ModelsTest, CancelWhatWaitsForItsNextAttempt) {
  options_.retry_delay = 10s;
  start({provider(fake_)});
  const auto asked = ask();
  eventually([&] { return fake_.requests == 1; }, "the request");
  models_->cancel(asked->ticket);
  EXPECT_EQ(asked->wait().error().code, Errc::cancelled);
}

TEST_F(ModelsTest, EndWithEverythingThatIsUnderWay) {
  fake_.otherwise = [](const Exchange& exchange) { exchange.is_left_within(10s); };
  start({provider(fake_)});
  const auto asked = ask();
  eventually([&] { return fake_.requests == 1; }, "the request");
  models_->stop();
  EXPECT_EQ(asked->wait().error().code, Errc::shutting_down);
  EXPECT_EQ(ask()->wait().error().code, Errc::shutting_down);
  EXPECT_EQ(embed({"", "", {"x"}}).error().code, Errc::invalid);
}

TEST_F(ModelsTest, TakeNoMoreThanTheyCanHold) {
  fake_.otherwise = [](const Exchange& exchange) { exchange.is_left_within(30s); };
  start({provider(fake_)});
  std::vector<std::shared_ptr<Asked>> all;
  for (std::size_t i = 0; i < defaults::kMaxModelRequests; ++i) all.push_back(ask());
  EXPECT_EQ(ask()->wait().error().code, Errc::overloaded);
  EXPECT_EQ(models_->under_way(), defaults::kMaxModelRequests);
  models_->cancel(all.front()->ticket);
  EXPECT_EQ(all.front()->wait().error().code, Errc::cancelled);
  const auto fits = ask();
  EXPECT_NE(fits->ticket, 0u);
  models_->stop();
}

TEST_F(ModelsTest, ShowNoKeyInErrorsOrLogs) {
  ::testing::internal::CaptureStdout();  // where the log goes
  fake_.otherwise = [](const Exchange& exchange) {
    exchange.answer("401 No", R"({"error":{"message":"bad key sk-secret1","code":"sk-secret2"}})");
  };
  start({provider(fake_, "one", {"sk-secret1", "sk-secret2", "sk-secret3\r\nX: y"})});
  const auto error = ask()->text_or_error();
  models_.reset();
  const std::string log = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(error, "upstream_failed: the connection to one failed: its key cannot be sent");
  EXPECT_NE(log.find("bad key ***"), std::string::npos) << log;
  EXPECT_EQ(log.find("sk-secret"), std::string::npos) << log;
  EXPECT_EQ(fake_.requests, 2);
}

TEST_F(ModelsTest, AskThoseThatAreConfiguredLastAndLetTheOthersFinish) {
  std::promise<void> go_on;
  fake_.then([go_on = go_on.get_future().share()](const Exchange& exchange) {
    go_on.wait_for(10s);
    hello(exchange);
  });
  other_.otherwise = hello;
  start({provider(fake_)});
  const auto before = ask();
  eventually([&] { return fake_.requests == 1; }, "the request");
  models_->configure({provider(other_, "two")});
  EXPECT_EQ(ask()->wait()->provider, "two");
  go_on.set_value();
  EXPECT_EQ(before->wait()->provider, "one");
  ASSERT_EQ(models_->providers().size(), 1u);
  EXPECT_EQ(models_->providers()[0].name, "two");
  EXPECT_TRUE(models_->providers()[0].keys.empty());
}

TEST_F(ModelsTest, AnswerAsAStandInWithoutAProviderOrWhenItIsNamed) {
  start({});
  EXPECT_NE(ask()->text_or_error().find("stand-in"), std::string::npos);
  EXPECT_EQ(ask_of("one")->wait().error().field, "provider");
  models_->configure({provider(fake_)});
  EXPECT_EQ(ask_of("echo")->wait()->provider, "echo");
  EXPECT_EQ(ask_of("", "echo")->wait()->model, "echo");
  EXPECT_EQ(fake_.requests, 0);
}

TEST_F(ModelsTest, MakeEmbeddingsWithTheSameRulesOfTryingAgain) {
  const auto vectors = [](const Exchange& exchange) {
    exchange.answer("200 OK", R"({"data":[{"embedding":[1,2]},{"embedding":[3,4]}],"usage":{"prompt_tokens":5}})");
  };
  fake_.then(refusing("500 Broken"));
  fake_.then([](const Exchange& exchange) { exchange.cut(); });
  fake_.then(vectors);
  auto one = provider(fake_), two = provider(other_, "two");
  start({one});
  EXPECT_FALSE(models_->can_embed());
  EXPECT_EQ(embed({"", "", {"a"}}).error().field, "provider");
  one.embedding_model = two.embedding_model = "e";
  models_->configure({one});
  EXPECT_TRUE(models_->can_embed());
  const auto embeddings = embed({"", "", {"a", "b"}});
  ASSERT_TRUE(embeddings) << embeddings.error().message;
  EXPECT_EQ(embeddings->vectors, (std::vector<std::vector<float>>{{1, 2}, {3, 4}}));
  EXPECT_EQ(embeddings->provider, "one");
  EXPECT_EQ(embeddings->model, "e");
  EXPECT_EQ(embeddings->usage.prompt_tokens, 5);
  EXPECT_EQ(fake_.requests, 3);

  other_.otherwise = vectors;
  models_->configure({one, two});
  EXPECT_EQ(embed({"", "", {"a", "b"}})->provider, "two");
  two.embedding_model = "another";
  models_->configure({one, two});
  EXPECT_EQ(embed({"", "", {"a", "b"}}).error().code, Errc::upstream_failed) << "vectors of two models do not mix";
  fake_.then([](const Exchange& exchange) { exchange.answer("200 OK", R"({"data":[]})"); });
  EXPECT_EQ(embed({"one", "", {"a"}}).error().code, Errc::upstream_failed);
}

TEST_F(ModelsTest, RefuseTextsThatCannotBeEmbedded) {
  auto one = provider(fake_);
  one.embedding_model = "e";
  start({one});
  EXPECT_EQ(embed({"", "", {}}).error().field, "texts");
  EXPECT_EQ(embed({"", "", {"a", ""}}).error().field, "texts");
  EXPECT_EQ(embed({"", "", std::vector<std::string>(defaults::kMaxEmbeddingTexts + 1, "a")}).error().field, "texts");
  EXPECT_EQ(embed({"nobody", "", {"a"}}).error().field, "provider");
  EXPECT_EQ(fake_.requests, 0);
}

TEST_F(ModelsTest, AnswerManyAtOnce) {
  fake_.otherwise = hello;
  start({provider(fake_)});
  std::vector<std::shared_ptr<Asked>> all;
  for (int i = 0; i < 200; ++i) all.push_back(ask());
  for (const auto& asked : all) EXPECT_EQ(asked->text_or_error(), "Hello");
}

}  // namespace
}  // namespace troupe::actors::llm
