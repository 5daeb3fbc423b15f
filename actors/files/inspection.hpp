// What a file is, found out from its content. Files come from anyone, and the libraries that read them are large, so
// they run in a process of their own with little memory and little time: what goes wrong there costs a thumbnail and not
// the server.
//
// That process is `troupe-inspect` (actors/inspector/): the content is its standard input, a file in memory. Its standard
// output is a line of JSON (an `Inspection`) as soon as the type is known, a second one when all else is, and then the
// thumbnail, a JPEG, if there is one. When it ends before the second line, the first one counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/defaults.hpp"
#include "events/expected.hpp"
#include "events/json.hpp"

namespace troupe::actors {

struct Inspection {
  std::string content_type = "application/octet-stream";
  std::int64_t width = 0, height = 0;  ///< pixels of an image; 0: none, or it has more than kMaxImagePixels
  std::int64_t pages = 0;              ///< of a PDF; 0: none, or not to be found out
  std::string author;                  ///< of a PDF, UTF-8
  std::string thumbnail;               ///< a JPEG of at most kThumbnailPixels; empty: none
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Inspection, content_type, width, height, pages, author)

struct InspectorOptions {
  std::string program;  ///< `troupe-inspect`, with its path; empty: nothing is inspected
  std::chrono::milliseconds timeout = defaults::kInspectionTimeout;
};

/// Runs the other process over the content. `whole` says that it is all of it, and not just the beginning. Blocks. When
/// the process fails, the answer is what it had said until then, or that of an unknown file.
Inspection inspect(const InspectorOptions& options, std::string_view content, bool whole);

/// The `troupe-inspect` that belongs to the running program: beside it, or where it is installed. Empty: there is none.
std::string installed_inspector();

}  // namespace troupe::actors
