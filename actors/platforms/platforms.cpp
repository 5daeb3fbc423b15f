#include "actors/platforms/platforms.hpp"

#include <spdlog/spdlog.h>

#include <random>
#include <utility>

#include "actors/foreign_words.hpp"
#include "actors/platforms/discord_connection.hpp"
#include "actors/platforms/onebot_connection.hpp"
#include "actors/platforms/platform_type.hpp"
#include "actors/platforms/telegram_connection.hpp"
#include "actors/platforms/webhook_connection.hpp"
#include "events/utf8.hpp"

namespace troupe::actors {

using namespace platforms;
using projections::PlatformRow;

namespace {

std::shared_ptr<Connection> connection_of(std::string_view type, ConnectionSetup setup) {
  if (type == "aiocqhttp") return std::make_shared<OneBotConnection>(std::move(setup));
  if (type == "telegram") return std::make_shared<TelegramConnection>(std::move(setup));
  if (type == "discord") return std::make_shared<DiscordConnection>(std::move(setup));
  if (type == "webhook") return std::make_shared<WebhookConnection>(std::move(setup));
  return nullptr;
}

}  // namespace

/// One entry while it is enabled: its connection, and what that tells the house. On the loop's thread.
class Platforms::Line final : public ConnectionEvents {
 public:
  Line(Platforms& owner, const PlatformRow& row) : owner_(owner), id_(row.id), type_(row.entry.type) {}

  void start(const PlatformRow& row) {
    change([&](PlatformStatus& status) { status.status = "pending"; });
    const auto* type = platform_type(type_);
    if (!type) return failed(unknown_type().value().message);
    auto config = whole_config(*type, row.entry, owner_.house_.secrets);
    if (!config) return failed(config.error().message);
    command_prefix_ = config->value("command_prefix", std::string());
    for (const auto& [name, sealed] : row.entry.sealed_secrets) secrets_.push_back(config->value(name, std::string()));
    connection_ = connection_of(type_, {std::move(*config), owner_.loop_, owner_.http_, owner_.sockets_,
                                        *owner_.listening_, owner_.house_.reach, owner_.house_.retry_delay, *this});
    connection_->start();
  }

  void stop() {
    if (connection_) connection_->stop();
    change([](PlatformStatus& status) {
      status.status = "stopped";
      status.started_at = 0;
      status.clients = 0;
    });
  }

  void send(Outgoing answer, SendAnswer sent) {
    if (!connection_) return sent(fail(Errc::overloaded, "the platform is not connected"));
    connection_->send(std::move(answer), [id = id_, &owner = owner_, secrets = secrets_,
                                          sent = std::move(sent)](Expected<std::string> result) {
      if (!result) result.error().message = without(secrets, result.error().message);
      owner.change(id, [&](PlatformStatus& status) {
        if (result) return void(++status.sent);
        if (result.error().code == Errc::overloaded) return;  // it is sent again
        ++status.errors;
        status.last_error = PlatformError{result.error().message, now_micros()};
      });
      sent(std::move(result));
    });
  }

  Connection* connection() { return connection_.get(); }

  // ConnectionEvents
  void running() override {
    change([](PlatformStatus& status) {
      status.status = "running";
      status.started_at = now_micros();
    });
  }
  void failed(std::string why) override {
    why = without(secrets_, std::move(why));
    spdlog::warn("platform {} ({}): {}", id_, type_, why);
    change([&](PlatformStatus& status) {
      status.status = "error";
      status.started_at = 0;
      note(status, std::move(why));
    });
  }
  void retrying() override {
    change([](PlatformStatus& status) {
      status.status = "pending";
      ++status.restarts;
    });
  }
  void erred(std::string why) override {
    why = without(secrets_, std::move(why));
    change([&](PlatformStatus& status) { note(status, std::move(why)); });
  }
  void has_clients(std::size_t clients) override {
    change([&](PlatformStatus& status) { status.clients = clients; });
  }
  void happened(const std::string& kind) override {
    change([&](PlatformStatus& status) {
      if (kind.starts_with("notice.")) ++status.notices;
      if (kind.starts_with("request.")) ++status.requests;
    });
  }
  void hear(Incoming message, std::function<void(Expected<void>)> heard) override {
    place(message);
    change([](PlatformStatus& status) { ++status.received; });
    owner_.house_.talks.hear(std::move(message),
                             [&owner = owner_, id = id_, heard = std::move(heard)](Expected<void> result) {
                               owner.loop_.post([&owner, id, heard, result = std::move(result)] {
                                 if (!result)
                                   owner.change(id, [&](PlatformStatus& status) {
                                     note(status, "a message was not heard: " + result.error().message);
                                   });
                                 if (heard) heard(result);
                               });
                             });
  }
  bool has_heard(const Incoming& message) const override {
    auto placed = message;
    place(placed);
    return owner_.house_.talks.has_heard(placed);
  }
  double dice() override { return std::uniform_real_distribution<double>(0, 1)(random_); }

 private:
  /// A platform may send back what it was sent.
  static std::string without(const std::vector<std::string>& secrets, std::string words) {
    for (const auto& secret : secrets) hide(words, secret);
    return words;
  }
  static void note(PlatformStatus& status, std::string why) {
    ++status.errors;
    status.last_error = PlatformError{std::string(first_bytes(why, defaults::kMaxErrorTextBytes)), now_micros()};
  }
  void place(Incoming& message) const {
    message.speaker.platform = id_;
    message.speaker.platform_type = type_;
    message.command_prefix = command_prefix_;
  }
  template <class Change>
  void change(Change change) {
    owner_.change(id_, change);
  }

