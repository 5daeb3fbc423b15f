// Memory on a real store, without a provider: facts are found by words.
#include "actors/memories.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <sstream>
#include <thread>

#include "actors/memory/memory_commands.hpp"
#include "actors/system.hpp"
#include "projections/exports.hpp"
#include "projections/projection.hpp"
#include "tests/actors/running_system.hpp"
#include "tests/actors/wait.hpp"

namespace troupe::actors {
namespace {

using namespace std::chrono_literals;
using storage::RecordPtr;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::wait;

class MemoriesTest : public testing::RunningSystemTest {
 protected:
  MemoriesTest() { start(); }
  ~MemoriesTest() override { stop(); }

  void start() {
    start_system();
    ASSERT_TRUE(system_);
    secrets_ = store_->secrets();
  }

  AccountId meet(const std::string& foreign_id, bool is_group = false) {
    const auto met = wait<RecordPtr>([&](auto answer) {
      system_->meet_contact({0, "plat", is_group, foreign_id, "Ann"}, by_the_house(), std::move(answer));
    });
    EXPECT_TRUE(met) << met.error().message;
    return met ? (*met)->number() : 0;
  }
  Expected<Remembered> remember(NewFact fact, Cause cause = by_the_house()) {
    return wait<Remembered>(
        [&](auto answer) { memories().remember(std::move(fact), std::move(cause), std::move(answer)); });
  }
  FactId remembered(AccountId subject, std::string text, AccountId group = 0, std::string source = "manual") {
    NewFact fact{subject, group, "topic", std::move(source), 0.9, {std::move(text), "", Json::object()}};
    const auto result = remember(std::move(fact));
    EXPECT_TRUE(result) << result.error().message;
    return result ? result->id : 0;
  }
  std::vector<std::string> found(MemoryQuery query) {
    const auto found = wait<FoundFacts>([&](auto answer) { memories().find(std::move(query), std::move(answer)); });
    EXPECT_TRUE(found) << found.error().message;
    std::vector<std::string> texts;
    for (const auto& fact : found->facts) texts.push_back(fact.content.text);
    return texts;
  }
  std::string recalled(Recall recall) {
    const auto told = wait<std::string>([&](auto answer) {
      memories().recall(std::move(recall), [answer](std::string text) { answer(std::move(text)); });
    });
    return told.value_or("");
  }
  std::size_t forget_all_of(AccountId id) {
    return wait<std::size_t>([&](auto answer) { memories().forget_all_of(id, by_the_house(), std::move(answer)); })
        .value_or(0);
  }
  void set(Json fields) {
    const auto changed = wait<RecordPtr>([&](auto answer) {
      system_->catalogue().ask<events::BotSettings>(std::string(events::BotSettings::only_id),
                                                    ChangeEntry{std::move(fields)}, by_the_house(), std::move(answer));
    });
    EXPECT_TRUE(changed) << changed.error().message;
  }
  Memories& memories() { return system_->memories(); }
  const projections::MemoryQueries& queries() { return memories().queries(); }
  bool has_key(FactId id) const { return secrets_.personal_keys().find(id).has_value(); }
  std::optional<std::string> says(FactId id) {
    const auto row = queries().fact(id);
    const auto content = row ? queries().content(*row) : std::nullopt;
    return content ? std::optional(content->text) : std::nullopt;
  }
  /// What the log has of a fact, as it was sealed.
  std::vector<std::string> sealed_in_log(FactId id) {
    std::vector<std::string> sealed;
    EXPECT_TRUE(store_->read(1, [&](const events::Record& record) {
      for (const auto& stored : record.events) {
        if (stored.type == events::FactRemembered::type)
          if (const auto event = events::decode_as<events::FactRemembered>(stored); event->id == id)
            sealed.push_back(event->sealed_content);
        if (stored.type == events::FactChanged::type)
          if (const auto event = events::decode_as<events::FactChanged>(stored); event->id == id)
            sealed.push_back(event->sealed_content);
      }
      return true;
    }));
    return sealed;
  }
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 1000; ++i, std::this_thread::sleep_for(10ms))
      if (condition()) return true;
    return false;
  }

