// The use of models by day: of everyone, of each model, provider, user and talk.
#include "projections/usage.hpp"

namespace troupe::projections {

void count_usage(const Usage& usage, Micros time, Rows& rows) {
  const auto count = [&](UsageOf kind, const std::string& name) {
    const std::string key = usage_prefix(kind) + name + '/' + big64(static_cast<std::uint64_t>(day_of(time)));
    const auto add_to = [&](UsageFigure figure, std::int64_t delta) {
      if (delta != 0) rows.push_back(add(Table::usage_days, key + static_cast<char>(figure), delta));
    };
    add_to(UsageFigure::calls, 1);
    add_to(UsageFigure::failures, usage.failed ? 1 : 0);
    add_to(UsageFigure::prompt_tokens, usage.prompt_tokens);
    add_to(UsageFigure::completion_tokens, usage.completion_tokens);
    add_to(UsageFigure::took_us, usage.took);
  };
  count(UsageOf::everyone, "");
  if (!usage.model.empty()) count(UsageOf::model, usage.model);
  if (!usage.provider.empty()) count(UsageOf::provider, usage.provider);
  if (usage.user != 0) count(UsageOf::user, std::to_string(usage.user));
  if (usage.talk != 0) count(UsageOf::talk, std::to_string(usage.talk));
}

void project(const events::UsageEvent& event, const Context& context, Rows& rows) {
  const auto& used = std::get<events::ModelUsed>(event);
  count_usage(
      {used.provider, used.model, used.account, 0, false, used.prompt_tokens, used.completion_tokens, used.took},
      context.time, rows);
}

}  // namespace troupe::projections
