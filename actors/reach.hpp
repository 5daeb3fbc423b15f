// Where the house's own requests may go, by the address that they end at. Pure.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::actors {

/// What an administrator's URL may reach. Whoever sets the server up may name any place; whoever only administers it over
/// a network would otherwise reach what listens behind it.
enum class Reach : std::uint8_t {
  everywhere,   ///< all but Whereabouts::nowhere
  public_only,  ///< Whereabouts::elsewhere alone
};

enum class Whereabouts : std::uint8_t {
  elsewhere,  ///< on the internet
  near,  ///< this machine or a private network: loopback, unspecified, RFC 1918, unique local, a provider's own (CGNAT)
  nowhere,  ///< link-local, multicast, reserved, or a cloud's metadata service, which hands out the machine's credentials
};

/// IPv4 is mapped into IPv6 (RFC 4291, section 2.5.5.2).
using IpAddress = std::array<unsigned char, 16>;

/// From text, also with an IPv6 zone (`fe80::1%eth0`); nothing when it is no address.
std::optional<IpAddress> ip_address(std::string_view text);
/// Nothing when it is neither IPv4 nor IPv6.
std::optional<IpAddress> ip_address(const sockaddr* address);

/// By the registries of special-purpose addresses (RFC 6890) and what clouds document. An IPv6 address that carries an
/// IPv4 one (mapped, compatible, NAT64, 6to4) is where that one is.
Whereabouts whereabouts(const IpAddress& address);

bool may_reach(Reach reach, Whereabouts where);

}  // namespace troupe::actors