  Secrets secrets_;  ///< the store's, still there when it is closed
};

TEST_F(MemoriesTest, KeepsFactsAndFindsThemByWords) {
  const auto ann = meet("7"), bob = meet("8");
  const auto tea = remembered(ann, "Likes green tea in the morning");
  remembered(ann, "Has two cats");
  remembered(bob, "Sells tea");
  EXPECT_EQ(says(tea), "Likes green tea in the morning");
  EXPECT_THAT(found({"what tea?", ann}), ElementsAre("Likes green tea in the morning"));
  EXPECT_THAT(found({"tea"}), ::testing::UnorderedElementsAre("Likes green tea in the morning", "Sells tea"));
  EXPECT_THAT(found({"tea", ann, 0, "event"}), ElementsAre());
  EXPECT_THAT(found({"tea", 0, 0, "", 1}), ::testing::SizeIs(1));
  EXPECT_EQ(queries().total(), 3);
  EXPECT_EQ(queries().total_of("topic"), 3);
  EXPECT_EQ(queries().total_subjects(), 2);
}

TEST_F(MemoriesTest, BringsAFactUpToDateThatSaysNearlyTheSame) {
  const auto ann = meet("7");
  const auto first = remembered(ann, "likes green tea");
  NewFact again{ann, 0, "topic", "import", 0.95, {"Likes green tea!", "drinks", {{"seen", 2}}}};
  const auto second = remember(std::move(again));
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->merged);
  EXPECT_EQ(second->id, first);
  EXPECT_EQ(says(first), "Likes green tea!");
  EXPECT_EQ(queries().fact(first)->confidence, 0.95);
  EXPECT_EQ(queries().fact(first)->source, "manual");
  EXPECT_EQ(queries().total(), 1);
  const auto elsewhere = remembered(ann, "likes green tea", meet("500", true));
  EXPECT_NE(elsewhere, first);
}

TEST_F(MemoriesTest, MergesNothingSaidInPrivateIntoWhatAnAdministratorWrote) {
  set({{"memory", {{"enabled", true}}}});
  const auto ann = meet("7"), group = meet("500", true);
  remembered(ann, "likes green tea");
  const auto in_private = remembered(ann, "Likes green tea, secretly!", 0, "tool");
  remembered(ann, "likes green tea, secretly", 0, "auto");
  EXPECT_EQ(queries().total(), 2) << "the bots' own say the same";
  EXPECT_EQ(queries().fact(in_private)->source, "tool");
  const auto merged = wait<Merged>([&](auto answer) { memories().merge(ann, by_the_house(), std::move(answer)); });
  EXPECT_EQ(merged->absorbed, 0u);
  const auto told = recalled({ann, group, "tea"});
  EXPECT_THAT(told, HasSubstr("likes green tea"));
  EXPECT_THAT(told, Not(HasSubstr("secretly")));
}

TEST_F(MemoriesTest, RemembersOnceWhatIsRepeated) {
  const auto ann = meet("7");
  Cause cause = by_the_house();
  cause.idempotency = storage::IdempotencyKey{"once", "the same"};
  const NewFact fact{ann, 0, "topic", "manual", 0.9, {"likes tea", "", Json::object()}};
  const auto first = remember(fact, cause), second = remember(fact, cause);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->id, first->id);
  EXPECT_FALSE(second->merged);
  EXPECT_EQ(sealed_in_log(first->id).size(), 1u);
}

TEST_F(MemoriesTest, MergesWhatStands) {
  const auto ann = meet("7");
  const auto old = remembered(ann, "likes tea"), other = remembered(ann, "lives in Oslo");
  const auto changed = wait<Remembered>([&](auto answer) {
    memories().change(other, {.text = "Likes tea.", .confidence = 0.5}, by_the_house(), std::move(answer));
  });
  ASSERT_TRUE(changed) << changed.error().message;
  const auto merged = wait<Merged>([&](auto answer) { memories().merge(ann, by_the_house(), std::move(answer)); });
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->absorbed, 1u);
  EXPECT_EQ(merged->left, 1u);
  EXPECT_FALSE(says(old));
  EXPECT_FALSE(has_key(old));
  EXPECT_EQ(says(other), "Likes tea.");
  EXPECT_EQ(queries().fact(other)->confidence, 0.9);
}

