// A question to a model that may call tools: the model is asked, what it calls is called, it is told the results and asked
// again, until it answers without a call. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/llm/models.hpp"
#include "actors/tools/tools.hpp"

namespace troupe::actors {

class ToolLoop : public std::enable_shared_from_this<ToolLoop> {
 public:
  /// The models and the tools outlive it.
  ToolLoop(llm::Models& models, Tools& tools, llm::ChatRequest request, ToolContext context, std::int64_t max_rounds);

  /// Once. The request's tools are those that the asker may call now; where there are none, it is asked without. After
  /// `max_rounds` rounds of calls the model has to answer without. `on_delta` gets the text of every round, `on_done` the
  /// last round's answer with the usage of all. Errors, besides those of Models::ask: upstream_failed (the model calls
  /// tools where it must not), cancelled, and of Tools::call. Neither comes after `on_done`.
  void start(llm::Models::OnDelta on_delta, llm::Models::OnDone on_done);

  /// Gives up: what is under way is cancelled, and `on_done` says so. Nothing when it is over.
  void cancel();

 private:
  void ask();
  void answered(Expected<llm::ChatAnswer> answer);
  void call(std::vector<llm::ToolCall> calls);
  void returned(std::size_t index, Expected<ToolOutcome> outcome);
  void go_on();
  void finish(Expected<llm::ChatAnswer> answer);

  llm::Models& models_;
  Tools& tools_;
  const ToolContext context_;
  const std::int64_t max_rounds_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  llm::Models::OnDelta on_delta_;
  llm::Models::OnDone on_done_;

  // One step follows the other, so that these need no lock
  llm::ChatRequest request_;
  llm::Usage usage_;
  std::int64_t rounds_ = 0;
  std::size_t result_bytes_ = 0;

  std::mutex mutex_;  ///< of all below
  bool is_cancelled_ = false;
  std::uint64_t step_ = 0;  ///< which question of ours the ticket is of
  llm::Models::Ticket ticket_ = 0;
  std::vector<Tools::CallId> calls_;
  std::vector<llm::ChatMessage> results_;  ///< of the calls of this round, in their order
  std::size_t open_ = 0;                   ///< calls without a result
};

}  // namespace troupe::actors
