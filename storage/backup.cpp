#include "storage/backup.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <map>
#include <memory>
#include <vector>

#include "events/defaults.hpp"
#include "storage/backup_file.hpp"
#include "storage/database.hpp"
#include "storage/witness.hpp"

namespace troupe::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".troupe-backup";
constexpr const char* kDigests = "digests";
constexpr std::size_t kCopyBytes = std::size_t{256} << 10;
/// Files of a data folder that go as they are.
constexpr std::string_view kPlainFiles[] = {"personal-keys", "key-check", "demo"};

// The manifest

Json to_json(const BackupManifest& m) {
  return {{"id", m.id},
          {"created_at", m.created_at},
          {"position", m.position},
          {"database", m.database},
          {"files", m.files},
          {"compression", m.compression},
          {"encryption", m.encryption},
          {"salt", m.salt},
          {"file_count", m.file_count},
          {"file_bytes", m.file_bytes}};
}

Expected<BackupManifest> parse_manifest(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    BackupManifest m;
    json.at("id").get_to(m.id);
    json.at("created_at").get_to(m.created_at);
    json.at("position").get_to(m.position);
    json.at("database").get_to(m.database);
    json.at("files").get_to(m.files);
    json.at("compression").get_to(m.compression);
    json.at("encryption").get_to(m.encryption);
    json.at("salt").get_to(m.salt);
    json.at("file_count").get_to(m.file_count);
    json.at("file_bytes").get_to(m.file_bytes);
    if (m.file_count > defaults::kMaxBackupFiles)
      return fail(Errc::too_large, "the backup has more than " + std::to_string(defaults::kMaxBackupFiles) + " files");
    return m;
  } catch (const Json::exception&) {
    return fail(Errc::corrupt, "the backup is damaged: its manifest does not decode");
  }
}

// Keys

std::string fresh_salt() {
  unsigned char salt[crypto_pwhash_SALTBYTES];
  randombytes_buf(salt, sizeof salt);
  std::string hex(2 * sizeof salt + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), salt, sizeof salt);
  hex.pop_back();
  return hex;
}