TEST_F(MemoriesTest, RefusesFactsOfNobodyAndMoreThanTheSettingsAllow) {
  const auto ann = meet("7");
  const auto refusal = [&](NewFact fact) {
    const auto result = remember(std::move(fact));
    return result ? Error{} : result.error();
  };
  const FactContent content{"likes tea", "", Json::object()};
  EXPECT_EQ(refusal({999, 0, "topic", "manual", 0.9, content}).field, "userId");
  EXPECT_EQ(refusal({ann, ann, "topic", "manual", 0.9, content}).field, "groupId");
  EXPECT_EQ(refusal({ann, 0, "secrets", "manual", 0.9, content}).field, "category");
  set({{"memory", {{"max_memories", 2}}}});
  remembered(ann, "one fact");
  const auto second = remembered(ann, "another thing");
  const auto full = refusal({ann, 0, "topic", "manual", 0.9, content});
  EXPECT_EQ(full.code, Errc::conflict);
  EXPECT_EQ(full.field, "memories");
  EXPECT_FALSE(has_key(second + 1));
  EXPECT_EQ(queries().total(), 2);
}

TEST_F(MemoriesTest, ForgetsForGood) {
  const auto ann = meet("7");
  const auto secret = remembered(ann, "hides the treasure under the old oak");
  const auto other = remembered(ann, "likes tea");
  const auto changed = wait<Remembered>([&](auto answer) {
    memories().change(secret, {.text = "hides the treasure under the new oak"}, by_the_house(), std::move(answer));
  });
  ASSERT_TRUE(changed);
  const auto before = sealed_in_log(secret);
  ASSERT_EQ(before.size(), 2u);
  EXPECT_THAT(secrets_.unseal_for(secret, before[0]).value_or(""), HasSubstr("old oak"));
  const auto row = *queries().fact(secret);

  const auto gone =
      wait<std::size_t>([&](auto answer) { memories().forget({secret}, by_the_house(), std::move(answer)); });
  EXPECT_EQ(gone.value_or(0), 1u);
  EXPECT_FALSE(has_key(secret));
  EXPECT_FALSE(queries().fact(secret));
  EXPECT_FALSE(queries().content(row));
  for (const auto& sealed : before) {
    EXPECT_EQ(sealed_in_log(secret).size(), 2u);  // it is still there, and opens for nobody
    EXPECT_FALSE(secrets_.unseal_for(secret, sealed));
    EXPECT_FALSE(secrets_.unseal_for(ann, sealed));
    EXPECT_FALSE(secrets_.unseal(sealed));
  }
  EXPECT_EQ(says(other), "likes tea");
  std::ostringstream exported;
  projections::Export all;
  all.kind = projections::ExportKind::events;
  all.format = projections::ExportFormat::ndjson;
  ASSERT_TRUE(projections::write_export(*store_, all, exported));
  EXPECT_THAT(exported.str(), HasSubstr("FactForgotten"));
  EXPECT_THAT(exported.str(), Not(HasSubstr("treasure")));
  stop();
  EXPECT_FALSE(folder_.holds("treasure"));
  start();
  EXPECT_FALSE(says(secret));
  EXPECT_EQ(says(other), "likes tea");
  EXPECT_EQ(queries().subject(ann)->counts, (events::FactCounts{{"topic", 1}}));
}

TEST_F(MemoriesTest, ForgetsAllOfAPersonAndOfAGroup) {
  const auto ann = meet("7"), bob = meet("8"), group = meet("500", true);
  const auto fact = remembered(ann, "likes tea");
  const auto learned = remembered(bob, "likes trains", group), of_group = remembered(group, "meets on Mondays");
  const auto kept = remembered(bob, "lives in Oslo");
  EXPECT_EQ(forget_all_of(ann), 1u);
  EXPECT_FALSE(has_key(fact));
  EXPECT_EQ(queries().total_subjects(), 2);
  EXPECT_EQ(forget_all_of(group), 2u);
  EXPECT_FALSE(has_key(learned) || has_key(of_group));
  EXPECT_EQ(says(kept), "lives in Oslo");
  const auto all =
      wait<std::size_t>([&](auto answer) { memories().forget_everything(by_the_house(), std::move(answer)); });
  EXPECT_EQ(all.value_or(0), 1u);
  EXPECT_EQ(queries().total(), 0);
  EXPECT_EQ(queries().total_subjects(), 0);
  EXPECT_FALSE(has_key(kept));
}

