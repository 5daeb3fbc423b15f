#include "actors/address_guard.hpp"

#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace troupe::actors {
namespace {

bool is_https(std::string_view url) { return url.size() >= 8 && strncasecmp(url.data(), "https://", 8) == 0; }

/// Those that curl reads for https.
bool environment_names_proxy() {
  constexpr const char* kVariables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  return std::any_of(std::begin(kVariables), std::end(kVariables), [](const char* variable) {
    const char* value = std::getenv(variable);
    return value && *value != '\0';
  });
}

}  // namespace

void AddressGuard::watch(CURL* transfer, std::string_view url, Reach reach) {
  const bool by_proxy = is_https(url) && environment_names_proxy();
  if (!is_https(url)) curl_easy_setopt(transfer, CURLOPT_PROXY, "");
  // A name in no_proxy would lead around the proxy to a place of this house.
  if (by_proxy && reach == Reach::public_only) curl_easy_setopt(transfer, CURLOPT_NOPROXY, "");
  reach_ = by_proxy ? Reach::everywhere : reach;  // the proxy itself may well be near
  curl_easy_setopt(transfer, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(transfer, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(transfer, CURLOPT_PREREQFUNCTION, before_request);
  curl_easy_setopt(transfer, CURLOPT_PREREQDATA, this);
}

bool AddressGuard::allows(const std::optional<IpAddress>& address) {
  const bool allowed = address && may_reach(reach_, whereabouts(*address));
  (allowed ? has_allowed_ : has_refused_) = true;
  return allowed;
}

curl_socket_t AddressGuard::open_socket(void* guard, curlsocktype, curl_sockaddr* where) {
  if (!static_cast<AddressGuard*>(guard)->allows(ip_address(&where->addr))) return CURL_SOCKET_BAD;
  return ::socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol);
}

int AddressGuard::before_request(void* guard, char* address, char*, int, int) {
  return static_cast<AddressGuard*>(guard)->allows(ip_address(address)) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

}  // namespace troupe::actors
