#include "projections/file_queries.hpp"

#include "projections/read_row.hpp"

namespace troupe::projections {
namespace {

using Direction = storage::Store::Direction;

/// The ids of one list, newest first.
std::vector<FileRow> listed(const storage::Store& store, Table table, std::int64_t whose,
                            const std::optional<FileCursor>& before, std::size_t limit) {
  std::vector<FileRow> rows;
  if (limit == 0) return rows;
  const std::string prefix = numbers_key({whose});
  const std::string end = before ? file_list_key(whose, before->uploaded_at, before->id) : std::string();
  const std::string from = before ? end.substr(prefix.size()) : std::string();
  store.scan(id_of(table), prefix, from, Direction::backward, [&](std::string_view key, std::string_view) {
    if (key == end) return true;
    if (auto row = read_row<FileRow>(store, key.substr(prefix.size() + 8))) rows.push_back(std::move(*row));
    return rows.size() < limit;
  });
  return rows;
}

}  // namespace

std::optional<FileRow> FileQueries::file(std::string_view id) const { return read_row<FileRow>(store_, id); }

std::vector<FileRow> FileQueries::files_of_session(SessionId id, const std::optional<FileCursor>& before,
                                                   std::size_t limit) const {
  return listed(store_, Table::files_of_session, id, before, limit);
}

std::vector<FileRow> FileQueries::files_of_uploader(AccountId id, const std::optional<FileCursor>& before,
                                                    std::size_t limit) const {
  return listed(store_, Table::files_of_uploader, id, before, limit);
}

std::int64_t FileQueries::count_of_uploader(AccountId id) const {
  return store_.counter(id_of(Table::counters), owner_files(id));
}

std::vector<FileId> FileQueries::unscanned(const FileId& after, std::size_t limit) const {
  std::vector<FileId> ids;
  if (limit == 0) return ids;
  store_.scan(id_of(Table::unscanned_files), {}, after, Direction::forward,
              [&](std::string_view key, std::string_view) {
                if (key != after) ids.emplace_back(key);
                return ids.size() < limit;
              });
  return ids;
}

void FileQueries::each_file(const std::function<void(const FileRow&)>& visit) const {
  store_.scan(id_of(Table::files), {}, {}, Direction::forward, [&](std::string_view, std::string_view value) {
    if (const auto row = parse_row<FileRow>(store_, value)) visit(*row);
    return true;
  });
}

std::optional<EmbeddingRow> FileQueries::embedding(std::string_view id) const {
  return read_row<EmbeddingRow>(store_, id);
}

std::optional<Micros> FileQueries::last_scan() const { return read_time(store_, Table::file_scans); }

}  // namespace troupe::projections
