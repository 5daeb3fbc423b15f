// What models may do with memory: keep a fact, find facts again, forget them. Each only of the asker, or of the group
// where the question was asked.
#pragma once

#include <vector>

#include "actors/memories.hpp"
#include "actors/tools/tool.hpp"

namespace troupe::actors {

/// The source that offers them.
inline constexpr std::string_view kMemorySource = "memory";

/// The log of tools keeps neither their arguments nor their results: what is forgotten would still be there.
std::vector<OfferedTool> memory_tools(Memories& memories);

}  // namespace troupe::actors