Expected<BackupStreamKey> stream_key(const BackupKey& key, const std::string& salt_hex) {
  BackupStreamKey stream{};
  if (key.kind == Encryption::data_key) {
    if (key.secret.size() != stream.size()) return fail(Errc::invalid, "the key of a backup has 32 bytes");
    std::copy(key.secret.begin(), key.secret.end(), stream.begin());
    return stream;
  }
  unsigned char salt[crypto_pwhash_SALTBYTES];
  std::size_t size = 0;
  if (sodium_hex2bin(salt, sizeof salt, salt_hex.data(), salt_hex.size(), nullptr, &size, nullptr) != 0 ||
      size != sizeof salt)
    return fail(Errc::corrupt, "the backup is damaged: its salt does not decode");
  if (crypto_pwhash(stream.data(), stream.size(), key.secret.data(), key.secret.size(), salt,
                    crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
                    crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Errc::overloaded, "no memory to derive a key from the passphrase");
  return stream;
}

/// The key that opens a backup; nothing for one that is not encrypted.
Expected<std::optional<BackupStreamKey>> opening_key(const BackupManifest& manifest,
                                                     const std::optional<BackupKey>& key) {
  if (manifest.encryption == Encryption::none) return std::optional<BackupStreamKey>();
  if (!key || key->kind != manifest.encryption)
    return fail(Errc::invalid, manifest.encryption == Encryption::data_key
                                   ? "the backup is encrypted with the data key: give it by TROUPE_KEY or --key-file"
                                   : "the backup is encrypted with a passphrase: give it by "
                                     "TROUPE_BACKUP_PASSPHRASE or --passphrase-file");
  auto stream = stream_key(*key, manifest.salt);
  if (!stream) return tl::unexpected(stream.error());
  return std::optional(*stream);
}

// Digests of single files

class Digest {
 public:
  Digest() { crypto_generichash_init(&state_, nullptr, 0, kBytes); }
  void add(std::string_view bytes) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  std::string hex() {
    unsigned char bytes[kBytes];
    crypto_generichash_final(&state_, bytes, sizeof bytes);
    std::string text(2 * kBytes + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes, sizeof bytes);
    text.pop_back();
    return text;
  }

 private:
  static constexpr std::size_t kBytes = 32;
  crypto_generichash_state state_{};
};

std::string digest_line(const std::string& hex, const std::string& path) { return hex + "  " + path + "\n"; }

Error cancelled() { return {Errc::cancelled, "the backup was given up"}; }

// Gathering

/// A folder that goes away with its owner.
class StagingFolder {
 public:
  explicit StagingFolder(fs::path path) : path_(std::move(path)) {}
  StagingFolder(const StagingFolder&) = delete;
  ~StagingFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct StagedFile {
  std::string path;  // in the archive, and under the staging folder
  std::uint64_t size = 0;
};

tl::unexpected<Error> cannot(const char* doing, const fs::path& path, const std::error_code& error) {
  return fail(Errc::storage_failed, std::string("cannot ") + doing + " " + path.string() + ": " + error.message());
}

/// Uploaded files never change once they have their name, so a link is as good as a copy. Names that begin with a dot
/// have not got it yet.
Expected<void> link_files(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::is_directory(from)) return {};
  fs::create_directories(to, error);
  if (error) return cannot("create", to, error);
  auto entry = fs::recursive_directory_iterator(from, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    const fs::path path = entry->path();
    const auto target = to / path.lexically_relative(from);
    std::error_code failed;
    if (path.filename().string().starts_with("."))
      entry.disable_recursion_pending();
    else if (entry->is_directory(failed))
      fs::create_directories(target, failed);
    else if (entry->is_regular_file(failed))
      fs::create_hard_link(path, target, failed);
    // What is deleted in this moment is not in the backup.
    if (failed && failed != std::errc::no_such_file_or_directory) return cannot("link", path, failed);
  }
  if (error) return cannot("read", from, error);
  return {};
}

/// Brings everything that belongs to the backup into the staging folder; answers the last position.
Expected<Position> stage(const Store& store, const BackupOptions& options, const fs::path& staging) {
  Position position = 0;
  if (options.database) {
    const auto checkpoint = store.checkpoint(staging);
    if (!checkpoint) return checkpoint;
    position = *checkpoint;
    for (const auto name : kPlainFiles) {
      std::error_code error;
      fs::copy_file(store.folder() / name, staging / name, error);
      if (error && error != std::errc::no_such_file_or_directory) return cannot("copy", store.folder() / name, error);
    }
  }
  if (options.files)
    if (auto linked = link_files(store.folder() / "files", staging / "files"); !linked)
      return tl::unexpected(linked.error());
  return position;
}

Expected<std::vector<StagedFile>> list(const fs::path& staging) {
  std::vector<StagedFile> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(staging, error)) {
    if (!entry.is_regular_file()) continue;
    const auto path = entry.path().lexically_relative(staging).generic_string();
    if (path.size() > defaults::kMaxBackupPathBytes || files.size() == defaults::kMaxBackupFiles)
      return fail(Errc::too_large, "the data folder has too many files, or too long names, for one backup");
    files.push_back({path, entry.file_size()});
  }
  if (error) return cannot("read", staging, error);
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

// Writing

/// A tar archive, compressed, into a backup's file.
class ArchiveWriter {
 public:
  ArchiveWriter(BackupFileWriter& out, Compression compression) : out_(out), archive_(archive_write_new()) {
    archive_write_set_format_pax_restricted(archive_.get());
    if (compression == Compression::gzip) archive_write_add_filter_gzip(archive_.get());
    if (compression == Compression::zstd) archive_write_add_filter_zstd(archive_.get());
    archive_write_set_bytes_per_block(archive_.get(), 0);  // the frames below have their own size
    check(archive_write_open(archive_.get(), this, nullptr, on_write, nullptr));
  }

  void begin(const std::string& path, std::uint64_t size, Micros time) {
    const std::unique_ptr<archive_entry, Free> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_mtime(entry.get(), time / 1'000'000, 0);
    check(archive_write_header(archive_.get(), entry.get()));
  }
  void add(std::string_view bytes) {
    if (!error_ &&
        archive_write_data(archive_.get(), bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size()))
      note_failure();
  }
  Expected<void> finish() {
    check(archive_write_close(archive_.get()));
    return state();
  }
  Expected<void> state() const {
    if (error_) return tl::unexpected(*error_);
    return {};
  }

 private:
  struct Free {
    void operator()(archive* a) const { archive_write_free(a); }
    void operator()(archive_entry* e) const { archive_entry_free(e); }
  };

  static la_ssize_t on_write(archive*, void* self, const void* bytes, std::size_t size) {
    auto& writer = *static_cast<ArchiveWriter*>(self);
    const auto written = writer.out_.write({static_cast<const char*>(bytes), size});
    if (written) return static_cast<la_ssize_t>(size);
    if (!writer.error_) writer.error_ = written.error();
    return -1;
  }
  void check(int result) {
    if (result < ARCHIVE_WARN && !error_) note_failure();
  }
  void note_failure() {
    if (error_) return;
    const char* why = archive_error_string(archive_.get());
    error_ = Error{Errc::storage_failed, std::string("cannot write the archive: ") + (why ? why : "unknown")};
  }

  BackupFileWriter& out_;
  std::optional<Error> error_;  // of our own file, before the library's words for it
  std::unique_ptr<archive, Free> archive_;
};

Expected<std::string> write_file(ArchiveWriter& archive, const fs::path& from, const StagedFile& staged, Micros time,
                                 const std::function<bool(std::size_t)>& progress) {
  auto file = File::open(from);
  if (!file) return tl::unexpected(file.error());
  Digest digest;
  archive.begin(staged.path, staged.size, time);
  std::string buffer(kCopyBytes, '\0');
  for (std::uint64_t left = staged.size; left > 0;) {
    const auto got = file->read(buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return fail(Errc::storage_failed, from.string() + " became shorter while it was read");
    const std::string_view bytes(buffer.data(), *got);
    digest.add(bytes);
    archive.add(bytes);
    if (auto ok = archive.state(); !ok) return tl::unexpected(ok.error());
    if (!progress(*got)) return tl::unexpected(cancelled());
    left -= *got;
  }
  return digest.hex();
}

Expected<std::uint64_t> write_archive(const fs::path& staging, const std::vector<StagedFile>& files,
                                      const BackupManifest& manifest, BackupFileWriter out,
                                      const BackupProgress& report) {
  ArchiveWriter archive(out, manifest.compression);
  std::uint64_t done = 0;
  const auto progress = [&](std::size_t bytes) {
    done += bytes;
    return !report || report(done, manifest.file_bytes);
  };
  std::string digests;
  for (const auto& file : files) {
    const auto digest = write_file(archive, staging / file.path, file, manifest.created_at, progress);
    if (!digest) return tl::unexpected(digest.error());
    digests += digest_line(*digest, file.path);
  }
  archive.begin(kDigests, digests.size(), manifest.created_at);
  archive.add(digests);
  if (auto ok = archive.finish(); !ok) return tl::unexpected(ok.error());
  return out.finish();
}

// Reading

/// Whether an archive may have a file of this name: only what a backup puts there, and nothing that leads elsewhere.
bool is_backup_path(const std::string& path) {
  if (path.size() > defaults::kMaxBackupPathBytes || path.find('\0') != path.npos) return false;
  if (path == "acknowledged" || path == kDigests) return true;
  if (std::find(std::begin(kPlainFiles), std::end(kPlainFiles), path) != std::end(kPlainFiles)) return true;
  const auto slash = path.find('/');
  if (slash == path.npos) return false;
  const std::string_view folder = std::string_view(path).substr(0, slash);
  if (folder != "log" && folder != "files") return false;
  for (std::size_t at = slash + 1; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    if (end == at || path[at] == '.') return false;  // empty, hidden, `.` and `..`
    if (folder == "log" && end != path.size()) return false;
    at = end + 1;
  }
  return true;
}

/// Reads a backup from its first byte to its last, and writes its files into a folder when there is one.
class Unpacking {
 public:
  Unpacking(BackupFileReader& in, const BackupManifest& manifest, std::optional<fs::path> folder,
            const BackupProgress& progress)
      : in_(in), manifest_(manifest), folder_(std::move(folder)), progress_(progress), archive_(archive_read_new()) {}

  Expected<void> run() {
    archive_read_support_format_tar(archive_.get());
    if (manifest_.compression == Compression::gzip) archive_read_support_filter_gzip(archive_.get());
    if (manifest_.compression == Compression::zstd) archive_read_support_filter_zstd(archive_.get());
    if (archive_read_open(archive_.get(), this, nullptr, on_read, nullptr) != ARCHIVE_OK) return failure();
    for (archive_entry* entry = nullptr;;) {
      const int result = archive_read_next_header(archive_.get(), &entry);
      if (result == ARCHIVE_EOF) break;
      if (result != ARCHIVE_OK) return failure();
      if (auto read = read_entry(*entry); !read) return read;
    }
    if (auto drained = drain(); !drained) return drained;
    if (digests_.has_value() && *digests_ == expected_digests() && found_.size() == manifest_.file_count &&
        bytes_ == manifest_.file_bytes)
      return {};
    return damaged("its files are not those it was made of");
  }

 private:
  struct Free {
    void operator()(archive* a) const { archive_read_free(a); }
  };

  static tl::unexpected<Error> damaged(const std::string& how) {
    return fail(Errc::corrupt, "the backup is damaged: " + how);
  }

  static la_ssize_t on_read(archive* archive, void* self, const void** bytes) {
    auto& unpacking = *static_cast<Unpacking*>(self);
    const auto piece = unpacking.next_piece();
    if (!piece) {
      unpacking.error_ = piece.error();
      archive_set_error(archive, EIO, "unreadable");
      return -1;
    }
    *bytes = piece->data();
    return static_cast<la_ssize_t>(piece->size());
  }

  Expected<std::string_view> next_piece() {
    if (error_) return tl::unexpected(*error_);
    if (progress_ && !progress_(in_.bytes_read(), in_.size())) return tl::unexpected(cancelled());
    return in_.read();
  }

  tl::unexpected<Error> failure() const {
    if (error_) return tl::unexpected(*error_);
    const char* why = archive_error_string(archive_.get());
    return damaged(why ? why : "it is no archive");
  }

  /// What follows the archive's own end, up to the proof at the file's end.
  Expected<void> drain() {
    for (;;) {
      const auto piece = next_piece();
      if (!piece) return tl::unexpected(piece.error());
      if (piece->empty()) return {};
    }
  }

  Expected<void> read_entry(archive_entry& entry) {
    const char* name = archive_entry_pathname(&entry);
    const std::string path = name ? name : "";
    if (archive_entry_filetype(&entry) != AE_IFREG || archive_entry_hardlink(&entry) || !is_backup_path(path))
      return damaged("it holds something that is no file of a data folder");
    if (digests_) return damaged("a file follows its digests");
    if (path == kDigests) return read_digests();
    if (found_.contains(path) || found_.size() == manifest_.file_count) return damaged("it holds too many files");
    std::optional<File> out;
    if (folder_) {
      auto made = make(path);
      if (!made) return tl::unexpected(made.error());
      out = std::move(*made);
    }
    Digest digest;
    const auto read = each_block([&](std::string_view bytes) -> Expected<void> {
      bytes_ += bytes.size();
      if (bytes_ > manifest_.file_bytes) return damaged("it holds more than it says");
      digest.add(bytes);
      return out ? out->write(bytes) : Expected<void>{};
    });
    if (!read) return read;
    found_.emplace(path, digest.hex());
    return out ? out->sync() : Expected<void>{};
  }

  Expected<void> read_digests() {
    digests_.emplace();
    const std::size_t longest = found_.size() * digest_line(Digest().hex(), "").size() + paths_bytes();
    return each_block([&](std::string_view bytes) -> Expected<void> {
      if (digests_->size() + bytes.size() > longest) return damaged("its list of digests is too long");
      digests_->append(bytes);
      return {};
    });
  }

  Expected<void> each_block(const std::function<Expected<void>(std::string_view)>& take) {
    std::string buffer(kCopyBytes, '\0');
    for (;;) {
      const auto got = archive_read_data(archive_.get(), buffer.data(), buffer.size());
      if (got < 0) return failure();
      if (got == 0) return {};
      if (auto taken = take({buffer.data(), static_cast<std::size_t>(got)}); !taken) return taken;
    }
  }

  Expected<File> make(const std::string& path) {
    const fs::path target = *folder_ / path;
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (error) return cannot("create", target.parent_path(), error);
    return File::create(target);
  }

  std::size_t paths_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [path, digest] : found_) bytes += path.size();
    return bytes;
  }
  std::string expected_digests() const {
    std::string lines;
    for (const auto& [path, digest] : found_) lines += digest_line(digest, path);
    return lines;
  }

  BackupFileReader& in_;
  const BackupManifest& manifest_;
  const std::optional<fs::path> folder_;
  const BackupProgress& progress_;
  std::optional<Error> error_;
  std::map<std::string, std::string> found_;  // path -> digest, in the order of the archive
  std::optional<std::string> digests_;
  std::uint64_t bytes_ = 0;
  std::unique_ptr<archive, Free> archive_;
};

