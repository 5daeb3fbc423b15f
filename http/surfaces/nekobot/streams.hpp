// Answers of models on their way to those who asked: as one JSON body, or as server-sent events while they are made:
//
//   data: {"type":"plain","text":"Hel"}
//   data: {"type":"end", …}                          or   data: {"type":"error","message":…,"error":…}
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

/// One answer as events. Any thread.
class AnswerStream {
 public:
  explicit AnswerStream(CallPtr call) : call_(std::move(call)) {}

  /// The question has been put: from now on the call is answered, and errors are events.
  void begin();
  void add(std::string_view text);
  /// `end` is what stands in the last event beside its type. An error before the beginning refuses the call.
  void finish(const Expected<OrderedJson>& end);
  /// For proxies that close what is silent.
  void beat();
  bool gone() const;
  bool has_ended() const;

 private:
  void begin_locked();
  void send(const OrderedJson& event);

  const CallPtr call_;
  mutable std::mutex mutex_;
  BodyStream body_;
  bool begun_ = false, ended_ = false;
  bool refused_ = false;  ///< a piece was not taken: nobody reads
};
using AnswerStreamPtr = std::shared_ptr<AnswerStream>;

class Streams {
 public:
  explicit Streams(Context& context);

  /// Asks in a session and answers the call with what comes of it.
  void ask_in_session(const CallPtr& call, actors::AskModel question, bool streamed);
  /// Asks outside any session. Nothing of the text is kept.
  void ask_alone(const CallPtr& call, actors::Completion completion, bool streamed);

 private:
  AnswerStreamPtr stream_of(const CallPtr& call);
  void beat();

  Context& context_;
  std::mutex mutex_;
  std::map<actors::QuestionId, AnswerStreamPtr> by_question_;
  // On the loop's thread
  std::vector<std::weak_ptr<AnswerStream>> open_;
  std::unique_ptr<EventLoop::Timer> timer_;
};

}  // namespace troupe::http::nekobot
