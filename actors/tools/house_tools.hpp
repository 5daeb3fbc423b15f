// The tools that the house itself has: the time, a search in the conversation, and a message to a platform.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/secrets.hpp"
#include "actors/talks.hpp"
#include "actors/tools/tool.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

/// `send` brings a message to a platform; it may be called on any thread.
std::vector<OfferedTool> house_tools(const storage::Store& store, const Secrets& secrets, Sender send);

/// A moment in a time zone by its name in the IANA database (`Europe/Rome`; `UTC`), as ISO 8601 with the offset and the day
/// of the week: `2026-01-31T13:00:00+01:00 (Saturday)`. Errors: invalid (`timezone`: there is none of that name).
Expected<std::string> time_in_zone(Micros time, const std::string& zone);

}  // namespace troupe::actors
