// A check before parsing: how deep JSON text nests.
#pragma once

#include <cstddef>
#include <string_view>

namespace troupe {

/// True when arrays and objects nest more than `limit` levels deep in `text`. One pass, no memory; the text
/// need not be valid JSON (then the answer only holds up to the first mistake, where a parser stops too).
bool json_depth_exceeds(std::string_view text, std::size_t limit);

}  // namespace troupe