Expected<BackupManifest> unpack(const fs::path& file, const std::optional<BackupKey>& key,
                                std::optional<fs::path> folder, const BackupProgress& progress) {
  auto in = BackupFileReader::open(file);
  if (!in) return tl::unexpected(in.error());
  auto manifest = parse_manifest(in->manifest());
  if (!manifest) return manifest;
  const auto opened_with = opening_key(*manifest, key);
  if (!opened_with) return tl::unexpected(opened_with.error());
  if (auto unlocked = in->unlock(*opened_with); !unlocked) return tl::unexpected(unlocked.error());
  if (auto read = Unpacking(*in, *manifest, std::move(folder), progress).run(); !read)
    return tl::unexpected(read.error());
  return manifest;
}

Expected<void> sync_tree(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error))
    if (entry.is_directory())
      if (auto synced = sync_folder(entry.path()); !synced) return synced;
  if (error) return cannot("read", folder, error);
  if (auto synced = sync_folder(folder); !synced) return synced;
  return sync_folder(fs::absolute(folder).lexically_normal().parent_path());
}

/// Opens the log, without the data key and without changing anything: this program can read it, and it ends where the
/// manifest says.
Expected<void> check_restored(const fs::path& folder, const BackupManifest& manifest) {
  if (!manifest.database) return {};
  const auto acknowledged = Witness::read(folder / "acknowledged");
  if (!acknowledged) return tl::unexpected(acknowledged.error());
  if (*acknowledged != manifest.position)
    return fail(Errc::corrupt,
                "the log does not end at position " + std::to_string(manifest.position) + ", as the backup says");
  const auto log = Database::open_read_only(folder / "log");
  return log ? Expected<void>{} : tl::unexpected(log.error());
}

}  // namespace

