#include "actors/completions.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <vector>

#include "events/codec.hpp"
#include "projections/projection.hpp"

namespace troupe::actors {
namespace {

/// What had come of an answer that was given up.
events::ModelUsed estimate(const llm::ChatRequest& request, std::size_t answer_bytes) {
  events::ModelUsed used;
  used.provider = request.provider;
  used.model = request.model;
  used.prompt_tokens = llm::usage_or_estimate(std::nullopt, request, {}).prompt_tokens;
  used.completion_tokens = static_cast<std::int64_t>((answer_bytes + 3) / 4);
  used.estimated = true;
  return used;
}

}  // namespace

void Completions::ask(Completion completion, Cause cause, llm::Models::OnDelta on_delta, llm::Models::OnDone on_done) {
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = ++last_;
    under_way_[id] = {0, std::move(completion.gone)};
  }
  const auto answer_bytes = std::make_shared<std::atomic<std::size_t>>(0);
  const auto request = completion.request;
  llm::Models::OnDelta count_delta = [answer_bytes, on_delta = std::move(on_delta)](std::string_view delta) {
    *answer_bytes += delta.size();
    on_delta(delta);
  };
  llm::Models::OnDone done = [this, id, request, answer_bytes, account = completion.account,
                              personality = completion.personality, cause,
                              on_done = std::move(on_done)](Expected<llm::ChatAnswer> answer) {
    {
      const std::lock_guard lock(mutex_);
      under_way_.erase(id);
    }
    // What broke off after its first words was made, and is counted, as well as what was given up.
    const bool made_some = !answer && (answer.error().code == Errc::cancelled || *answer_bytes > 0);
    if (!answer && !made_some) return on_done(std::move(answer));
    events::ModelUsed used = answer ? events::ModelUsed{} : estimate(request, *answer_bytes);
    used.account = account;
    used.purpose = "completion";
    used.personality = personality;
    if (answer) {
      used.provider = answer->provider;
      used.model = answer->model;
      used.prompt_tokens = answer->usage.prompt_tokens;
      used.completion_tokens = answer->usage.completion_tokens;
      used.estimated = answer->usage.estimated;
      used.took = answer->took_us;
    }
    record(std::move(used), cause, [answer = std::move(answer), on_done] { on_done(answer); });
  };
  const auto ticket = models_.ask(std::move(completion.request), std::move(count_delta), std::move(done));
  const std::lock_guard lock(mutex_);
  if (const auto at = under_way_.find(id); at != under_way_.end()) at->second.ticket = ticket;
}

void Completions::embed(llm::EmbeddingRequest request, events::AccountId account, Cause cause,
                        llm::Models::OnEmbedded on_done) {
  models_.embed(std::move(request), [this, account, cause = std::move(cause),
                                     on_done = std::move(on_done)](Expected<llm::Embeddings> embeddings) {
    if (!embeddings) return on_done(std::move(embeddings));
    events::ModelUsed used;
    used.account = account;
    used.purpose = "embedding";
    used.provider = embeddings->provider;
    used.model = embeddings->model;
    used.prompt_tokens = embeddings->usage.prompt_tokens;
    used.estimated = embeddings->usage.estimated;
    const auto answer = std::make_shared<llm::Embeddings>(std::move(*embeddings));
    record(std::move(used), cause, [answer, on_done] { on_done(std::move(*answer)); });
  });
}

void Completions::record(events::ModelUsed used, const Cause& cause, std::function<void()> recorded) {
  auto append = append_to(std::string(events::kUsage) + "/" + std::to_string(used.account), cause);
  append.events.push_back(events::encode(used));
  projections::project(events::UsageEvent(used), {{}, append.time}, append.rows);
  store_.append(std::move(append), [used, recorded = std::move(recorded)](const Expected<storage::RecordPtr>& result) {
    // The answer is not withheld: it was paid for.
    if (!result)
      spdlog::error("a use of {} by account {} was not recorded: {}", used.provider, used.account,
                    result.error().message);
    recorded();
  });
}

void Completions::give_up_forsaken() {
  std::vector<llm::Models::Ticket> forsaken;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, under_way] : under_way_)
      if (under_way.ticket != 0 && under_way.gone && under_way.gone()) forsaken.push_back(under_way.ticket);
  }
  for (const auto ticket : forsaken) models_.cancel(ticket);
}

std::size_t Completions::under_way() const {
  const std::lock_guard lock(mutex_);
  return under_way_.size();
}

}  // namespace troupe::actors