  Platforms& owner_;
  const std::string id_, type_;
  std::string command_prefix_;
  std::vector<std::string> secrets_;
  std::shared_ptr<Connection> connection_;
  std::minstd_rand random_{std::random_device{}()};
};

Platforms::Platforms(House house) : house_(house), entries_(house.store), http_(loop_), sockets_(loop_) {}
Platforms::~Platforms() { stop(); }

void Platforms::start(Listening& listening) {
  if (is_started_.exchange(true)) return;
  loop_.post([this, &listening] {
    listening_ = &listening;
    for (const auto& row : entries_.all()) connect(row);
  });
}

/// On the loop's thread.
void Platforms::connect(const PlatformRow& row) {
  if (!row.entry.enabled) return;
  {
    const std::lock_guard lock(mutex_);
    auto& status = statuses_[row.id];
    if (!status.id.empty()) ++status.restarts;
    status.id = row.id;
  }
  const auto line = std::make_shared<Line>(*this, row);
  lines_[row.id] = line;
  line->start(row);
}

void Platforms::disconnect(const std::string& id) {
  if (const auto node = lines_.extract(id); !node.empty()) node.mapped()->stop();
}

void Platforms::changed(const std::string& id) {
  if (!is_started_) return;
  loop_.post([this, id] {
    disconnect(id);
    if (const auto row = entries_.entry(id)) return connect(*row);
    const std::lock_guard lock(mutex_);
    statuses_.erase(id);
  });
}

Expected<void> Platforms::restart(const std::string& id) {
  const auto row = entries_.entry(id);
  if (!row) return fail(Errc::not_found, "There is no such platform");
  if (!row->entry.enabled || !is_started_) return fail(Errc::conflict, "The platform is not enabled");
  changed(id);
  return {};
}

void Platforms::stop() {
  if (is_stopped_.exchange(true)) return;
  loop_.stop([this] {
    for (const auto& [id, line] : lines_) line->stop();
    lines_.clear();
  });
  http_.stop();
}

void Platforms::change(const std::string& id, const std::function<void(PlatformStatus&)>& change) {
  const std::lock_guard lock(mutex_);
  if (const auto at = statuses_.find(id); at != statuses_.end()) change(at->second);
}

PlatformStatus Platforms::status_of(const PlatformRow& row) const {
  PlatformStatus status;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = statuses_.find(row.id); at != statuses_.end()) status = at->second;
  }
  status.id = row.id;
  status.name = row.entry.name;
  status.type = row.entry.type;
  const auto* type = platform_type(row.entry.type);
  status.display_name = type ? std::string(type->display_name) : row.entry.type;
  return status;
}

std::vector<PlatformStatus> Platforms::status() const {
  std::vector<PlatformStatus> all;
  for (const auto& row : entries_.all()) all.push_back(status_of(row));
  return all;
}

std::optional<PlatformStatus> Platforms::status(const std::string& id) const {
  const auto row = entries_.entry(id);
  return row ? std::optional(status_of(*row)) : std::nullopt;
}

std::map<std::string, PlatformCounts> Platforms::counts() const {
  std::map<std::string, PlatformCounts> counts;
  for (const auto& platform : status()) {
    PlatformCounts& of_type = counts[platform.type];
    of_type.running += platform.status == "running";
    of_type.failing += platform.status == "error";
    of_type.clients += platform.clients;
    of_type.received += platform.received;
    of_type.sent += platform.sent;
    of_type.errors += platform.errors;
    of_type.restarts += platform.restarts;
  }
  return counts;
}

void Platforms::send(Outgoing answer, SendAnswer sent) {
  auto shared = std::make_shared<SendAnswer>(std::move(sent));
  const bool taken = loop_.post([this, answer = std::move(answer), shared]() mutable {
    if (const auto at = lines_.find(answer.platform); at != lines_.end())
      return at->second->send(std::move(answer), std::move(*shared));
    const bool is_there = entries_.entry(answer.platform).has_value();
    (*shared)(is_there ? fail(Errc::overloaded, "the platform is not connected")
                       : fail(Errc::not_found, "the platform was removed"));
  });
  if (!taken) (*shared)(fail(Errc::overloaded, "the server is ending"));
}

void Platforms::take(const std::string& id, Delivery delivery, std::function<void(Expected<void>)> taken) {
  auto shared = std::make_shared<std::function<void(Expected<void>)>>(std::move(taken));
  const bool posted = loop_.post([this, id, delivery = std::move(delivery), shared]() mutable {
    const auto at = lines_.find(id);
    auto* connection = at == lines_.end() ? nullptr : at->second->connection();
    if (!connection) return (*shared)(fail(Errc::unauthenticated, "the signature is not good"));
    connection->take(std::move(delivery), [shared](Expected<void> result) {
      if (!result && result.error().code == Errc::not_found)
        result = fail(Errc::unauthenticated, "the signature is not good");
      (*shared)(std::move(result));
    });
  });
  if (!posted) (*shared)(fail(Errc::shutting_down, "the server is ending"));
}

}  // namespace troupe::actors
