// Starts and ends the program crash_writer, and reads what it says.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/storage/log_check.hpp"

namespace troupe::storage::test {

class ChildWriter {
 public:
  explicit ChildWriter(std::vector<std::string> arguments) {
    int out[2], in[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(in, O_CLOEXEC) != 0) std::abort();
    arguments.insert(arguments.begin(), TROUPE_CRASH_WRITER);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    ::close(in[0]);
    from_child_ = out[0];
    to_child_ = in[1];
  }
  ChildWriter(const ChildWriter&) = delete;
  ~ChildWriter() {
    kill();
    ::close(from_child_);
    finish_input();
  }

  pid_t pid() const { return pid_; }

  /// The next line; empty at the end of what the child says.
  std::string line() {
    for (;;) {
      if (const auto end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        unsigned long long position = 0;
        unsigned digest = 0;
        if (std::sscanf(line.c_str(), "ack %llu %x", &position, &digest) == 2) acknowledged[position] = digest;
        return line;
      }
      char bytes[65536];
      const ssize_t length = ::read(from_child_, bytes, sizeof bytes);
      if (length <= 0) return {};
      buffer_.append(bytes, static_cast<std::size_t>(length));
    }
  }

  /// Reads until a line starts with `word` and returns it; empty when the child ended before it said so.
  std::string wait_for(std::string_view word) {
    for (;;) {
      auto said = line();
      if (said.empty() || said.starts_with(word)) return said;
    }
  }

  /// kill -9, then reads what the child had said until then.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait_for("\n");
    reap();
  }

  /// Closes the child's stdin, waits for its end, and returns its status.
  int finish() {
    finish_input();
    wait_for("\n");
    return reap();
  }

  Acknowledged acknowledged;

 private:
  void finish_input() {
    if (to_child_ >= 0) ::close(std::exchange(to_child_, -1));
  }
  int reap() {
    int status = -1;
    if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

  pid_t pid_ = -1;
  int from_child_ = -1;
  int to_child_ = -1;
  std::string buffer_;
};

}  // namespace troupe::storage::test
