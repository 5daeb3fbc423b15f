#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "actors/foreign_words.hpp"
#include "actors/mcp/transport.hpp"
#include "actors/rules.hpp"
#include "events/json.hpp"
#include "events/utf8.hpp"

namespace troupe::actors::mcp {
namespace {

/// Of one read, so that no server keeps the loop from the others.
constexpr std::size_t kReadBytes = std::size_t{64} << 10;

class Stdio final : public Transport {
 public:
  Stdio(llm::HttpLoop& loop, const Server& server, std::unique_ptr<ServerProcess> process, Bury bury,
        TransportListener& listener)
      : loop_(loop), server_(server), process_(std::move(process)), bury_(std::move(bury)), listener_(listener) {
    loop_.watch(process_->output(), POLLIN, [this](short) { read_output(); });
    loop_.watch(process_->errors(), POLLIN, [this](short) { read_errors(); });
  }
  ~Stdio() override {
    for (const int descriptor : {process_->input(), process_->output(), process_->errors()}) loop_.unwatch(descriptor);
    process_->close_input();
    bury_(std::move(process_));
  }

  void send(std::string message, std::int64_t) override {
    if (is_broken_) return;
    unsent_ += message;
    unsent_ += '\n';
    if (unsent_.size() > defaults::kMaxMcpUnsentBytes)
      return break_off({Errc::overloaded, "the server does not read what it is sent"});
    write();
  }

  void agree(const std::string&, std::string initialized) override {
    send(std::move(initialized), 0);
    if (!is_broken_) listener_.ready();
  }
  SteadyTime turn(SteadyTime) override { return SteadyTime::max(); }

 private:
  void write() {
    while (!unsent_.empty()) {
      const auto sent = ::send(process_->input(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return loop_.watch(process_->input(), POLLOUT, [this](short) { write(); });
      if (sent < 0) return break_off({Errc::upstream_failed, "the server has ended"});
      unsent_.erase(0, static_cast<std::size_t>(sent));
    }
    loop_.unwatch(process_->input());
  }

  /// Nothing when there is nothing now; empty at the end.
  static std::optional<std::string_view> read(int descriptor, std::array<char, kReadBytes>& buffer) {
    const auto got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
    return std::string_view(buffer.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
  }

  void read_output() {
    static thread_local std::array<char, kReadBytes> buffer;
    auto bytes = read(process_->output(), buffer);
    if (!bytes) return;
    if (bytes->empty()) return break_off({Errc::upstream_failed, "the server has ended"});
    for (auto end = bytes->find('\n'); end != bytes->npos && !is_broken_; end = bytes->find('\n')) {
      line_ += bytes->substr(0, end);
      bytes->remove_prefix(end + 1);
      if (line_.ends_with('\r')) line_.pop_back();
      if (line_.size() > defaults::kMaxMcpMessageBytes) break;
      if (!line_.empty()) listener_.received(line_);
      line_.clear();
    }
    line_ += *bytes;
    if (line_.size() > defaults::kMaxMcpMessageBytes)
      break_off(
          {Errc::too_large, "a message has more than " + std::to_string(defaults::kMaxMcpMessageBytes) + " bytes"});
  }

  /// What it says about itself, for the operator.
  void read_errors() {
    static thread_local std::array<char, kReadBytes> buffer;
    const auto bytes = read(process_->errors(), buffer);
    if (!bytes) return;
    if (bytes->empty()) return loop_.unwatch(process_->errors());
    for (const char c : *bytes) {
      if (c != '\n') {
        if (words_.size() < 4 * defaults::kMaxMcpLogLineLength) words_ += c;
        continue;
      }
      log_words();
    }
  }

  void log_words() {
    const auto now = std::chrono::steady_clock::now();
    if (now - minute_ > std::chrono::minutes(1)) {
      minute_ = now;
      logged_ = 0;
    }
    const auto line = for_operators(words_, server_);
    words_.clear();
    if (line.empty() || ++logged_ > defaults::kMaxMcpLogLines) return;
    spdlog::info("MCP server {} says: {}", server_.name, line);
  }

  void break_off(Error error) {
    if (std::exchange(is_broken_, true)) return;
    for (const int descriptor : {process_->input(), process_->output()}) loop_.unwatch(descriptor);
    listener_.broke(std::move(error));
  }

  llm::HttpLoop& loop_;
  const Server server_;
  std::unique_ptr<ServerProcess> process_;
  Bury bury_;
  TransportListener& listener_;
  std::string unsent_, line_, words_;
  SteadyTime minute_ = {};
  std::size_t logged_ = 0;
  bool is_broken_ = false;
};

}  // namespace

std::unique_ptr<Transport> stdio_transport(llm::HttpLoop& loop, const Server& server,
                                           std::unique_ptr<ServerProcess> process, Bury bury,
                                           TransportListener& listener) {
  return std::make_unique<Stdio>(loop, server, std::move(process), std::move(bury), listener);
}

std::string for_operators(std::string_view words, const Server& server) {
  std::string line(words);
  for (const auto& [name, value] : server.variables) hide(line, value);
  for (const auto& [name, value] : server.headers) {
    hide(line, value);
    if (const auto space = value.find(' '); space != value.npos) hide(line, value.substr(space + 1));  // `Bearer …`
  }
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return std::string(first_bytes(as_utf8(std::move(line)), defaults::kMaxMcpLogLineLength));
}

}  // namespace troupe::actors::mcp
