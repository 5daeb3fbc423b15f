// What every part of this surface stands on, and the form of its answers:
//
//   {"status":"success","data":…,"message":…}      a list has its `pagination` beside `data`
#pragma once

#include "http/surface_context.hpp"
#include "http/surfaces/nekobot/options.hpp"
#include "http/surfaces/nekobot/page.hpp"
#include "http/surfaces/nekobot/wording.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::http::nekobot {

struct Context : SurfaceContext {
  Context(const Services& house, NekoBotOptions settings)
      : SurfaceContext(house), options(std::move(settings)), providers(house.store), personalities(house.store) {}

  NekoBotOptions options;
  projections::ProviderQueries providers;
  projections::PersonalityQueries personalities;
};

inline constexpr Sentence kDone{"Done", "操作成功"};

/// Any thread. `name` fills the sentence.
inline void succeed(const CallPtr& call, OrderedJson data = OrderedJson::object(), const Sentence& sentence = kDone,
                    std::string_view name = {}) {
  call->answer_text(json_text(OrderedJson{
      {"status", "success"}, {"data", std::move(data)}, {"message", words(call->request, sentence, name)}}));
}

/// Answers with a page of `items`; `data_of` makes of them what `data` is.
template <class DataOf>
void succeed_with_page(const CallPtr& call, std::vector<OrderedJson> items, DataOf data_of,
                       Order usual = Order::ascending) {
  auto page = page_of(*call, std::move(items), usual);
  if (!page) return call->refuse(page.error());
  call->answer_text(json_text(OrderedJson{{"status", "success"},
                                          {"data", data_of(std::move(page->items))},
                                          {"pagination", std::move(page->pagination)},
                                          {"message", words(call->request, kDone)}}));
}

/// `{<key>: [items]}`
inline auto under(const char* key) {
  return [key](std::vector<OrderedJson> items) { return OrderedJson{{key, std::move(items)}}; };
}

}  // namespace troupe::http::nekobot
