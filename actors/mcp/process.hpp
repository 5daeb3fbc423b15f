// A program that is an MCP server, in a process group of its own: what it starts ends with it.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/expected.hpp"

namespace troupe::actors::mcp {

/// Not thread-safe. Its descriptors do not block.
class ServerProcess {
 public:
  /// With these variables and PATH, HOME and LANG in its environment and nothing else of ours. Errors: upstream_failed.
  static Expected<std::unique_ptr<ServerProcess>> start(const std::string& program,
                                                        const std::vector<std::string>& arguments,
                                                        const std::map<std::string, std::string>& variables);
  /// Kills what is left of the group.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;

  int input() const { return input_; }    ///< written to by us; a socket, so that writing raises no signal
  int output() const { return output_; }  ///< its standard output
  int errors() const { return errors_; }

  /// What it takes for a request to end.
  void close_input();
  /// To the whole group.
  void signal(int number) const;
  /// It has ended, and its children with it.
  bool has_ended();

 private:
  ServerProcess(pid_t process, int input, int output, int errors)
      : process_(process), input_(input), output_(output), errors_(errors) {}

  pid_t process_;
  int input_, output_, errors_;
  bool has_ended_ = false;
};

}  // namespace troupe::actors::mcp
