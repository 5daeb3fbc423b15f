#include "actors/memory.hpp"

#include <cmath>

#include "given.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Given = testing::Given<MemoryDecider>;

FactRemembered known(FactId id, std::string category = "topic", AccountId group = 0) {
  return {id, 7, group, std::move(category), "manual", 0.9, "sealed", {}};
}

RememberFact remember(FactId id = 40) {
  return {id, 7, 0, "preference", "tool", 0.5, {"likes tea", "drinks", {{"seen", 1}}}, "sealed", 50};
}

TEST(MemoryDecider, RemembersWhatIsSealedAndCountsIt) {
  const auto event = only<FactRemembered>(Given({known(39), known(38)}).when(remember()));
  EXPECT_EQ(event.id, 40);
  EXPECT_EQ(event.subject, 7);
  EXPECT_EQ(event.sealed_content, "sealed");
  EXPECT_EQ(event.counts, (FactCounts{{"preference", 1}, {"topic", 2}}));
}

TEST(MemoryDecider, RefusesWhatIsNoFact) {
  const auto refused_with = [](auto change) {
    auto command = remember();
    change(command);
    return Given().when(command);
  };
  expect_refused(refused_with([](auto& c) { c.content.text = ""; }), Errc::invalid, "content");
  expect_refused(refused_with([](auto& c) { c.content.text = "\xff"; }), Errc::invalid, "content");
  expect_refused(refused_with([](auto& c) { c.content.text.assign(defaults::kMaxFactLength + 1, 'x'); }), Errc::invalid,
                 "content");
  expect_refused(refused_with([](auto& c) { c.content.sub_type.assign(defaults::kMaxFactSubTypeLength + 1, 'x'); }),
                 Errc::invalid, "subType");
  expect_refused(refused_with([](auto& c) { c.content.sub_type = "a\nb"; }), Errc::invalid, "subType");
  expect_refused(refused_with([](auto& c) {
                   c.content.metadata = {{"a", std::string(defaults::kMaxFactMetadataBytes, 'x')}};
                 }),
                 Errc::too_large, "metadata");
  expect_refused(refused_with([](auto& c) { c.content.metadata = Json::array(); }), Errc::invalid, "metadata");
  expect_refused(refused_with([](auto& c) { c.category = "secrets"; }), Errc::invalid, "category");
  expect_refused(refused_with([](auto& c) { c.source = "hearsay"; }), Errc::invalid, "source");
  expect_refused(refused_with([](auto& c) { c.confidence = 1.01; }), Errc::invalid, "confidence");
  expect_refused(refused_with([](auto& c) { c.confidence = std::nan(""); }), Errc::invalid, "confidence");
  EXPECT_TRUE(refused_with([](auto& c) { c.content.text.assign(defaults::kMaxFactLength, 'x'); }));
}

TEST(MemoryDecider, KeepsAsManyOfOnePersonAsTheSettingsAllow) {
  auto command = remember();
  command.most = 2;
  EXPECT_TRUE(Given({known(38)}).when(command));
  expect_refused(Given({known(38), known(39)}).when(command), Errc::conflict, "memories");
  expect_refused(Given({known(40)}).when(remember(40)), Errc::conflict, "id");
}

TEST(MemoryDecider, ChangesAFactAndWhatItIsCountedAs) {
  const auto event = only<FactChanged>(
      Given({known(38), known(39)}).when(ChangeFact{39, "event", 1, {"moved to Oslo", "", Json::object()}, "new"}));
  EXPECT_EQ(event.former_category, "topic");
  EXPECT_EQ(event.category, "event");
  EXPECT_EQ(event.sealed_content, "new");
  EXPECT_EQ(event.counts, (FactCounts{{"event", 1}, {"topic", 1}}));
  expect_refused(Given({known(38)}).when(ChangeFact{39, "event", 1, {"x", "", Json::object()}, "new"}),
                 Errc::not_found);
  expect_refused(Given({known(39)}).when(ChangeFact{39, "event", 1, {"", "", {}}, "new"}), Errc::invalid, "content");
}

TEST(MemoryDecider, ForgetsThoseThatAreThere) {
  const Given given({known(38), known(39, "event", 500), known(40)});
  const auto events = given.when(ForgetFacts{{39, 41, 38, 39}});
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  const auto& first = std::get<FactForgotten>((*events)[0]);
  EXPECT_EQ(first.id, 39);
  EXPECT_EQ(first.group, 500);
  EXPECT_EQ(first.counts, (FactCounts{{"topic", 2}}));
  EXPECT_EQ(std::get<FactForgotten>((*events)[1]).counts, (FactCounts{{"topic", 1}}));
  const auto all = given.when(ForgetAllFacts{});
  ASSERT_EQ(all->size(), 3u);
  EXPECT_TRUE(std::get<FactForgotten>(all->back()).counts.empty());
  EXPECT_TRUE(Given().when(ForgetAllFacts{})->empty());
}

TEST(MemoryDecider, TakesAVectorOfAFactThatHasNotChangedSince) {
  Given given({known(38), known(39)}, 5);
  MemoryDecider::evolve(given.state, FactChanged{39, 7, "topic", "topic", 1, "new", {}}, 9);
  const auto events = given.when(NoteVectors{"small", {{38, 5, "a"}, {39, 5, "b"}, {40, 5, "c"}}});
  EXPECT_EQ(only<FactEmbedded>(events).id, 38);
}

TEST(MemoryDecider, HasNothingOfWhatFactsSayInItsSnapshots) {
  Given given({known(38)}, 5);
  EXPECT_EQ(Json(given.state).dump().find("sealed"), std::string::npos);
  EXPECT_EQ(MemoryDecider::owner(given.state), 7);
}

TEST(FactCategory, HasTheWordsOfOlderClients) {
  EXPECT_EQ(fact_category("basic_info"), "profile");
  EXPECT_EQ(fact_category("interests"), "topic");
  EXPECT_EQ(fact_category("custom"), "custom");
  EXPECT_FALSE(fact_category("secrets"));
}

}  // namespace
}  // namespace troupe::actors
