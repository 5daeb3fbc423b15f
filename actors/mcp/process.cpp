#include "actors/mcp/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "actors/at_end.hpp"

namespace troupe::actors::mcp {
namespace {

struct Pair {
  int ours = -1, theirs = -1;
  ~Pair() {
    if (ours >= 0) ::close(ours);
    if (theirs >= 0) ::close(theirs);
  }
};

bool open_pipe(Pair& pair) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  pair.ours = ends[0];
  pair.theirs = ends[1];
  return ::fcntl(pair.ours, F_SETFL, O_NONBLOCK) == 0;
}

bool open_socket(Pair& pair) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  pair.ours = ends[0];
  pair.theirs = ends[1];
  return ::fcntl(pair.ours, F_SETFL, O_NONBLOCK) == 0;
}

/// What a program needs to find others and its own files.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> environment;
  for (const char* name : {"PATH", "HOME", "LANG"})
    if (const char* value = std::getenv(name); value && !variables.contains(name))
      environment.push_back(std::string(name) + "=" + value);
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Expected<std::unique_ptr<ServerProcess>> ServerProcess::start(const std::string& program,
                                                              const std::vector<std::string>& arguments,
                                                              const std::map<std::string, std::string>& variables) {
  Pair input, output, errors;
  if (!open_socket(input) || !open_pipe(output) || !open_pipe(errors))
    return fail(Errc::upstream_failed, "no pipe to the program: " + std::string(std::strerror(errno)));
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  const AtEnd cleanup([&] {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
  });
  posix_spawn_file_actions_adddup2(&files, input.theirs, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output.theirs, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors.theirs, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);  // SIGPIPE is ignored here, and would be there
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto environment = environment_with(variables);
  pid_t process = 0;
  const int error = ::posix_spawn(&process, program.c_str(), &files, &attributes, pointers_to(words).data(),
                                  pointers_to(environment).data());
  if (error != 0)
    return fail(Errc::upstream_failed, "the program does not start: " + std::string(std::strerror(error)));
  return std::unique_ptr<ServerProcess>(new ServerProcess(
      process, std::exchange(input.ours, -1), std::exchange(output.ours, -1), std::exchange(errors.ours, -1)));
}

ServerProcess::~ServerProcess() {
  close_input();
  ::close(output_);
  ::close(errors_);
  if (has_ended_) return;
  signal(SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ServerProcess::close_input() {
  if (input_ >= 0) ::close(std::exchange(input_, -1));
}

void ServerProcess::signal(int number) const {
  if (!has_ended_) ::kill(-process_, number);
}

bool ServerProcess::has_ended() {
  if (has_ended_) return true;
  siginfo_t info{};
  const int found = ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (found != 0 || info.si_pid != process_) return false;
  // While the leader is not reaped, its group's number is nobody else's.
  signal(SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  return has_ended_ = true;
}

}  // namespace troupe::actors::mcp
