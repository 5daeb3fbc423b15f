// A key for each account, outside the log: what a person wrote is sealed with it, and unreadable everywhere once it is
// thrown away (crypto-shredding). Thread-safe.
//
// `<folder>/personal-keys` is an array of 32-byte slots, account N at offset 32*N, zeros where there is no key. It is
// written in place, so an overwritten key is not kept in older parts of a file as a log or a table would keep it. The
// key that seals is BLAKE2b of the slot under the data folder's key: who has the file alone has nothing.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "events/expected.hpp"
#include "events/record.hpp"

namespace troupe::storage {

class PersonalKeys {
 public:
  using Slot = std::array<unsigned char, 32>;

  /// Without `create` the file must be there: missing, it would make all accounts look erased. Errors: not_found,
  /// storage_failed.
  static Expected<std::unique_ptr<PersonalKeys>> open(const std::filesystem::path& folder, bool create);
  PersonalKeys(const PersonalKeys&) = delete;
  ~PersonalKeys();

  /// Durable when it returns: blocks for an fsync. Leaves a key that is there as it is.
  Expected<void> make(events::AccountId account);

  /// Nothing when there is none, or it was thrown away.
  std::optional<Slot> find(events::AccountId account) const;

  /// Durable when it returns: blocks for an fsync, one for all of them.
  Expected<void> forget(std::span<const events::AccountId> accounts);
  Expected<void> forget(events::AccountId account) { return forget({&account, 1}); }

 private:
  explicit PersonalKeys(int file) : file_(file) {}
  Expected<void> write(events::AccountId account, const Slot& slot);
  Expected<void> sync();

  int file_;
};

}  // namespace troupe::storage
