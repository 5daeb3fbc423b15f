#include "http/surfaces/openai/openai.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include "actors/llm/echo.hpp"
#include "http/security/api_key.hpp"
#include "http/surfaces/openai/wire.hpp"

namespace troupe::http {
namespace {

using actors::llm::ChatAnswer;

constexpr const char* kModel = "model";

struct Kind {
  int status;
  const char* type;
  const char* code;  ///< null: none
};

Kind kind_of(const Error& error) {
  const int status = status_of(error.code);
  constexpr const char* kInvalid = "invalid_request_error";
  switch (error.code) {
    case Errc::invalid: return {status, kInvalid, nullptr};
    case Errc::unauthenticated: return {status, kInvalid, "invalid_api_key"};
    case Errc::forbidden: return {status, kInvalid, "insufficient_permissions"};
    case Errc::not_found: return {status, kInvalid, error.field == kModel ? "model_not_found" : "not_found"};
    case Errc::wrong_method: return {status, kInvalid, "method_not_allowed"};
    case Errc::conflict: return {status, kInvalid, "conflict"};
    case Errc::duplicate: return {status, kInvalid, "idempotency_key_in_use"};
    case Errc::too_large: return {status, kInvalid, "too_large"};
    case Errc::too_fast: return {status, "requests", "rate_limit_exceeded"};
    case Errc::overloaded:
    case Errc::maintenance:
    case Errc::shutting_down:
    case Errc::storage_failed: return {status, "server_error", "overloaded"};
    case Errc::timed_out:
    case Errc::upstream_failed:
    case Errc::cancelled: return {status, "server_error", "upstream_error"};
    case Errc::corrupt: return {status, "server_error", nullptr};
  }
  return {status, "server_error", nullptr};
}

/// An answer on its way to a client that reads it as it comes. It begins with the first piece, so that what goes wrong
/// before that still has a status of its own. Pieces come on the models' thread, and somebody else asks whether the
/// client has gone.
class StreamedAnswer {
 public:
  StreamedAnswer(CallPtr call, openai::AnswerHead head, bool with_usage)
      : call_(std::move(call)), head_(std::move(head)), with_usage_(with_usage) {}

  void add(std::string_view text) {
    const std::lock_guard lock(mutex_);
    begin();
    send(openai::text_chunk(head_, text));
  }

  void finish(const Expected<ChatAnswer>& answer) {
    const std::lock_guard lock(mutex_);
    if (!answer && !begun_) return call_->refuse(answer.error());
    begin();
    if (!answer) {
      body_.write(server_sent_event(call_->surface->error(answer.error(), call_->request.id).body));
      return body_.end();
    }
    if (!answer->tool_calls.empty()) send(openai::tool_calls_chunk(head_, answer->tool_calls));
    send(openai::last_chunk(head_, answer->finish_reason));
    if (with_usage_) send(openai::usage_chunk(head_, answer->usage));
    body_.write(server_sent_event("[DONE]"));
    body_.end();
  }

  bool gone() const {
    const std::lock_guard lock(mutex_);
    return begun_ ? refused_ || body_.gone() : call_->reply.gone();
  }

 private:
  void begin() {
    if (std::exchange(begun_, true)) return;
    body_ = call_->answer_events();
    send(openai::first_chunk(head_));
  }
  void send(OrderedJson chunk) {
    if (with_usage_ && !chunk.contains("usage")) chunk["usage"] = nullptr;
    refused_ |= !body_.write(server_sent_event(json_text(chunk)));
  }

