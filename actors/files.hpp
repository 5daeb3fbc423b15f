// Uploaded files: taken in, looked at, scanned, given out, removed. Thread-safe; calls that say so block.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/ask.hpp"
#include "actors/file.hpp"
#include "actors/files/file_store.hpp"
#include "actors/files/inspection.hpp"
#include "actors/files/plain_text.hpp"
#include "actors/files/scanner.hpp"
#include "projections/file_queries.hpp"
#include "projections/queries.hpp"
#include "projections/session_queries.hpp"

namespace troupe::actors {

struct FilesOptions {
  std::shared_ptr<FileStore> store;  ///< null: there is no place for files, and every upload is refused
  InspectorOptions inspector;
  ScannerOptions scanner;
};

/// What an uploader says of a file, in plain text.
struct NewFile {
  SessionId session = 0;  ///< 0: no channel
  std::string name;
  std::string description;
  bool is_public = false;
};

/// What is sealed of a file, in plain text.
struct FileTexts {
  std::string name, description, author;
};

class Files {
 public:
  using AskFile = std::function<void(const FileId&, FileDecider::Command, Cause, RecordAnswer)>;
  struct Threads {
    Elsewhere writes, reads, inspections;
  };

  Files(storage::Store& journal, const Secrets& secrets, FilesOptions options, AskFile ask_file, Threads threads);

  /// What waits to be looked at is not looked at any more.
  void stop() { ending_ = true; }

  // Uploads

  /// Errors: conflict (the account has kMaxFilesPerAccount).
  Expected<std::unique_ptr<IncomingFile>> begin(AccountId uploader);
  /// Where pieces of uploads are written.
  bool write_elsewhere(std::function<void()> work) const { return threads_.writes(std::move(work)); }
  /// Makes a file of a complete upload: it is on the disk, looked at and scanned before it is answered. Errors, besides
  /// the decider's: invalid (`file`: the scanner found something; `channel_id`: no channel that the uploader is in),
  /// overloaded, storage_failed, not_found (the account is gone).
  void keep(std::shared_ptr<IncomingFile> file, NewFile said, Cause cause, RecordAnswer answer);

  // What is there

  const projections::FileQueries& queries() const { return queries_; }
  /// What is public, one's own, or in a channel that one is in. `account` 0 is anybody.
  bool may_see(const projections::FileRow& file, AccountId account) const;
  bool has_scanner() const { return scanner_.is_there(); }
  /// When a scanner last said what a file is, also one that was then refused; nothing when none ever did.
  std::optional<Micros> last_scan() const;
  /// Nothing when the uploader's account is gone.
  std::optional<FileTexts> texts(const projections::FileRow& file) const;
  /// Whether the message of this author in this channel may have these attachments: files of the channel, or
  /// public ones of the author, and not infected. Errors: invalid (`attachments`).
  Expected<void> check_attachments(const std::vector<std::string>& ids, AccountId author, SessionId session) const;

  /// Where content is read.
  bool read_elsewhere(std::function<void()> work) const { return threads_.reads(std::move(work)); }
  /// Whether anybody may have its content. Errors: not_found (there is no place for files), forbidden (infected, or not
  /// scanned yet).
  Expected<void> may_be_read(const projections::FileRow& file) const;
  /// Blocks. Errors: those of may_be_read, not_found (it is gone), storage_failed, corrupt.
  Expected<std::shared_ptr<SealedFileReader>> content(const projections::FileRow& file) const;
  Expected<std::shared_ptr<SealedFileReader>> thumbnail(const projections::FileRow& file) const;
  /// The beginning of a text file, at most `limit` bytes; nothing of any other file, and of one whose content is not to
  /// be had. Blocks.
  PlainText text(const projections::FileRow& file, std::size_t limit) const;

  // Removal

  /// Answers when the content is gone. Errors: the decider's.
  void remove(const FileId& id, DeleteFile command, Cause cause, RecordAnswer answer);
  /// Removes all files that the account uploaded. Blocks. What a crash or an error interrupts is done by calling again.
  Expected<void> delete_files_of(AccountId account, const Cause& cause);

  // The house's own work

  /// Removes content that no event knows. Once, at the start. Blocks.
  void remove_unknown();
  /// Asks the scanner again for what it could not say. Every second or so.
  void rescan_if_due(Micros now);

 private:
  void look_at(const std::shared_ptr<IncomingFile>& file, NewFile said, Cause cause, RecordAnswer answer);
  Expected<UploadFile> described(IncomingFile& file, const NewFile& said);
  std::string scan(const SealedFileReader& content);
  void rescan();

  const Secrets& secrets_;
  const projections::FileQueries queries_;
  const projections::Queries accounts_;
  const projections::SessionQueries sessions_;
  const FilesOptions options_;
  const std::shared_ptr<FileStore>& store_ = options_.store;
  Scanner scanner_;
  AskFile ask_file_;
  Threads threads_;
  std::atomic<Micros> next_rescan_{0};
  std::atomic<bool> rescanning_{false};
  FileId rescanned_up_to_;  ///< by whoever rescans; empty: from the beginning
  std::atomic<bool> ending_{false};
};

}  // namespace troupe::actors
