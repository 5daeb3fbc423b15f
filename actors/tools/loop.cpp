#include "actors/tools/loop.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {
namespace {

llm::Tool told(const Tool& tool) { return {tool.name, tool.offered.description, tool.offered.parameters}; }

/// As models are used to read it.
std::string as_error(const std::string& why) { return "Error: " + why; }

}  // namespace

ToolLoop::ToolLoop(llm::Models& models, Tools& tools, llm::ChatRequest request, ToolContext context,
                   std::int64_t max_rounds)
    : models_(models),
      tools_(tools),
      context_(std::move(context)),
      max_rounds_(max_rounds),
      request_(std::move(request)) {}

void ToolLoop::start(llm::Models::OnDelta on_delta, llm::Models::OnDone on_done) {
  on_delta_ = std::move(on_delta);
  on_done_ = std::move(on_done);
  for (const auto& tool : tools_.allowed(context_.by_admin, context_.group)) request_.tools.push_back(told(*tool));
  ask();
}

void ToolLoop::ask() {
  std::uint64_t step = 0;
  {
    const std::lock_guard lock(mutex_);
    step = ++step_;
  }
  const auto self = shared_from_this();
  const auto ticket = models_.ask(
      request_, [self](std::string_view delta) { self->on_delta_(delta); },
      [self](Expected<llm::ChatAnswer> answer) { self->answered(std::move(answer)); });
  bool is_cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    if (step_ != step) return;  // it has answered
    ticket_ = ticket;
    is_cancelled = is_cancelled_;
  }
  if (is_cancelled) models_.cancel(ticket);
}

void ToolLoop::answered(Expected<llm::ChatAnswer> answer) {
  bool is_cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    ++step_;
    ticket_ = 0;
    is_cancelled = is_cancelled_;
  }
  if (!answer) return finish(std::move(answer));
  usage_.prompt_tokens += answer->usage.prompt_tokens;
  usage_.completion_tokens += answer->usage.completion_tokens;
  usage_.estimated |= answer->usage.estimated;
  if (answer->tool_calls.empty()) return finish(std::move(answer));
  if (is_cancelled) return finish(fail(Errc::cancelled, "nobody waited for the answer any more"));
  if (request_.tools.empty() || rounds_ >= max_rounds_) {
    // It was told not to. What it says beside the calls is an answer all the same.
    if (answer->text.empty())
      return finish(fail(Errc::upstream_failed,
                         "the model called tools more than " + std::to_string(rounds_) + " times and did not answer"));
    answer->tool_calls.clear();
    answer->finish_reason = "stop";
    return finish(std::move(answer));
  }
  ++rounds_;
  request_.messages.push_back({"assistant", answer->text, answer->tool_calls});
  call(std::move(answer->tool_calls));
}

void ToolLoop::call(std::vector<llm::ToolCall> calls) {
  {
    const std::lock_guard lock(mutex_);
    calls_.clear();
    results_.assign(calls.size(), {"tool", ""});
    for (std::size_t i = 0; i < calls.size(); ++i) {
      results_[i].tool_call_id = calls[i].id;
      if (i >= defaults::kMaxToolCallsAtOnce)
        results_[i].content =
            as_error("too many calls at once; at most " + std::to_string(defaults::kMaxToolCallsAtOnce) + " are made");
    }
    open_ = std::min(calls.size(), defaults::kMaxToolCallsAtOnce);
  }
  const auto self = shared_from_this();
  for (std::size_t i = 0; i < calls.size() && i < defaults::kMaxToolCallsAtOnce; ++i) {
    auto id = tools_.call(calls[i].name, calls[i].arguments, context_,
                          [self, i](Expected<ToolOutcome> outcome) { self->returned(i, std::move(outcome)); });
    bool is_cancelled = false;
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(id);
      is_cancelled = is_cancelled_;
    }
    if (is_cancelled) tools_.cancel(id);
  }
}

void ToolLoop::returned(std::size_t index, Expected<ToolOutcome> outcome) {
  {
    const std::lock_guard lock(mutex_);
    auto& content = results_[index].content;
    if (!outcome)
      content = as_error(outcome.error().message);
    else
      content = outcome->succeeded() ? std::move(outcome->text) : as_error(outcome->text);
    if (--open_ > 0) return;
  }
  go_on();
}

void ToolLoop::go_on() {
  bool is_cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    is_cancelled = is_cancelled_;
    for (auto& result : results_) {
      if (result_bytes_ + result.content.size() > defaults::kMaxToolResultsBytes)
        result.content = as_error("the results of all calls together are too long");
      result_bytes_ += result.content.size();
      request_.messages.push_back(std::move(result));
    }
  }
  if (is_cancelled) return finish(fail(Errc::cancelled, "nobody waited for the answer any more"));
  if (rounds_ >= max_rounds_) request_.tool_choice = "none";
  ask();
}

void ToolLoop::finish(Expected<llm::ChatAnswer> answer) {
  if (answer) {
    answer->usage = usage_;
    answer->took_us =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_).count();
  }
  const auto on_done = std::exchange(on_done_, nullptr);
  if (on_done) on_done(std::move(answer));
}

void ToolLoop::cancel() {
  llm::Models::Ticket ticket = 0;
  std::vector<Tools::CallId> calls;
  {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
    ticket = ticket_;
    calls = calls_;
  }
  if (ticket != 0) models_.cancel(ticket);
  for (const auto& id : calls) tools_.cancel(id);
}

}  // namespace troupe::actors
