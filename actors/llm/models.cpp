#include "actors/llm/models.hpp"

#include "actors/llm/echo.hpp"

namespace troupe::actors::llm {

struct Models::Impl {
  ModelsOptions options;
};

Models::Models(ModelsOptions options) : impl_(std::make_unique<Impl>(Impl{std::move(options)})) {}
Models::~Models() = default;

Models::Ticket Models::ask(ChatRequest request, OnDelta on_delta, OnDone on_done) {
  ChatAnswer answer = echo(request);
  on_delta(answer.text);
  on_done(std::move(answer));
  return 0;
}

void Models::cancel(Ticket) {}
std::vector<Provider> Models::providers() const { return impl_->options.providers; }
bool Models::can_embed() const { return false; }
void Models::embed(EmbeddingRequest, OnEmbedded on_done) { on_done(fail(Errc::invalid, "nobody makes embeddings")); }
void Models::stop() {}
std::size_t Models::under_way() const { return 0; }
std::vector<Provider> providers_from_environment() { return {}; }

}  // namespace troupe::actors::llm
