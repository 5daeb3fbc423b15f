#include "actors/files/inspection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>

namespace troupe::actors {
namespace {

using Clock = std::chrono::steady_clock;

/// From its last word to its end.
constexpr auto kTimeToEnd = std::chrono::seconds(1);

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  void reset(int fd) {
    close();
    fd_ = fd;
  }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

/// In memory only: content is never on the disk unsealed.
bool fill_memory_file(Descriptor& file, std::string_view content) {
  file.reset(::memfd_create("inspected", MFD_CLOEXEC));
  while (file.get() >= 0 && !content.empty()) {
    const auto written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return file.get() >= 0 && ::lseek(file.get(), 0, SEEK_SET) == 0;
}

/// With nothing of ours: no open file but these two, no signal blocked, no variable of the environment.
std::optional<pid_t> start(const std::string& program, bool whole, int input, int output) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::array<const char*, 3> arguments = {"troupe-inspect", whole ? nullptr : "--beginning", nullptr};
  std::array<char*, 1> environment = {nullptr};
  pid_t process = 0;
  const int error = ::posix_spawn(&process, program.c_str(), &files, &attributes,
                                  const_cast<char* const*>(arguments.data()), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error == 0) return process;
  spdlog::error("cannot start {} to look at a file: {}", program, std::strerror(error));
  return std::nullopt;
}

struct Said {
  std::string text;
  bool complete = false;  ///< it ended by itself, and said no more than it may
};

Said read_to_end(int output, Clock::time_point until) {
  Said said;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd poll{output, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&poll, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return said;
    std::array<char, 16384> buffer;
    const auto got = ::read(output, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    said.complete = got == 0;
    if (got <= 0 || said.text.size() + static_cast<std::size_t>(got) > defaults::kMaxInspectionAnswerBytes) return said;
    said.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

/// Without taking its status.
bool ends_within(pid_t process, std::chrono::milliseconds time) {
  for (const auto until = Clock::now() + time; Clock::now() < until;) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == process)
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

/// Takes a line of JSON off the front of `text`.
std::optional<Inspection> next_line(std::string& text) {
  const auto end = text.find('\n');
  if (end == std::string::npos) return std::nullopt;
  const std::string line = text.substr(0, end);
  text.erase(0, end + 1);
  try {
    return Json::parse(line).get<Inspection>();
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

Inspection inspect(const InspectorOptions& options, std::string_view content, bool whole) {
  Descriptor input, output, child_output;
  int pipe[2];
  if (options.program.empty() || !fill_memory_file(input, content) || ::pipe2(pipe, O_CLOEXEC) != 0) return {};
  output.reset(pipe[0]);
  child_output.reset(pipe[1]);
  const auto process = start(options.program, whole, input.get(), child_output.get());
  child_output.close();
  if (!process) return {};
  Said said = read_to_end(output.get(), Clock::now() + options.timeout);
  // It has said all it will: one that does not end now has no business any more.
  const bool ended_itself = said.complete && ends_within(*process, kTimeToEnd);
  if (!ended_itself) ::kill(*process, SIGKILL);
  int status = 0;
  while (::waitpid(*process, &status, 0) < 0 && errno == EINTR) {
  }
  const auto type = next_line(said.text);
  if (!type) return {};
  auto all = next_line(said.text);
  const bool good = said.complete && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!all || !good) return *type;
  all->thumbnail = std::move(said.text);
  return *all;
}

std::string installed_inspector() {
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& place : {folder / "troupe-inspect", folder.parent_path() / "libexec/troupe/troupe-inspect"})
    if (::access(place.c_str(), X_OK) == 0) return place.string();
  return {};
}

}  // namespace troupe::actors
