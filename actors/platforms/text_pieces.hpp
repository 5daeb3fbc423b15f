// Long answers in the messages that a platform takes. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::actors::platforms {

/// In pieces of at most `most` UTF-16 code units, as platforms count, broken where a line or a word ends if there is one
/// in the second half of a piece. At most kMaxPiecesOfAnswer: the last one ends with `…` when that is not all.
std::vector<std::string> pieces_of(std::string_view utf8, std::size_t most);

}  // namespace troupe::actors::platforms
