// What every part of this surface stands on.
#pragma once

#include "actors/llm/model_list.hpp"
#include "http/surface_context.hpp"
#include "http/surfaces/chatai/contacts.hpp"
#include "http/surfaces/chatai/errors.hpp"
#include "http/surfaces/chatai/options.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::http::chatai {

struct Context : SurfaceContext {
  Context(const Services& house, ChatAiOptions options_in)
      : SurfaceContext(house),
        options(std::move(options_in)),
        providers(house.store),
        personalities(house.store),
        contacts(house.store) {}

  ChatAiOptions options;
  projections::ProviderQueries providers;
  projections::PersonalityQueries personalities;
  Contacts contacts;
  actors::llm::ModelLists model_lists;
};

/// The envelope of every good answer. `more` stands beside `data`.
inline void succeed(const CallPtr& call, OrderedJson data, Fields more = {}, Headers headers = {}) {
  Fields envelope = {{"success", true}, {"data", std::move(data)}};
  for (auto& field : more) envelope.insert(std::move(field));
  call->answer(std::move(envelope), std::move(headers));
}

/// In the language that the caller prefers.
inline const char* worded(const CallPtr& call, const char* english, const char* chinese) {
  return prefers_chinese(call->request.header("Accept-Language").value_or("")) ? chinese : english;
}

/// Milliseconds since 1970, as this dialect has its times.
inline std::int64_t milliseconds(Micros time) { return time / 1000; }

}  // namespace troupe::http::chatai
