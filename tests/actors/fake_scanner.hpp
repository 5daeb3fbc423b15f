// A clamd that speaks its protocol on a Unix socket, and can be told to fail.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

namespace troupe::actors::testing {

/// Finds `EICAR` in what it is sent. One conversation at a time.
class FakeScanner {
 public:
  enum class Fault { none, never_answers, hangs_up, talks_nonsense, size_limit };

  explicit FakeScanner(const std::filesystem::path& folder) : path_(folder / "clamd.sock") {
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(socket_, 16);
    thread_ = std::thread([this] { serve(); });
  }
  FakeScanner(const FakeScanner&) = delete;
  ~FakeScanner() {
    ending_ = true;
    thread_.join();
    ::close(socket_);
  }

  std::string address() const { return path_.string(); }
  std::atomic<Fault> fault{Fault::none};
  std::atomic<int> conversations{0};
  std::atomic<std::size_t> received_bytes{0};

 private:
  bool readable(int fd) const {
    while (!ending_) {
      pollfd poll{fd, POLLIN, 0};
      if (::poll(&poll, 1, 10) == 1) return true;
    }
    return false;
  }
  bool read(int fd, void* bytes, std::size_t size) const {
    auto* at = static_cast<char*>(bytes);
    while (size > 0) {
      if (!readable(fd)) return false;
      const auto got = ::recv(fd, at, size, 0);
      if (got <= 0) return false;
      at += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }
  static void say(int fd, std::string answer) {
    answer += '\0';
    (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  }
  void converse(int fd) {
    char command[10];
    if (!read(fd, command, sizeof command) || std::memcmp(command, "zINSTREAM", 10) != 0)
      return say(fd, "UNKNOWN COMMAND");
    ++conversations;
    if (fault == Fault::hangs_up) return;
    if (fault == Fault::size_limit) return say(fd, "INSTREAM size limit exceeded. ERROR");
    std::string content;
    for (;;) {
      std::uint32_t length = 0;
      if (!read(fd, &length, sizeof length)) return;
      length = ntohl(length);
      if (length == 0) break;
      std::string chunk(length, '\0');
      if (!read(fd, chunk.data(), chunk.size())) return;
      content += chunk;
    }
    received_bytes = content.size();
    if (fault == Fault::talks_nonsense) return say(fd, "stream: perhaps");
    while (fault == Fault::never_answers && !ending_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    say(fd, content.find("EICAR") != std::string::npos ? "stream: Eicar-Test-Signature FOUND" : "stream: OK");
  }
  void serve() {
    while (readable(socket_)) {
      const int fd = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      converse(fd);
      ::close(fd);
    }
  }

  const std::filesystem::path path_;
  int socket_ = -1;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace troupe::actors::testing
