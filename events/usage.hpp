// What was asked of models outside of any session, in figures and without a word of it. Streams `usage/<account>`,
// which no entity replays.
#pragma once

#include "events/account.hpp"

namespace troupe::events {

/// Category of the streams here.
inline constexpr std::string_view kUsage = "usage";

struct ModelUsed {
  static constexpr std::string_view type = "ModelUsed";
  static constexpr std::uint16_t schema = 1;
  AccountId account = 0;
  std::string purpose;  ///< completion or embedding
  std::string provider, model;
  std::string personality;  ///< its id; empty: none
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  bool estimated = false;  ///< the provider sent no usage
  Micros took = 0;
};
TROUPE_EVENT(ModelUsed, account, purpose, provider, model, personality, prompt_tokens, completion_tokens, estimated,
             took)

using UsageEvent = std::variant<ModelUsed>;

}  // namespace troupe::events
