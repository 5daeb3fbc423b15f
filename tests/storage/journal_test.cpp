#include "storage/journal.hpp"

#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "tests/storage/store_fixture.hpp"

namespace troupe::storage {
namespace {

using namespace test;
using testing::ElementsAre;

using Journal = StoreTest;

Append take(std::string stream, std::string name) {
  Append append = append_to(std::move(stream));
  append.claims = {{Claim::Kind::take, std::move(name)}};
  return append;
}

Append release(std::string stream, std::string name) {
  Append append = append_to(std::move(stream));
  append.claims = {{Claim::Kind::release, std::move(name)}};
  return append;
}

Append once(std::string stream, std::string key, std::string fingerprint) {
  Append append = append_to(std::move(stream));
  append.idempotency = IdempotencyKey{std::move(key), std::move(fingerprint)};
  return append;
}

Append at_version(Append append, Version version) {
  append.expected_version = version;
  return append;
}

std::vector<Position> positions_of(const std::vector<Record>& records) {
  std::vector<Position> positions;
  for (const auto& record : records) positions.push_back(record.position);
  return positions;
}

TEST_F(Journal, NumbersEventsWithoutGapsInTheLogAndInEachStream) {
  EXPECT_EQ(store->last_position(), 0u);
  const Record first = must_append(append_to("bots/a", 3));
  const Record second = must_append(append_to("bots/b", 2));
  const Record third = must_append(append_to("bots/a", 1));
  EXPECT_EQ(first.position, 1u);
  EXPECT_EQ(first.version, 1u);
  EXPECT_EQ(second.position, 4u);
  EXPECT_EQ(second.version, 1u);
  EXPECT_EQ(third.position, 6u);
  EXPECT_EQ(third.version, 4u);
  EXPECT_EQ(store->last_position(), 6u);
  EXPECT_EQ(records(), (std::vector<Record>{first, second, third}));
}

TEST_F(Journal, KeepsEveryFieldOfARecord) {
  Append append = append_to("bots/a");
  append.time = 1234567;
  append.caused_by = "account/7";
  append.correlation = "request-1";
  append.events = {{"BotCreated", 2, std::string("\0\xff", 2)}};
  const Record answered = must_append(append);
  EXPECT_EQ(answered, (Record{1, "bots/a", 1, 1234567, "account/7", "request-1", append.events}));
  EXPECT_THAT(records(), ElementsAre(answered));
}

TEST_F(Journal, ReadsFromTheRecordThatHoldsAPosition) {
  for (int i = 0; i < 3; ++i) must_append(append_to("bots/a", 3));
  EXPECT_THAT(positions_of(records(0)), ElementsAre(1, 4, 7));
  EXPECT_THAT(positions_of(records(3)), ElementsAre(1, 4, 7));
  EXPECT_THAT(positions_of(records(4)), ElementsAre(4, 7));
  EXPECT_THAT(positions_of(records(9)), ElementsAre(7));
  EXPECT_THAT(positions_of(records(10)), ElementsAre());
}

TEST_F(Journal, StopsAReadWhenTheVisitorSaysSo) {
  for (int i = 0; i < 3; ++i) must_append(append_to("bots/a"));
  int seen = 0;
  const auto stop = [&](const Record&) { return ++seen < 2; };
  ASSERT_TRUE(store->read(1, stop));
  EXPECT_EQ(seen, 2);
  ASSERT_TRUE(store->read_stream("bots/a", 1, stop));
  EXPECT_EQ(seen, 3);
  ASSERT_TRUE(store->read_stream_backward("bots/a", kNewest, stop));
  EXPECT_EQ(seen, 4);
  ASSERT_TRUE(store->read_category_backward("bots", kNewest, stop));
  EXPECT_EQ(seen, 5);
}

TEST_F(Journal, ReadsAStreamForwardFromTheRecordThatHoldsAVersion) {
  for (int i = 0; i < 3; ++i) {
    must_append(append_to("bots/a", 2));
    must_append(append_to("bots/ab", 1));
    must_append(append_to("bots/a2", 1));
  }
  const auto versions = [&](std::string_view stream, Version from) {
    std::vector<Version> found;
    EXPECT_TRUE(store->read_stream(stream, from, [&](const Record& record) {
      EXPECT_EQ(record.stream, stream);
      return found.push_back(record.version), true;
    }));
    return found;
  };
  EXPECT_THAT(versions("bots/a", 0), ElementsAre(1, 3, 5));
  EXPECT_THAT(versions("bots/a", 1), ElementsAre(1, 3, 5));
  EXPECT_THAT(versions("bots/a", 2), ElementsAre(1, 3, 5));
  EXPECT_THAT(versions("bots/a", 3), ElementsAre(3, 5));
  EXPECT_THAT(versions("bots/a", 6), ElementsAre(5));
  EXPECT_THAT(versions("bots/a", 7), ElementsAre());
  EXPECT_THAT(versions("bots/a", ~Version{0}), ElementsAre());
  EXPECT_THAT(versions("bots/none", 1), ElementsAre());
}

TEST_F(Journal, ReadsAStreamBackwardFromAnyPosition) {
  for (int i = 0; i < 50; ++i) {
    must_append(append_to("bots/a", 2));  // positions 1, 5, 9, ...
    must_append(append_to("bots/" + std::string(1, static_cast<char>('b' + i % 3)), 2));
  }
  const auto found = [&](Position from) {
    std::vector<Position> positions;
    EXPECT_TRUE(store->read_stream_backward(
        "bots/a", from, [&](const Record& record) { return positions.push_back(record.position), true; }));
    return positions;
  };
  EXPECT_EQ(found(kNewest).size(), 50u);
  EXPECT_THAT(found(0), ElementsAre());
  for (Position from = 1; from <= 200; ++from) {
    const auto positions = found(from);
    ASSERT_EQ(positions.size(), (from + 3) / 4) << from;
    EXPECT_EQ(positions.front(), 4 * positions.size() - 3);
    EXPECT_EQ(positions.back(), 1u);
  }
}

TEST_F(Journal, ReadsACategoryBackwardAcrossItsStreams) {
  must_append(append_to("logs/a", 2));
  must_append(append_to("logs2/a"));
  must_append(append_to("logs/b"));
  must_append(append_to("log/a"));
  const auto found = [&](std::string_view category, Position from) {
    std::vector<Position> positions;
    EXPECT_TRUE(store->read_category_backward(
        category, from, [&](const Record& record) { return positions.push_back(record.position), true; }));
    return positions;
  };
  EXPECT_THAT(found("logs", kNewest), ElementsAre(4, 1));
  EXPECT_THAT(found("logs", 4), ElementsAre(4, 1));
  EXPECT_THAT(found("logs", 3), ElementsAre(1));
  EXPECT_THAT(found("logs", 0), ElementsAre());
  EXPECT_THAT(found("none", kNewest), ElementsAre());
}

TEST_F(Journal, RefusesAnAppendWithAStaleVersion) {
  must_append(at_version(append_to("bots/a", 2), 0));
  EXPECT_EQ(refusal_of(at_version(append_to("bots/a"), 0)), Errc::conflict);
  EXPECT_EQ(refusal_of(at_version(append_to("bots/a"), 1)), Errc::conflict);
  EXPECT_EQ(refusal_of(at_version(append_to("bots/a"), 3)), Errc::conflict);
  EXPECT_EQ(must_append(at_version(append_to("bots/a"), 2)).version, 3u);
  EXPECT_EQ(store->last_position(), 3u);
  EXPECT_EQ(store->metrics().refused, 3u);
}

TEST_F(Journal, ChecksVersionsAgainstEarlierAppendsOfTheSameBatch) {
  const auto answers = append_in_one_batch({at_version(append_to("bots/a", 2), 0), at_version(append_to("bots/a"), 0),
                                            at_version(append_to("bots/a"), 2), append_to("bots/a")});
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ((*answers[0])->version, 1u);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().code, Errc::conflict);
  EXPECT_EQ((*answers[2])->version, 3u);
  EXPECT_EQ((*answers[3])->version, 4u);
  EXPECT_EQ((*answers[3])->position, store->last_position());
}

TEST_F(Journal, KnowsTheVersionOfAStreamItNoLongerRemembers) {
  must_append(append_to("bots/old", 5));
  std::vector<Append> others;
  std::promise<void> done;
  for (std::size_t i = 0; i < defaults::kMaxRememberedStreams + 10; ++i) {
    Append barrier;  // asks for the stream's version without writing
    barrier.stream = "bots/" + std::to_string(i);
    barrier.expected_version = 0;
    const bool last = i == defaults::kMaxRememberedStreams + 9;
    for (bool taken = false; !taken;) {
      taken = true;
      store->append(barrier, [&, last](const Expected<RecordPtr>& answer) {
        if (!answer && answer.error().code == Errc::overloaded)
          taken = false;
        else if (last)
          done.set_value();
      });
      if (!taken) std::this_thread::yield();
    }
  }
  done.get_future().wait();
  EXPECT_EQ(must_append(at_version(append_to("bots/old"), 5)).version, 6u);
}

TEST_F(Journal, GivesAClaimToOneStreamOnly) {
  must_append(take("accounts/1", "username/ada"));
  EXPECT_EQ(store->claim_holder("username/ada"), "accounts/1");
  const auto refused = store->append_and_wait(take("accounts/2", "username/ada"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_EQ(refused.error().field, "username");
  must_append(take("accounts/1", "username/ada"));
  EXPECT_EQ(store->claim_holder("username/eve"), std::nullopt);
}

TEST_F(Journal, FreesAClaimOnlyForItsHolder) {
  must_append(take("accounts/1", "username/ada"));
  must_append(release("accounts/2", "username/ada"));
  EXPECT_EQ(store->claim_holder("username/ada"), "accounts/1");
  must_append(release("accounts/1", "username/ada"));
  EXPECT_EQ(store->claim_holder("username/ada"), std::nullopt);
  must_append(take("accounts/2", "username/ada"));
  EXPECT_EQ(store->claim_holder("username/ada"), "accounts/2");
}

TEST_F(Journal, ChecksClaimsAgainstEarlierAppendsOfTheSameBatch) {
  const auto answers = append_in_one_batch({take("accounts/1", "username/ada"), take("accounts/2", "username/ada"),
                                            release("accounts/1", "username/ada"), take("accounts/3", "username/ada")});
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_TRUE(answers[0]);
  EXPECT_FALSE(answers[1]);
  EXPECT_TRUE(answers[2]);
  EXPECT_TRUE(answers[3]);
  EXPECT_EQ(store->claim_holder("username/ada"), "accounts/3");
}

TEST_F(Journal, TakesNoneOfAnAppendsClaimsWhenOneIsTaken) {
  must_append(take("accounts/1", "email/a@b"));
  Append append = take("accounts/2", "username/eve");
  append.claims.push_back({Claim::Kind::take, "email/a@b"});
  const auto answers = append_in_one_batch({append, take("accounts/3", "username/eve")});
  ASSERT_EQ(answers.size(), 2u);
  ASSERT_FALSE(answers[0]);
  EXPECT_EQ(answers[0].error().field, "email");
  EXPECT_TRUE(answers[1]);
  EXPECT_EQ(store->claim_holder("username/eve"), "accounts/3");
}

TEST_F(Journal, LetsOneAppendReleaseAndTakeTheSameName) {
  Append append = take("accounts/1", "username/ada");
  append.claims.push_back({Claim::Kind::release, "username/ada"});
  must_append(append);
  EXPECT_EQ(store->claim_holder("username/ada"), std::nullopt);
}

TEST_F(Journal, AnswersARepeatedRequestWithItsFirstRecord) {
  const Record first = must_append(once("bots/a", "key", "print"));
  must_append(append_to("bots/a"));
  EXPECT_EQ(must_append(once("bots/a", "key", "print")), first);
  EXPECT_EQ(must_append(at_version(once("bots/a", "key", "print"), 0)),
            first);  // the retry of a decision on version 0
  EXPECT_EQ(refusal_of(once("bots/a", "key", "other")), Errc::duplicate);
  EXPECT_EQ(store->last_position(), 2u);

  EXPECT_EQ(**store->find_idempotent({"key", "print"}), first);
  EXPECT_EQ(store->find_idempotent({"key", "other"}).error().code, Errc::duplicate);
  EXPECT_EQ(*store->find_idempotent({"new", "print"}), nullptr);
}

TEST_F(Journal, FindsARepeatedRequestInTheSameBatch) {
  const auto answers = append_in_one_batch(
      {once("bots/a", "key", "print"), once("bots/a", "key", "print"), once("bots/a", "key", "other")});
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(**answers[0], **answers[1]);
  ASSERT_FALSE(answers[2]);
  EXPECT_EQ(answers[2].error().code, Errc::duplicate);
  EXPECT_EQ(records().size(), 2u);  // with the one that held the gate
}

TEST_F(Journal, KeepsNoIdempotencyKeyOfARefusedAppend) {
  EXPECT_EQ(refusal_of(at_version(once("bots/a", "key", "print"), 9)), Errc::conflict);
  EXPECT_EQ(must_append(once("bots/a", "key", "print")).position, 1u);
}

TEST_F(Journal, ForgetsAnIdempotencyKeyAfterItsWindow) {
  Micros now = 1'000'000'000;
  const Micros window = to_micros(defaults::kIdempotencyWindow);
  StoreOptions options;
  options.clock = [&] { return now; };
  open(options);
  const Record first = must_append(once("bots/a", "key", "print"));
  now += window;
  EXPECT_EQ(must_append(once("bots/a", "key", "print")), first);
  now += 1;
  EXPECT_EQ(*store->find_idempotent({"key", "print"}), nullptr);
  EXPECT_EQ(must_append(once("bots/a", "key", "other")).position, 2u);
  EXPECT_EQ((*store->find_idempotent({"key", "other"}))->position, 2u);
}

TEST_F(Journal, AnswersABarrierAfterAllBeforeItAndWritesNothing) {
  std::vector<int> order;
  std::promise<void> done;
  Append barrier;
  barrier.stream = "bots/a";
  store->append(append_to("bots/a", 2), [&](const Expected<RecordPtr>&) { order.push_back(1); });
  store->append(barrier, [&](const Expected<RecordPtr>& answer) {
    order.push_back(2);
    EXPECT_TRUE((*answer)->events.empty());
    EXPECT_EQ((*answer)->position, 3u);
    EXPECT_EQ((*answer)->version, 3u);
    EXPECT_EQ((*answer)->last_position(), 2u);
  });
  store->append(append_to("bots/a"), [&](const Expected<RecordPtr>& answer) {
    order.push_back(3);
    EXPECT_EQ((*answer)->position, 3u);
    done.set_value();
  });
  done.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
  const auto batches = store->metrics().batches;
  EXPECT_TRUE(store->append_and_wait(barrier));
  EXPECT_EQ(store->metrics().batches, batches);
}

TEST_F(Journal, ChecksTheConditionsOfABarrier) {
  must_append(take("accounts/1", "username/ada"));
  Append barrier = take("accounts/2", "username/ada");
  barrier.events.clear();
  EXPECT_EQ(refusal_of(barrier), Errc::conflict);
  barrier.claims[0].name = "username/eve";
  EXPECT_EQ(must_append(barrier).events.size(), 0u);
  EXPECT_EQ(store->claim_holder("username/eve"), std::nullopt);
  EXPECT_EQ(refusal_of(at_version(barrier, 1)), Errc::conflict);
  barrier.rows = {{1, RowChange::Kind::put, "key", "value"}};
  EXPECT_EQ(refusal_of(barrier), Errc::invalid);
}

TEST_F(Journal, AnswersInTheOrderOfTheCalls) {
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 1000; ++i) {
    const auto append = i % 3 == 0 ? at_version(append_to("bots/a"), 999999) : append_to("bots/a");
    store->append(append, [&, i](const Expected<RecordPtr>&) {
      order.push_back(i);
      if (i == 999) done.set_value();
    });
  }
  done.get_future().wait();
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(Journal, HandsFollowersEveryRecordOnceInLogOrderBeforeItsAnswer) {
  std::vector<Position> followed;
  std::atomic<Position> answered{0};
  store->follow([&](const std::vector<RecordPtr>& batch) {
    EXPECT_FALSE(batch.empty());
    for (const auto& record : batch) {
      EXPECT_GT(record->position, answered.load());
      followed.push_back(record->position);
    }
  });
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 200; ++i)
        store->append(append_to("bots/" + std::to_string(caller), 2), [&](const Expected<RecordPtr>& answer) {
          if (answer) answered = (*answer)->position;
        });
    });
  for (auto& caller : callers) caller.join();
  store->append_and_wait(at_version(append_to("bots/0"), 12345));  // refused: followers hear nothing of it
  open();  // closes the first store, and with it the writer's thread
  EXPECT_EQ(followed, positions_of(records()));
  EXPECT_EQ(followed.size(), 800u);
}

