// The text of a file, for whoever reads on its behalf: a search, a model. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe::actors {

struct PlainText {
  std::string text;     ///< UTF-8
  bool is_cut = false;  ///< the file has more
};

/// Whether a file of this type (as libmagic names it) is text as it stands: `text/…`, JSON, XML, scripts, mail.
bool is_text(std::string_view content_type);

/// At most `limit` bytes of a file of which `bytes` are the beginning: all, or more than `limit`. It is cut between two
/// characters. What is no UTF-8 becomes U+FFFD, and control characters other than tab and line feed become spaces.
PlainText plain_text(std::string_view bytes, std::size_t limit);

}  // namespace troupe::actors
