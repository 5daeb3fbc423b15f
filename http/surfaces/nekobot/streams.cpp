#include "http/surfaces/nekobot/streams.hpp"

#include "http/surface.hpp"

namespace troupe::http::nekobot {
namespace {

OrderedJson view(const actors::llm::ChatAnswer& answer) {
  return {{"content", answer.text},
          {"text", answer.text},
          {"model", answer.model},
          {"provider", answer.provider},
          {"finish_reason", answer.finish_reason},
          {"usage",
           {{"prompt_tokens", answer.usage.prompt_tokens},
            {"completion_tokens", answer.usage.completion_tokens},
            {"total_tokens", answer.usage.prompt_tokens + answer.usage.completion_tokens}}}};
}

OrderedJson view(const actors::Outcome& outcome) {
  OrderedJson data = view(outcome.answer);
  data["session_id"] = std::to_string(outcome.question.session);
  data["timestamp"] = iso8601(outcome.answered_at);
  return data;
}

/// The last event repeats nothing of the text.
OrderedJson end_of(OrderedJson view) {
  view.erase("content");
  view.erase("text");
  return view;
}

template <class T>
Expected<OrderedJson> end_of(const Expected<T>& outcome) {
  if (!outcome) return tl::unexpected(outcome.error());
  return end_of(view(*outcome));
}

}  // namespace

// AnswerStream

void AnswerStream::begin() {
  const std::lock_guard lock(mutex_);
  begin_locked();
}

void AnswerStream::begin_locked() {
  if (ended_ || std::exchange(begun_, true)) return;
  body_ = call_->answer_events();
}

void AnswerStream::add(std::string_view text) {
  const std::lock_guard lock(mutex_);
  begin_locked();
  send({{"type", "plain"}, {"text", text}});
}

void AnswerStream::finish(const Expected<OrderedJson>& end) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(ended_, true)) return;
  if (!begun_ && !end) return call_->refuse(end.error());
  if (!std::exchange(begun_, true)) body_ = call_->answer_events();
  if (end) {
    OrderedJson event = {{"type", "end"}};
    event.update(*end);
    send(event);
  } else {
    const auto refusal = OrderedJson::parse(call_->surface->refusal(end.error(), call_->request).body);
    send({{"type", "error"}, {"message", refusal["message"]}, {"error", refusal["message"]}});
  }
  body_.end();
}

void AnswerStream::beat() {
  const std::lock_guard lock(mutex_);
  if (begun_ && !ended_) refused_ |= !body_.write(": heartbeat\n\n");
}

bool AnswerStream::gone() const {
  const std::lock_guard lock(mutex_);
  return begun_ ? refused_ || body_.gone() : call_->reply.gone();
}

bool AnswerStream::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void AnswerStream::send(const OrderedJson& event) { refused_ |= !body_.write(server_sent_event(json_text(event))); }

// Streams

Streams::Streams(Context& context) : context_(context) {
  context_.services.system.conversations().on_delta([this](const actors::QuestionId& question, std::string_view text) {
    AnswerStreamPtr stream;
    {
      const std::lock_guard lock(mutex_);
      const auto at = by_question_.find(question);
      if (at != by_question_.end()) stream = at->second;
    }
    if (stream) stream->add(text);
  });
}

AnswerStreamPtr Streams::stream_of(const CallPtr& call) {
  auto stream = std::make_shared<AnswerStream>(call);
  open_.push_back(stream);
  if (!timer_) timer_ = context_.services.loop.after(defaults::kEventStreamHeartbeat, [this] { beat(); });
  return stream;
}

void Streams::beat() {
  timer_.reset();
  std::erase_if(open_, [](const auto& weak) {
    const auto stream = weak.lock();
    if (stream) stream->beat();
    return !stream || stream->has_ended();
  });
  if (!open_.empty()) timer_ = context_.services.loop.after(defaults::kEventStreamHeartbeat, [this] { beat(); });
}

void Streams::ask_in_session(const CallPtr& call, actors::AskModel question, bool streamed) {
  auto& conversations = context_.services.system.conversations();
  const auto session = question.session;
  if (!streamed) {
    question.gone = [call] { return call->reply.gone(); };
    return conversations.ask_model(
        std::move(question), call->cause(),
        [this, call](const Expected<storage::RecordPtr>& asked) {
          if (!asked) context_.services.loop.post([call, why = asked.error()] { call->refuse(why); });
        },
        context_.services.then_with<actors::Outcome>(
            call, [call](const actors::Outcome& outcome) { succeed(call, view(outcome)); }));
  }
  const auto stream = stream_of(call);
  const auto id = std::make_shared<actors::QuestionId>();
  question.gone = [stream] { return stream->gone(); };
  conversations.ask_model(
      std::move(question), call->cause(),
      // No piece of the answer comes before this returns.
      [this, stream, id, session](const Expected<storage::RecordPtr>& asked) {
        if (!asked) return stream->finish(tl::unexpected(asked.error()));
        const auto message = actors::message_in(**asked);
        *id = {session, message ? message->number : 0};
        const std::lock_guard lock(mutex_);
        by_question_[*id] = stream;
        stream->begin();
      },
      [this, stream, id](const Expected<actors::Outcome>& outcome) {
        {
          const std::lock_guard lock(mutex_);
          by_question_.erase(*id);
        }
        stream->finish(end_of(outcome));
      });
}

void Streams::ask_alone(const CallPtr& call, actors::Completion completion, bool streamed) {
  auto& completions = context_.services.system.completions();
  using Answer = actors::llm::ChatAnswer;
  if (!streamed) {
    completion.gone = [call] { return call->reply.gone(); };
    return completions.ask(
        std::move(completion), call->cause(), [](std::string_view) {},
        context_.services.then_with<Answer>(call, [call](const Answer& answer) { succeed(call, view(answer)); }));
  }
  const auto stream = stream_of(call);
  completion.gone = [stream] { return stream->gone(); };
  completions.ask(
      std::move(completion), call->cause(), [stream](std::string_view text) { stream->add(text); },
      [stream](const Expected<Answer>& answer) { stream->finish(end_of(answer)); });
}

}  // namespace troupe::http::nekobot
