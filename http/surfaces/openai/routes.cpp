// Every endpoint of the OpenAI-compatible API, on one page.
#include "http/route_table.hpp"
#include "http/surfaces/openai/openai.hpp"

namespace troupe::http {
namespace {

using A = Access;
using namespace std::chrono_literals;

constexpr RateClass kCompletions{"completions", defaults::kCompletionsPerMinute, 60s, RateClass::Per::caller};

#define TIME R"("2026-01-31T12:00:00.000Z")"
#define MODEL R"({"id":"helper","object":"model","created":1769860800,"owned_by":"personality"})"
#define HEAD R"("id":"chatcmpl-AbCdEfGh","created":1769860800,"model":"helper",)"
#define PROVIDER                                                                                                       \
  R"({"id":"AbCdEfGhIjKl","object":"troupe.provider","name":"openai","format":"openai",)"                              \
  R"("base_url":"https://api.openai.com/v1","keys":["…wxyz"],"model":"gpt-4o-mini",)"                                \
  R"("embedding_model":"text-embedding-3-small","models":["gpt-4o"],"priority":100,"enabled":true,"created_at":)" TIME \
  R"(,"updated_at":null})"
#define PERSONALITY                                                                                       \
  R"({"id":"AbCdEfGhIjKl","object":"troupe.personality","name":"helper","description":"Helps","prompt":)" \
  R"("You help.","provider":"openai","model":"gpt-4o-mini","temperature":0.5,"max_tokens":500,)"          \
  R"("is_default":true,"created_at":)" TIME R"(,"updated_at":null})"
#define REMOVED(object) R"({"id":"AbCdEfGhIjKl","object":")" object R"(","deleted":true})"

std::vector<Field> provider_fields() {
  return {text("name", "Unique; without a slash", defaults::kMaxCatalogueNameLength),
          text("base_url", "http or https: what stands before `/chat/completions` and the like",
               defaults::kMaxBaseUrlLength),
          word("format", {"openai", "anthropic", "gemini"}, "Of the wire; default: openai"),
          array("keys", "Tried in turn. They are stored sealed, and never shown again."),
          text("model", "Where a request names none", defaults::kMaxModelNameLength),
          text("embedding_model", "Empty: it makes no embeddings", defaults::kMaxModelNameLength),
          array("models", "What it may be asked for besides `model`; empty: anything"),
          integer("priority", 0, defaults::kMaxProviderPriority, "The lowest is asked first; default: 100"),
          flag("enabled", "Default: true")};
}

std::vector<Field> personality_fields() {
  return {text("name", "Unique; without a slash. What clients name as their model.", defaults::kMaxCatalogueNameLength),
          text("prompt", "The system prompt", defaults::kMaxQuestionLength),
          text("description", {}, defaults::kMaxDescriptionLength),
          text("provider", "The name of the one that answers; empty: any", defaults::kMaxCatalogueNameLength),
          text("model", "Empty: the provider's own", defaults::kMaxModelNameLength),
          number("temperature", 0, 2, "Where a request says none"),
          integer("max_tokens", 1, 1'000'000, "Where a request says none"),
          flag("is_default", "The latest one to be made the default is it")};
}

/// The same fields, these of them required.
std::vector<Field> requiring(std::initializer_list<std::string_view> names, std::vector<Field> fields) {
  for (Field& field : fields) field.required = std::find(names.begin(), names.end(), field.name) != names.end();
  return fields;
}

}  // namespace

std::vector<Route> OpenAi::make_routes(OpenAi& self) {
  const auto to = [&self](void (OpenAi::*handler)(const CallPtr&)) -> Handler {
    return [&self, handler](const CallPtr& call) { (self.*handler)(call); };
  };
  RouteTable table;

  table.tag("OpenAI");
  table.post("/v1/chat/completions", A::login, to(&OpenAi::complete), "Let a model answer a conversation")
      .takes({required("model",
                       "A personality's name, `provider/model`, a model that a provider is configured with, or "
                       "`echo`",
                       defaults::kMaxCatalogueNameLength + 1 + defaults::kMaxModelNameLength),
              {.name = "messages", .type = Field::Type::array, .required = true, .description = "Oldest first"},
              number("temperature", 0, 2),
              integer("max_tokens", 1, 1'000'000, "The older name of the next"),
              integer("max_completion_tokens", 1, 1'000'000, "Of the answer"),
              array("tools", "Functions to call"),
              {.name = "tool_choice", .type = Field::Type::any, .description = "As OpenAI has it"},
              flag("stream", "Answer as server-sent events, the last of which is `[DONE]`"),
              object("stream_options", "`include_usage`: a last chunk tells the usage"),
              integer("n", 1, 128, "Only 1")})
      .answers(R"({)" HEAD
               R"("object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":)"
               R"("Hello!","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,)"
               R"("completion_tokens":3,"total_tokens":12}})")
      .streams("{" HEAD R"("object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hel"},)"
               R"("finish_reason":null}]})")
      .note(
          "Nothing of the conversation is kept; how many tokens were used is. Roles are system, developer, user, "
          "assistant and tool; content is text. Calls of tools are the client's to make. Parameters that a provider "
          "of OpenAI's format knows (`top_p`, `stop`, `seed`, `response_format` and the like) are passed on to it; "
          "others are ignored. A personality's prompt comes before the messages. Usage that the provider does not "
          "tell is an estimate. A client that leaves gives the answer up. An API key needs the permission to write.")
      .rate(kCompletions);
  table.post("/v1/embeddings", A::login, to(&OpenAi::embed), "Make vectors of texts")
      .takes({required("model", "An embedding model that a provider is configured with, or `provider/model`",
                       defaults::kMaxCatalogueNameLength + 1 + defaults::kMaxModelNameLength),
              {.name = "input", .type = Field::Type::any, .required = true, .description = "A text, or several"},
              word("encoding_format", {"float", "base64"}, "Default: float")})
      .answers(R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.25,-0.5]}],)"
               R"("model":"text-embedding-3-small","usage":{"prompt_tokens":2,"total_tokens":2}})")
      .rate(kCompletions);
  table.get("/v1/models", A::login, to(&OpenAi::models), "The models there are")
      .answers(R"({"object":"list","data":[)" MODEL "]}")
      .elsewhere();
  table.get("/v1/models/{model}", A::login, to(&OpenAi::model), "One model").answers(MODEL);
  table.get("/v1/models/{provider}/{model}", A::login, to(&OpenAi::model), "One model of one provider")
      .answers(R"({"id":"openai/gpt-4o","object":"model","created":0,"owned_by":"openai"})")
      .note("For clients that do not encode the slash.");

  table.tag("Tools");
  table
      .post(
          "/mcp", A::admin, [&self](const CallPtr& call) { self.mcp_calls_.serve(call); },
          "The house's tools, by the Model Context Protocol")
      .takes({required("jsonrpc", "2.0"),
              {.name = "id", .type = Field::Type::any, .description = "Of a request; a notification has none"},
              text("method", "initialize, ping, tools/list, tools/call, or a notification"),
              object("params")})
      .answers(R"({"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"current_time","description":"Tells the date",)"
               R"("inputSchema":{"type":"object"},"annotations":{"destructiveHint":false}}]}})")
      .note(
          "Streamable HTTP (revisions 2024-11-05 to 2025-06-18) without streams: one message, one answer in "
          "JSON. The session that `initialize` begins only tells clients of one account apart. A call is given up when "
          "its client leaves or sends notifications/cancelled; a notification is answered with 202 and nothing. Tools "
          "are those that the settings of the bots allow. "
          "Every call is in the tool log. An API key needs the permission to write.")
      .rate(kCompletions);

  table.tag("Catalogue");
  table.get("/v1/troupe/providers", A::admin, to(&OpenAi::providers), "Providers of models, oldest first")
      .answers(R"({"object":"list","data":[)" PROVIDER "]}")
      .note("Those of the settings (file or environment) stand before these and are not listed.");
  table.post("/v1/troupe/providers", A::admin, to(&OpenAi::add_provider), "Add a provider")
      .takes(requiring({"name", "base_url"}, provider_fields()))
      .answers(PROVIDER)
      .status(201)
      .creates()
      .note(
          "It counts from the answer on. `base_url` must not be a link-local or metadata address; one of this "
          "machine or of a private network only where the settings allow it. What its name leads to is checked again "
          "with each connection.");
  table.get("/v1/troupe/providers/{provider_id}", A::admin, to(&OpenAi::provider), "One provider").answers(PROVIDER);
  table.patch("/v1/troupe/providers/{provider_id}", A::admin, to(&OpenAi::change_provider), "Change a provider")
      .takes(provider_fields())
      .answers(PROVIDER)
      .note("Fields that are missing stay as they are; `keys` replaces all of them.");
  table.del("/v1/troupe/providers/{provider_id}", A::admin, to(&OpenAi::remove_provider), "Remove a provider")
      .answers(REMOVED("troupe.provider"));
  table.get("/v1/troupe/personalities", A::login, to(&OpenAi::personalities), "Personalities, oldest first")
      .answers(R"({"object":"list","data":[)" PERSONALITY "]}")
      .elsewhere();
  table.post("/v1/troupe/personalities", A::admin, to(&OpenAi::add_personality), "Add a personality")
      .takes(requiring({"name", "prompt"}, personality_fields()))
      .answers(PERSONALITY)
      .status(201)
      .creates();
  table.get("/v1/troupe/personalities/{personality_id}", A::login, to(&OpenAi::personality), "One personality")
      .answers(PERSONALITY)
      .elsewhere();
  table
      .patch("/v1/troupe/personalities/{personality_id}", A::admin, to(&OpenAi::change_personality),
             "Change a personality")
      .takes(personality_fields())
      .answers(PERSONALITY)
      .note("Fields that are missing stay as they are; null takes `temperature` or `max_tokens` away.");
  table
      .del("/v1/troupe/personalities/{personality_id}", A::admin, to(&OpenAi::remove_personality),
           "Remove a personality")
      .answers(REMOVED("troupe.personality"));
  return std::move(table).take();
}

}  // namespace troupe::http
