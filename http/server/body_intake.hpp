// A large body on its way from the socket into a sink: never more of it in memory than two pieces, and no read while
// the sink is behind.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/server/core.hpp"

namespace troupe::http {

/// Loop thread only. Belongs to one connection, for one request.
class BodyIntake : public std::enable_shared_from_this<BodyIntake> {
 public:
  BodyIntake(Core& core, BodyPlan plan, std::string request_id)
      : replies_(core.replies),
        sink_(std::move(plan.sink)),
        max_bytes_(plan.max_bytes),
        request_id_(std::move(request_id)) {}

  /// Calls `refused` when the sink wants no more of a body that is still arriving.
  void on_refusal(std::function<void(Response)> refused) { refused_ = std::move(refused); }

  /// False: the body is larger than it may be.
  bool add(std::string_view bytes);
  std::uint64_t arrived_bytes() const { return arrived_bytes_; }

  /// The next bytes must wait until the sink has caught up.
  bool is_full() const { return writing_ && piece_.size() >= defaults::kBodyPieceBytes; }
  /// Calls `resume` when it is no longer full.
  void when_ready(std::function<void()> resume) { resume_ = std::move(resume); }
  /// How long it was full, and the client could not send.
  Clock::duration held_up() const {
    return held_up_ + (is_full() ? Clock::now() - full_since_ : Clock::duration::zero());
  }

  /// The body is complete: calls `done` when the sink has all of it, or with its refusal.
  void finish(std::function<void(std::optional<Response> refusal)> done);

  const std::shared_ptr<BodySink>& sink() const { return sink_; }
  const std::string& request_id() const { return request_id_; }

  /// The connection has ended. Gives up what it would have called, for the caller to call or to drop.
  std::function<void()> end();

 private:
  void write();
  void taken(std::optional<Response> refusal);

  std::shared_ptr<ReplyQueue> replies_;
  std::shared_ptr<BodySink> sink_;
  const std::uint64_t max_bytes_;
  const std::string request_id_;
  std::function<void(Response)> refused_;
  std::uint64_t arrived_bytes_ = 0;
  std::string piece_;
  bool writing_ = false;
  Clock::time_point full_since_;
  Clock::duration held_up_{};
  std::function<void()> resume_;
  std::function<void(std::optional<Response>)> done_;
};

}  // namespace troupe::http
