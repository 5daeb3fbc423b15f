#include "actors/plugins/package.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <set>

#include "actors/plugins/config_schema.hpp"
#include "actors/rules.hpp"
#include "actors/secrets.hpp"
#include "events/codec.hpp"
#include "events/defaults.hpp"
#include "events/json_depth.hpp"

namespace troupe::actors::plugins {
namespace {

struct Free {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, Free>;

tl::unexpected<Error> bad(std::string message) { return fail(Errc::invalid, std::move(message), "file"); }
tl::unexpected<Error> too_large(std::string message) { return fail(Errc::too_large, std::move(message), "file"); }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// A path as it may be said in a message: an archive's names are anything.
std::string shown(std::string_view path) {
  std::string text;
  for (const char c : path.substr(0, defaults::kMaxPackagePathBytes)) text += c > 0x20 && c < 0x7f ? c : '?';
  return text;
}

/// Letters, digits, `_`, `-`, `.` between single slashes, and no part that begins with a dot: so there is no `..`, no
/// drive, no backslash, and no two ways to write one name.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > defaults::kMaxPackagePathBytes) return false;
  char before = '/';
  for (const char c : path) {
    if (c == '/' ? before == '/' : c == '.' ? before == '/' : !is_name_character(c)) return false;
    before = c;
  }
  return before != '/' &&
         static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) < defaults::kMaxPackagePathDepth;
}

/// What a Mac puts beside the files.
bool is_of_the_finder(std::string_view path) {
  return path.starts_with("__MACOSX/") || path == ".DS_Store" || path.ends_with("/.DS_Store");
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

Expected<std::string> read_file(archive* zip, const std::string& path, std::size_t& unpacked, std::size_t packed) {
  std::string bytes;
  char piece[16384];
  for (;;) {
    const auto got = archive_read_data(zip, piece, sizeof piece);
    if (got == 0) return bytes;
    if (got < 0) return bad("the zip is damaged at " + path);
    bytes.append(piece, static_cast<std::size_t>(got));
    unpacked += static_cast<std::size_t>(got);
    if (bytes.size() > defaults::kMaxPackageFileBytes)
      return too_large(path + " has more than " + std::to_string(defaults::kMaxPackageFileBytes) + " bytes");
    if (unpacked > defaults::kMaxPackageUnpackedBytes)
      return too_large("the files have more than " + std::to_string(defaults::kMaxPackageUnpackedBytes) + " bytes");
    if (unpacked > defaults::kMinBytesForPackageRatio && unpacked / defaults::kMaxPackageRatio > packed)
      return too_large("the files are more than " + std::to_string(defaults::kMaxPackageRatio) +
                       " times as large as the zip");
  }
}

/// All regular files by their whole paths.
Expected<std::map<std::string, std::string>> unpack(std::string_view bytes) {
  const Archive zip(archive_read_new());
  // By the directory at the end, as every other reader does: with both, one file could be two things.
  archive_read_support_format_zip_seekable(zip.get());
  if (archive_read_open_memory(zip.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return bad("file is not a zip");
  std::map<std::string, std::string> files;
  std::set<std::string> seen;
  std::size_t entries = 0, unpacked = 0;
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(zip.get(), &entry);
    if (status == ARCHIVE_EOF) return files;
    if (status != ARCHIVE_OK) return bad("file is no zip, or damaged");
    if (++entries > defaults::kMaxPackageFiles)
      return too_large("the zip has more than " + std::to_string(defaults::kMaxPackageFiles) + " entries");
    const char* name = archive_entry_pathname(entry);
    std::string path = name ? name : "";
    if (is_of_the_finder(path)) continue;
    const bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    if (!folder && archive_entry_filetype(entry) != AE_IFREG) return bad(shown(path) + " is neither file nor folder");
    if (archive_entry_symlink(entry) || archive_entry_hardlink(entry)) return bad(shown(path) + " is a link");
    if (archive_entry_is_encrypted(entry)) return bad(shown(path) + " is encrypted");
    if (folder && path.ends_with('/')) path.pop_back();
    if (!is_plain_path(path))
      return bad("the path " + shown(path) + " is not plain: letters, digits, '_', '-', '.' and '/'");
    if (!seen.insert(lower(path)).second) return bad(shown(path) + " is there twice");
    if (folder) continue;
    auto content = read_file(zip.get(), path, unpacked, bytes.size());
    if (!content) return tl::unexpected(content.error());
    if (content->find('\0') != std::string::npos || !is_utf8(*content)) return bad(path + " is not text in UTF-8");
    files.emplace(std::move(path), std::move(*content));
  }
}

Expected<Json> parse(const std::string& path, const std::string& text) {
  if (json_depth_exceeds(text, defaults::kMaxJsonDepth)) return bad(path + " is nested too deeply");
  Json parsed = Json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return bad(path + " is not JSON");
  if (!parsed.is_object()) return bad(path + " must be a JSON object");
  return parsed;
}

Expected<void> describe(Package& package, const Json& manifest) {
  const auto take = [&](const char* field, std::string& into, std::size_t most) -> Expected<void> {
    const auto found = manifest.find(field);
    if (found == manifest.end()) return {};
    if (!found->is_string()) return bad(std::string("plugin.json: ") + field + " must be text");
    into = found->get<std::string>();
    if (auto ok = check_optional_line(field, into, most); !ok) return bad("plugin.json: " + ok.error().message);
    return {};
  };
  std::string name = package.name;
  if (auto ok = take("name", name, defaults::kMaxPluginNameLength); !ok) return ok;
  if (name != package.name) return bad("plugin.json: name must be that of the folder, " + package.name);
  if (auto ok = take("version", package.version, defaults::kMaxCatalogueNameLength); !ok) return ok;
  if (auto ok = take("description", package.description, defaults::kMaxDescriptionLength); !ok) return ok;
  return take("author", package.author, defaults::kMaxCatalogueNameLength);
}

}  // namespace

Expected<Package> package_of(std::string name, std::map<std::string, std::string> files) {
  if (name.empty() || name.size() > defaults::kMaxPluginNameLength ||
      !std::all_of(name.begin(), name.end(), is_name_character))
    return bad("the folder's name must be 1 to " + std::to_string(defaults::kMaxPluginNameLength) +
               " letters, digits, '_' and '-'");
  Package package;
  package.name = std::move(name);
  package.files = std::move(files);
  if (!package.files.contains("main.lua")) {
    if (package.files.contains("main.py"))
      return bad(package.name + "/main.py is in Python; plugins here are in Lua: " + package.name + "/main.lua");
    return bad("there is no " + package.name + "/main.lua");
  }
  if (package.files.contains("_conf_schema.json"))
    return bad(package.name + "/_conf_schema.json must be called config_schema.json here");
  if (const auto manifest = package.files.find("plugin.json"); manifest != package.files.end()) {
    auto parsed = parse(package.name + "/plugin.json", manifest->second);
    if (!parsed) return tl::unexpected(parsed.error());
    if (auto ok = describe(package, *parsed); !ok) return tl::unexpected(ok.error());
  }
  if (const auto schema = package.files.find("config_schema.json"); schema != package.files.end()) {
    auto parsed = parse(package.name + "/config_schema.json", schema->second);
    if (!parsed) return tl::unexpected(parsed.error());
    if (auto ok = check_schema(*parsed); !ok) return bad("config_schema.json: " + ok.error().message);
    package.schema = std::move(*parsed);
  }
  return package;
}

Expected<Package> read_package(std::string_view zip) {
  if (zip.size() > defaults::kMaxPackageBytes)
    return too_large("file must have at most " + std::to_string(defaults::kMaxPackageBytes) + " bytes");
  auto files = unpack(zip);
  if (!files) return tl::unexpected(files.error());
  std::string name;
  std::map<std::string, std::string> below;
  for (auto& [path, content] : *files) {
    const auto slash = path.find('/');
    if (slash == std::string::npos)
      return bad(path + " is in no folder: all files must be in one, named as the plugin");
    if (!name.empty() && path.substr(0, slash) != name) return bad("all files must be in one folder");
    name = path.substr(0, slash);
    below.emplace(path.substr(slash + 1), std::move(content));
  }
  if (name.empty()) return bad("there is no file in the zip");
  return package_of(std::move(name), std::move(below));
}

std::string digest_of(const Package& package) {
  return text_digest(events::to_cbor({{"name", package.name}, {"files", package.files}}));
}

}  // namespace troupe::actors::plugins
