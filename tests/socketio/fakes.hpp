// An event loop with manual time, and clients that record what they are sent.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/event_loop.hpp"
#include "http/message.hpp"
#include "http/socketio/engineio_codec.hpp"
#include "http/websocket.hpp"

namespace troupe::socketio {

using namespace std::chrono_literals;

class FakeLoop : public http::EventLoop {
 public:
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }

  std::unique_ptr<Timer> after(std::chrono::milliseconds delay, std::function<void()> work) override {
    const auto key = std::pair(now_ + delay, next_++);
    timers_.emplace(key, std::move(work));
    return std::make_unique<FakeTimer>(*this, key);
  }

  /// Runs all that is posted.
  void run() {
    while (!posted_.empty()) {
      auto work = std::move(posted_.front());
      posted_.pop_front();
      work();
    }
  }

  /// Lets time pass, running each timer at its time.
  void advance(std::chrono::milliseconds by) {
    const auto end = now_ + by;
    run();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
      auto node = timers_.extract(timers_.begin());
      now_ = node.key().first;
      node.mapped()();
      run();
    }
    now_ = end;
  }

  std::size_t timers() const { return timers_.size(); }

 private:
  using Key = std::pair<std::chrono::milliseconds, std::uint64_t>;
  struct FakeTimer : Timer {
    FakeTimer(FakeLoop& loop, Key key) : loop(loop), key(key) {}
    ~FakeTimer() override { loop.timers_.erase(key); }
    FakeLoop& loop;
    Key key;
  };

  std::deque<std::function<void()>> posted_;
  std::map<Key, std::function<void()>> timers_;
  std::chrono::milliseconds now_{0};
  std::uint64_t next_ = 0;
};

/// What one request got as its answer.
struct Answer {
  std::optional<http::Response> response;
  bool gone = false;  ///< set it to break the connection

  int status() const { return response ? response->status : 0; }
  std::string body() const { return response ? response->body : "<pending>"; }
  std::string header(std::string_view name) const {
    if (response)
      for (const auto& [key, value] : response->headers)
        if (http::equals_ignoring_case(key, name)) return value;
    return "<none>";
  }
};

inline http::Reply reply_to(std::shared_ptr<Answer> answer) {
  struct Sink : http::Reply::Sink {
    explicit Sink(std::shared_ptr<Answer> answer) : answer(std::move(answer)) {}
    void send(http::Response response) override {
      EXPECT_FALSE(answer->response) << "answered twice";
      answer->response = std::move(response);
    }
    bool gone() const override { return answer->gone; }
    std::shared_ptr<Answer> answer;
  };
  return http::Reply(std::make_unique<Sink>(std::move(answer)));
}

/// A request that owns its text.
inline http::Request make_request(std::string_view method, std::string_view path, std::string_view query,
                                  std::string_view body = {},
                                  std::vector<std::pair<std::string, std::string>> headers = {}) {
  struct Text {
    std::string method, target, body;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  auto text = std::make_shared<Text>(
      Text{std::string(method), std::string(path) + '?' + std::string(query), std::string(body), std::move(headers)});
  http::Request request;
  request.method = text->method;
  request.target = text->target;
  request.path = request.target.substr(0, path.size());
  request.query = request.target.substr(path.size() + 1);
  request.body = text->body;
  for (const auto& [name, value] : text->headers) request.headers.emplace_back(name, value);
  request.keep_alive = text;
  return request;
}

/// The client's end of a WebSocket.
class FakeWebSocket : public http::WebSocket, public std::enable_shared_from_this<FakeWebSocket> {
 public:
  void send_text(std::string_view text) override { received.emplace_back(text); }
  void send_binary(std::string_view bytes) override { received.push_back(std::string("binary:").append(bytes)); }
  void send_frame(const http::SharedFrame& frame) override {
    frames.push_back(frame);
    const EngineFrame packet{frame, ((*frame)[0] & 0x0F) == 2};
    received.push_back(std::string(packet.binary ? "binary:" : "").append(packet.payload()));
  }
  void close(std::uint16_t code, std::string_view = {}) override {
    if (!close_code) close_code = code;
  }
  std::size_t queued_bytes() const override { return 0; }

  void say(std::string_view text) {
    if (!close_code) listener->message(text, false);
  }
  void say_bytes(std::string_view bytes) {
    if (!close_code) listener->message(bytes, true);
  }
  void break_off() {
    close_code = 1006;
    listener->closed(1006);
  }
  /// What came since the last call.
  std::vector<std::string> take() { return std::exchange(received, {}); }

  std::shared_ptr<http::WebSocketListener> listener;
  std::optional<std::uint16_t> close_code;
  std::vector<std::string> received;
  std::vector<http::SharedFrame> frames;
};

/// What became of an upgrade.
struct UpgradeOutcome {
  std::shared_ptr<FakeWebSocket> socket;
  http::WebSocketLimits limits;
  std::optional<http::Response> refusal;
};

inline std::unique_ptr<http::Upgrade> upgrade_to(UpgradeOutcome& outcome) {
  struct FakeUpgrade : http::Upgrade {
    explicit FakeUpgrade(UpgradeOutcome& outcome) : outcome(outcome) {}
    void accept(std::shared_ptr<http::WebSocketListener> listener, const http::WebSocketLimits& limits) override {
      outcome.limits = limits;
      outcome.socket = std::make_shared<FakeWebSocket>();
      outcome.socket->listener = listener;
      listener->opened(outcome.socket);
    }
    void refuse(http::Response response) override { outcome.refusal = std::move(response); }
    UpgradeOutcome& outcome;
  };
  return std::make_unique<FakeUpgrade>(outcome);
}

}  // namespace troupe::socketio
