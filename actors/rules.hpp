// Rules that several deciders share: pure checks of text and JSON that come from outside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/expected.hpp"
#include "events/json.hpp"

namespace troupe::actors {

/// Refuses text that is empty, longer than `max_length` characters, or holds control characters; names `field`.
Expected<void> check_line(std::string_view field, std::string_view text, std::size_t max_length);

/// The same, but empty text is fine.
Expected<void> check_optional_line(std::string_view field, std::string_view text, std::size_t max_length);

/// Refuses a list of more than `max_entries`, or with an entry that `check_line` refuses; names `field`.
Expected<void> check_list(std::string_view field, const std::vector<std::string>& list, std::size_t max_entries,
                          std::size_t max_length);

/// Refuses what is not from `least` to `most`; names `field`.
Expected<void> check_range(std::string_view field, double value, double least, double most);

/// A username: letters, digits, `.`, `_`, `-`, and anything beyond ASCII; never `@`, which tells an e-mail from a name.
Expected<void> check_username(std::string_view username);

/// An e-mail address: one `@`, a dot-atom before it and a host name after it (the form RFC 5321 mail servers take
/// without quoting).
Expected<void> check_email(std::string_view email);

/// Refuses JSON whose text is over `max_bytes`; names `field`.
Expected<void> check_json_size(std::string_view field, const Json& value, std::size_t max_bytes);

bool is_utf8(std::string_view text);

/// Characters of valid UTF-8.
std::size_t length_in_characters(std::string_view utf8);

}  // namespace troupe::actors