  const CallPtr call_;
  const openai::AnswerHead head_;
  const bool with_usage_;
  mutable std::mutex mutex_;
  BodyStream body_;
  bool begun_ = false;
  bool refused_ = false;  ///< a piece was not taken: nobody reads
};

OrderedJson model_view(const std::string& id, const std::string& owner, Micros created_at) {
  return {{"id", id}, {"object", "model"}, {"created", created_at / 1'000'000}, {"owned_by", owner}};
}

/// Null where there is none.
const actors::llm::Provider* provider_of(const std::vector<actors::llm::Provider>& providers, std::string_view name) {
  const auto at = std::find_if(providers.begin(), providers.end(), [&](const auto& one) { return one.name == name; });
  return at == providers.end() ? nullptr : &*at;
}

bool lists(const actors::llm::Provider& provider, std::string_view model) {
  return provider.model == model || provider.embedding_model == model ||
         std::find(provider.models.begin(), provider.models.end(), model) != provider.models.end();
}

}  // namespace

OpenAi::OpenAi(Services services)
    : services_(services),
      queries_(services.store),
      providers_(services.store),
      personalities_(services.store),
      credentials_(queries_, services.system, services.secrets),
      mcp_calls_(services_),
      routes_(make_routes(*this)) {}

Expected<Caller> OpenAi::authenticate(const Request& request, std::string_view) {
  const auto token = bearer_token(request);
  if (!token) return tl::unexpected(token.error());
  if (token->empty()) return Caller{};
  return looks_like_api_key(*token) ? credentials_.of_api_key(*token) : credentials_.of_access_token(*token);
}

Response OpenAi::error(const Error& error, std::string_view request_id) const {
  const auto [status, type, code] = kind_of(error);
  const bool named = !error.field.empty() && status != 401;
  const OrderedJson body = {{"error",
                             {{"message", public_text(error, request_id)},
                              {"type", type},
                              {"param", named ? OrderedJson(error.field) : OrderedJson(nullptr)},
                              {"code", code ? OrderedJson(code) : OrderedJson(nullptr)}}}};
  return {status, json_text(body)};
}

OrderedJson OpenAi::security_schemes() const {
  return {{"bearer",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"description", "An API key (`plx_…`), or an access token of the Chat API v1"}}}};
}

OrderedJson OpenAi::error_schema() const {
  const OrderedJson text = {{"type", "string"}};
  const OrderedJson text_or_null = {{"type", OrderedJson::array({"string", "null"})}};
  return {{"type", "object"},
          {"properties",
           {{"error",
             {{"type", "object"},
              {"properties", {{"message", text}, {"type", text}, {"param", text_or_null}, {"code", text_or_null}}},
              {"required", OrderedJson::array({"message", "type", "param", "code"})}}}}},
          {"required", OrderedJson::array({"error"})}};
}

// Models

std::optional<OpenAi::Chosen> OpenAi::chosen(const std::string& name) const {
  if (name == actors::llm::kEcho) return Chosen{name, name, {}};
  if (auto personality = personalities_.named(name)) {
    Chosen chosen{personality->entry.provider, personality->entry.model, std::move(personality)};
    return chosen;
  }
  const auto providers = services_.system.models().providers();
  if (const auto slash = name.find('/'); slash != name.npos) {
    const auto* provider = provider_of(providers, std::string_view(name).substr(0, slash));
    const std::string model = name.substr(slash + 1);
    const bool known = provider && !model.empty() && (provider->models.empty() || lists(*provider, model));
    if (known) return Chosen{provider->name, model, {}};
  }
  for (const auto& provider : providers)
    if (!name.empty() && lists(provider, name)) return Chosen{provider.name, name, {}};
  return std::nullopt;
}

OrderedJson OpenAi::model_list() const {
  OrderedJson list = OrderedJson::array();
  std::set<std::string> seen;
  const auto add = [&](const std::string& id, const std::string& owner, Micros created_at) {
    if (seen.insert(id).second) list.push_back(model_view(id, owner, created_at));
  };
  for (const auto& row : personalities_.all()) add(row.entry.name, "personality", row.created_at);
  const auto providers = services_.system.models().providers();
  const auto each_model = [&](const std::function<void(const std::string& provider, const std::string& model)>& visit) {
    for (const auto& provider : providers) {
      if (!provider.model.empty()) visit(provider.name, provider.model);
      for (const auto& model : provider.models) visit(provider.name, model);
      if (!provider.embedding_model.empty()) visit(provider.name, provider.embedding_model);
    }
  };
  each_model([&](const auto& provider, const auto& model) { add(provider + "/" + model, provider, 0); });
  each_model([&](const auto& provider, const auto& model) { add(model, provider, 0); });
  add(actors::llm::kEcho, "troupe", 0);
  return list;
}

