#include "http/security/open_endpoints.hpp"

namespace troupe::http {
namespace {

constexpr std::string_view kOfProxies[] = {"Forwarded",         "Via",         "X-Forwarded-For", "X-Forwarded-Host",
                                           "X-Forwarded-Proto", "X-Real-IP",   "X-Client-IP",     "True-Client-IP",
                                           "CF-Connecting-IP",  "X-Forwarded", "Forwarded-For"};

bool is_loopback_address(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";  // how a listener on :: sees IPv4
  if (address.starts_with(kMapped)) address.remove_prefix(kMapped.size());
  return address == "::1" || (address.starts_with("127.") && address.find_first_not_of("0123456789.") == address.npos);
}

/// Of a `Host` header: without its port.
bool names_loopback(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
  host = host.substr(0, host.find(':'));
  return equals_ignoring_case(host, "localhost") || is_loopback_address(host);
}

bool is_of_host(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return equals_ignoring_case(origin.substr(scheme.size()), host);
  return false;
}

}  // namespace

bool comes_from_this_machine(const Request& request) {
  if (!is_loopback_address(request.remote_address)) return false;
  if (request.http_1_0) return false;  // how nginx speaks by default, which adds no header either
  for (const auto header : kOfProxies)
    if (request.header(header)) return false;
  const auto host = request.header("Host");
  if (!host || !names_loopback(*host)) return false;
  if (const auto origin = request.header("Origin"); origin && !is_of_host(*origin, *host)) return false;
  // What a browser sends without an origin, such as an image of a page, still says whose page it is.
  const auto site = request.header("Sec-Fetch-Site");
  return !site || *site == "same-origin" || *site == "none";
}

bool is_open_to(OpenEndpoints endpoints, const Request& request) {
  if (endpoints == OpenEndpoints::local) return comes_from_this_machine(request);
  return endpoints == OpenEndpoints::always;
}

}  // namespace troupe::http
