#include "actors/llm/models.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <random>

#include "actors/llm/calls.hpp"
#include "actors/llm/echo.hpp"
#include "actors/llm/gathered_answer.hpp"
#include "actors/llm/sse.hpp"
#include "events/time.hpp"

namespace troupe::actors::llm {
namespace {

class ChatCall : public Call {
 public:
  ChatCall(Listing candidates, std::chrono::milliseconds retry_delay, ChatRequest request, Models::OnDelta on_delta,
           Models::OnDone on_done)
      : Call(std::move(candidates), retry_delay),
        request_(std::move(request)),
        on_delta_(std::move(on_delta)),
        on_done_(std::move(on_done)) {}

  HttpRequest request_to(const Provider& provider, const std::string& key) const override {
    return wire_of(provider.format).chat(provider, key, request_);
  }
  void begin(const Provider& provider) override {
    wire_ = &wire_of(provider.format);
    stream_ = SseParser{};
    gathered_ = {};
  }
  Expected<void> take(std::string_view bytes) override {
    const auto events = stream_.feed(bytes);
    if (!events) return tl::unexpected(events.error());
    for (const auto& event : *events) {
      if (gathered_.is_over()) break;
      const auto delta = wire_->delta(event);
      if (!delta) return tl::unexpected(delta.error());
      if (auto added = gathered_.add(*delta); !added) return added;
      if (delta->text.empty()) continue;
      is_handed_out_ = true;
      on_delta_(delta->text);
    }
    return {};
  }
  Expected<void> take_end() override { return {}; }
  bool is_complete() const override { return gathered_.is_complete(); }
  bool is_over() const override { return gathered_.is_over(); }
  bool is_handed_out() const override { return is_handed_out_; }

  void succeed(const Provider& provider, std::chrono::microseconds took) override {
    ChatAnswer answer = gathered_.answer(provider, request_);
    answer.took_us = took.count();
    on_done_(std::move(answer));
  }
  void fail(Error error) override { on_done_(tl::unexpected(std::move(error))); }

 private:
  ChatRequest request_;
  Models::OnDelta on_delta_;
  Models::OnDone on_done_;
  const Wire* wire_ = nullptr;
  SseParser stream_;
  GatheredAnswer gathered_;
  bool is_handed_out_ = false;
};

class EmbeddingCall : public Call {
 public:
  EmbeddingCall(Listing candidates, std::chrono::milliseconds retry_delay, EmbeddingRequest request,
                Models::OnEmbedded on_done)
      : Call(std::move(candidates), retry_delay), request_(std::move(request)), on_done_(std::move(on_done)) {}

  HttpRequest request_to(const Provider& provider, const std::string& key) const override {
    return wire_of(provider.format).embed(provider, key, request_);
  }
  void begin(const Provider& provider) override {
    wire_ = &wire_of(provider.format);
    body_.clear();
  }
  Expected<void> take(std::string_view bytes) override {
    if (body_.size() + bytes.size() > defaults::kMaxEmbeddingAnswerBytes)
      return troupe::fail(Errc::too_large,
                          "the answer has more than " + std::to_string(defaults::kMaxEmbeddingAnswerBytes) + " bytes");
    body_ += bytes;
    return {};
  }
  Expected<void> take_end() override {
    auto embeddings = wire_->embeddings(body_, request_.texts.size());
    if (!embeddings) return tl::unexpected(embeddings.error());
    embeddings_ = std::move(*embeddings);
    return {};
  }
  bool is_complete() const override { return embeddings_.has_value(); }
  bool is_over() const override { return false; }
  bool is_handed_out() const override { return false; }

  void succeed(const Provider& provider, std::chrono::microseconds) override {
    embeddings_->provider = provider.name;
    if (embeddings_->model.empty())
      embeddings_->model = request_.model.empty() ? provider.embedding_model : request_.model;
    if (embeddings_->usage.estimated)
      for (const auto& text : request_.texts) embeddings_->usage.prompt_tokens += estimated_tokens(text);
    on_done_(std::move(*embeddings_));
  }
  void fail(Error error) override { on_done_(tl::unexpected(std::move(error))); }

