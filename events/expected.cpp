#include "events/expected.hpp"

namespace troupe {

std::string_view name(Errc code) {
  switch (code) {
    case Errc::invalid: return "invalid";
    case Errc::unauthenticated: return "unauthenticated";
    case Errc::forbidden: return "forbidden";
    case Errc::not_found: return "not_found";
    case Errc::wrong_method: return "wrong_method";
    case Errc::conflict: return "conflict";
    case Errc::duplicate: return "duplicate";
    case Errc::too_large: return "too_large";
    case Errc::too_fast: return "too_fast";
    case Errc::overloaded: return "overloaded";
    case Errc::timed_out: return "timed_out";
    case Errc::upstream_failed: return "upstream_failed";
    case Errc::cancelled: return "cancelled";
    case Errc::corrupt: return "corrupt";
    case Errc::storage_failed: return "storage_failed";
    case Errc::maintenance: return "maintenance";
    case Errc::shutting_down: return "shutting_down";
  }
  return "unknown";
}

}  // namespace troupe
