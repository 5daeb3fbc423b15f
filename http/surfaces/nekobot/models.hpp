// The services that answer for language models, and asking them.
#pragma once

#include "http/surfaces/nekobot/context.hpp"
#include "http/surfaces/nekobot/guest.hpp"
#include "http/surfaces/nekobot/streams.hpp"

namespace troupe::http::nekobot {

class Models {
 public:
  Models(Context& context, Guest& guest, Streams& streams) : context_(context), guest_(guest), streams_(streams) {}

  void list(const CallPtr& call);
  void add(const CallPtr& call);
  void remove(const CallPtr& call);
  /// One question; in a session of the caller where it names one.
  void chat(const CallPtr& call);

 private:
  Expected<events::Provider> provider_in(const Call& call) const;

  Context& context_;
  Guest& guest_;
  Streams& streams_;
};

}  // namespace troupe::http::nekobot
