// Plugins: what is installed, switched on and set.
#pragma once

#include "http/surfaces/nekobot/context.hpp"

namespace troupe::http {
class Surface;
}

namespace troupe::http::nekobot {

class Plugins {
 public:
  /// `surface` words errors.
  Plugins(Context& context, Surface& surface) : context_(context), surface_(surface) {}

  void list(const CallPtr& call);
  void enable(const CallPtr& call);
  void disable(const CallPtr& call);
  void reload(const CallPtr& call);
  Expected<std::shared_ptr<BodySink>> sink(const Call& call) const;
  void upload(const CallPtr& call);
  void remove(const CallPtr& call);
  void show_config(const CallPtr& call);
  void change_config(const CallPtr& call);

 private:
  actors::Plugins& plugins() const { return context_.services.system.plugins(); }
  /// Answers with the plugin as it is then.
  actors::Plugins::Answer then_say(const CallPtr& call, const Sentence& sentence) const;

  Context& context_;
  Surface& surface_;
};

}  // namespace troupe::http::nekobot
