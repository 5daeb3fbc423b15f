#include "http/server/core.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "events/time.hpp"
#include "http/server/http_connection.hpp"
#include "http/server/restinio_adapter.hpp"
#include "http/server/streamed_body.hpp"

namespace troupe::http {

thread_local const ReplyQueue* ReplyQueue::running_here_ = nullptr;

void ReplyQueue::push(ReplyAddress address, Response response) {
  push({std::move(address), std::move(response), nullptr});
}

void ReplyQueue::push(std::shared_ptr<StreamedBody> body) { push({{}, {}, std::move(body)}); }

void ReplyQueue::push(Waiting answer) {
  const std::lock_guard lock(mutex_);
  if (!io_) return;
  wake();
  waiting_.push_back(std::move(answer));
}

void ReplyQueue::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (!io_) return;
  wake();
  work_.push_back(std::move(work));
}

void ReplyQueue::wake() {
  if (waiting_.empty() && work_.empty()) asio::post(*io_, [this] { drain(); });
}

void ReplyQueue::close() {
  std::vector<Waiting> dropped;
  std::vector<std::function<void()>> dropped_work;
  const std::lock_guard lock(mutex_);
  io_ = nullptr;
  dropped.swap(waiting_);
  dropped_work.swap(work_);
}

void ReplyQueue::drain() {
  std::vector<Waiting> ready;
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    ready.swap(waiting_);
    work.swap(work_);
  }
  for (auto& [address, response, body] : ready) {
    if (body) {
      const auto connection = body->address().connection;
      connection->stream(std::move(body));
    } else {
      HttpConnection& connection = *address.connection;
      connection.answer(address.sequence, std::move(response));
    }
  }
  for (auto& one : work) std::exchange(one, nullptr)();
}

Core::Core(const ServerLimits& server_limits)
    : limits(server_limits), restinio(std::make_unique<RestinioAdapter>(server_limits)) {
  for (const auto timeout : {limits.read_request_timeout, limits.keep_alive_timeout, limits.write_response_timeout,
                             limits.handle_request_timeout})
    check_often_enough_for(timeout);
  date_ = http_date(now_micros());
}

Core::~Core() {
  replies->close();
  for (const auto& [place, close] : std::exchange(close_listeners, {})) close();
  for (const auto& peer : all_peers()) peer->abort();
}

std::vector<std::shared_ptr<Peer>> Core::all_peers() {
  std::vector<std::shared_ptr<Peer>> all;
  for (Peer& peer : peers) all.push_back(peer.self());
  return all;
}

void Core::flush_at_end_of_turn(std::shared_ptr<Peer> peer) {
  if (to_flush_.empty()) {
    asio::post(io, [this] {
      std::vector<std::shared_ptr<Peer>> ready;
      ready.swap(to_flush_);
      for (const auto& one : ready) one->flush();
    });
  }
  to_flush_.push_back(std::move(peer));
}

void Core::check_often_enough_for(std::chrono::milliseconds shortest) {
  using namespace std::chrono_literals;
  const auto period = std::clamp<std::chrono::milliseconds>(shortest / 4, 10ms, 1000ms);
  if (period >= check_period_) return;
  check_period_ = period;
  if (!date_.empty()) schedule_check();
}

void Core::start_checking() { schedule_check(); }

void Core::schedule_check() {
  check_timer_.expires_after(check_period_);
  check_timer_.async_wait([this](const error_code& error) {
    if (error) return;
    check_deadlines();
    schedule_check();
  });
}

void Core::check_deadlines() {
  date_ = http_date(now_micros());
  const auto now = Clock::now();
  for (const auto& peer : all_peers()) {
    if (now >= stop_at_) {
      peer->abort();
    } else {
      if (stopping) peer->shut_down();
      peer->check_deadlines(now);
    }
  }
  end_if_idle();
}

void Core::stop(std::chrono::milliseconds grace) {
  stopping = true;
  stop_at_ = std::min(stop_at_, Clock::now() + grace);
  for (const auto& [place, close] : std::exchange(close_listeners, {})) close();
  check_often_enough_for(defaults::kStopCheckInterval * 4);
  check_deadlines();
}

void Core::end_if_idle() {
  if (stopping && peers.empty()) io.stop();
}

}  // namespace troupe::http
