// Keeps a libcurl transfer to the addresses that it may reach, whatever its name stands for by then: checked when a
// connection is made, and again when one that is open is used once more, which another transfer may have made.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "actors/reach.hpp"

namespace troupe::actors {

/// Stays where it is, for as long as the transfer.
class AddressGuard {
 public:
  AddressGuard() = default;
  AddressGuard(const AddressGuard&) = delete;

  /// Before the transfer begins. Plain http goes to its host directly. Where the environment names a proxy for https,
  /// that one knows the addresses, and the guard only sees to it that nothing goes around it.
  void watch(CURL* transfer, std::string_view url, Reach reach);

  /// There were addresses, and none that the transfer may reach: when it failed, that is why.
  bool refused_all() const { return has_refused_ && !has_allowed_; }

 private:
  bool allows(const std::optional<IpAddress>& address);
  static curl_socket_t open_socket(void* guard, curlsocktype, curl_sockaddr* where);
  static int before_request(void* guard, char* address, char*, int, int);

  Reach reach_ = Reach::everywhere;
  bool has_refused_ = false, has_allowed_ = false;
};

}  // namespace troupe::actors
