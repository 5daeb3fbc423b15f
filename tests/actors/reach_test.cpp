#include "actors/reach.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace troupe::actors {
namespace {

Whereabouts where_is(const char* text) {
  const auto address = ip_address(text);
  EXPECT_TRUE(address) << text;
  return address ? whereabouts(*address) : Whereabouts::elsewhere;
}

TEST(Whereabouts, AreThoseOfTheRegistries) {
  for (const char* elsewhere :
       {"93.184.216.34", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1", "172.15.255.255",
        "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2001:4860:4860::8888", "2a00:1450::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822", "2002:5db8:d822::1"})
    EXPECT_EQ(where_is(elsewhere), Whereabouts::elsewhere) << elsewhere;
  for (const char* near : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "::",
                           "::1",
                           "fc00::1",
                           "fdff::1",
                           "fec0::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.1.2.3",
                           "::10.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "2002:7f00:1::",
                           "2002:c0a8:101::1",
                           "2001::1"})
    EXPECT_EQ(where_is(near), Whereabouts::near) << near;
  for (const char* nowhere :
       {"169.254.0.0", "169.254.169.254", "169.254.255.255", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "fe80::1", "fe80::1%eth0", "febf::1", "ff02::1", "fd00:ec2::254",
        "fd20:ce::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"})
    EXPECT_EQ(where_is(nowhere), Whereabouts::nowhere) << nowhere;
}

TEST(Whereabouts, AreReachedAsFarAsTheReachGoes) {
  EXPECT_TRUE(may_reach(Reach::everywhere, Whereabouts::elsewhere));
  EXPECT_TRUE(may_reach(Reach::everywhere, Whereabouts::near));
  EXPECT_FALSE(may_reach(Reach::everywhere, Whereabouts::nowhere));
  EXPECT_TRUE(may_reach(Reach::public_only, Whereabouts::elsewhere));
  EXPECT_FALSE(may_reach(Reach::public_only, Whereabouts::near));
  EXPECT_FALSE(may_reach(Reach::public_only, Whereabouts::nowhere));
}

TEST(IpAddress, IsReadFromTextAndFromSockets) {
  for (const char* none : {"", "localhost", "1.2.3", "1.2.3.4.5", "g::1", "127.0.0.1:80"})
    EXPECT_FALSE(ip_address(none)) << none;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(ip_address(reinterpret_cast<const sockaddr*>(&v4)), ip_address("127.0.0.1"));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  EXPECT_EQ(ip_address(reinterpret_cast<const sockaddr*>(&v6)), ip_address("::1"));
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(ip_address(&other));
}

}  // namespace
}  // namespace troupe::actors
