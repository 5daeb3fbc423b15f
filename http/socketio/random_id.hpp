// Names that nobody can guess.
#pragma once

#include <string>

namespace troupe::socketio {

/// 20 characters of URL-safe base64: 120 bits from the system's random source.
std::string random_id();

}  // namespace troupe::socketio
