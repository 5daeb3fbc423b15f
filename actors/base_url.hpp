// Where the house may send requests of its own: addresses that administrators give it. Pure; no name is looked up.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "events/expected.hpp"

namespace troupe::actors {

/// An http or https URL without user, query or fragment, and not to a link-local address or a cloud's metadata service,
/// which hand out credentials of the machine itself. Errors: invalid (`base_url`).
Expected<void> check_base_url(std::string_view url);

/// The same rule for what a name turned out to stand for, just before a connection is made: a good name may be pointed
/// elsewhere at any time.
bool may_connect_to(const sockaddr* address);

/// True when it names this machine: localhost, 127.0.0.0/8, ::1 or an unspecified address. False also when it is no URL.
bool is_of_this_machine(std::string_view url);

}  // namespace troupe::actors
