// A client of plain sockets that can say anything, also what no well-behaved client would.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace troupe::http::test {

using namespace std::chrono_literals;

struct RawResponse {
  int status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const char* address = "127.0.0.1") {
    const bool v6 = std::strchr(address, ':') != nullptr;
    fd_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage to{};
    socklen_t size = 0;
    if (v6) {
      auto& in6 = reinterpret_cast<sockaddr_in6&>(to);
      in6.sin6_family = AF_INET6;
      in6.sin6_port = htons(port);
      ::inet_pton(AF_INET6, address, &in6.sin6_addr);
      size = sizeof(in6);
    } else {
      auto& in = reinterpret_cast<sockaddr_in&>(to);
      in.sin_family = AF_INET;
      in.sin_port = htons(port);
      ::inet_pton(AF_INET, address, &in.sin_addr);
      size = sizeof(in);
    }
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), size) == 0;
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_), received_(std::move(other.received_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { close(); }

  int fd() const { return fd_; }
  bool connected() const { return connected_; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  /// False when the server has closed the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Adds what comes within the time to the bytes received; false at the end, at an error or when the time is
  /// over.
  bool receive_some(std::chrono::milliseconds timeout = 5000ms) {
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, static_cast<int>(timeout.count())) <= 0) return false;
    char buffer[16384];
    const auto got = ::recv(fd_, buffer, sizeof(buffer), 0);
    ended_ = got <= 0;
    if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  /// Exactly so many bytes, or fewer when the connection ended.
  std::string receive(std::size_t bytes) {
    while (received_.size() < bytes && receive_some()) {
    }
    const auto count = std::min(bytes, received_.size());
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

  /// One response with its body; nothing when the connection ended first.
  std::optional<RawResponse> response(bool to_head = false) {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
      if (!receive_some()) return std::nullopt;
    RawResponse response;
    const std::string head = receive(end + 4);
    response.status = std::stoi(head.substr(9, 3));
    std::size_t line = head.find("\r\n") + 2;
    while (line < head.size() - 2) {
      const auto stop = head.find("\r\n", line);
      const auto colon = head.find(": ", line);
      std::string name = head.substr(line, colon - line);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      response.headers.emplace(name, head.substr(colon + 2, stop - colon - 2));
      line = stop + 2;
    }
    const std::string length = response.header("content-length");
    if (!to_head && !length.empty()) response.body = receive(std::stoul(length));
    return response;
  }

  /// Sends a request and waits for its response.
  std::optional<RawResponse> ask(std::string_view request) {
    if (!send(request)) return std::nullopt;
    return response();
  }

  /// True when the server ends the connection within the time, after any bytes.
  bool ends(std::chrono::milliseconds timeout = 5000ms) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!ended_ && std::chrono::steady_clock::now() < deadline) receive_some(50ms);
    return ended_;
  }

  const std::string& received() const { return received_; }

 private:
  int fd_ = -1;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

inline std::string get(std::string_view path, std::string_view more_headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_headers) + "\r\n";
}

inline std::string post(std::string_view path, std::string_view body, std::string_view more_headers = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(more_headers) + "\r\n" + std::string(body);
}

}  // namespace troupe::http::test
