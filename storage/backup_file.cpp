#include "storage/backup_file.hpp"

#include "events/defaults.hpp"
#include "storage/coding.hpp"

namespace troupe::storage {
namespace {

constexpr std::string_view kMagic = "troupe-backup 1\n";
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kTagBytes = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr unsigned char kMessage = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
constexpr unsigned char kFinal = crypto_secretstream_xchacha20poly1305_TAG_FINAL;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string fixed32(std::size_t value) {
  std::string bytes;
  put_fixed32(bytes, static_cast<std::uint32_t>(value));
  return bytes;
}

void begin_digest(crypto_generichash_state& digest) { crypto_generichash_init(&digest, nullptr, 0, kDigestBytes); }

tl::unexpected<Error> damaged(const std::string& how) { return fail(Errc::corrupt, "the backup is damaged: " + how); }

}  // namespace

Expected<BackupFileWriter> BackupFileWriter::create(const std::filesystem::path& path, std::string_view manifest,
                                                    const std::optional<BackupStreamKey>& key,
                                                    std::uint64_t min_free_bytes) {
  if (sodium_init() < 0) return fail(Errc::storage_failed, "libsodium cannot start");
  auto file = File::create(path);
  if (!file) return tl::unexpected(file.error());
  BackupFileWriter writer(std::move(*file), min_free_bytes);
  begin_digest(writer.digest_);
  writer.head_ = std::string(kMagic) + fixed32(manifest.size()) + std::string(manifest);
  if (auto ok = writer.put(writer.head_); !ok) return tl::unexpected(ok.error());
  if (key) {
    std::string header(crypto_secretstream_xchacha20poly1305_HEADERBYTES, '\0');
    crypto_secretstream_xchacha20poly1305_init_push(&writer.sealed_.emplace(), bytes_of(header), key->data());
    if (auto ok = writer.put(header); !ok) return tl::unexpected(ok.error());
  }
  return writer;
}

Expected<void> BackupFileWriter::put(std::string_view bytes) {
  size_ += bytes.size();
  unsynced_ += bytes.size();
  if (!sealed_) crypto_generichash_update(&digest_, bytes_of(bytes), bytes.size());
  if (auto written = file_.write(bytes); !written) return written;
  if (unsynced_ < defaults::kBackupSyncBytes) return {};
  unsynced_ = 0;
  const auto free = file_.free_disk_bytes();
  if (!free) return tl::unexpected(free.error());
  if (*free < min_free_bytes_)
    return fail(Errc::overloaded, "the disk is nearly full: a backup must leave " +
                                      std::to_string(min_free_bytes_ >> 20) + " MiB to the journal");
  return file_.sync();
}

Expected<void> BackupFileWriter::put_frame(std::string_view payload, unsigned char tag) {
  if (!sealed_) {
    if (auto ok = put(fixed32(payload.size())); !ok) return ok;
    return put(payload);
  }
  std::string message(payload.size() + kTagBytes, '\0');
  crypto_secretstream_xchacha20poly1305_push(&*sealed_, bytes_of(message), nullptr, bytes_of(payload), payload.size(),
                                             bytes_of(std::string_view(head_)), head_.size(), tag);
  head_.clear();
  if (auto ok = put(fixed32(message.size())); !ok) return ok;
  return put(message);
}

Expected<void> BackupFileWriter::write(std::string_view payload) {
  while (!payload.empty()) {
    const std::size_t taken = std::min(payload.size(), defaults::kBackupFrameBytes - pending_.size());
    pending_.append(payload.substr(0, taken));
    payload.remove_prefix(taken);
    if (pending_.size() < defaults::kBackupFrameBytes) break;
    if (auto ok = put_frame(pending_, kMessage); !ok) return ok;
    pending_.clear();
  }
  return {};
}

Expected<std::uint64_t> BackupFileWriter::finish() {
  Expected<void> ok;
  if (sealed_) {
    ok = put_frame(pending_, kFinal);
  } else {
    if (!pending_.empty()) ok = put_frame(pending_, kMessage);
    if (ok) ok = put(fixed32(0));
    std::string digest(kDigestBytes, '\0');
    crypto_generichash_final(&digest_, bytes_of(digest), digest.size());
    size_ += digest.size();
    if (ok) ok = file_.write(digest);
  }
  if (ok) ok = file_.sync();
  if (!ok) return tl::unexpected(ok.error());
  return size_;
}

Expected<BackupFileReader> BackupFileReader::open(const std::filesystem::path& path) {
  if (sodium_init() < 0) return fail(Errc::storage_failed, "libsodium cannot start");
  auto file = File::open(path);
  if (!file) return tl::unexpected(file.error());
  BackupFileReader reader(std::move(*file));
  const auto size = reader.file_.size();
  if (!size) return tl::unexpected(size.error());
  reader.size_ = *size;
  begin_digest(reader.digest_);
  const auto magic = reader.take(kMagic.size());
  if (!magic || *magic != kMagic) return fail(Errc::corrupt, path.string() + " is no backup of this program");
  const auto length = reader.take(4);
  if (!length) return tl::unexpected(length.error());
  if (read_fixed(*length) > defaults::kMaxBackupManifestBytes) return damaged("its manifest is too long");
  auto manifest = reader.take(read_fixed(*length));
  if (!manifest) return tl::unexpected(manifest.error());
  reader.head_ = *magic + *length + *manifest;
  reader.manifest_ = std::move(*manifest);
  return reader;
}

Expected<void> BackupFileReader::unlock(const std::optional<BackupStreamKey>& key) {
  if (!key) return {};
  const auto header = take(crypto_secretstream_xchacha20poly1305_HEADERBYTES);
  if (!header) return tl::unexpected(header.error());
  // The header holds a nonce: any 24 bytes are one.
  crypto_secretstream_xchacha20poly1305_init_pull(&sealed_.emplace(), bytes_of(std::string_view(*header)), key->data());
  return {};
}

Expected<std::string_view> BackupFileReader::read() {
  if (finished_) return std::string_view();
  const auto length = take(4);
  if (!length) return tl::unexpected(length.error());
  const std::size_t size = read_fixed(*length);
  if (sealed_) return read_sealed(size);
  if (size == 0) return finish_plain();
  if (size > defaults::kBackupFrameBytes) return damaged("a frame is too long");
  auto frame = take(size);
  if (!frame) return tl::unexpected(frame.error());
  frame_ = std::move(*frame);
  return std::string_view(frame_);
}

Expected<std::string_view> BackupFileReader::read_sealed(std::size_t size) {
  if (size < kTagBytes || size > defaults::kBackupFrameBytes + kTagBytes)
    return damaged("a message has a wrong length");
  const auto message = take(size);
  if (!message) return tl::unexpected(message.error());
  frame_.resize(size - kTagBytes);
  unsigned char tag = 0;
  const std::string_view proven_with_it = head_;
  if (crypto_secretstream_xchacha20poly1305_pull(&*sealed_, bytes_of(frame_), nullptr, &tag,
                                                 bytes_of(std::string_view(*message)), size, bytes_of(proven_with_it),
                                                 proven_with_it.size()) != 0)
    return head_.empty() ? damaged("a message does not open")
                         : fail(Errc::corrupt, "the backup does not open: it has another key, or is damaged");
  head_.clear();
  if (tag == kFinal) {
    finished_ = true;
    if (auto end = expect_end(); !end) return tl::unexpected(end.error());
  } else if (tag != kMessage || frame_.empty()) {
    return damaged("a message has a wrong tag");
  }
  return std::string_view(frame_);
}

Expected<std::string_view> BackupFileReader::finish_plain() {
  finished_ = true;
  std::string digest(kDigestBytes, '\0');
  crypto_generichash_final(&digest_, bytes_of(digest), digest.size());
  const auto stored = take(kDigestBytes);
  if (!stored) return tl::unexpected(stored.error());
  if (*stored != digest) return damaged("its bytes are not those that were written");
  if (auto end = expect_end(); !end) return tl::unexpected(end.error());
  return std::string_view();
}

Expected<void> BackupFileReader::expect_end() {
  if (bytes_read_ != size_) return damaged("something follows its end");
  return {};
}

Expected<std::string> BackupFileReader::take(std::size_t size) {
  std::string bytes(size, '\0');
  const auto got = file_.read(bytes.data(), size);
  if (!got) return tl::unexpected(got.error());
  if (*got < size) return damaged("it ends early");
  bytes_read_ += size;
  if (!sealed_ && !finished_) crypto_generichash_update(&digest_, bytes_of(std::string_view(bytes)), size);
  return bytes;
}

}  // namespace troupe::storage
