// A connection to one platform as the house sees it, and the house as a connection sees it. Everything here happens on
// the loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "actors/platforms/listening.hpp"
#include "actors/platforms/loop.hpp"
#include "actors/reach.hpp"
#include "actors/talks.hpp"
#include "events/defaults.hpp"
#include "events/json.hpp"

namespace troupe::actors::platforms {

class HttpClient;
class WebSocketClient;

/// A message that came over HTTP, signed.
struct Delivery {
  std::string timestamp, signature, body;  ///< the first two as their headers have them
};

class Connection {
 public:
  virtual ~Connection() = default;
  /// Once.
  virtual void start() = 0;
  /// Once, last. Nothing is heard from it afterwards; what it was asked to send and has not is answered: overloaded.
  virtual void stop() = 0;
  virtual void send(Outgoing answer, SendAnswer sent) = 0;
  virtual void take(Delivery, std::function<void(Expected<void>)> taken) {
    taken(fail(Errc::not_found, "there is no such webhook"));
  }
};

/// What a connection tells the house.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  virtual void running() = 0;
  /// It does not work, and why. It may come right: a connection that tries again says `retrying` then.
  virtual void failed(std::string why) = 0;
  virtual void retrying() = 0;
  /// Something was lost or refused, and the connection goes on.
  virtual void erred(std::string why) = 0;
  /// How many are connected to us.
  virtual void has_clients(std::size_t clients) = 0;
  /// Something besides messages: `notice.group_increase`, `request.friend`.
  virtual void happened(const std::string& kind) = 0;
  /// The speaker's platform is filled in. `heard` comes on the loop's thread. Empty: nobody asks.
  virtual void hear(Incoming message, std::function<void(Expected<void>)> heard) = 0;
  /// Whether it was heard before.
  virtual bool has_heard(const Incoming& message) const = 0;
  /// From 0 up to 1, by chance.
  virtual double dice() = 0;
};

/// What a connection is made of. The references outlive it.
struct ConnectionSetup {
  Json config;  ///< with defaults and secrets
  Loop& loop;
  HttpClient& http;
  WebSocketClient& sockets;
  Listening& listening;
  Reach reach = Reach::everywhere;
  std::chrono::milliseconds retry_delay;  ///< the first, between two attempts
  ConnectionEvents& events;
  std::chrono::milliseconds answer_timeout = defaults::kPlatformAnswerTimeout;  ///< of a client to what it is sent
};

}  // namespace troupe::actors::platforms