 private:
  EmbeddingRequest request_;
  Models::OnEmbedded on_done_;
  const Wire* wire_ = nullptr;
  std::string body_;
  std::optional<Embeddings> embeddings_;
};

bool makes_embeddings(const Listed& listed) {
  return !listed.provider.embedding_model.empty() && wire_of(listed.provider.format).embed;
}

template <class F>
Listing those(const Listing& all, F wanted) {
  Listing some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const auto& listed) { return wanted(*listed); });
  return some;
}

tl::unexpected<Error> no_such_provider(const std::string& name) {
  return fail(Errc::invalid, "there is no provider '" + name + "'", "provider");
}

tl::unexpected<Error> no_such_model(const std::string& name) {
  return fail(Errc::invalid, "no provider has the model '" + name + "'", "model");
}

bool lists(const Provider& provider, const std::string& model) {
  return std::find(provider.models.begin(), provider.models.end(), model) != provider.models.end();
}

/// Those of `all`, which is not empty, that may answer: for a model alone those whose own it is, or else those that list
/// it, or else the first that may be asked for anything. Errors: invalid.
Expected<Listing> candidates_for(const Listing& all, const ChatRequest& request) {
  const std::string& model = request.model;
  if (!request.provider.empty()) {
    auto named = those(all, [&](const Listed& listed) { return listed.provider.name == request.provider; });
    if (named.empty()) return no_such_provider(request.provider);
    const Provider& provider = named.front()->provider;
    const bool may_be_asked =
        model.empty() || provider.model == model || provider.models.empty() || lists(provider, model);
    return may_be_asked ? Expected<Listing>(Listing{named.front()}) : no_such_model(model);
  }
  if (model.empty()) return all;
  auto of_model = those(all, [&](const Listed& listed) { return listed.provider.model == model; });
  if (of_model.empty()) of_model = those(all, [&](const Listed& listed) { return lists(listed.provider, model); });
  if (!of_model.empty()) return of_model;
  auto of_any = those(all, [](const Listed& listed) { return listed.provider.models.empty(); });
  return of_any.empty() ? no_such_model(model) : Expected<Listing>(Listing{of_any.front()});
}

Expected<Listing> candidates_for(const Listing& all, const EmbeddingRequest& request) {
  const auto embedding = those(all, makes_embeddings);
  const auto named = those(embedding, [&](const Listed& listed) {
    return request.provider.empty() || listed.provider.name == request.provider;
  });
  if (named.empty() && !embedding.empty()) return no_such_provider(request.provider);
  if (named.empty()) return fail(Errc::invalid, "no provider makes embeddings", "provider");
  const std::string model = request.model.empty() ? named.front()->provider.embedding_model : request.model;
  auto of_model = those(named, [&](const Listed& listed) { return listed.provider.embedding_model == model; });
  return of_model.empty() ? Listing{named.front()} : of_model;
}

Expected<void> check_texts(const std::vector<std::string>& texts) {
  if (texts.empty() || texts.size() > defaults::kMaxEmbeddingTexts)
    return fail(Errc::invalid, "1 to " + std::to_string(defaults::kMaxEmbeddingTexts) + " texts at a time", "texts");
  if (std::any_of(texts.begin(), texts.end(), [](const auto& text) { return text.empty(); }))
    return fail(Errc::invalid, "a text must not be empty", "texts");
  return {};
}

/// Weighted ones of one priority come in an order of chance.
void draw(Listing& candidates) {
  if (candidates.size() < 2) return;
  std::vector<Standing> standings;
  for (const auto& listed : candidates)
    standings.push_back(
        {listed->provider.priority, listed->provider.key_order == KeyOrder::weighted, listed->provider.weight});
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto order = drawn_order(standings, [] { return std::uniform_real_distribution<>{}(random); });
  Listing drawn;
  for (const auto i : order) drawn.push_back(candidates[i]);
  candidates = std::move(drawn);
}

bool is_for_echo(const ChatRequest& request) {
  return request.provider == kEcho || (request.provider.empty() && request.model == kEcho);
}

}  // namespace

