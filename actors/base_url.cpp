#include "actors/base_url.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors {
namespace {

constexpr const char* kField = "base_url";

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCleanup>;

std::string part(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

Url parsed(std::string_view text) {
  Url url(curl_url());
  const bool good = url && curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) == CURLUE_OK;
  return good ? std::move(url) : nullptr;
}

/// In lower case, without the brackets of IPv6 and without a final dot. Libcurl has written an IPv4 address of any form
/// (hexadecimal, one number) as four decimal ones.
std::string host_of(const Url& url) {
  std::string host = part(url, CURLUPART_HOST);
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.pop_back();
  return host;
}

using Address = std::array<unsigned char, 16>;

/// IPv4 as mapped into IPv6 (RFC 4291, section 2.5.5.2).
std::optional<Address> address_of(const std::string& host) {
  Address address{};
  const std::string without_zone = host.substr(0, host.find('%'));
  if (::inet_pton(AF_INET6, without_zone.c_str(), address.data()) == 1) return address;
  address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (::inet_pton(AF_INET, host.c_str(), address.data() + 12) == 1) return address;
  return std::nullopt;
}

bool begins_with(const Address& address, std::initializer_list<unsigned char> bytes) {
  return std::equal(bytes.begin(), bytes.end(), address.begin());
}

bool is_v4(const Address& address) { return begins_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}); }

bool is_forbidden(const Address& address) {
  if (is_v4(address)) {
    const unsigned char* v4 = address.data() + 12;
    const bool link_local = v4[0] == 169 && v4[1] == 254;
    const bool metadata = v4[0] == 100 && v4[1] == 100 && v4[2] == 100 && v4[3] == 200;  // a cloud's
    const bool multicast_or_reserved = v4[0] >= 224;
    return link_local || metadata || multicast_or_reserved;
  }
  const bool link_local = address[0] == 0xFE && (address[1] & 0xC0) == 0x80;  // fe80::/10
  const bool multicast = address[0] == 0xFF;
  const bool metadata = begins_with(address, {0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0, 0});  // fd00:ec2::, a cloud's
  return link_local || multicast || metadata;
}

bool is_forbidden(const std::string& host) {
  if (host == "metadata" || host.ends_with("metadata.google.internal")) return true;
  const auto address = address_of(host);
  return address && is_forbidden(*address);
}

}  // namespace

Expected<void> check_base_url(std::string_view text) {
  const auto bad = [](const char* why) { return fail(Errc::invalid, std::string("base_url ") + why, kField); };
  if (auto ok = check_line(kField, text, defaults::kMaxBaseUrlLength); !ok) return ok;
  const Url url = text.find(' ') == text.npos ? parsed(text) : nullptr;
  if (!url) return bad("is not a URL");
  const std::string scheme = part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return bad("must begin with http:// or https://");
  if (!part(url, CURLUPART_USER).empty() || !part(url, CURLUPART_PASSWORD).empty())
    return bad("must not hold a user or a password; keys have a field of their own");
  if (text.find_first_of("?#") != text.npos) return bad("must not have a query or a fragment");
  const std::string host = host_of(url);
  if (host.empty()) return bad("has no host");
  if (is_forbidden(host)) return bad("must not be a link-local, multicast or metadata address");
  return {};
}

bool may_connect_to(const sockaddr* where) {
  Address address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (where->sa_family == AF_INET)
    std::memcpy(address.data() + 12, &reinterpret_cast<const sockaddr_in*>(where)->sin_addr, 4);
  else if (where->sa_family == AF_INET6)
    std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6*>(where)->sin6_addr, address.size());
  else
    return false;
  return !is_forbidden(address);
}

bool is_of_this_machine(std::string_view text) {
  const Url url = parsed(text);
  if (!url) return false;
  const std::string host = host_of(url);
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const auto address = address_of(host);
  if (!address) return false;
  constexpr Address kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool v4 = is_v4(*address);
  return *address == kLoopback || *address == Address{} || (v4 && ((*address)[12] == 127 || (*address)[12] == 0));
}

}  // namespace troupe::actors
