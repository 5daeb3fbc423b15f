// What a bot actor costs: the time from a command to a sleeping bot until it is durable, beside the same command to an
// awake one, with a million events in the log; the time to decide alone; and the memory of awake and of sleeping bots.
//
//   bench_entities [EVENTS] [FOLDER]
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <future>
#include <string>
#include <thread>

#include "actors/feeds.hpp"
#include "actors/system.hpp"
#include "projections/rebuild.hpp"

namespace {

using namespace troupe;
using namespace troupe::actors;
using Result = Expected<storage::RecordPtr>;

Cause cause() { return {"bench", "", now_micros(), std::nullopt}; }

/// What is allocated, in all threads. Not the resident set, whose pages stay when their bytes are freed.
double allocated_bytes() { return static_cast<double>(mallinfo2().uordblks); }

template <class Ask>
Result wait(Ask ask) {
  std::promise<Result> promise;
  auto future = promise.get_future();
  ask([&](Result result) { promise.set_value(std::move(result)); });
  return future.get();
}

/// Milliseconds of a refused command (no append): finding or waking the actor, and deciding.
double median_ms(System& system, const std::vector<std::string>& bots) {
  std::vector<double> ms;
  for (const auto& bot : bots) {
    const Micros began = now_micros();
    wait([&](auto answer) { system.ask_bot(bot, UpdateBot{}, cause(), answer); });
    ms.push_back(static_cast<double>(now_micros() - began) / 1000);
  }
  std::nth_element(ms.begin(), ms.begin() + static_cast<long>(ms.size() / 2), ms.end());
  return ms[ms.size() / 2];
}

void wait_until_asleep(System& system) {
  while (system.metrics().bots_awake > 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t events = argc > 1 ? std::stoul(argv[1]) : 1'000'000;
  const std::filesystem::path folder = argc > 2 ? argv[2] : "build/bench-entity";
  constexpr std::size_t kBots = 2000;
  std::filesystem::remove_all(folder);
  auto opened = storage::Store::open({folder});
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().message.c_str()), 1;
  auto store = std::move(*opened);
  projections::rebuild(*store, false, {});
  const auto secrets = Secrets::open(folder);
  SystemOptions options;
  options.mail.outbox = folder / "outbox";
  options.passivate_after = std::chrono::seconds(3);
  System system(*store, *secrets, options);

  std::vector<std::string> bots;
  std::mutex mutex;
  for (std::size_t i = 0; i < kBots; ++i) {
    if (!secrets->personal_keys().make(static_cast<AccountId>(i + 1))) return 1;
    const auto record = wait([&](auto answer) {
      system.create_bot(
          {"", static_cast<AccountId>(i + 1), "bot", Json::object(), token_digest(random_token()), "sealed"}, cause(),
          answer);
    });
    if (!record) return std::fprintf(stderr, "%s\n", record.error().message.c_str()), 1;
    bots.emplace_back((*record)->id());
  }
  // A history for each bot, and the rest of the log between their events.
  const std::vector<events::LogReported> logs(
      1000, {"info", "a log line of the usual length, seventy characters, give or take"});
  for (std::size_t at = 0, i = 0; at < events; at += logs.size() + 2, ++i) {
    wait([&](auto answer) { system.ask_bot(bots[i % kBots], ReportBotStatus{"online"}, cause(), answer); });
    wait([&](auto answer) { system.ask_bot(bots[i % kBots], ReportBotStatus{"offline"}, cause(), answer); });
    store->append_and_wait(append_of_logs(bots[i % kBots], static_cast<AccountId>(i % kBots + 1), logs, cause()));
  }
  wait_until_asleep(system);
  const double waking = median_ms(system, bots);
  wait_until_asleep(system);
  // The second time: the blocks read from disk are cached, so what is added is the bots'.
  const double asleep = allocated_bytes();
  median_ms(system, bots);
  const double awake = allocated_bytes();
  const double standing = median_ms(system, bots);
  wait_until_asleep(system);
  const double asleep_again = allocated_bytes();
  std::printf("events %zu\n", static_cast<std::size_t>(store->last_position()));
  std::printf("wake_median_ms %.3f\n", waking);
  std::printf("awake_median_ms %.3f\n", standing);
  std::printf("bytes_per_awake_bot %.0f\n", (awake - asleep) / kBots);
  std::printf("bytes_per_sleeping_bot %.0f\n", (asleep_again - asleep) / kBots);
}