TEST_F(MemoriesTest, KeepsNothingDrawnFromWhatWasSaidBeforeAllWasForgotten) {
  const auto ann = meet("7"), group = meet("500", true);
  NewFact drawn{ann, group, "topic", "auto", 0.6, {"likes tea", "", Json::object()}, now_micros()};
  EXPECT_EQ(remember(drawn).error().code, Errc::forbidden) << "nothing is to be remembered";
  set({{"memory", {{"enabled", true}}}});
  EXPECT_TRUE(remember(drawn));
  for (const auto forgotten : {ann, group}) {
    drawn.said_at = now_micros();
    forget_all_of(forgotten);
    EXPECT_EQ(remember(drawn).error().field, "said_at");
    EXPECT_EQ(queries().total(), 0);
  }
  drawn.said_at = now_micros() + 1;
  EXPECT_TRUE(remember(drawn));
}

TEST_F(MemoriesTest, AreListedForTheOneWhoAsksAlone) {
  const auto commands = memory_commands(memories(), *store_);
  EXPECT_EQ(commands.front().name, "memories");
  EXPECT_TRUE(commands.front().secret_reply);
}

TEST_F(MemoriesTest, LetTheKeyOfTheirContactGoThoughTooMuchWaitsAtFirst) {
  const auto ann = meet("7");
  const auto fact = remembered(ann, "likes tea");
  std::promise<void> held, release;
  memories().merge(ann, by_the_house(), [&, released = release.get_future().share()](const Expected<Merged>&) {
    held.set_value();
    released.wait();
  });
  held.get_future().wait();
  for (std::size_t i = 0; i < defaults::kMaxQueuedMemories; ++i)
    memories().merge(ann, by_the_house(), [](const Expected<Merged>&) {});
  auto forgotten = std::async(std::launch::async, [&] {
    return wait<RecordPtr>([&](auto answer) { system_->forget_contact(ann, by_the_house(), std::move(answer)); });
  });
  EXPECT_EQ(forgotten.wait_for(300ms), std::future_status::timeout) << "it tries again until there is room";
  release.set_value();
  EXPECT_TRUE(forgotten.get());
  EXPECT_FALSE(has_key(fact) || has_key(ann));
}

TEST_F(MemoriesTest, GoWithTheContactThatTheyAreAbout) {
  const auto ann = meet("7");
  const auto fact = remembered(ann, "likes tea");
  const auto forgotten =
      wait<RecordPtr>([&](auto answer) { system_->forget_contact(ann, by_the_house(), std::move(answer)); });
  ASSERT_TRUE(forgotten) << forgotten.error().message;
  EXPECT_FALSE(has_key(fact) || has_key(ann));
  EXPECT_FALSE(queries().fact(fact));
  EXPECT_EQ(queries().total(), 0);
  EXPECT_EQ(remember({ann, 0, "topic", "manual", 0.9, {"likes tea", "", Json::object()}}).error().field, "userId");
}

TEST_F(MemoriesTest, GoWithTheAccountThatTheyAreAbout) {
  RegisterAccount command;
  command.username = "ada";
  command.email = "ada@example.org";
  command.password_hash = "hash";
  const auto registered = wait<RecordPtr>(
      [&](auto answer) { system_->register_account(std::move(command), by_the_house(), std::move(answer)); });
  ASSERT_TRUE(registered) << registered.error().message;
  const auto ada = (*registered)->number();
  const auto fact = remembered(ada, "likes tea");
  const auto gone =
      wait<RecordPtr>([&](auto answer) { system_->erase_account(ada, by_the_house(), std::move(answer)); });
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_FALSE(has_key(fact) || has_key(ada));
  EXPECT_EQ(queries().total(), 0);
}

