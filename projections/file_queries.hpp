// Reads of uploaded files, each from what is committed now. Thread-safe; nothing is cached. Texts come out sealed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "projections/file_keys.hpp"
#include "projections/rows.hpp"
#include "storage/store.hpp"

namespace troupe::projections {

/// Where a page of a list of files ended: the next one goes on after it.
struct FileCursor {
  Micros uploaded_at = 0;
  FileId id;
};

class FileQueries {
 public:
  explicit FileQueries(const storage::Store& store) : store_(store) {}

  std::optional<FileRow> file(std::string_view id) const;
  /// Newest first, from `before` (exclusive).
  std::vector<FileRow> files_of_session(SessionId id, const std::optional<FileCursor>& before, std::size_t limit) const;
  std::vector<FileRow> files_of_uploader(AccountId id, const std::optional<FileCursor>& before,
                                         std::size_t limit) const;
  std::int64_t count_of_uploader(AccountId id) const;
  /// Those that the scanner could not say anything of, in order of their ids, from `after` (exclusive).
  std::vector<FileId> unscanned(const FileId& after, std::size_t limit) const;
  /// Every file, for start-up work.
  void each_file(const std::function<void(const FileRow&)>& visit) const;
  std::optional<EmbeddingRow> embedding(std::string_view id) const;

  /// When a scanner last said what a file is that is or was here; nothing when none ever did.
  std::optional<Micros> last_scan() const;

 private:
  const storage::Store& store_;
};

}  // namespace troupe::projections