TEST_F(Journal, LetsAnAnswerAppendAgain) {
  std::promise<Position> position;
  store->append(append_to("bots/a"), [&](const Expected<RecordPtr>&) {
    store->append(append_to("bots/a"),
                  [&](const Expected<RecordPtr>& answer) { position.set_value((*answer)->position); });
  });
  EXPECT_EQ(position.get_future().get(), 2u);
}

TEST_F(Journal, RefusesNamesKeysAndSizesPastTheirLimits) {
  for (const std::string stream : {"", "bots", "/a", "bots/"}) EXPECT_EQ(refusal_of(append_to(stream)), Errc::invalid);
  EXPECT_EQ(refusal_of(append_to(std::string("bots/a\0b", 8))), Errc::invalid);
  EXPECT_EQ(refusal_of(append_to("bots/" + std::string(defaults::kMaxStreamNameBytes, 'x'))), Errc::too_large);
  EXPECT_EQ(refusal_of(append_to("bots/a", defaults::kMaxAppendEvents + 1)), Errc::too_large);
  Append large = append_to("bots/a");
  large.events[0].payload.resize(defaults::kMaxAppendBytes + 1);
  EXPECT_EQ(refusal_of(large), Errc::too_large);
  const std::string long_key(defaults::kMaxStorageKeyBytes + 1, 'x');
  EXPECT_EQ(refusal_of(take("bots/a", long_key)), Errc::too_large);
  EXPECT_EQ(refusal_of(take("bots/a", "")), Errc::invalid);
  EXPECT_EQ(refusal_of(once("bots/a", long_key, "")), Errc::too_large);
  EXPECT_EQ(refusal_of(once("bots/a", "", "")), Errc::invalid);
  Append row = append_to("bots/a");
  row.rows = {{1, RowChange::Kind::put, long_key, ""}};
  EXPECT_EQ(refusal_of(row), Errc::too_large);
  EXPECT_EQ(store->last_position(), 0u);
  const std::string longest(defaults::kMaxStreamNameBytes - 5, 'x');
  EXPECT_EQ(must_append(append_to("bots/" + longest, defaults::kMaxAppendEvents)).events.size(),
            defaults::kMaxAppendEvents);
}