TEST_F(MemoriesTest, AreForgottenToTheEndAfterACrash) {
  const auto ann = meet("7");
  const auto fact = remembered(ann, "likes tea"), other = remembered(ann, "lives in Oslo");
  system_.reset();
  // As if the process had ended between the event and the key.
  const events::MemoryEvent forgotten = events::FactForgotten{fact, ann, 0, "topic", {{"topic", 1}}};
  storage::Append append;
  append.stream = "memory/" + std::to_string(ann);
  append.time = now_micros();
  append.events.push_back(events::encode(forgotten));
  projections::project(forgotten, {std::to_string(ann), append.time}, append.rows);
  ASSERT_TRUE(wait<RecordPtr>([&](auto answer) { store_->append(std::move(append), std::move(answer)); }));
  store_.reset();
  EXPECT_TRUE(has_key(fact));
  start();
  EXPECT_TRUE(eventually([&] { return !has_key(fact); }));
  EXPECT_TRUE(has_key(other));
  EXPECT_EQ(says(other), "lives in Oslo");
}

TEST_F(MemoriesTest, AreNumberedAnewByNobody) {
  const auto ann = meet("7");
  const auto fact = remembered(ann, "likes tea");
  EXPECT_EQ(forget_all_of(ann), 1u);
  stop();
  start();
  EXPECT_GT(meet("8"), fact);
}

TEST_F(MemoriesTest, AreToldWhereTheyMayBe) {
  set({{"memory", {{"enabled", true}}}});
  const auto ann = meet("7"), bob = meet("8"), group = meet("500", true), other = meet("501", true);
  remembered(ann, "is ill", 0, "tool");
  remembered(ann, "is called Annie", 0, "manual");
  remembered(ann, "brings cake", group, "tool");
  remembered(group, "meets on Mondays");
  remembered(bob, "sells tea");
  const auto in_private = recalled({ann, 0, "hello"});
  EXPECT_THAT(in_private, HasSubstr("is ill"));
  EXPECT_THAT(in_private, HasSubstr("brings cake"));
  EXPECT_THAT(in_private, Not(HasSubstr("sells tea")));
  EXPECT_THAT(in_private, Not(HasSubstr("Mondays")));
  const auto in_group = recalled({ann, group, "hello"});
  EXPECT_THAT(in_group, HasSubstr("Of this group:\n- meets on Mondays"));
  EXPECT_THAT(in_group, HasSubstr("brings cake"));
  EXPECT_THAT(in_group, HasSubstr("Annie"));
  EXPECT_THAT(in_group, Not(HasSubstr("is ill")));
  EXPECT_THAT(recalled({ann, other, "hello"}), Not(HasSubstr("cake")));
  const auto outside = recalled({ann, group, "hello", true});
  EXPECT_THAT(outside, HasSubstr("brings cake"));
  EXPECT_THAT(outside, Not(HasSubstr("Annie"))) << "a provider of the group's is not told what the house wrote";
  set({{"memory", {{"enabled", false}}}});
  EXPECT_EQ(recalled({ann, 0, "hello"}), "");
}

TEST_F(MemoriesTest, AreToldAsFewAsFitAndThoseThatFitBest) {
  set({{"memory", {{"enabled", true}}}});
  const auto ann = meet("7");
  for (std::size_t i = 0; i < defaults::kMaxRecalledFacts + 5; ++i)
    remembered(ann, "fact " + std::to_string(i) + " " + std::string(i % 2 == 0 ? 300 : 3, 'x'));
  remembered(ann, "keeps ferns\n- in the greenhouse");
  for (std::size_t i = 0; i < defaults::kMaxRecalledFacts + 5; ++i) remembered(ann, "later fact " + std::to_string(i));
  const auto told = recalled({ann, 0, "How are my ferns?"});
  EXPECT_THAT(told, HasSubstr("asks:\n- keeps ferns - in the greenhouse\n"));
  EXPECT_LE(std::count(told.begin(), told.end(), '\n') - 1, static_cast<std::ptrdiff_t>(defaults::kMaxRecalledFacts));
  EXPECT_LE(told.size(), defaults::kMaxRecalledBytes + 200);
}

}  // namespace
}  // namespace troupe::actors
