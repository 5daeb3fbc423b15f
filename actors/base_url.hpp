// What the house's own requests may be sent to, as administrators write it down. Pure; no name is looked up: where a name
// leads is checked when a connection is made (actors/address_guard.hpp).
#pragma once

#include <string_view>

#include "events/expected.hpp"

namespace troupe::actors {

/// An http or https URL without a user, and not to an address that Reach::everywhere leaves out. Errors: invalid
/// (`field`).
Expected<void> check_outgoing_url(const char* field, std::string_view url);

/// The same, to which paths are appended: without query and fragment. Errors: invalid (`base_url`).
Expected<void> check_base_url(std::string_view url);

/// True when it names this machine (localhost) or has an address of it or of a private network, in whatever form. False
/// also when it is no URL.
bool is_near(std::string_view url);

}  // namespace troupe::actors
