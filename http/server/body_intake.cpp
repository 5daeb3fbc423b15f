#include "http/server/body_intake.hpp"

namespace troupe::http {

bool BodyIntake::add(std::string_view bytes) {
  arrived_bytes_ += bytes.size();
  if (arrived_bytes_ > max_bytes_) return false;
  if (piece_.empty()) piece_.reserve(defaults::kBodyPieceBytes + defaults::kReadBufferBytes);
  piece_.append(bytes);
  if (piece_.size() < defaults::kBodyPieceBytes) return true;
  if (writing_)
    full_since_ = Clock::now();
  else
    write();
  return true;
}

void BodyIntake::finish(std::function<void(std::optional<Response>)> done) {
  done_ = std::move(done);
  if (writing_) return;
  if (piece_.empty()) return std::exchange(done_, nullptr)(std::nullopt);
  write();
}

void BodyIntake::write() {
  writing_ = true;
  sink_->write(std::exchange(piece_, {}),
               [replies = replies_, weak = weak_from_this()](std::optional<Response> refusal) {
                 replies->post([weak, refusal = std::move(refusal)]() mutable {
                   if (const auto me = weak.lock()) me->taken(std::move(refusal));
                 });
               });
}

void BodyIntake::taken(std::optional<Response> refusal) {
  if (is_full()) held_up_ += Clock::now() - full_since_;
  writing_ = false;
  if (refusal) {
    if (done_) return std::exchange(done_, nullptr)(std::move(refusal));
    if (refused_) refused_(std::move(*refusal));
    return;
  }
  if (done_ ? !piece_.empty() : piece_.size() >= defaults::kBodyPieceBytes)
    write();
  else if (done_)
    return std::exchange(done_, nullptr)(std::nullopt);
  if (const auto resume = std::exchange(resume_, nullptr)) resume();
}

std::function<void()> BodyIntake::end() {
  done_ = nullptr;
  refused_ = nullptr;
  sink_ = nullptr;
  return std::exchange(resume_, nullptr);
}

}  // namespace troupe::http
