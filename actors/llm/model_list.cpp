#include "actors/llm/model_list.hpp"

#include <algorithm>

#include "actors/llm/failure.hpp"
#include "actors/llm/foreign_json.hpp"
#include "events/defaults.hpp"
#include "events/time.hpp"

namespace troupe::actors::llm {
namespace {

std::vector<std::string> headers_of(Format format, const std::string& key) {
  switch (format) {
    case Format::openai:
      return key.empty() ? std::vector<std::string>{} : std::vector<std::string>{"Authorization: Bearer " + key};
    case Format::anthropic: return {"x-api-key: " + key, "anthropic-version: 2023-06-01"};
    case Format::gemini: return {"x-goog-api-key: " + key};
  }
  return {};
}

}  // namespace

HttpRequest model_list_request(const Provider& provider) {
  HttpRequest request;
  request.method = "GET";
  request.url = url_of(provider.base_url, "/models");
  request.headers = headers_of(provider.format, provider.keys.empty() ? "" : provider.keys.front());
  request.reach = provider.reach;
  return request;
}

/// OpenAI and Anthropic: `{"data":[{"id"}]}`; Gemini: `{"models":[{"name":"models/…"}]}`.
Expected<std::vector<std::string>> models_in(Format format, std::string_view body) {
  const bool is_gemini = format == Format::gemini;
  const auto parsed = parse_object(body);
  const Json list = parsed ? field_of(*parsed, is_gemini ? "models" : "data") : Json();
  if (!list.is_array()) return fail(Errc::corrupt, "the provider sent no list of models");
  constexpr std::string_view kGeminiPrefix = "models/";
  std::vector<std::string> models;
  for (const Json& model : list) {
    std::string name = text_in(model, is_gemini ? "name" : "id");
    if (is_gemini && name.starts_with(kGeminiPrefix)) name.erase(0, kGeminiPrefix.size());
    if (!name.empty()) models.push_back(std::move(name));
  }
  std::sort(models.begin(), models.end());
  return models;
}

class ModelLists::Fetching final : public HttpListener {
 public:
  Fetching(ModelLists& lists, std::uint64_t id, Provider provider, Done done)
      : lists_(lists), id_(id), provider_(std::move(provider)), done_(std::move(done)) {}

  bool bytes(int, std::string_view bytes) override {
    is_too_large_ = body_.size() + bytes.size() > defaults::kMaxModelListBytes;
    if (!is_too_large_) body_ += bytes;
    return !is_too_large_;
  }

  void ended(const HttpHead& head, const HttpEnd& end) override {
    const auto me = lists_.under_way_.extract(id_);  // it may be held by nobody else
    if (is_too_large_) return settle(troupe::fail(Errc::too_large, "the list of models is too long"));
    if (head.status != 0 && head.status / 100 != 2)
      return settle(
          tl::unexpected(refused(provider_, head.status, body_, head.retry_after, now_micros() / 1'000'000).error));
    if (!end.is_whole) return settle(tl::unexpected(broke(provider_, end.why).error));
    auto models = models_in(provider_.format, body_);
    if (!models) return settle(troupe::fail(Errc::upstream_failed, models.error().message));
    settle(std::move(*models));
  }

  void settle(Expected<std::vector<std::string>> outcome) { done_(std::move(outcome)); }
  const Provider& provider() const { return provider_; }

  HttpLoop::TransferId transfer = 0;
  SteadyTime until = std::chrono::steady_clock::now() + defaults::kChannelTestTimeout;

 private:
  ModelLists& lists_;
  const std::uint64_t id_;
  const Provider provider_;
  const Done done_;
  std::string body_;
  bool is_too_large_ = false;
};

ModelLists::ModelLists() : loop_(defaults::kModelConnectTimeout, [this](SteadyTime now) { return turn(now); }) {}
ModelLists::~ModelLists() { stop(); }

void ModelLists::fetch(Provider provider, Done done) {
  const bool taken = loop_.post([this, provider = std::move(provider), done] {
    if (under_way_.size() >= defaults::kMaxModelLists)
      return done(fail(Errc::overloaded, "too many lists of models are being fetched"));
    const auto id = ++last_;
    const auto fetching = std::make_shared<Fetching>(*this, id, provider, done);
    under_way_.emplace(id, fetching);
    fetching->transfer = loop_.start(model_list_request(provider), fetching);
  });
  if (!taken) done(fail(Errc::shutting_down, "the server is ending"));
}

void ModelLists::stop() {
  loop_.stop([this] {
    for (const auto& [id, fetching] : under_way_) fetching->settle(fail(Errc::shutting_down, "the server is ending"));
    under_way_.clear();
  });
}

SteadyTime ModelLists::turn(SteadyTime now) {
  SteadyTime next = SteadyTime::max();
  std::vector<std::uint64_t> late;
  for (const auto& [id, fetching] : under_way_) {
    if (fetching->until <= now) late.push_back(id);
    next = std::min(next, fetching->until);
  }
  for (const auto id : late) {
    const auto fetching = under_way_.extract(id).mapped();
    loop_.abort(fetching->transfer);
    fetching->settle(fail(Errc::timed_out, "the provider did not answer in time"));
  }
  return late.empty() ? next : now;
}

}  // namespace troupe::actors::llm