void OpenAi::embed(const CallPtr& call) {
  const std::string name = call->body_text("model");
  const auto providers = services_.system.models().providers();
  const auto found = std::find_if(providers.begin(), providers.end(), [&](const auto& provider) {
    const auto& model = provider.embedding_model;
    return !model.empty() && (name == model || name == provider.name + "/" + model);
  });
  if (found == providers.end())
    return call->refuse({Errc::not_found, "There is no model '" + name + "' that makes embeddings", kModel});
  auto request = openai::embedding_request_of(call->body);
  if (!request) return call->refuse(request.error());
  request->provider = found->name;
  const bool base64 = call->body_text("encoding_format") == "base64";
  services_.system.completions().embed(
      std::move(*request), call->caller.account, call->cause(),
      services_.then_with<actors::llm::Embeddings>(call, [call, name, base64](const auto& embeddings) {
        call->answer(openai::embeddings_view(name, embeddings, base64));
      }));
}

void OpenAi::models(const CallPtr& call) { call->answer({{"object", "list"}, {"data", model_list()}}); }

void OpenAi::model(const CallPtr& call) {
  std::string name = call->path_parameter("model");
  if (const auto& provider = call->path_parameter("provider"); !provider.empty()) name = provider + "/" + name;
  const auto found = chosen(name);
  if (!found) return call->refuse({Errc::not_found, "The model '" + name + "' does not exist", kModel});
  const auto& personality = found->personality;
  call->answer(model_view(name,
                          personality                             ? "personality"
                          : found->provider == actors::llm::kEcho ? "troupe"
                                                                  : found->provider,
                          personality ? personality->created_at : 0));
}

void OpenAi::complete(const CallPtr& call) {
  const std::string name = call->body_text("model");
  const auto found = chosen(name);
  if (!found) return call->refuse({Errc::not_found, "The model '" + name + "' does not exist", kModel});
  auto request = openai::chat_request_of(call->body);
  if (!request) return call->refuse(request.error());
  request->provider = found->provider;
  request->model = found->model;
  actors::Completion completion;
  completion.account = call->caller.account;
  if (const auto& personality = found->personality) {
    completion.personality = personality->id;
    request->messages.insert(request->messages.begin(), {"system", personality->entry.prompt, {}, {}});
    if (!request->temperature) request->temperature = personality->entry.temperature;
    if (!request->max_tokens) request->max_tokens = personality->entry.max_tokens;
  }
  completion.request = std::move(*request);
  const openai::AnswerHead head{"chatcmpl-" + actors::random_letters(24), call->now, name};
  if (!call->body_flag("stream")) {
    completion.gone = [call] { return call->reply.gone(); };
    return services_.system.completions().ask(
        std::move(completion), call->cause(), [](std::string_view) {},
        services_.then_with<ChatAnswer>(call, [call, head](const ChatAnswer& answer) {
          call->answer_text(json_text(openai::completion_view(head, answer)));
        }));
  }
  const Json options = call->body_object("stream_options");
  const auto with_usage = options.find("include_usage");
  const auto streamed =
      std::make_shared<StreamedAnswer>(call, head, with_usage != options.end() && *with_usage == true);
  completion.gone = [streamed] { return streamed->gone(); };
  services_.system.completions().ask(
      std::move(completion), call->cause(), [streamed](std::string_view text) { streamed->add(text); },
      [streamed](const Expected<ChatAnswer>& answer) { streamed->finish(answer); });
}

}  // namespace troupe::http
