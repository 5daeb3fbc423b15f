// Where the content of files is: `<data>/files/ab/<id>`, and `<id>.thumbnail` beside it, both sealed. An upload is
// written to `<data>/uploads/` and moved when it is complete and on the disk, before its event is: so a file that the log
// knows has its content, and what the log does not know is removed at the next start.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "actors/files/sealed_file.hpp"
#include "events/defaults.hpp"

namespace troupe::actors {

class FileStore;

/// One upload on its way into the store. Unless it is committed, it leaves nothing behind. One thread at a time.
class IncomingFile {
 public:
  IncomingFile(std::shared_ptr<FileStore> store, events::FileId id, events::AccountId uploader);
  IncomingFile(const IncomingFile&) = delete;
  ~IncomingFile();

  const events::FileId& id() const { return id_; }
  events::AccountId uploader() const { return uploader_; }
  std::uint64_t size() const { return content_ ? content_->size() : 0; }

  /// Errors: storage_failed, overloaded (the disk would be too full), not_found (the account is gone).
  Expected<void> write(std::string_view bytes);
  /// All is written, and durable when it returns. Errors: as of `write`.
  Expected<void> finish();
  /// What was written, after `finish`. Errors: as of SealedFileReader::open.
  Expected<std::shared_ptr<SealedFileReader>> content() const;
  Expected<void> add_thumbnail(std::string_view jpeg);
  /// Moves it to its place, durably. Errors: storage_failed.
  Expected<void> move_into_place();
  /// Its event is in the log, or may be: what is in place stays there.
  void commit() { state_ = State::committed; }

 private:
  enum class State : std::uint8_t { arriving, in_place, committed };

  const std::shared_ptr<FileStore> store_;
  const events::FileId id_;
  const events::AccountId uploader_;
  std::unique_ptr<SealedFileWriter> content_;
  bool has_thumbnail_ = false;
  State state_ = State::arriving;
};

/// Thread-safe. Blocks, so not on the event loop's thread.
class FileStore : public std::enable_shared_from_this<FileStore> {
 public:
  /// Makes the folders and clears what uploads a former run left unfinished. Errors: storage_failed.
  static Expected<std::shared_ptr<FileStore>> open(const std::filesystem::path& data, const Secrets& secrets,
                                                   std::uint64_t min_free_bytes = defaults::kMinFreeDiskBytes);

  /// A file with a new id.
  std::unique_ptr<IncomingFile> begin(events::AccountId uploader);

  /// Errors: not_found (no such content, or the uploader's account is gone), storage_failed, corrupt.
  Expected<std::shared_ptr<SealedFileReader>> content(const events::FileId& id, events::AccountId uploader) const;
  Expected<std::shared_ptr<SealedFileReader>> thumbnail(const events::FileId& id, events::AccountId uploader) const;

  void remove(const events::FileId& id);
  /// Removes all content that `is_known` does not know, but for what is on its way in.
  void remove_unknown(const std::function<bool(const events::FileId&)>& is_known);

  /// Whether the disk would keep `min_free_bytes` with so much more on it.
  bool has_room_for(std::uint64_t bytes) const;

 private:
  friend class IncomingFile;
  FileStore(const std::filesystem::path& data, const Secrets& secrets, std::uint64_t min_free_bytes)
      : files_(data / "files"), uploads_(data / "uploads"), secrets_(secrets), min_free_bytes_(min_free_bytes) {}
  std::filesystem::path folder_of(const events::FileId& id) const;
  bool is_arriving(const events::FileId& id) const;

  const std::filesystem::path files_, uploads_;
  const Secrets secrets_;
  const std::uint64_t min_free_bytes_;
  mutable std::mutex mutex_;
  std::set<events::FileId> arriving_;
};

}  // namespace troupe::actors
