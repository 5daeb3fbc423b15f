#include <gtest/gtest.h>

#include "http/surfaces/nekobot/page.hpp"

namespace troupe::http::nekobot {
namespace {

class NekoPage : public ::testing::Test {
 protected:
  NekoPage() { route_.query = page_parameters(); }

  /// The names on the page, and how it says where it is.
  std::pair<std::string, std::string> page(std::string query, Order usual = Order::ascending) {
    query_ = std::move(query);
    call_.route = &route_;
    call_.request.query = query_;
    std::vector<OrderedJson> items;
    for (const auto& [name, age] : std::vector<std::pair<const char*, int>>{{"b", 3}, {"c", 1}, {"a", 2}})
      items.push_back(Fields{{"name", name}, {"age", age}, {"tags", OrderedJson::array()}});
    const auto page = page_of(call_, std::move(items), usual);
    if (!page) return {page.error().field, page.error().message};
    std::string names;
    for (const auto& item : page->items) names += item["name"].get<std::string>();
    return {names, page->pagination.dump()};
  }

  Route route_;
  Call call_;
  std::string query_;
};

TEST_F(NekoPage, KeepsTheOrderWhereNothingIsSaid) {
  EXPECT_EQ(page("").first, "bca");
  EXPECT_EQ(page("").second, R"({"page":1,"page_size":20,"total":3,"total_pages":1})");
  EXPECT_EQ(page("order=desc").first, "acb");
  EXPECT_EQ(page("", Order::descending).first, "acb");
  EXPECT_EQ(page("order=asc", Order::descending).first, "bca");
}

TEST_F(NekoPage, SortsByAField) {
  EXPECT_EQ(page("sort_by=name").first, "abc");
  EXPECT_EQ(page("sort_by=name&order=desc").first, "cba");
  EXPECT_EQ(page("sort_by=age").first, "cab");
}

TEST_F(NekoPage, CutsPagesOut) {
  EXPECT_EQ(page("page=1&page_size=2").first, "bc");
  EXPECT_EQ(page("page=2&page_size=2").first, "a");
  EXPECT_EQ(page("page=2&page_size=2").second, R"({"page":2,"page_size":2,"total":3,"total_pages":2})");
  EXPECT_EQ(page("page=3&page_size=2").first, "");
  EXPECT_EQ(page("page=1000000000&page_size=100").first, "");
}

TEST_F(NekoPage, NamesWhatItCannotSortBy) {
  EXPECT_EQ(page("sort_by=nothing"),
            (std::pair<std::string, std::string>("sort_by", "sort_by must be one of name, age")));
  EXPECT_EQ(page("sort_by=tags").first, "sort_by");
  EXPECT_EQ(page("order=up"), (std::pair<std::string, std::string>("order", "order must be asc or desc")));
}

}  // namespace
}  // namespace troupe::http::nekobot
