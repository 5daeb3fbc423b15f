#include "actors/llm/models.hpp"

#include <mutex>

#include "actors/llm/echo.hpp"

namespace troupe::actors::llm {

struct Models::Impl {
  ModelsOptions options;
  std::mutex mutex;
};

Models::Models(ModelsOptions options) : impl_(std::make_unique<Impl>()) { impl_->options = std::move(options); }
Models::~Models() = default;

Models::Ticket Models::ask(ChatRequest request, OnDelta on_delta, OnDone on_done) {
  ChatAnswer answer = echo(request);
  on_delta(answer.text);
  on_done(std::move(answer));
  return 0;
}

void Models::configure(std::vector<Provider> providers) {
  const std::lock_guard lock(impl_->mutex);
  impl_->options.providers = std::move(providers);
}
std::vector<Provider> Models::providers() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->options.providers;
}

void Models::cancel(Ticket) {}
void Models::stop() {}
std::size_t Models::under_way() const { return 0; }
std::vector<Provider> providers_from_environment() { return {}; }

}  // namespace troupe::actors::llm