std::string word(Compression compression) { return Json(compression).get<std::string>(); }
std::string word(Encryption encryption) { return Json(encryption).get<std::string>(); }
std::optional<Compression> compression_of(std::string_view word) {
  for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd})
    if (storage::word(compression) == word) return compression;
  return std::nullopt;
}

fs::path backup_path(const fs::path& data, std::string_view id) {
  return data / "backups" / (std::string(id) + std::string(kSuffix));
}

Expected<FinishedBackup> create_backup(const Store& store, const BackupOptions& options) {
  if (!options.database && !options.files) return fail(Errc::invalid, "a backup holds the database, the files or both");
  if (sodium_init() < 0) return fail(Errc::storage_failed, "libsodium cannot start");
  const auto target = backup_path(store.folder(), options.id);
  if (fs::exists(target)) return fail(Errc::conflict, "there is a backup " + options.id);
  const auto folder = target.parent_path();
  const StagingFolder staging(folder / ("." + options.id));
  std::error_code error;
  fs::create_directories(staging.path(), error);
  if (error) return cannot("create", staging.path(), error);

  BackupManifest manifest{options.id,          options.created_at, 0, options.database, options.files,
                          options.compression, Encryption::none};
  const auto position = stage(store, options, staging.path());
  if (!position) return tl::unexpected(position.error());
  manifest.position = *position;
  const auto files = list(staging.path());
  if (!files) return tl::unexpected(files.error());
  manifest.file_count = files->size();
  for (const auto& file : *files) manifest.file_bytes += file.size;
  std::optional<BackupStreamKey> key;
  if (options.key) {
    manifest.encryption = options.key->kind;
    if (options.key->kind == Encryption::passphrase) manifest.salt = fresh_salt();
    const auto derived = stream_key(*options.key, manifest.salt);
    if (!derived) return tl::unexpected(derived.error());
    key = *derived;
  }

  const auto unfinished = staging.path() / "archive";
  auto out = BackupFileWriter::create(unfinished, to_json(manifest).dump(), key, options.min_free_bytes);
  if (!out) return tl::unexpected(out.error());
  const auto size = write_archive(staging.path(), *files, manifest, std::move(*out), options.progress);
  if (!size) return tl::unexpected(size.error());
  fs::rename(unfinished, target, error);
  if (error) return cannot("name", target, error);
  if (auto synced = sync_folder(folder); !synced) return tl::unexpected(synced.error());
  return FinishedBackup{manifest, *size};
}

