// Asks a virus scanner: clamd, by its own protocol (clamd(8), INSTREAM) over a Unix or TCP socket. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "events/time.hpp"

namespace troupe::actors {

struct ScannerOptions {
  std::string address;  ///< `/path/to/socket` or `HOST:PORT`; empty: there is no scanner
  std::chrono::milliseconds connect_timeout = defaults::kScannerConnectTimeout;
  std::chrono::milliseconds timeout = defaults::kScannerTimeout;  ///< of each step
  std::chrono::milliseconds retry_delay = defaults::kScannerRetryDelay;
};

class Scanner {
 public:
  /// Gives the bytes from an offset on, some at a time; none at the end.
  using Content = std::function<Expected<std::string>(std::uint64_t offset)>;

  explicit Scanner(ScannerOptions options) : options_(std::move(options)) {}

  bool is_there() const { return !options_.address.empty(); }
  /// It failed a moment ago and is left alone until later.
  bool rests(Micros now) const { return now < rests_until_; }
  /// When it last said what a file is; 0: not yet.
  Micros last_scan() const { return last_scan_; }

  /// One of events::kClean, kInfected, kUnscannable, kNotScanned and kScanError. Blocks until there is an answer or a time-out.
  std::string scan(const Content& content);

 private:
  const ScannerOptions options_;
  std::atomic<Micros> rests_until_{0};
  std::atomic<Micros> last_scan_{0};
};

/// What an answer of clamd to INSTREAM means: events::kClean, kInfected, kUnscannable or kScanError. Pure.
std::string_view scan_of_answer(std::string_view answer);

}  // namespace troupe::actors
