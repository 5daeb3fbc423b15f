// Pages of a list, sorted: `page`, `page_size`, `sort_by` and `order` in the query. One for every list of this dialect. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "http/route.hpp"

namespace troupe::http::nekobot {

/// The order of a list where a client says none.
enum class Order : std::uint8_t { ascending, descending };

/// What a list's route declares; `more` stand before them.
std::vector<Parameter> page_parameters(std::vector<Parameter> more = {}, Order usual = Order::ascending);

struct Page {
  std::vector<OrderedJson> items;
  OrderedJson pagination;  ///< {page, page_size, total, total_pages}
};

/// The page that the call asks for, of items that are objects, oldest first. `sort_by` is one of their fields that hold a
/// text, a number or a flag; `order=desc` turns them around. A page past the end is empty. Errors: invalid (`order`,
/// `sort_by`).
Expected<Page> page_of(const Call& call, std::vector<OrderedJson> items, Order usual = Order::ascending);

}  // namespace troupe::http::nekobot
