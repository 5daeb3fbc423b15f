// The servers of the Model Context Protocol that administrators have set up: each is connected while it is enabled, and its
// tools are among those of the house. A connection that breaks is made again, after a while that grows. Thread-safe.
//
// One thread of its own speaks to all of them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/mcp/connection.hpp"
#include "actors/secrets.hpp"
#include "actors/tools/tools.hpp"
#include "events/catalogue.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

struct McpOptions {
  std::vector<std::string> commands;  ///< programs that servers may be; none: none
  Reach reach = Reach::everywhere;    ///< of servers by HTTP
  std::chrono::milliseconds retry_delay = defaults::kMcpRetryDelay;
};

struct McpStatus {
  std::string state = "disconnected";                 ///< connecting, connected, disconnected or error
  std::string error;                                  ///< why it is not connected; no secret
  std::string revision, server_name, server_version;  ///< once it was connected
  std::size_t tools = 0, resources = 0, prompts = 0;
  Micros since = 0;  ///< of the state; 0: from the start
  bool operator==(const McpStatus&) const = default;
};

/// Variables (`env`) or headers (`headers`) of a server as its entry keeps them. Errors: invalid (`field`: too many, a bad
/// name or value, a variable that would have the program run something else).
Expected<std::map<std::string, std::string>> sealed_secrets(std::string_view field,
                                                            const std::map<std::string, std::string>& plain,
                                                            const Secrets& secrets);

class Mcp {
 public:
  using Done = std::function<void(Expected<void>)>;
  using StatusListener = std::function<void(const std::string& name, const McpStatus& status)>;

  Mcp(storage::Store& store, const Secrets& secrets, Tools& tools, McpOptions options);
  ~Mcp();

  /// Called when a server's state or its lists have changed, with its name, on the thread of the connections. Before
  /// `start`.
  void on_status(StatusListener listener) { listeners_.push_back(std::move(listener)); }

  /// Connects those that are enabled, in a process that stays. Before it nothing is connected.
  void start();
  /// Closes every connection and ends every process. Blocks until that is done.
  void stop();

  /// What the house asks of an entry, by the fields that are set: a program that the settings allow, an address that may be
  /// reached. Errors: invalid (`command`, `url`).
  Expected<void> check(const Json& fields) const;
  /// The allowed program that a bare name such as `npx` stands for; `command` itself where it is no bare name, or not
  /// that of exactly one.
  std::string program(const std::string& command) const;
  /// An entry was added, changed or removed.
  void refresh(const std::string& id);

  /// Answers come once, on the thread of the connections: hand the work on. `connect` answers when the server is connected,
  /// or is not. Errors, of all: not_found, and those of mcp::ResultAnswer; conflict (it is not connected).
  void connect(const std::string& id, Done done);
  void disconnect(const std::string& id, Done done);
  void reconnect(const std::string& id, Done done);

  McpStatus status(const std::string& id) const;

  /// As the server lists them: arrays of the protocol's objects.
  void tools(const std::string& id, mcp::ResultAnswer answer) { list(id, "tools", std::move(answer)); }
  void resources(const std::string& id, mcp::ResultAnswer answer) { list(id, "resources", std::move(answer)); }
  void prompts(const std::string& id, mcp::ResultAnswer answer) { list(id, "prompts", std::move(answer)); }
  /// The protocol's results.
  void read_resource(const std::string& id, const std::string& uri, mcp::ResultAnswer answer);
  void get_prompt(const std::string& id, const std::string& name, Json arguments, mcp::ResultAnswer answer);

  std::size_t connections() const;
  /// Attempts to connect again after a connection broke, since the server began.
  std::uint64_t restarts() const { return restarts_; }

 private:
  struct Served;

  // On the loop's thread
  mcp::SteadyTime turn(mcp::SteadyTime now);
  mcp::SteadyTime look_after_ending(mcp::SteadyTime now);
  void take_up(const std::string& id);
  void open(const std::string& id, Served& served);
  void close(const std::string& id, Served& served, const std::string& state, const std::string& why);
  void connected(const std::string& id, Served& served, mcp::SteadyTime now);
  mcp::SteadyTime broken(const std::string& id, Served& served, mcp::SteadyTime now);
  void say(const std::string& id, Served& served, const std::string& state, const std::string& why);
  static void settle(Served& served, const Expected<void>& result);
  void list_changed(const std::string& id, const std::string& list);
  void offer(const std::string& id, const Served& served, const Json& listed);
  Served* live(const std::string& id);
  Expected<mcp::Server> server_of(const events::McpServer& entry) const;
  Expected<std::unique_ptr<mcp::Transport>> open_transport(const mcp::Server& server, mcp::TransportListener& listener);

  StopTool call(const std::string& id, const std::string& tool, const Json& arguments, ToolAnswer answer);
  void list(const std::string& id, const std::string& what, mcp::ResultAnswer answer);
  void request_of(const std::string& id, mcp::ResultAnswer answer, std::function<void(Served&, mcp::ResultAnswer)> ask);
  void with(const std::string& id, const std::function<void(Expected<void>)>& refuse,
            std::function<void(Served&)> work);
  void on_loop(std::function<void()> work, const std::function<void(Error)>& refuse);

  storage::Store& store_;
  const Secrets& secrets_;
  Tools& tools_;
  const McpOptions options_;
  std::vector<StatusListener> listeners_;
  mutable std::mutex mutex_;
  std::map<std::string, McpStatus> statuses_;  ///< under the mutex
  std::atomic<bool> is_started_{false};
  std::atomic<std::uint64_t> restarts_{0};
  // On the loop's thread
  std::map<std::string, std::unique_ptr<Served>> served_;
  struct Ending {
    std::unique_ptr<mcp::ServerProcess> process;
    mcp::SteadyTime since;
    bool was_told = false;
  };
  std::vector<Ending> ending_;
  llm::HttpLoop loop_;  ///< last: it ends before what it uses
};

}  // namespace troupe::actors
