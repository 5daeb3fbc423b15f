// A provider on a real socket that answers each request as its test says.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "events/json.hpp"

namespace troupe::actors::llm::testing {

/// One request, and the connection that waits for its answer.
class Exchange {
 public:
  Exchange(int socket, std::string head, std::string body)
      : head(std::move(head)), body(std::move(body)), socket_(socket) {}

  std::string head;  ///< request line and headers
  std::string body;

  void send(const std::string& bytes) const { ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void send_head(const std::string& status = "200 OK", const std::string& more = "") const {
    send("HTTP/1.1 " + status + "\r\nTransfer-Encoding: chunked\r\n" + more + "\r\n");
  }
  void send_chunk(const std::string& bytes) const {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    send(size + bytes + "\r\n");
  }
  void send_event(const std::string& data) const { send_chunk("data: " + data + "\n\n"); }
  void end() const { send_chunk(""); }
  /// Events and the end.
  void stream(const std::vector<std::string>& events) const {
    send_head();
    for (const auto& event : events) send_event(event);
    end();
  }
  void answer(const std::string& status, const std::string& text, const std::string& more = "") const {
    send("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n" + more + "\r\n" + text);
  }
  /// Closes without another word.
  void cut() const { ::shutdown(socket_, SHUT_RDWR); }
  /// True when the client has closed within this time.
  bool is_left_within(std::chrono::milliseconds limit) const {
    pollfd waiting{socket_, POLLIN, 0};
    char byte = 0;
    return ::poll(&waiting, 1, static_cast<int>(limit.count())) == 1 && ::recv(socket_, &byte, 1, MSG_PEEK) <= 0;
  }

 private:
  int socket_;
};

class FakeProvider {
 public:
  using Script = std::function<void(const Exchange&)>;

  FakeProvider() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 512);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    threads_.emplace_back([this] {
      for (int socket = -1; (socket = ::accept(listener_, nullptr, nullptr)) >= 0;) {
        const std::lock_guard lock(mutex_);
        ++connections;
        sockets_.push_back(socket);
        threads_.emplace_back([this, socket] { serve(socket); });
      }
    });
  }

  ~FakeProvider() {
    ::shutdown(listener_, SHUT_RDWR);
    threads_.front().join();  // after it nothing is added any more
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    for (std::size_t i = 1; i < threads_.size(); ++i) threads_[i].join();
    for (const int socket : sockets_) ::close(socket);
    ::close(listener_);
  }

  std::string url;
  std::atomic<int> connections{0}, requests{0};
  Script otherwise = [](const Exchange& exchange) { exchange.answer("500 Broken", ""); };

  /// What the next request gets that has no script yet.
  void then(Script script) {
    const std::lock_guard lock(mutex_);
    scripts_.push_back(std::move(script));
  }

  std::vector<Exchange> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void serve(int socket) {
    std::string bytes;
    for (;;) {
      std::size_t head_end = 0;
      while ((head_end = bytes.find("\r\n\r\n")) == bytes.npos)
        if (!read(socket, bytes)) return;
      const std::string head = bytes.substr(0, head_end + 2);
      const auto length_at = head.find("Content-Length: ");
      const std::size_t length = length_at == head.npos ? 0 : std::stoul(head.substr(length_at + 16));
      bytes.erase(0, head_end + 4);
      while (bytes.size() < length)
        if (!read(socket, bytes)) return;
      const Exchange exchange(socket, head, bytes.substr(0, length));
      bytes.erase(0, length);
      Script script = otherwise;
      {
        const std::lock_guard lock(mutex_);
        ++requests;
        seen_.push_back(exchange);
        if (!scripts_.empty()) {
          script = std::move(scripts_.front());
          scripts_.pop_front();
        }
      }
      script(exchange);
    }
  }

  static bool read(int socket, std::string& bytes) {
    char buffer[4096];
    const auto count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count > 0) bytes.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }

  int listener_;
  mutable std::mutex mutex_;
  std::deque<Script> scripts_;
  std::vector<Exchange> seen_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
};

}  // namespace troupe::actors::llm::testing