struct Models::Impl {
  std::chrono::milliseconds retry_delay;
  mutable std::mutex mutex;
  Listing listing;                                            ///< under the mutex, as the next
  std::map<std::string, std::shared_ptr<QuotaMeter>> meters;  ///< by name, also of providers that come back
  std::atomic<bool> is_stopped{false};
  Calls chats, embeddings;

  explicit Impl(const ModelsOptions& options)
      : retry_delay(options.retry_delay), chats(times_of(options)), embeddings(times_of(options)) {}

  static CallTimes times_of(const ModelsOptions& options) {
    return {options.connect_timeout, options.silence_timeout, options.request_timeout};
  }
  Listing listed() const {
    const std::lock_guard lock(mutex);
    return listing;
  }
};

Models::Models(ModelsOptions options) : impl_(std::make_unique<Impl>(options)) {
  configure(std::move(options.providers));
}
Models::~Models() = default;

void Models::configure(std::vector<Provider> providers) {
  const std::lock_guard lock(impl_->mutex);
  Listing listing;
  for (auto& provider : providers) {
    auto& meter = impl_->meters[provider.name];
    if (!meter) meter = std::make_shared<QuotaMeter>(provider.used_today, now_micros());
    meter->limit(provider.quota);
    listing.push_back(std::make_shared<Listed>(std::move(provider), meter));
  }
  impl_->listing = std::move(listing);
}

bool Models::is_used_up(const std::string& name) const {
  const std::lock_guard lock(impl_->mutex);
  const auto meter = impl_->meters.find(name);
  return meter != impl_->meters.end() && meter->second->is_used_up(now_micros());
}

std::vector<Provider> Models::providers() const {
  std::vector<Provider> providers;
  for (const auto& listed : impl_->listed()) {
    providers.push_back(listed->provider);
    providers.back().keys.clear();
  }
  return providers;
}

Models::Ticket Models::ask(ChatRequest request, OnDelta on_delta, OnDone on_done) {
  if (impl_->is_stopped) return on_done(fail(Errc::shutting_down, "the server is ending")), 0;
  const auto all = request.own_provider ? Listing{std::make_shared<Listed>(*request.own_provider)} : impl_->listed();
  if (request.own_provider) request.provider = request.own_provider->name;
  if (is_for_echo(request) || (all.empty() && request.provider.empty())) {
    ChatAnswer answer = echo(request);
    on_delta(answer.text);
    return on_done(std::move(answer)), 0;
  }
  auto candidates = candidates_for(all, request);
  if (!candidates) return on_done(tl::unexpected(candidates.error())), 0;
  draw(*candidates);
  // Kept here as well: a call that is not taken does not tell.
  const auto ticket = impl_->chats.add(std::make_unique<ChatCall>(std::move(*candidates), impl_->retry_delay,
                                                                  std::move(request), std::move(on_delta), on_done));
  if (!ticket) return on_done(tl::unexpected(ticket.error())), 0;
  return *ticket;
}

void Models::cancel(Ticket ticket) { impl_->chats.cancel(ticket); }

std::string Models::embedding_model() const {
  const auto embedding = those(impl_->listed(), makes_embeddings);
  return embedding.empty() ? std::string() : embedding.front()->provider.embedding_model;
}

bool Models::can_embed() const {
  const auto all = impl_->listed();
  return std::any_of(all.begin(), all.end(), [](const auto& listed) { return makes_embeddings(*listed); });
}

void Models::embed(EmbeddingRequest request, OnEmbedded on_done) {
  if (auto ok = check_texts(request.texts); !ok) return on_done(tl::unexpected(ok.error()));
  auto candidates = candidates_for(impl_->listed(), request);
  if (!candidates) return on_done(tl::unexpected(candidates.error()));
  const auto ticket = impl_->embeddings.add(
      std::make_unique<EmbeddingCall>(std::move(*candidates), impl_->retry_delay, std::move(request), on_done));
  if (!ticket) on_done(tl::unexpected(ticket.error()));
}

void Models::stop() {
  impl_->is_stopped = true;
  impl_->chats.stop();
  impl_->embeddings.stop();
}

std::size_t Models::under_way() const { return impl_->chats.under_way() + impl_->embeddings.under_way(); }

}  // namespace troupe::actors::llm
