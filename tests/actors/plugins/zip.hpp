// Zips as a hostile or an honest client makes them.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace troupe::actors::plugins::testing {

struct ZipEntry {
  std::string path;
  std::string content;
  unsigned type = AE_IFREG;
};

inline std::string zip_of(const std::vector<ZipEntry>& entries, const char* options = nullptr,
                          const char* passphrase = nullptr) {
  std::string bytes(std::size_t{8} << 20, '\0');
  std::size_t used = 0;
  archive* zip = archive_write_new();
  archive_write_set_format_zip(zip);
  if (passphrase) archive_write_set_passphrase(zip, passphrase);
  if (options) archive_write_set_options(zip, options);
  archive_write_open_memory(zip, bytes.data(), bytes.size(), &used);
  for (const auto& entry : entries) {
    archive_entry* header = archive_entry_new();
    archive_entry_set_pathname(header, entry.path.c_str());
    archive_entry_set_filetype(header, entry.type);
    archive_entry_set_perm(header, 0644);
    if (entry.type == AE_IFLNK)
      archive_entry_set_symlink(header, entry.content.c_str());
    else if (entry.type == AE_IFREG)
      archive_entry_set_size(header, static_cast<la_int64_t>(entry.content.size()));
    archive_write_header(zip, header);
    if (entry.type == AE_IFREG) archive_write_data(zip, entry.content.data(), entry.content.size());
    archive_entry_free(header);
  }
  archive_write_close(zip);
  archive_write_free(zip);
  bytes.resize(used);
  return bytes;
}

/// A plugin of one file.
inline std::string zip_of(const std::string& name, const std::string& main) {
  return zip_of(std::vector<ZipEntry>{{name + "/main.lua", main}});
}

/// One of actors/plugins/examples.
inline std::string zip_of_example(const std::string& name) {
  std::vector<ZipEntry> entries;
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(TROUPE_PLUGIN_EXAMPLES) / name)) {
    std::ifstream in(file.path(), std::ios::binary);
    entries.push_back(
        {name + "/" + file.path().filename().string(), std::string((std::istreambuf_iterator<char>(in)), {})});
  }
  return zip_of(entries);
}

}  // namespace troupe::actors::plugins::testing
