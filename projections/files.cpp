// Uploaded files, by their channel and by who uploaded them.
#include "projections/changes.hpp"
#include "projections/file_keys.hpp"

namespace troupe::projections {
namespace {

using namespace events;

void put_scan(std::string_view scan, const Context& c, Rows& rows) {
  if (scan == kScanError) rows.push_back(put_key(Table::unscanned_files, std::string(c.id)));
  if (scan == kClean || scan == kInfected)
    rows.push_back(put_bytes(Table::file_scans, "", big64(static_cast<std::uint64_t>(c.time))));
}

void on(const FileUploaded& e, const Context& c, Rows& rows) {
  FileRow row;
  row.id = e.id;
  row.uploader = e.uploader;
  row.session = e.session;
  row.sealed_name = e.sealed_name;
  row.sealed_description = e.sealed_description;
  row.size = e.size;
  row.content_type = e.content_type;
  row.is_public = e.is_public;
  row.scan = e.scan;
  row.width = e.width;
  row.height = e.height;
  row.pages = e.pages;
  row.sealed_author = e.sealed_author;
  row.has_thumbnail = e.has_thumbnail;
  row.uploaded_at = c.time;
  rows.push_back(put_row(e.id, row));
  rows.push_back(put_key(Table::files_of_uploader, file_list_key(e.uploader, c.time, e.id)));
  if (e.session != 0) rows.push_back(put_key(Table::files_of_session, file_list_key(e.session, c.time, e.id)));
  put_scan(e.scan, c, rows);
  rows.push_back(add(owner_files(e.uploader), 1));
}

void on(const FileScanned& e, const Context& c, Rows& rows) {
  const std::string id(c.id);
  rows.push_back(patch<FileRow>(id, {{"scan", e.scan}}));
  rows.push_back(erase(Table::unscanned_files, id));
  put_scan(e.scan, c, rows);
}

void on(const FileDeleted& e, const Context& c, Rows& rows) {
  const std::string id(c.id);
  rows.push_back(erase(Table::files, id));
  rows.push_back(erase(Table::files_of_uploader, file_list_key(e.uploader, e.uploaded_at, id)));
  rows.push_back(erase(Table::files_of_session, file_list_key(e.session, e.uploaded_at, id)));
  rows.push_back(erase(Table::unscanned_files, id));
  rows.push_back(erase(Table::embeddings, id));
  rows.push_back(add(owner_files(e.uploader), -1));
}

}  // namespace

void project(const FileEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
