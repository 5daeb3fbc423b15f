// A histogram that one thread fills and any thread reads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace troupe::storage {

template <std::size_t kBounds>
class Histogram {
 public:
  explicit Histogram(const double (&bounds)[kBounds]) : bounds_(bounds) {}

  void observe(double value) {
    std::size_t bucket = 0;
    while (bucket < kBounds && value > bounds_[bucket]) ++bucket;
    // One thread writes: a plain load and store spares the locked instruction.
    counts_[bucket].store(counts_[bucket].load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }

  /// For each bound the number of values up to it, and last the number of all.
  std::vector<std::uint64_t> cumulative() const {
    std::vector<std::uint64_t> counts;
    std::uint64_t total = 0;
    for (const auto& count : counts_) counts.push_back(total += count.load(std::memory_order_relaxed));
    return counts;
  }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const double (&bounds_)[kBounds];
  std::array<std::atomic<std::uint64_t>, kBounds + 1> counts_{};
  std::atomic<double> sum_{0};
};

}  // namespace troupe::storage