TEST_F(Journal, IsOverloadedPastItsQueueOfAppendsAndWritesNothingOfThem) {
  open({.max_queued_appends = 3});
  Gate gate;
  store->append(append_to("bots/a"), gate.answer());
  gate.wait_until_reached();
  std::atomic<int> answered{0};
  for (int i = 0; i < 3; ++i)
    store->append(append_to("bots/a"), [&](const Expected<RecordPtr>& answer) {
      if (answer) ++answered;
    });
  EXPECT_EQ(store->metrics().queue_depth, 3u);
  EXPECT_EQ(refusal_of(append_to("bots/a")), Errc::overloaded);  // answered at once: the writer is held
  gate.open();
  open();
  EXPECT_EQ(answered, 3);
  EXPECT_EQ(store->last_position(), 4u);
}

TEST_F(Journal, IsOverloadedPastItsQueueOfBytes) {
  open({.max_queued_bytes = 10'000});
  Gate gate;
  store->append(append_to("bots/a"), gate.answer());
  gate.wait_until_reached();
  Append large = append_to("bots/a");
  large.events = some_events(1, std::string(6000, 'x'));
  store->append(large, [](const Expected<RecordPtr>& answer) { EXPECT_TRUE(answer); });
  EXPECT_GT(store->metrics().queue_bytes, 6000u);
  EXPECT_EQ(refusal_of(large), Errc::overloaded);
  gate.open();
  while (store->metrics().queue_depth > 0) std::this_thread::yield();
  EXPECT_EQ(store->metrics().queue_bytes, 0u);
  EXPECT_EQ(must_append(large).position, 3u);
}

TEST_F(Journal, BoundsABatchByItsEventsButTakesALargerAppendAlone) {
  open({.max_batch_events = 10});
  std::vector<std::size_t> batches;
  store->follow([&](const std::vector<RecordPtr>& batch) { batches.push_back(batch.size()); });
  std::vector<Append> appends(7, append_to("bots/a", 4));
  appends.push_back(append_to("bots/a", 25));
  Gate gate;
  store->append(append_to("bots/a"), gate.answer());
  gate.wait_until_reached();
  for (const auto& append : appends) store->append(append, [](const Expected<RecordPtr>&) {});
  gate.open();
  open();
  EXPECT_THAT(batches, ElementsAre(1, 2, 2, 2, 1, 1));
}

TEST_F(Journal, AnswersWhatWaitsBeforeItCloses) {
  std::atomic<int> answered{0}, refused{0};
  for (int i = 0; i < 100; ++i)
    store->append(append_to("bots/a"), [&, journal = store.get()](const Expected<RecordPtr>& answer) {
      if (answer) ++answered;
      journal->append(append_to("bots/a"), [&](const Expected<RecordPtr>& late) {
        if (!late && late.error().code == Errc::shutting_down)
          ++refused;
        else
          ++answered;
      });
    });
  store.reset();
  EXPECT_EQ(answered + refused, 200);
  open();
  EXPECT_EQ(store->last_position(), static_cast<Position>(answered));
}

TEST_F(Journal, CountsWhatItDoesInCumulativeHistograms) {
  for (int i = 0; i < 5; ++i) must_append(append_to("bots/a", 3));
  refusal_of(at_version(append_to("bots/a"), 0));
  const auto metrics = store->metrics();
  EXPECT_EQ(metrics.appends, 5u);
  EXPECT_EQ(metrics.events, 15u);
  EXPECT_EQ(metrics.batches, 5u);
  EXPECT_EQ(metrics.refused, 1u);
  ASSERT_EQ(metrics.append_latency_buckets.size(), std::size(kAppendLatencyBoundsSeconds) + 1);
  EXPECT_EQ(metrics.append_latency_buckets.back(), 6u);
  EXPECT_TRUE(std::is_sorted(metrics.append_latency_buckets.begin(), metrics.append_latency_buckets.end()));
  EXPECT_GT(metrics.append_latency_sum_seconds, 0);
  EXPECT_THAT(metrics.batch_size_buckets, ElementsAre(0, 0, 5, 5, 5, 5, 5, 5, 5, 5, 5));
}

}  // namespace
}  // namespace troupe::storage