void remove_unfinished_backups(const fs::path& data) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(data / "backups", error)) {
    std::error_code ignored;
    if (entry.path().filename().string().starts_with(".")) fs::remove_all(entry.path(), ignored);
  }
}

Expected<void> remove_backup(const fs::path& data, std::string_view id) {
  const auto file = backup_path(data, id);
  std::error_code error;
  const bool removed = fs::remove(file, error);
  if (error) return cannot("remove", file, error);
  if (!removed) return fail(Errc::not_found, "there is no file " + file.string());
  return sync_folder(file.parent_path());
}

Expected<FinishedBackup> read_backup_manifest(const fs::path& file) {
  const auto in = BackupFileReader::open(file);
  if (!in) return tl::unexpected(in.error());
  auto manifest = parse_manifest(in->manifest());
  if (!manifest) return tl::unexpected(manifest.error());
  return FinishedBackup{std::move(*manifest), in->size()};
}

Expected<BackupManifest> verify_backup(const fs::path& file, const std::optional<BackupKey>& key,
                                       const BackupProgress& progress) {
  return unpack(file, key, std::nullopt, progress);
}

Expected<BackupManifest> restore_backup(const fs::path& file, const std::optional<BackupKey>& key,
                                        const fs::path& folder, const BackupProgress& progress) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return cannot("create", folder, error);
  if (!fs::is_empty(folder, error))
    return fail(Errc::conflict, "the folder " + folder.string() + " is not empty: a backup is restored into a new one");
  if (auto proven = verify_backup(file, key); !proven) return proven;
  auto manifest = unpack(file, key, folder, progress);
  Expected<void> restored;
  if (manifest) restored = sync_tree(folder);
  if (manifest && restored) restored = check_restored(folder, *manifest);
  if (manifest && restored) return manifest;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    fs::remove_all(entry.path(), ignored);
  }
  return manifest ? tl::unexpected(restored.error()) : manifest;
}

}  // namespace troupe::storage
