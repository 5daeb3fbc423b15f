#include "http/surfaces/nekobot/page.hpp"

#include <algorithm>

#include "http/route_table.hpp"

namespace troupe::http::nekobot {
namespace {

constexpr long long kMostPages = 1'000'000'000;

bool can_be_sorted(const OrderedJson& value) { return !value.is_structured() && !value.is_null(); }

/// Null, where an item has no such value, comes first.
bool comes_before(const OrderedJson& a, const OrderedJson& b, const std::string& field) {
  return a.value(field, OrderedJson()) < b.value(field, OrderedJson());
}

Expected<void> sort(std::vector<OrderedJson>& items, const std::string& field) {
  const bool known = items.empty() || std::any_of(items.begin(), items.end(), [&](const OrderedJson& item) {
                       return item.contains(field) && can_be_sorted(item[field]);
                     });
  if (!known) {
    std::string fields;
    for (const auto& [name, value] : items.front().items())
      if (can_be_sorted(value)) fields += (fields.empty() ? "" : ", ") + name;
    return fail(Errc::invalid, "sort_by must be one of " + fields, "sort_by");
  }
  std::stable_sort(items.begin(), items.end(),
                   [&](const OrderedJson& a, const OrderedJson& b) { return comes_before(a, b, field); });
  return {};
}

}  // namespace

std::vector<Parameter> page_parameters(std::vector<Parameter> more, Order usual) {
  more.push_back(integer_parameter("page", "From 1", 1, 1, kMostPages));
  more.push_back(
      integer_parameter("page_size", "Items of a page", defaults::kNekoPageSize, 1, defaults::kMaxNekoPageSize));
  more.push_back(text_parameter("sort_by", "A field of the items; default: the order in which they came to be"));
  more.push_back(
      text_parameter("order", usual == Order::ascending ? "`asc` (default) or `desc`" : "`asc` or `desc` (default)"));
  return more;
}

Expected<Page> page_of(const Call& call, std::vector<OrderedJson> items, Order usual) {
  const auto order = call.query_text("order").value_or(usual == Order::ascending ? "asc" : "desc");
  if (order != "asc" && order != "desc") return fail(Errc::invalid, "order must be asc or desc", "order");
  if (const auto field = call.query_text("sort_by"); field && !field->empty())
    if (auto ok = sort(items, *field); !ok) return tl::unexpected(ok.error());
  if (order == "desc") std::reverse(items.begin(), items.end());
  const auto number = call.query_integer("page");
  const auto size = call.query_integer("page_size");
  const auto total = static_cast<long long>(items.size());
  const auto begin = std::min(total, (number - 1) * size);
  const auto end = std::min(total, begin + size);
  Page page;
  page.items.assign(std::make_move_iterator(items.begin() + begin), std::make_move_iterator(items.begin() + end));
  page.pagination = {
      {"page", number}, {"page_size", size}, {"total", total}, {"total_pages", (total + size - 1) / size}};
  return page;
}

}  // namespace troupe::http::nekobot
