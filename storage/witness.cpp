#include "storage/witness.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "storage/crc32c.hpp"

namespace troupe::storage {
namespace {

constexpr std::string_view kWord = "acknowledged ";
constexpr std::size_t kDigits = 20;
constexpr int kReadAttempts = 5;
constexpr std::size_t kBytes = kWord.size() + kDigits + 1 + 8 + 1;

std::string encode(events::Position position) {
  char text[kBytes + 1];
  std::snprintf(text, sizeof text, "acknowledged %020" PRIu64 " ", position);
  const std::uint32_t checksum = crc32c(0, text);
  std::snprintf(text + kBytes - 9, 10, "%08" PRIx32 "\n", checksum);
  return text;
}

std::optional<events::Position> decode(const std::string& text) {
  if (text.size() != kBytes) return std::nullopt;
  const events::Position position = std::strtoull(text.c_str() + kWord.size(), nullptr, 10);
  return encode(position) == text ? std::optional(position) : std::nullopt;
}

tl::unexpected<Error> failed(std::string_view doing) {
  return fail(Errc::storage_failed, std::string(doing) + " the witness file: " + std::strerror(errno));
}

}  // namespace

Expected<std::optional<events::Position>> Witness::read(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::optional<events::Position>();
  if (fd < 0) return failed("opening");
  std::optional<events::Position> position;
  ssize_t length = 0;
  // A reader beside the writer may see half of a write: what is whole the next time was not damaged.
  for (int attempt = 0; attempt < kReadAttempts && !position && length >= 0; ++attempt) {
    char text[kBytes + 1];
    length = ::pread(fd, text, sizeof text, 0);
    if (length >= 0) position = decode({text, static_cast<std::size_t>(length)});
  }
  ::close(fd);
  if (length < 0) return failed("reading");
  if (!position) return fail(Errc::corrupt, "the witness file " + file.string() + " is damaged");
  return position;
}

Expected<Witness> Witness::create(const std::filesystem::path& file, events::Position position) {
  const std::string fresh = file.string() + ".new";  // renamed when whole: a crash leaves no half-written witness
  Witness witness;
  witness.fd_ = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (witness.fd_ < 0) return failed("creating");
  if (auto written = witness.write(position); !written) return tl::unexpected(written.error());
  if (auto synced = witness.sync(); !synced) return tl::unexpected(synced.error());
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool placed = folder >= 0 && ::rename(fresh.c_str(), file.c_str()) == 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!placed) return failed("placing");
  return witness;
}

Witness::~Witness() {
  if (fd_ >= 0) ::close(fd_);
}

Expected<void> Witness::write(events::Position position) {
  const std::string text = encode(position);
  if (::pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) return failed("writing");
  return {};
}

Expected<void> Witness::sync() {
  if (::fdatasync(fd_) != 0) return failed("syncing");
  return {};
}

}  // namespace troupe::storage
