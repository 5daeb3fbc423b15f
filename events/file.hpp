// What can happen to an uploaded file. Stream `file/<id>`. Its content is not in the log (actors/files/file_store.hpp).
//
// Sealed texts are under the uploader's key, as is the content: when that key is thrown away, both are unreadable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "events/session.hpp"

namespace troupe::events {

/// `file_` and 32 random hexadecimal digits: a link to a public file cannot be guessed.
using FileId = std::string;

/// Category of the streams here.
inline constexpr std::string_view kFiles = "file";

/// What a virus scanner said of a file.
inline constexpr std::string_view kClean = "clean";
inline constexpr std::string_view kInfected = "infected";
inline constexpr std::string_view kNotScanned = "not_scanned";  ///< there is no scanner
/// Larger or deeper than what the scanner looks at. Uploads are refused then; files that waited for it stay locked.
inline constexpr std::string_view kUnscannable = "unscannable";
inline constexpr std::string_view kScanError = "error";  ///< there is one, and it could not say; asked again later

struct FileUploaded {
  static constexpr std::string_view type = "FileUploaded";
  static constexpr std::uint16_t schema = 1;
  FileId id;
  AccountId uploader = 0;
  SessionId session = 0;  ///< the channel whose members may see it; 0: none
  std::string sealed_name;
  std::string sealed_description;  ///< empty: none
  std::int64_t size = 0;           ///< bytes of content
  std::string content_type;        ///< by content
  bool is_public = false;          ///< whoever has the link may see it
  std::string scan;
  std::int64_t width = 0, height = 0;  ///< pixels of an image
  std::int64_t pages = 0;              ///< of a PDF
  std::string sealed_author;           ///< as a PDF says it; empty: it does not
  bool has_thumbnail = false;
};
TROUPE_EVENT(FileUploaded, id, uploader, session, sealed_name, sealed_description, size, content_type, is_public, scan,
             width, height, pages, sealed_author, has_thumbnail)

/// The scanner was asked again.
struct FileScanned {
  static constexpr std::string_view type = "FileScanned";
  static constexpr std::uint16_t schema = 1;
  std::string scan;
};
TROUPE_EVENT(FileScanned, scan)

/// Its content is removed next.
struct FileDeleted {
  static constexpr std::string_view type = "FileDeleted";
  static constexpr std::uint16_t schema = 1;
  AccountId by = 0;  ///< 0: the house
  // Where the file stood in the lists
  AccountId uploader = 0;
  SessionId session = 0;
  Micros uploaded_at = 0;
};
TROUPE_EVENT(FileDeleted, by, uploader, session, uploaded_at)

using FileEvent = std::variant<FileUploaded, FileScanned, FileDeleted>;

}  // namespace troupe::events
