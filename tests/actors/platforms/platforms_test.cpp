// The platforms of a house: what runs, what became of it, and what follows a change of an entry.
#include "actors/platforms/platforms.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "actors/platforms/platform_type.hpp"
#include "actors/system.hpp"
#include "projections/rebuild.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using platforms::Doorkeeper;
using testing::wait;

/// Listens nowhere, and remembers where it was to.
class NoServer final : public platforms::Listening {
 public:
  void open(const std::string& address, std::uint16_t port, std::shared_ptr<Doorkeeper> doorkeeper,
            std::function<void(Expected<void>)> opened) override {
    const std::lock_guard lock(mutex_);
    if (port == refused_port) return opened(fail(Errc::conflict, "cannot listen on " + address + ": in use"));
    doors_[port] = std::move(doorkeeper);
    opened({});
  }
  void close(const std::string&, std::uint16_t port) override {
    const std::lock_guard lock(mutex_);
    doors_.erase(port);
  }
  std::shared_ptr<Doorkeeper> door(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    return doors_.contains(port) ? doors_[port] : nullptr;
  }
  std::uint16_t refused_port = 0;

 private:
  std::mutex mutex_;
  std::map<std::uint16_t, std::shared_ptr<Doorkeeper>> doors_;
};

class FakeSocket final : public platforms::PlatformSocket {
 public:
  void send(std::string text) override {
    for (is_held_up = holds_up.load(); holds_up;) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::lock_guard lock(mutex_);
    sent_.push_back(std::move(text));
  }
  void close(std::uint16_t, std::string) override { is_closed = true; }
  std::size_t sent() {
    const std::lock_guard lock(mutex_);
    return sent_.size();
  }
  std::atomic<bool> is_closed{false}, holds_up{false}, is_held_up{false};

 private:
  std::mutex mutex_;
  std::vector<std::string> sent_;
};

class PlatformsTest : public ::testing::Test {
 protected:
  PlatformsTest() {
    store_ = std::move(*storage::Store::open({folder_.path()}));
    EXPECT_TRUE(projections::rebuild(*store_, false, {}));
    secrets_ = *Secrets::open(folder_.path());
    options_.mail.outbox = folder_.path() / "outbox";
    options_.platform_retry = std::chrono::milliseconds(10);
    system_ = std::make_unique<System>(*store_, secrets_, options_);
  }
  ~PlatformsTest() override { system_.reset(); }

