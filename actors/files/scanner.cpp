#include "actors/files/scanner.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "events/file.hpp"

namespace troupe::actors {
namespace {

using namespace std::chrono_literals;

/// Longest answer that is read: `stream: <signature> FOUND`.
constexpr std::size_t kMaxAnswerBytes = 4096;

/// A non-blocking socket whose every step has the same time.
class Connection {
 public:
  explicit Connection(const ScannerOptions& options) : options_(options) {}
  Connection(const Connection&) = delete;
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }

  bool open() {
    if (options_.address.starts_with('/')) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      if (options_.address.size() >= sizeof address.sun_path) return false;
      std::memcpy(address.sun_path, options_.address.c_str(), options_.address.size());
      return connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    const auto colon = options_.address.rfind(':');
    if (colon == std::string::npos) return false;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(options_.address.substr(0, colon).c_str(), options_.address.substr(colon + 1).c_str(), &hints,
                      &found) != 0)
      return false;
    bool connected = false;
    for (const addrinfo* at = found; at && !connected; at = at->ai_next)
      connected = connect(at->ai_family, at->ai_addr, at->ai_addrlen);
    ::freeaddrinfo(found);
    return connected;
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!wait_for(POLLOUT, options_.timeout)) return false;
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Up to the NUL that ends it; what came before an error otherwise.
  std::string answer() {
    std::string text;
    while (text.size() < kMaxAnswerBytes && wait_for(POLLIN, options_.timeout)) {
      char buffer[512];
      const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
      if (const auto end = text.find('\0'); end != std::string::npos) return text.substr(0, end);
    }
    return {};
  }

 private:
  bool connect(int family, const sockaddr* address, socklen_t size) {
    if (socket_ >= 0) ::close(socket_);
    socket_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return false;
    if (::connect(socket_, address, size) == 0) return true;
    if (errno != EINPROGRESS || !wait_for(POLLOUT, options_.connect_timeout)) return false;
    int error = 0;
    socklen_t length = sizeof error;
    return ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
  }

  bool wait_for(short events, std::chrono::milliseconds timeout) const {
    pollfd poll{socket_, events, 0};
    return ::poll(&poll, 1, static_cast<int>(timeout.count())) == 1;
  }

  const ScannerOptions& options_;
  int socket_ = -1;
};

/// A chunk of INSTREAM: its length in four bytes, big-endian, and it. One of no length ends the stream.
std::string chunk(std::string_view bytes) {
  const std::uint32_t length = htonl(static_cast<std::uint32_t>(bytes.size()));
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + std::string(bytes);
}

/// Nothing when our own content cannot be read.
std::optional<std::string> ask(const ScannerOptions& options, const Scanner::Content& content) {
  Connection connection(options);
  if (!connection.open()) return "no connection";
  bool sent = connection.send(std::string_view("zINSTREAM\0", 10));
  for (std::uint64_t offset = 0; sent;) {
    const auto piece = content(offset);
    if (!piece) return std::nullopt;
    sent = connection.send(chunk(*piece));
    offset += piece->size();
    if (piece->empty()) break;
  }
  // Also when sending failed: clamd says why before it hangs up.
  return connection.answer();
}

}  // namespace

std::string_view scan_of_answer(std::string_view answer) {
  if (answer == "stream: OK") return events::kClean;
  // StreamMaxLength; and, with AlertExceedsMax, what is past MaxFileSize, MaxScanSize, MaxRecursion and the like.
  if (answer == "INSTREAM size limit exceeded. ERROR" || answer.starts_with("stream: Heuristics.Limits.Exceeded."))
    return events::kUnscannable;
  const bool found = answer.starts_with("stream: ") && answer.ends_with(" FOUND");
  return found ? events::kInfected : events::kScanError;
}

std::string Scanner::scan(const Content& content) {
  if (!is_there()) return std::string(events::kNotScanned);
  if (rests(now_micros())) return std::string(events::kScanError);
  const auto answer = ask(options_, content);
  if (!answer) return std::string(events::kScanError);
  const std::string_view scan = scan_of_answer(*answer);
  if (scan == events::kScanError) {
    spdlog::warn("the virus scanner at {} did not scan: {}", options_.address, answer->empty() ? "no answer" : *answer);
    rests_until_ = now_micros() + to_micros(options_.retry_delay);
  } else if (scan != events::kUnscannable) {
    last_scan_ = now_micros();
  }
  return std::string(scan);
}

}  // namespace troupe::actors
