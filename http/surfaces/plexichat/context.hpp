// What every part of this surface stands on.
#pragma once

#include "http/surface_context.hpp"

namespace troupe::http::plexichat {

using Context = SurfaceContext;

}  // namespace troupe::http::plexichat
