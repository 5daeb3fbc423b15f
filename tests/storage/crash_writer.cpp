// A child process for tests that end it: it writes to a store and says on stdout what was acknowledged.
//
//   crash_writer hold FOLDER                     opens, says so, and waits for the end of stdin
//   crash_writer load FOLDER THREADS APPENDS     appends from several threads at once (0 APPENDS: without
//   end), then
//                                                waits for the end of stdin with the store still open
//   crash_writer fill FOLDER FILE_BYTES          appends until the store fails; no file may grow past
//   FILE_BYTES (0: no
//                                                such limit)
//
//   crash_writer backup FOLDER THREADS           appends from several threads without end, and makes one backup after
//                                                the other beside them
//
// Lines: "open", "backup N", "ack POSITION DIGEST", "loaded", "failed ERROR-CODE HEALTHY FAILURE-CALLS", "refused
// SENTENCE".
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <semaphore>
#include <thread>

#include "storage/backup.hpp"
#include "tests/storage/workload.hpp"

namespace {

using namespace troupe;
using namespace troupe::storage;
using namespace troupe::storage::test;

constexpr int kInFlightPerThread = 16;

// One write(2) a line, so that a line is whole or not there.
void say(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(3);
}

void say_acknowledged(const Expected<RecordPtr>& answer) {
  if (!answer) return;
  char line[64];
  std::snprintf(line, sizeof line, "ack %llu %08x", static_cast<unsigned long long>((*answer)->position),
                digest(**answer));
  say(line);
}

void wait_for_end_of_input() {
  char byte;
  while (::read(STDIN_FILENO, &byte, 1) > 0) continue;
}

void append_from_one_thread(Store& store, unsigned stream, unsigned appends) {
  std::counting_semaphore<kInFlightPerThread> in_flight(kInFlightPerThread);
  for (unsigned n = 1; appends == 0 || n <= appends; ++n) {
    in_flight.acquire();
    store.append(nth_append(stream, n), [&](const Expected<RecordPtr>& answer) {
      say_acknowledged(answer);
      in_flight.release();
    });
  }
  for (int i = 0; i < kInFlightPerThread; ++i) in_flight.acquire();
}

void load(Store& store, unsigned threads, unsigned appends) {
  std::vector<std::thread> writers;
  for (unsigned i = 0; i < threads; ++i)
    writers.emplace_back([&store, i, appends] { append_from_one_thread(store, i, appends); });
  for (auto& writer : writers) writer.join();
  say("loaded");
  wait_for_end_of_input();
}

void back_up(Store& store, unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) std::thread([&store, i] { append_from_one_thread(store, i, 0); }).detach();
  for (unsigned n = 1;; ++n) {
    say("backup " + std::to_string(n));
    BackupOptions options{.id = "b" + std::to_string(n)};
    options.min_free_bytes = 0;
    if (const auto made = create_backup(store, options); !made) say("failed " + made.error().message);
  }
}

void fill(Store& store) {
  int failure_calls = 0;
  std::promise<void> announced;
  store.on_failure([&](const std::string&) {
    if (++failure_calls == 1) announced.set_value();
  });
  for (unsigned n = 1;; ++n) {
    const auto answer = store.append_and_wait(nth_append(0, n));
    say_acknowledged(answer);
    if (answer) continue;
    announced.get_future().wait();
    const auto later = store.append_and_wait(nth_append(1, 1));
    const Errc code = later ? Errc::invalid : later.error().code;
    say("failed " + std::string(name(answer.error().code)) + " then " + std::string(name(code)) + " healthy " +
        std::to_string(store.healthy()) + " calls " + std::to_string(failure_calls));
    return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string mode = argv[1];
  if (mode == "fill" && argc > 3 && std::atol(argv[3]) > 0) {
    std::signal(SIGXFSZ, SIG_IGN);  // the write fails with EFBIG instead
    const auto bytes = static_cast<rlim_t>(std::atol(argv[3]));
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  auto store = Store::open({.folder = argv[2]});
  if (!store) {
    say("refused " + store.error().message);
    return 1;
  }
  say("open");
  if (mode == "hold") wait_for_end_of_input();
  if (mode == "load" && argc > 4)
    load(**store, static_cast<unsigned>(std::atoi(argv[3])), static_cast<unsigned>(std::atoi(argv[4])));
  if (mode == "fill") fill(**store);
  if (mode == "backup" && argc > 3) back_up(**store, static_cast<unsigned>(std::atoi(argv[3])));
  return 0;
}
