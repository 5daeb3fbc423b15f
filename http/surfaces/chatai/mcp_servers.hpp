// The servers of the Model Context Protocol: what is set up, connections, and what they offer. Of variables and headers there
// are only the names.
#pragma once

#include <map>

#include "http/surfaces/chatai/live.hpp"
#include "http/surfaces/chatai/mcp_config.hpp"

namespace troupe::http::chatai {

class McpServers {
 public:
  /// Before the servers are connected.
  McpServers(Context& context, Live& live);

  void list(const CallPtr& call);
  void show(const CallPtr& call);
  void add(const CallPtr& call);
  void change(const CallPtr& call);
  void remove(const CallPtr& call);
  void import_all(const CallPtr& call);

  void connect(const CallPtr& call);
  /// By its name, or by a configuration, which is kept.
  void connect_any(const CallPtr& call);
  void disconnect(const CallPtr& call);
  void reconnect(const CallPtr& call);
  void reconnect_all(const CallPtr& call);

  void tools(const CallPtr& call);
  void resources(const CallPtr& call);
  void prompts(const CallPtr& call);
  void all_resources(const CallPtr& call);
  void all_prompts(const CallPtr& call);
  void read_resource(const CallPtr& call);
  void get_prompt(const CallPtr& call);

  /// Events `{type, server, status}`.
  void stream(const CallPtr& call);
  std::size_t streams() const { return streams_.count(); }
  void shut_down() { streams_.shut_down(); }

  OrderedJson views() const;

 private:
  using Row = projections::McpServerRow;
  using List = void (actors::Mcp::*)(const std::string&, actors::mcp::ResultAnswer);
  using Saved = std::function<void(const std::string& id, bool is_new)>;
  using Refused = std::function<void(const Error&)>;
  struct Import;
  struct Gathered;

  OrderedJson view(const Row& row) const;
  std::optional<Row> find(const std::string& name) const;
  /// The one that the path, the query or the body names.
  std::optional<Row> server_or_refused(const CallPtr& call) const;
  void answer_server(const CallPtr& call, const std::string& id, int status = 0) const;

  /// The entry's fields of a configuration, its secrets sealed. Errors: invalid.
  Expected<Json> fields_of(McpConfig config, const events::McpServer* before) const;
  /// Adds the server, or sets up anew the one of that name.
  void save(const CallPtr& call, const std::string& name, const Json& body, Saved saved, const Refused& refused);
  void import_next(const std::shared_ptr<Import>& import);

  void make_connection(const CallPtr& call, const Row& row,
                       void (actors::Mcp::*make)(const std::string&, actors::Mcp::Done));
  Error not_connected(const Error& error, const std::string& id) const;
  /// On the loop's thread, with what came of it.
  template <class T>
  std::function<void(Expected<T>)> on_loop(const CallPtr& call, std::function<void(const Expected<T>&)> next) const;
  void answer_list(const CallPtr& call, const char* field, List list);
  void gather(const CallPtr& call, const char* field, List list);
  void read(const CallPtr& call, const Row& row, const std::string& uri);
  void status_changed(const std::string& name, const actors::McpStatus& status);

  actors::Mcp& mcp() const { return context_.services.system.mcp(); }

  Context& context_;
  Live& live_;
  projections::McpServerQueries servers_;
  EventStreams streams_;
  std::map<std::string, actors::McpStatus> told_;  ///< by name, as clients know it
};

}  // namespace troupe::http::chatai
