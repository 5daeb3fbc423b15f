// Who a login's or a bot's token belongs to. All dialects ask here.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "actors/system.hpp"
#include "http/route.hpp"
#include "projections/queries.hpp"

namespace troupe::http {

/// On the event loop's thread. Remembers good tokens until any account or token changes, so that a busy client costs
/// neither a digest nor a look-up.
class Credentials {
 public:
  Credentials(const projections::Queries& queries, actors::System& system) : queries_(queries), system_(system) {}

  /// Errors: unauthenticated. Every call of a bot counts as its heartbeat.
  Expected<Caller> of_login(std::string_view token);
  Expected<Caller> of_bot(std::string_view token);

 private:
  struct Known {
    Caller caller;
    Micros expires_at;
  };
  const Known* find(std::string_view token, Micros now);
  void remember(std::string_view token, Known known, std::uint64_t version);

  const projections::Queries& queries_;
  actors::System& system_;
  std::unordered_map<std::string, Known> known_;
  std::uint64_t version_ = 0;  ///< of the credentials, when `known_` was filled
};

}  // namespace troupe::http
