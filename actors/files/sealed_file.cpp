#include "actors/files/sealed_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace troupe::actors {
namespace {

constexpr std::size_t kChunkBytes = SealedFileWriter::kChunkBytes;
constexpr std::size_t kTagBytes = crypto_aead_chacha20poly1305_ietf_ABYTES;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kSealedChunkBytes = kChunkBytes + kTagBytes;

using Nonce = std::array<unsigned char, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

tl::unexpected<Error> failed(const char* doing) {
  return fail(Errc::storage_failed, std::string("cannot ") + doing + " a file's content: " + std::strerror(errno));
}

Nonce nonce_of(std::uint64_t number, bool last) {
  Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[10 - i] = static_cast<unsigned char>(number >> (8 * i));
  nonce[11] = last ? 1 : 0;
  return nonce;
}

Expected<std::string> key_of(const Secrets& secrets, const ContentName& content, std::string_view salt) {
  return secrets.derived_key_for(content.uploader, "file content/" + content.name + "/" + std::string(salt));
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Fewer bytes than asked for only at the end of the file.
Expected<std::string> read_at(int file, std::uint64_t offset, std::size_t bytes) {
  std::string read(bytes, '\0');
  std::size_t filled = 0;
  while (filled < bytes) {
    const auto got = ::pread(file, read.data() + filled, bytes - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  read.resize(filled);
  return read;
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

Expected<std::unique_ptr<SealedFileWriter>> SealedFileWriter::create(const std::filesystem::path& file,
                                                                     const Secrets& secrets,
                                                                     const ContentName& content) {
  const std::string salt = random_bytes(kSaltBytes);
  auto key = key_of(secrets, content, salt);
  if (!key) return tl::unexpected(key.error());
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed("make");
  std::unique_ptr<SealedFileWriter> writer(new SealedFileWriter(fd, std::move(*key)));
  if (!write_all(fd, salt)) return failed("write");
  return writer;
}

SealedFileWriter::~SealedFileWriter() { ::close(file_); }

Expected<void> SealedFileWriter::write(std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    // A full chunk waits for what follows: only then is it known not to be the last.
    if (chunk_.size() == kChunkBytes)
      if (auto ok = write_chunk(false); !ok) return ok;
    if (chunk_.empty()) chunk_.reserve(kChunkBytes);
    const auto part = bytes.substr(0, kChunkBytes - chunk_.size());
    chunk_.append(part);
    bytes.remove_prefix(part.size());
  }
  return {};
}

Expected<void> SealedFileWriter::write_chunk(bool last) {
  std::string sealed(chunk_.size() + kTagBytes, '\0');
  const Nonce nonce = nonce_of(number_++, last);
  unsigned long long size = 0;
  crypto_aead_chacha20poly1305_ietf_encrypt(bytes_of(sealed), &size, bytes_of(chunk_), chunk_.size(), nullptr, 0,
                                            nullptr, nonce.data(), bytes_of(key_));
  chunk_.clear();
  return write_all(file_, sealed) ? Expected<void>{} : failed("write");
}

Expected<void> SealedFileWriter::finish() {
  if (auto ok = write_chunk(true); !ok) return ok;
  return ::fsync(file_) == 0 ? Expected<void>{} : failed("sync");
}

Expected<std::shared_ptr<SealedFileReader>> SealedFileReader::open(const std::filesystem::path& file,
                                                                   const Secrets& secrets, const ContentName& content) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return fail(Errc::not_found, "the file's content is gone");
  if (fd < 0) return failed("open");
  std::shared_ptr<SealedFileReader> reader(new SealedFileReader(fd));
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failed("read");
  const auto length = static_cast<std::uint64_t>(status.st_size);
  if (length < kSaltBytes + kTagBytes) return fail(Errc::corrupt, "a file's content was cut");
  auto salt = read_at(fd, 0, kSaltBytes);
  if (!salt) return tl::unexpected(salt.error());
  auto key = key_of(secrets, content, *salt);
  if (!key) return tl::unexpected(key.error());
  const std::uint64_t sealed = length - kSaltBytes;
  const std::uint64_t chunks = (sealed + kSealedChunkBytes - 1) / kSealedChunkBytes;
  if (sealed < chunks * kTagBytes) return fail(Errc::corrupt, "a file's content was cut");
  reader->key_ = std::move(*key);
  reader->size_ = sealed - chunks * kTagBytes;
  return reader;
}

SealedFileReader::~SealedFileReader() { ::close(file_); }

Expected<std::string> SealedFileReader::read(std::uint64_t offset, std::uint64_t limit) const {
  const std::uint64_t number = offset / kChunkBytes;
  const std::uint64_t chunks = std::max<std::uint64_t>(1, (size_ + kChunkBytes - 1) / kChunkBytes);
  const auto sealed = read_at(file_, kSaltBytes + number * kSealedChunkBytes, kSealedChunkBytes);
  if (!sealed) return tl::unexpected(sealed.error());
  if (sealed->size() < kTagBytes) return fail(Errc::corrupt, "a file's content was cut");
  std::string content(sealed->size() - kTagBytes, '\0');
  const Nonce nonce = nonce_of(number, number + 1 == chunks);
  unsigned long long size = 0;
  if (crypto_aead_chacha20poly1305_ietf_decrypt(bytes_of(content), &size, nullptr, bytes_of(*sealed), sealed->size(),
                                                nullptr, 0, nonce.data(), bytes_of(key_)) != 0)
    return fail(Errc::corrupt, "a file's content does not open: altered, or cut");
  const std::uint64_t skip = std::min<std::uint64_t>(offset % kChunkBytes, content.size());
  return content.substr(skip, limit);
}

Expected<std::string> SealedFileReader::read_all(std::uint64_t limit) const {
  std::string content;
  const std::uint64_t end = std::min(limit, size_);
  content.reserve(end);
  while (content.size() < end) {
    auto piece = read(content.size(), end - content.size());
    if (!piece) return piece;
    if (piece->empty()) return fail(Errc::corrupt, "a file's content was cut");
    content += *piece;
  }
  return content;
}

}  // namespace troupe::actors
