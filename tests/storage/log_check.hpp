// Compares a store with what was acknowledged, and its log with its rows, claims and indexes.
#pragma once

#include <map>

#include "tests/storage/workload.hpp"

namespace troupe::storage::test {

/// What the writer was told: position -> digest.
using Acknowledged = std::map<Position, std::uint32_t>;

struct Finding {
  enum class Kind {
    whole,     ///< everything acknowledged is there, and all agrees
    reported,  ///< something is damaged and the store said so
    wrong,     ///< something is missing or differs and the store did not say so
  };
  Kind kind = Kind::whole;
  std::string what;
};

class LogCheck {
 public:
  LogCheck(const Store& store, const Acknowledged& acknowledged) : store_(store), acknowledged_(acknowledged) {}

  Finding run() {
    for (const auto step :
         {&LogCheck::check_log, &LogCheck::check_acknowledged, &LogCheck::check_streams, &LogCheck::check_category,
          &LogCheck::check_rows, &LogCheck::check_claims, &LogCheck::check_idempotency}) {
      (this->*step)();
      if (finding_.kind != Finding::Kind::whole) break;
    }
    return finding_;
  }

 private:
  void expect(bool good, const std::string& what) {
    if (good || finding_.kind != Finding::Kind::whole) return;
    // A read without room for an error makes the store unhealthy instead.
    finding_ = {store_.healthy() ? Finding::Kind::wrong : Finding::Kind::reported, what};
  }
  template <class T>
  void expect_read(const Expected<T>& read) {
    if (!read && finding_.kind == Finding::Kind::whole) finding_ = {Finding::Kind::reported, read.error().message};
  }

  void check_log() {
    Position next = 1;
    expect_read(store_.read(1, [&](const Record& record) {
      unsigned stream = 0, n = 0;
      const int parsed = std::sscanf(record.correlation.c_str(), "%u %u", &stream, &n);
      expect(parsed == 2 && digest(record) == digest_of_nth(stream, n), "a record has foreign content");
      expect(record.position == next, "positions have a gap at " + std::to_string(next));
      auto& records = streams_[stream];
      expect(n == records.size() + 1, "a stream lacks an append");
      expect(record.version == (records.empty() ? 1 : records.back().last_version() + 1), "versions have a gap");
      next = record.last_position() + 1;
      records.push_back(record);
      positions_[record.position] = digest(record);
      return true;
    }));
    expect(store_.last_position() == next - 1, "the last position is not that of the last event");
  }

  void check_acknowledged() {
    for (const auto& [position, expected] : acknowledged_) {
      const auto found = positions_.find(position);
      expect(found != positions_.end() && found->second == expected,
             "the acknowledged record at " + std::to_string(position) + " is missing or differs");
    }
  }

  void check_streams() {
    for (const auto& [stream, records] : streams_) {
      std::vector<Record> found;
      const auto collect = [&](const Record& record) { return found.push_back(record), true; };
      expect_read(store_.read_stream(stream_name(stream), 1, collect));
      expect(found == records, "a stream's index does not give its records");
      found.clear();
      expect_read(store_.read_stream_backward(stream_name(stream), kNewest, collect));
      expect(std::equal(found.rbegin(), found.rend(), records.begin(), records.end()),
             "a stream's index does not give its records backward");
    }
  }

  void check_category() {
    auto expected = positions_.rbegin();
    expect_read(store_.read_category_backward("load", kNewest, [&](const Record& record) {
      expect(expected != positions_.rend() && record.position == expected->first, "the category's index differs");
      if (expected != positions_.rend()) ++expected;
      return finding_.kind == Finding::Kind::whole;
    }));
    expect(expected == positions_.rend(), "the category's index lacks records");
  }

  void check_rows() {
    std::int64_t total = 0;
    std::map<std::string, std::string> latest;
    for (const auto& [stream, records] : streams_) {
      nlohmann::json map = nlohmann::json::object();
      for (unsigned n = 1; n <= records.size(); ++n) map.update(patch_of(n));
      for (const auto& record : records) total += static_cast<std::int64_t>(record.events.size());
      const auto count = static_cast<unsigned>(records.size());
      const std::string name = stream_name(stream);
      expect(store_.counter(kCounters, name) == count, "the counter of " + name + " differs from a recount");
      expect(store_.row(kMaps, name) == cbor(map), "the patched row of " + name + " differs from a recount");
      latest[name] = std::to_string(count);
      latest[claim_name(stream, count)] = "held";
    }
    expect(store_.counter(kCounters, "total") == total, "the total differs from a recount");
    std::map<std::string, std::string> found;
    expect_read(store_.scan(kLatest, "", "", Store::Direction::forward,
                            [&](auto key, auto value) { return found.emplace(key, value), true; }));
    expect(found == latest, "the rows differ from a recount");
  }

  void check_claims() {
    for (const auto& [stream, records] : streams_)
      for (unsigned n = 1; n <= records.size(); ++n) {
        const auto holder = store_.claim_holder(claim_name(stream, n));
        expect(n == records.size() ? holder == stream_name(stream) : !holder, "a claim has the wrong holder");
      }
  }

  void check_idempotency() {
    for (const auto& [stream, records] : streams_)
      for (unsigned n = 1; n <= records.size(); ++n) {
        const auto first = store_.find_idempotent({idempotency_key(stream, n), "fingerprint"});
        expect_read(first);
        if (first) expect(*first && **first == records[n - 1], "an idempotency key lost its record");
      }
  }

  const Store& store_;
  const Acknowledged& acknowledged_;
  Finding finding_;
  std::map<unsigned, std::vector<Record>> streams_;
  std::map<Position, std::uint32_t> positions_;
};

}  // namespace troupe::storage::test
