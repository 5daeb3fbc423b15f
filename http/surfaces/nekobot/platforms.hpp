// Platforms: accounts of bots on chat networks, and how it goes with them.
#pragma once

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http::nekobot {

class Platforms {
 public:
  explicit Platforms(Context& context) : context_(context), entries_(context.services.store) {}

  void list(const CallPtr& call);
  void add(const CallPtr& call);
  void remove(const CallPtr& call);
  void statistics(const CallPtr& call);

 private:
  actors::Platforms& platforms() const { return context_.services.system.platforms(); }
  OrderedJson view(const projections::PlatformRow& row) const;

  Context& context_;
  projections::PlatformQueries entries_;
};

}  // namespace troupe::http::nekobot
