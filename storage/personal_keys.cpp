#include "storage/personal_keys.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace troupe::storage {
namespace {

constexpr off_t kSlotBytes = sizeof(PersonalKeys::Slot);

tl::unexpected<Error> failed(const char* doing) {
  return fail(Errc::storage_failed, std::string(doing) + " the personal keys: " + std::strerror(errno));
}

}  // namespace

Expected<std::unique_ptr<PersonalKeys>> PersonalKeys::open(const std::filesystem::path& folder, bool create) {
  const auto path = folder / "personal-keys";
  const int file = ::open(path.c_str(), O_RDWR | (create ? O_CREAT : 0) | O_CLOEXEC, 0600);
  if (file < 0 && errno == ENOENT) return fail(Errc::not_found, "the accounts' keys are missing: " + path.string());
  if (file < 0) return failed("opening");
  std::unique_ptr<PersonalKeys> keys(new PersonalKeys(file));
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool named = directory >= 0 && fsync(directory) == 0;  // the file itself must outlive a power failure
  if (directory >= 0) close(directory);
  if (!named) return failed("opening");
  return keys;
}

PersonalKeys::~PersonalKeys() { close(file_); }

Expected<void> PersonalKeys::make(events::AccountId account) {
  if (find(account)) return {};
  Slot slot;
  randombytes_buf(slot.data(), slot.size());
  if (auto written = write(account, slot); !written) return written;
  return sync();
}

std::optional<PersonalKeys::Slot> PersonalKeys::find(events::AccountId account) const {
  Slot slot;
  if (account <= 0 || pread(file_, slot.data(), slot.size(), account * kSlotBytes) != kSlotBytes) return std::nullopt;
  if (sodium_is_zero(slot.data(), slot.size())) return std::nullopt;
  return slot;
}

Expected<void> PersonalKeys::forget(std::span<const events::AccountId> accounts) {
  bool any = false;
  for (const auto account : accounts) {
    if (!find(account)) continue;
    any = true;
    if (auto written = write(account, Slot{}); !written) return written;
  }
  return any ? sync() : Expected<void>{};
}

Expected<void> PersonalKeys::write(events::AccountId account, const Slot& slot) {
  if (pwrite(file_, slot.data(), slot.size(), account * kSlotBytes) != kSlotBytes) return failed("writing");
  return {};
}

Expected<void> PersonalKeys::sync() {
  if (fdatasync(file_) != 0) return failed("writing");
  return {};
}

}  // namespace troupe::storage
