#include "http/surfaces/plexichat/assistant.hpp"

#include <algorithm>
#include <cmath>

#include "http/download.hpp"
#include "http/surfaces/plexichat/channels.hpp"
#include "http/surfaces/plexichat/ids.hpp"

namespace troupe::http::plexichat {
namespace {

constexpr const char* kMessages = "messages";
constexpr const char* kFiles = "files";

Error bad_field(const std::string& field, const std::string& rule) {
  return {Errc::invalid, field + " " + rule, field};
}
tl::unexpected<Error> refused(const std::string& field, const std::string& rule) {
  return tl::unexpected(bad_field(field, rule));
}

/// The `context` of a question. Without one the question stands for itself.
Expected<events::QuestionContext> context_in(const Context& house, const CallPtr& call) {
  events::QuestionContext context;
  const auto object = call->optional_body_object("context");
  if (!object) return context;
  const auto channel = object->find("channel_id");
  if (channel == object->end() || !channel->is_string()) return refused("context.channel_id", "must be a string");
  const auto row = open_channel(house, channel->get_ref<const std::string&>());
  if (!row) return fail(Errc::not_found, "No such channel", "context.channel_id");
  context.channel = row->id;
  if (const auto files = object->find("include_files"); files != object->end() && !files->is_null()) {
    if (!files->is_boolean()) return refused("context.include_files", "must be true or false");
    context.files = files->get<bool>();
  }
  if (const auto range = object->find("time_range"); range != object->end() && !range->is_null()) {
    const auto back = range->is_string() ? time_range(range->get_ref<const std::string&>())
                                         : Expected<Micros>(fail(Errc::invalid, "must be a string"));
    if (!back) return refused("context.time_range", back.error().message);
    context.since = call->now - *back;
  }
  return context;
}

/// The strings of an array of the body; none when it is missing.
Expected<std::vector<std::string>> strings_in(const CallPtr& call, const std::string& field, std::size_t most) {
  std::vector<std::string> strings;
  const auto array = call->body.find(field);
  if (array == call->body.end() || array->is_null()) return strings;
  if (array->empty() || array->size() > most)
    return refused(field, "must have 1 to " + std::to_string(most) + " items");
  for (const auto& item : *array) {
    if (!item.is_string()) return refused(field, "must be an array of strings");
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

OrderedJson view(const actors::FoundMessage& found, double similarity) {
  return {{"type", "message"},
          {"id", id_text(kMessage, events::message_id(found.channel, found.row.number))},
          {"channel_id", id_text(kChannel, found.channel)},
          {"user_id", id_text(kUser, found.row.author)},
          {"content", found.text},
          {"similarity", similarity},
          {"created_at", iso8601(found.row.created_at)}};
}

OrderedJson view(const actors::FoundFile& found, double similarity) {
  const auto& [row, texts, beginning] = found;
  return {{"type", "file"},
          {"id", row.id},
          {"channel_id", row.session != 0 ? OrderedJson(id_text(kChannel, row.session)) : nullptr},
          {"user_id", id_text(kUser, row.uploader)},
          {"content", beginning},
          {"similarity", similarity},
          {"created_at", iso8601(row.uploaded_at)},
          {"filename", safe_file_name(texts.name)},
          {"description", texts.description.empty() ? OrderedJson(nullptr) : OrderedJson(texts.description)},
          {"content_type", row.content_type},
          {"size", row.size}};
}

OrderedJson view(const actors::Found& found) {
  const double similarity = std::round(found.similarity * 10'000) / 10'000;
  return std::visit([&](const auto& document) { return view(document, similarity); }, found.document);
}

}  // namespace

Expected<Micros> time_range(std::string_view text) {
  constexpr std::pair<char, std::chrono::microseconds> kUnits[] = {{'s', std::chrono::seconds(1)},
                                                                   {'m', std::chrono::minutes(1)},
                                                                   {'h', std::chrono::hours(1)},
                                                                   {'d', std::chrono::days(1)},
                                                                   {'w', std::chrono::weeks(1)}};
  constexpr const char* kRule = "must be a number and one of s, m, h, d, w, such as 24h or 7d, and at most ten years";
  if (text.empty()) return fail(Errc::invalid, kRule);
  const auto unit =
      std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& u) { return u.first == text.back(); });
  const auto count = whole_number(text.substr(0, text.size() - 1));
  if (unit == std::end(kUnits) || !count || *count < 1 || *count > defaults::kLongestTimeRange / unit->second)
    return fail(Errc::invalid, kRule);
  return *count * unit->second.count();
}

void Assistant::chat(const CallPtr& call) {
  const auto context = context_in(context_, call);
  if (!context) return call->refuse(context.error());
  actors::AskModel question;
  question.asker = call->caller.account;
  question.text = call->body_text("message");
  question.provider = call->body_text("provider");
  question.model = call->body_text("model");
  question.context = *context;
  question.gone = [call] { return call->reply.gone(); };
  context_.services.system.conversations().find_assistant(
      question.asker, call->cause(),
      context_.services.then_with<events::SessionId>(call, [this, call, question](events::SessionId session) mutable {
        question.session = session;
        ask(call, std::move(question));
      }));
}

void Assistant::ask(const CallPtr& call, actors::AskModel question) {
  context_.services.system.conversations().ask_model(
      std::move(question), call->cause(),
      [this, call](const Expected<storage::RecordPtr>& asked) {
        if (asked) return;
        Error error = asked.error();
        if (error.field == "channel_id") error.field = "context.channel_id";
        context_.services.loop.post([call, error] { call->refuse(error); });
      },
      context_.services.then_with<actors::Outcome>(call, [call](const actors::Outcome& outcome) {
        const auto& answer = outcome.answer;
        call->answer({{"response", answer.text},
                      {"provider", answer.provider},
                      {"model", answer.model},
                      {"usage",
                       {{"prompt_tokens", answer.usage.prompt_tokens},
                        {"completion_tokens", answer.usage.completion_tokens},
                        {"total_tokens", answer.usage.prompt_tokens + answer.usage.completion_tokens}}},
                      {"created_at", iso8601(outcome.answered_at)}});
      }));
}

void Assistant::search(const CallPtr& call) {
  const auto types = strings_in(call, "content_types", 2);
  if (!types) return call->refuse(types.error());
  for (const std::string_view type : *types)
    if (type != kMessages && type != kFiles)
      return call->refuse(bad_field("content_types", "may have messages and files"));
  const auto channels = strings_in(call, "channels", defaults::kMaxSearchedChannels);
  if (!channels) return call->refuse(channels.error());
  actors::SearchQuery query;
  for (const auto& channel : *channels) {
    const auto row = open_channel(context_, channel);
    if (!row) return call->refuse({Errc::not_found, "No such channel", "channels"});
    query.channels.push_back(row->id);
  }
  const auto wanted = [&](std::string_view type) {
    return types->empty() || std::find(types->begin(), types->end(), type) != types->end();
  };
  query.messages = wanted(kMessages);
  query.files = wanted(kFiles);
  query.asker = call->caller.account;
  query.text = call->body_text("query");
  query.threshold = call->body_number("similarity_threshold");
  query.limit = static_cast<std::size_t>(call->body_integer("limit").value_or(defaults::kDefaultSearchResults));
  context_.services.system.search().search(
      query, context_.services.then_with<actors::SearchAnswer>(call, [call, query](const actors::SearchAnswer& answer) {
        OrderedJson results = OrderedJson::array();
        for (const auto& found : answer.found) results.push_back(view(found));
        const bool by_vector = !answer.model.empty();
        OrderedJson body = {{"results", results},
                            {"total", results.size()},
                            {"query", query.text},
                            {"method", by_vector ? "vector" : "full_text"}};
        if (by_vector) body.update({{"provider", answer.provider}, {"model", answer.model}});
        body["complete"] = answer.complete;
        call->answer(body);
      }));
}

}  // namespace troupe::http::plexichat
