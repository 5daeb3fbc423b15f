#include "actors/reach.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace troupe::actors {
namespace {

struct Network {
  std::array<unsigned char, 16> first;
  unsigned bits;
  Whereabouts where;
};

constexpr auto kNear = Whereabouts::near, kNowhere = Whereabouts::nowhere;

// The first that holds the address counts.
constexpr Network kV4[] = {
    {{169, 254}, 16, kNowhere},            // link-local, and the metadata service of most clouds
    {{100, 100, 100, 200}, 32, kNowhere},  // metadata at Alibaba
    {{168, 63, 129, 16}, 32, kNowhere},    // the agent's endpoint at Azure
    {{192, 0, 0, 192}, 32, kNowhere},      // metadata at Oracle
    {{224}, 3, kNowhere},                  // multicast, reserved and broadcast
    {{0}, 8, kNear},                       // "this network": connects to this machine
    {{10}, 8, kNear},                      // private
    {{100, 64}, 10, kNear},                // behind a provider's NAT
    {{127}, 8, kNear},                     // loopback
    {{172, 16}, 12, kNear},                // private
    {{192, 0, 0}, 24, kNear},              // protocol assignments
    {{192, 168}, 16, kNear},               // private
    {{198, 18}, 15, kNear},                // benchmarks of networks
};

constexpr Network kV6[] = {
    {{0xFE, 0x80}, 10, kNowhere},                       // link-local
    {{0xFF}, 8, kNowhere},                              // multicast
    {{0xFD, 0x00, 0x0E, 0xC2}, 64, kNowhere},           // metadata at Amazon
    {{0xFD, 0x20, 0x00, 0xCE}, 64, kNowhere},           // metadata at Google
    {{0xFC}, 7, kNear},                                 // unique local
    {{0xFE, 0xC0}, 10, kNear},                          // site-local, of old
    {{0}, 127, kNear},                                  // unspecified and loopback
    {{0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01}, 48, kNear},  // NAT64 of a private network
    {{0x20, 0x01, 0, 0}, 32, kNear},                    // Teredo, which hides an IPv4 address
};

/// Where IPv6 addresses carry an IPv4 one.
struct Carrier {
  std::array<unsigned char, 16> first;
  unsigned bits;
  std::size_t at;
};

constexpr Carrier kCarriers[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, 12},  // mapped
    {{0}, 96, 12},                                         // compatible, of old
    {{0x00, 0x64, 0xFF, 0x9B}, 96, 12},                    // NAT64
    {{0x20, 0x02}, 16, 2},                                 // 6to4
};

bool holds(const std::array<unsigned char, 16>& first, unsigned bits, const unsigned char* address) {
  const unsigned whole = bits / 8, rest = bits % 8;
  if (!std::equal(first.begin(), first.begin() + whole, address)) return false;
  return rest == 0 || ((first[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

template <std::size_t N>
std::optional<Whereabouts> found_in(const Network (&networks)[N], const unsigned char* address) {
  for (const auto& network : networks)
    if (holds(network.first, network.bits, address)) return network.where;
  return std::nullopt;
}

}  // namespace

std::optional<IpAddress> ip_address(std::string_view text) {
  IpAddress address{};
  const std::string without_zone(text.substr(0, text.find('%')));
  if (::inet_pton(AF_INET6, without_zone.c_str(), address.data()) == 1) return address;
  address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (::inet_pton(AF_INET, std::string(text).c_str(), address.data() + 12) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> ip_address(const sockaddr* where) {
  IpAddress address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (where->sa_family == AF_INET)
    std::memcpy(address.data() + 12, &reinterpret_cast<const sockaddr_in*>(where)->sin_addr, 4);
  else if (where->sa_family == AF_INET6)
    std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6*>(where)->sin6_addr, address.size());
  else
    return std::nullopt;
  return address;
}

Whereabouts whereabouts(const IpAddress& address) {
  if (const auto where = found_in(kV6, address.data())) return *where;
  for (const auto& carrier : kCarriers)
    if (holds(carrier.first, carrier.bits, address.data()))
      return found_in(kV4, address.data() + carrier.at).value_or(Whereabouts::elsewhere);
  return Whereabouts::elsewhere;
}

bool may_reach(Reach reach, Whereabouts where) {
  return where == Whereabouts::elsewhere || (where == Whereabouts::near && reach == Reach::everywhere);
}

}  // namespace troupe::actors