  std::string add(const std::string& name, const std::string& type, const Json& flat) {
    events::Platform platform{name, type};
    auto split = platforms::split_config(*platforms::platform_type(type), flat, secrets_);
    if (!split) return split.error().message;
    platform.config = split->config;
    platform.sealed_secrets = split->sealed_secrets;
    const auto record = wait([&](auto answer) { system_->catalogue().add(platform, by_the_house(), answer); });
    return record ? std::string((*record)->id()) : record.error().message;
  }
  void change(const std::string& id, const Json& fields) {
    EXPECT_TRUE(wait([&](auto answer) {
      system_->catalogue().ask<events::Platform>(id, ChangeEntry{fields}, by_the_house(), answer);
    }));
  }
  PlatformStatus status(const std::string& id) { return system_->platforms().status(id).value_or(PlatformStatus{}); }
  template <class Probe>
  static bool eventually(Probe probe) {
    for (int i = 0; i < 1000; ++i) {
      if (probe()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  bool comes_to(const std::string& id, const std::string& word) {
    return eventually([&] { return status(id).status == word; });
  }

  storage::test::TempFolder folder_;
  SystemOptions options_;
  Secrets secrets_;
  NoServer server_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<System> system_;
};

TEST_F(PlatformsTest, RunNothingBeforeTheyAreStarted) {
  const auto id = add("qq", "aiocqhttp", {{"ws_port", 6301}});
  EXPECT_EQ(status(id).status, "stopped");
  EXPECT_FALSE(server_.door(6301));
  EXPECT_FALSE(system_->platforms().restart(id));
  system_->platforms().start(server_);
  EXPECT_TRUE(comes_to(id, "running"));
  EXPECT_EQ(status(id).display_name, "OneBot v11");
  EXPECT_NE(status(id).started_at, 0);
  EXPECT_TRUE(server_.door(6301));
}

TEST_F(PlatformsTest, FollowTheirEntries) {
  system_->platforms().start(server_);
  const auto id = add("qq", "aiocqhttp", {{"ws_port", 6301}});
  ASSERT_TRUE(comes_to(id, "running"));
  change(id, {{"config", {{"ws_port", 6302}}}});
  EXPECT_TRUE(eventually([&] { return server_.door(6302) && !server_.door(6301); }));
  EXPECT_TRUE(comes_to(id, "running"));
  EXPECT_EQ(status(id).restarts, 1u);
  change(id, {{"enabled", false}});
  EXPECT_TRUE(comes_to(id, "stopped"));
  EXPECT_FALSE(server_.door(6302));
  EXPECT_FALSE(system_->platforms().restart(id));
  change(id, {{"enabled", true}});
  EXPECT_TRUE(comes_to(id, "running"));
  EXPECT_TRUE(system_->platforms().restart(id));
  EXPECT_TRUE(wait(
      [&](auto answer) { system_->catalogue().ask<events::Platform>(id, RemoveEntry{}, by_the_house(), answer); }));
  EXPECT_TRUE(eventually([&] { return !server_.door(6302); }));
  EXPECT_TRUE(system_->platforms().status().empty());
}

TEST_F(PlatformsTest, SayWhatIsWrongAndTryAgain) {
  server_.refused_port = 6301;
  system_->platforms().start(server_);
  const auto id = add("qq", "aiocqhttp", {{"ws_port", 6301}});
  ASSERT_TRUE(eventually([&] { return status(id).restarts >= 2; }));
  EXPECT_EQ(status(id).last_error->message, "cannot listen on 127.0.0.1: in use");
  EXPECT_NE(status(id).last_error->time, 0);
  EXPECT_GE(status(id).errors, 2u);
}

TEST_F(PlatformsTest, CountWhatComesAndGoes) {
  system_->platforms().start(server_);
  const auto id = add("qq", "aiocqhttp", {{"ws_port", 6301}});
  ASSERT_TRUE(comes_to(id, "running"));
  const auto verdict = server_.door(6301)->admit({"/ws", "", {{"x-self-id", "1"}}, "127.0.0.1"});
  ASSERT_FALSE(verdict.refusal);
  const auto socket = std::make_shared<FakeSocket>();
  verdict.receiver->opened(socket);
  verdict.receiver->message(R"({"post_type":"notice","notice_type":"group_ban","self_id":1})");
  verdict.receiver->message(R"({"post_type":"request","request_type":"friend","self_id":1})");
  verdict.receiver->message("nonsense");
  verdict.receiver->message(
      R"({"post_type":"message","message_type":"private","self_id":1,"user_id":2,"message_id":3,"message":"/ping"})");
  ASSERT_TRUE(eventually([&] { return socket->sent() == 1; }));
  verdict.receiver->message(R"({"status":"ok","retcode":0,"data":{"message_id":4},"echo":"troupe-1"})");
  ASSERT_TRUE(eventually([&] { return status(id).sent == 1; }));
  const auto counted = status(id);
  EXPECT_EQ(counted.received, 1u);
  EXPECT_EQ(counted.errors, 1u);
  EXPECT_EQ(counted.notices, 1u);
  EXPECT_EQ(counted.requests, 1u);
  EXPECT_EQ(counted.clients, 1u);
  change(id, {{"enabled", false}});
  EXPECT_TRUE(eventually([&] { return socket->is_closed.load(); }));
}

TEST_F(PlatformsTest, KeepNoMoreAnswersThanTheirLimitWaitingForAClient) {
  system_->platforms().start(server_);
  const auto id = add("qq", "aiocqhttp", {{"ws_port", 6301}});
  ASSERT_TRUE(comes_to(id, "running"));
  const auto verdict = server_.door(6301)->admit({"/ws", "", {{"x-self-id", "1"}}, "127.0.0.1"});
  verdict.receiver->opened(std::make_shared<FakeSocket>());
  ASSERT_TRUE(eventually([&] { return status(id).clients == 1; }));
  const auto refused = std::make_shared<std::atomic<std::size_t>>(0);
  for (std::size_t i = 0; i < defaults::kMaxUnansweredSends + 5; ++i)
    system_->platforms().send({id, false, "7", "hi", ""}, [refused](const Expected<std::string>& sent) {
      if (!sent && sent.error().message == "too many answers wait for their clients") ++*refused;
    });
  EXPECT_TRUE(eventually([&] { return *refused == 5; }));
}

TEST_F(PlatformsTest, LoseWhatTheyHaveNoRoomForAndSaySo) {
  system_->platforms().start(server_);
  const auto id = add("qq", "aiocqhttp", {{"ws_port", 6301}});
  ASSERT_TRUE(comes_to(id, "running"));
  const auto verdict = server_.door(6301)->admit({"/ws", "", {{"x-self-id", "1"}}, "127.0.0.1"});
  const auto socket = std::make_shared<FakeSocket>();
  verdict.receiver->opened(socket);
  ASSERT_TRUE(eventually([&] { return status(id).clients == 1; }));
  socket->holds_up = true;
  system_->platforms().send({id, false, "7", "hi", ""}, [](const Expected<std::string>&) {});
  ASSERT_TRUE(eventually([&] { return socket->is_held_up.load(); }));
  const std::string large(defaults::kMaxPlatformBytesWaiting / 2 + 1, 'x');
  verdict.receiver->message(large);
  verdict.receiver->message(large);
  socket->holds_up = false;
  EXPECT_TRUE(eventually([&] {
    const auto error = status(id).last_error;
    return error && error->message == "too many messages wait: some were lost";
  }));
  EXPECT_EQ(status(id).errors, 2u) << "the first was looked at, and is no OneBot";
}

TEST_F(PlatformsTest, HoldNoMoreMessagesThanMayWait) {
  system_->platforms().start(server_);
  const auto id = add("qq", "aiocqhttp", {{"ws_port", 6301}});
  ASSERT_TRUE(comes_to(id, "running"));
  const auto verdict = server_.door(6301)->admit({"/ws", "", {{"x-self-id", "1"}}, "127.0.0.1"});
  const auto socket = std::make_shared<FakeSocket>();
  verdict.receiver->opened(socket);
  ASSERT_TRUE(eventually([&] { return status(id).clients == 1; }));
  socket->holds_up = true;
  system_->platforms().send({id, false, "7", "hi", ""}, [](const Expected<std::string>&) {});
  ASSERT_TRUE(eventually([&] { return socket->is_held_up.load(); }));
  const auto notice = R"({"post_type":"notice","notice_type":"group_ban","self_id":1})";
  for (std::size_t i = 0; i < defaults::kMaxPlatformMessagesWaiting + 5; ++i) verdict.receiver->message(notice);
  socket->holds_up = false;
  EXPECT_TRUE(eventually([&] { return status(id).notices == defaults::kMaxPlatformMessagesWaiting; }));
  EXPECT_TRUE(eventually([&] {
    const auto error = status(id).last_error;
    return error && error->message == "too many messages wait: some were lost";
  }));
  EXPECT_EQ(status(id).errors, 1u) << "said once for all of them";
  verdict.receiver->message(notice);
  EXPECT_TRUE(eventually([&] { return status(id).notices == defaults::kMaxPlatformMessagesWaiting + 1; }));
}

TEST_F(PlatformsTest, LetInNoMoreClientsThanTheyMayHave) {
  system_->platforms().start(server_);
  const auto id = add("qq", "aiocqhttp", {{"ws_port", 6301}});
  ASSERT_TRUE(comes_to(id, "running"));
  const auto door = server_.door(6301);
  std::vector<std::shared_ptr<platforms::SocketReceiver>> clients;
  for (std::size_t i = 0; i < defaults::kMaxOneBotClients; ++i) {
    const auto verdict = door->admit({"/ws", "", {{"x-self-id", std::to_string(i)}}, "127.0.0.1"});
    ASSERT_FALSE(verdict.refusal) << i;
    clients.push_back(verdict.receiver);
  }
  const auto one_more = door->admit({"/ws", "", {{"x-self-id", "x"}}, "127.0.0.1"});
  ASSERT_TRUE(one_more.refusal);
  EXPECT_EQ(one_more.refusal->status, 503);
  clients.pop_back();
  EXPECT_FALSE(door->admit({"/ws", "", {{"x-self-id", "x"}}, "127.0.0.1"}).refusal);
}

TEST_F(PlatformsTest, AreCountedByType) {
  server_.refused_port = 6302;
  system_->platforms().start(server_);
  const auto one = add("one", "aiocqhttp", {{"ws_port", 6301}});
  const auto two = add("two", "aiocqhttp", {{"ws_port", 6302}});
  ASSERT_TRUE(comes_to(one, "running"));
  ASSERT_TRUE(eventually([&] { return status(two).restarts >= 2; }));
  change(two, {{"enabled", false}});
  ASSERT_TRUE(comes_to(two, "stopped"));
  const auto counts = system_->platforms().counts();
  ASSERT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts.at("aiocqhttp").running, 1u);
  EXPECT_EQ(counts.at("aiocqhttp").failing, 0u);
  EXPECT_EQ(counts.at("aiocqhttp").restarts, status(two).restarts);
  EXPECT_EQ(counts.at("aiocqhttp").errors, status(two).errors);
}

TEST_F(PlatformsTest, RefuseAUrlOfThisMachineWhereThatIsNotAllowed) {
  options_.allow_local_providers = false;
  system_.reset();
  system_ = std::make_unique<System>(*store_, secrets_, options_);
  EXPECT_EQ(add("qq", "aiocqhttp", {{"ws_url", "ws://127.0.0.1:1/"}}),
            "ws_url must not be of this machine or a private network; --allow-local-providers would allow it");
}

TEST_F(PlatformsTest, HaveNothingToSayToAPlatformThatIsNotThere) {
  system_->platforms().start(server_);
  const auto send = [&](const std::string& platform) {
    return wait<std::string>([&](auto answer) { system_->platforms().send({platform, false, "7", "hi", ""}, answer); });
  };
  EXPECT_EQ(send("nobody").error().code, Errc::not_found);
  EXPECT_EQ(send(add("qq", "aiocqhttp", {{"ws_port", 6301}})).error().code, Errc::overloaded);
  system_->platforms().stop();
  EXPECT_EQ(send("nobody").error().code, Errc::overloaded);
}

}  // namespace
}  // namespace troupe::actors
