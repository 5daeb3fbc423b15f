// The last version of the streams written lately.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "storage/journal.hpp"

namespace troupe::storage {

/// A bounded memory in two generations: what was not asked for while the young one filled up is forgotten.
/// Forgets only in `trim`, so that what a batch has not written yet stays known. One thread.
class StreamHeads {
 public:
  explicit StreamHeads(std::size_t limit) : generation_limit_(limit / 2) {}

  std::optional<Version> find(const std::string& stream) {
    if (const auto young = young_.find(stream); young != young_.end()) return young->second;
    const auto old = old_.find(stream);
    if (old == old_.end()) return std::nullopt;
    const Version version = old->second;
    young_.insert(old_.extract(old));
    return version;
  }

  void remember(const std::string& stream, Version version) { young_[stream] = version; }

  void trim() {
    if (young_.size() < generation_limit_) return;
    old_ = std::move(young_);
    young_.clear();
  }

  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  std::size_t generation_limit_;
  std::unordered_map<std::string, Version> young_;
  std::unordered_map<std::string, Version> old_;
};

}  // namespace troupe::storage
