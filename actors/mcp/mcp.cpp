#include "actors/mcp/mcp.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "actors/base_url.hpp"
#include "actors/rules.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::actors {
namespace {

using mcp::Connection;
using mcp::Server;
using mcp::ServerProcess;
using mcp::SteadyTime;

/// Until processes that were told to end are looked at again.
constexpr auto kLookAgain = std::chrono::milliseconds(50);
/// So that the server is told before the tool's own time is up.
constexpr auto kTimeToCancel = std::chrono::seconds(2);

/// Variables by which programs are made to run something else than themselves.
bool redirects_programs(std::string_view name) {
  constexpr std::string_view kNames[] = {"PATH",       "NODE_OPTIONS",  "NODE_PATH", "BASH_ENV", "ENV",    "PYTHONPATH",
                                         "PYTHONHOME", "PYTHONSTARTUP", "PERL5OPT",  "PERL5LIB", "RUBYOPT"};
  return name.starts_with("LD_") || std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

/// Headers that the transport itself sends, or that say where a request ends.
bool is_of_transport(std::string_view header) {
  constexpr std::string_view kNames[] = {"host",   "content-length", "content-type",   "transfer-encoding",
                                         "accept", "connection",     "mcp-session-id", "mcp-protocol-version",
                                         "expect", "last-event-id"};
  std::string lower(header);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(std::begin(kNames), std::end(kNames), lower) != std::end(kNames);
}

/// Letters, digits, `_` and, in headers, `-`.
bool is_good_name(std::string_view name, bool of_header) {
  constexpr std::size_t kLongest = 128;
  const auto is_good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (of_header && c == '-');
  };
  return !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), is_good);
}

/// Errors: invalid (`field`).
Expected<void> check_secrets(std::string_view field, const std::map<std::string, std::string>& plain) {
  const auto bad = [&](const std::string& why) {
    return fail(Errc::invalid, std::string(field) + " " + why, std::string(field));
  };
  const bool of_header = field == "headers";
  if (plain.size() > defaults::kMaxMcpSecrets)
    return bad("must be at most " + std::to_string(defaults::kMaxMcpSecrets));
  for (const auto& [name, value] : plain) {
    if (!is_good_name(name, of_header)) return bad("must have names of letters, digits and _");
    if (of_header && is_of_transport(name)) return bad("must not have " + name + ", which the connection sets");
    if (!of_header && redirects_programs(name)) return bad("must not have " + name + ", which starts other programs");
    const bool has_control =
        std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (has_control || value.size() > defaults::kMaxMcpSecretLength)
      return bad("must have values of one line of at most " + std::to_string(defaults::kMaxMcpSecretLength) + " bytes");
  }
  return {};
}

}  // namespace

Expected<std::map<std::string, std::string>> sealed_secrets(std::string_view field,
                                                            const std::map<std::string, std::string>& plain,
                                                            const Secrets& secrets) {
  if (auto ok = check_secrets(field, plain); !ok) return tl::unexpected(ok.error());
  std::map<std::string, std::string> sealed;
  for (const auto& [name, value] : plain) sealed[name] = secrets.seal(value);
  return sealed;
}

/// A server as it stands, on the loop's thread.
struct Mcp::Served {
  events::McpServer entry;
  Server server;
  McpStatus status;
  std::unique_ptr<Connection> connection;
  std::uint64_t generation = 0;  ///< of the connection
  std::size_t retries = 0;
  SteadyTime retry_at = SteadyTime::max();
  SteadyTime connected_since = {};
  std::vector<Done> waiting;
  std::set<std::string> listing, list_again;
  std::set<std::string> missed_lists;  ///< the server did not give them
  SteadyTime list_at = SteadyTime::max();

  std::string source() const { return "mcp:" + entry.name; }
};

Mcp::Mcp(storage::Store& store, const Secrets& secrets, Tools& tools, McpOptions options)
    : store_(store),
      secrets_(secrets),
      tools_(tools),
      options_(std::move(options)),
      loop_(defaults::kModelConnectTimeout, [this](SteadyTime now) { return turn(now); }) {}

Mcp::~Mcp() { stop(); }

void Mcp::start() {
  if (is_started_.exchange(true)) return;
  for (const auto& row : projections::McpServerQueries(store_).all()) refresh(row.id);
}

void Mcp::stop() {
  loop_.stop([this] {
    for (auto& [id, served] : served_) {
      close(id, *served, "disconnected", {});
      settle(*served, fail(Errc::shutting_down, "the server is ending"));
    }
    served_.clear();
    for (const auto& ending : ending_) ending.process->signal(SIGTERM);
    const auto until = std::chrono::steady_clock::now() + defaults::kMcpGrace;
    const auto runs = [](const Ending& ending) { return !ending.process->has_ended(); };
    while (std::any_of(ending_.begin(), ending_.end(), runs) && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ending_.clear();
  });
}

Expected<void> Mcp::check(const Json& fields) const {
  const auto text = [&](const char* name) {
    const auto at = fields.find(name);
    return at != fields.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto command = text("command");
  const auto& allowed = options_.commands;
  if (!command.empty() && std::find(allowed.begin(), allowed.end(), command) == allowed.end())
    return fail(Errc::invalid, "command must be a program that --mcp-command names", "command");
  if (const auto url = text("url"); options_.reach == Reach::public_only && is_near(url))
    return fail(Errc::invalid,
                "url must not be of this machine or a private network; --allow-local-providers would allow it", "url");
  return {};
}

std::string Mcp::program(const std::string& command) const {
  if (command.empty() || command.find('/') != command.npos) return command;
  const auto is_it = [&](const std::string& allowed) { return allowed.ends_with("/" + command); };
  const auto& allowed = options_.commands;
  const auto found = std::find_if(allowed.begin(), allowed.end(), is_it);
  return std::count_if(allowed.begin(), allowed.end(), is_it) == 1 ? *found : command;
}

void Mcp::refresh(const std::string& id) {
  if (is_started_) loop_.post([this, id] { take_up(id); });
}

void Mcp::take_up(const std::string& id) {
  const auto row = projections::McpServerQueries(store_).entry(id);
  auto& served = served_[id];
  if (!served) served = std::make_unique<Served>();
  close(id, *served, "disconnected", {});
  // Whoever waits for a connection that is made anew goes on waiting.
  if (!row) {
    settle(*served, fail(Errc::not_found, "There is no such MCP server"));
    served_.erase(id);
    const std::lock_guard lock(mutex_);
    statuses_.erase(id);
    return;
  }
  served->entry = row->entry;
  if (row->entry.enabled) return open(id, *served);
  settle(*served, fail(Errc::cancelled, "it is disabled"));
}

Expected<Server> Mcp::server_of(const events::McpServer& entry) const {
  if (auto ok = check(Json(entry)); !ok) return tl::unexpected(ok.error());
  Server server{entry.name,
                entry.transport,
                entry.command,
                entry.args,
                {},
                entry.url,
                {},
                std::chrono::milliseconds(entry.timeout_ms),
                options_.reach};
  for (const auto& [sealed, plain] :
       {std::pair{&entry.sealed_env, &server.variables}, std::pair{&entry.sealed_headers, &server.headers}})
    for (const auto& [name, value] : *sealed) {
      auto opened = secrets_.unseal(value);
      if (!opened) return fail(Errc::corrupt, "a secret of the server does not open");
      (*plain)[name] = std::move(*opened);
    }
  // Where it counts, whoever sealed them.
  if (auto ok = check_secrets("env", server.variables); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_secrets("headers", server.headers); !ok) return tl::unexpected(ok.error());
  return server;
}

Expected<std::unique_ptr<mcp::Transport>> Mcp::open_transport(const Server& server, mcp::TransportListener& listener) {
  if (server.transport == "http") return mcp::http_transport(loop_, server, listener);
  if (server.transport == "sse") return mcp::sse_transport(loop_, server, listener);
  auto process = ServerProcess::start(server.command, server.args, server.variables);
  if (!process) return tl::unexpected(process.error());
  const auto bury = [this](std::unique_ptr<ServerProcess> ending) {
    ending_.push_back({std::move(ending), std::chrono::steady_clock::now()});
  };
  return mcp::stdio_transport(loop_, server, std::move(*process), bury, listener);
}

/// Connections that are there or being made.
std::size_t Mcp::connections() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(statuses_.begin(), statuses_.end(), [](const auto& status) {
    return status.second.state == "connecting" || status.second.state == "connected";
  }));
}

void Mcp::open(const std::string& id, Served& served) {
  served.retry_at = SteadyTime::max();
  const auto refuse = [&](const Error& error) {
    say(id, served, "error", error.message);
    settle(served, tl::unexpected(error));
  };
  if (connections() >= defaults::kMaxMcpConnections)
    return refuse({Errc::overloaded, "there are " + std::to_string(defaults::kMaxMcpConnections) +
                                         " connections to MCP servers, which is the most"});
  auto server = server_of(served.entry);
  if (!server) return refuse(server.error());
  served.server = std::move(*server);
  ++served.generation;
  say(id, served, "connecting", {});
  served.connection = std::make_unique<Connection>(
      served.server, [&](mcp::TransportListener& listener) { return open_transport(served.server, listener); });
  served.connection->on_change([this, id](const std::string& list) { list_changed(id, list); });
}

void Mcp::close(const std::string& id, Served& served, const std::string& state, const std::string& why) {
  tools_.withdraw(served.source());
  served.connection.reset();
  served.retry_at = SteadyTime::max();
  served.retries = 0;
  served.listing.clear();
  served.list_again.clear();
  served.missed_lists.clear();
  served.list_at = SteadyTime::max();
  served.status.tools = served.status.resources = served.status.prompts = 0;
  say(id, served, state, why);
}

void Mcp::say(const std::string& id, Served& served, const std::string& state, const std::string& why) {
  if (state != served.status.state) served.status.since = now_micros();
  served.status.state = state;
  served.status.error = why;
  {
    const std::lock_guard lock(mutex_);
    auto& known = statuses_[id];
    if (known == served.status) return;
    known = served.status;
  }
  for (const auto& listener : listeners_) listener(served.entry.name, served.status);
}

void Mcp::settle(Served& served, const Expected<void>& result) {
  for (const auto& done : std::exchange(served.waiting, {})) done(result);
}

SteadyTime Mcp::turn(SteadyTime now) {
  SteadyTime next = look_after_ending(now);
  for (auto& [id, served] : served_) {
    if (served->retry_at <= now) open(id, *served);
    if (!served->connection) {
      next = std::min(next, served->retry_at);
      continue;
    }
    next = std::min(next, served->connection->turn(now));
    if (served->connection->fault())
      next = std::min(next, broken(id, *served, now));
    else if (served->connection->facts() && served->status.state == "connecting")
      connected(id, *served, now);
    if (served->list_at <= now) {
      served->list_at = SteadyTime::max();
      for (const auto& list : std::exchange(served->missed_lists, {})) list_changed(id, list);
    }
    next = std::min(next, served->list_at);
  }
  return next;
}

/// Told to end by the end of their input; then by a signal; then not asked any more.
SteadyTime Mcp::look_after_ending(SteadyTime now) {
  std::erase_if(ending_, [&](Ending& ending) {
    if (ending.process->has_ended()) return true;
    if (now - ending.since > defaults::kMcpGrace && !std::exchange(ending.was_told, true))
      ending.process->signal(SIGTERM);
    return now - ending.since > 2 * defaults::kMcpGrace;
  });
  return ending_.empty() ? SteadyTime::max() : now + kLookAgain;
}

void Mcp::connected(const std::string& id, Served& served, SteadyTime now) {
  const auto& facts = *served.connection->facts();
  served.status.revision = facts.revision;
  served.status.server_name = facts.name;
  served.status.server_version = facts.version;
  served.connected_since = now;
  say(id, served, "connected", {});
  spdlog::info("MCP server {} is connected", served.entry.name);
  // Whoever waits also wants its tools.
  if (!facts.has_tools) settle(served, {});
}

SteadyTime Mcp::broken(const std::string& id, Served& served, SteadyTime now) {
  const Error error = *served.connection->fault();
  const bool was_healthy =
      served.status.state == "connected" && now - served.connected_since > defaults::kMcpHealthyAfter;
  const std::size_t retries = was_healthy ? 0 : served.retries;
  const auto why = mcp::for_operators(error.message, served.server);
  spdlog::warn("MCP server {}: {}", served.entry.name, why);
  close(id, served, "error", why);
  settle(served, tl::unexpected(error));
  served.retries = retries + 1;
  ++restarts_;
  constexpr std::size_t kMostDoublings = 16;  // by then it is the longest, whatever it began with
  served.retry_at =
      now + std::min<std::chrono::milliseconds>(options_.retry_delay * (1 << std::min(retries, kMostDoublings)),
                                                defaults::kLongestMcpRetryDelay);
  return served.retry_at;
}

void Mcp::list_changed(const std::string& id, const std::string& list) {
  const auto at = served_.find(id);
  if (at == served_.end() || !at->second->connection) return;
  Served& served = *at->second;
  // One at a time, and once more where it changed meanwhile.
  if (!served.listing.insert(list).second) {
    served.list_again.insert(list);
    return;
  }
  served.connection->list(list + "/list", list,
                          [this, id, list, generation = served.generation](const Expected<Json>& items) {
                            const auto at = served_.find(id);
                            if (at == served_.end() || at->second->generation != generation || !at->second->connection)
                              return;
                            Served& served = *at->second;
                            served.listing.erase(list);
                            if (items) {
                              auto& count = list == "tools"       ? served.status.tools
                                            : list == "resources" ? served.status.resources
                                                                  : served.status.prompts;
                              count = items->size();
                              if (list == "tools") offer(id, served, *items);
                              say(id, served, served.status.state, served.status.error);
                            } else {
                              spdlog::warn("MCP server {}: its {} are not known: {}", served.entry.name, list,
                                           mcp::for_operators(items.error().message, served.server));
                              served.missed_lists.insert(list);
                              served.list_at = std::chrono::steady_clock::now() + defaults::kMcpListRetryDelay;
                            }
                            if (list == "tools")
                              settle(served, items ? Expected<void>() : tl::unexpected(items.error()));
                            if (served.list_again.erase(list) > 0) list_changed(id, list);
                          });
}

void Mcp::offer(const std::string& id, const Served& served, const Json& listed) {
  std::vector<OfferedTool> offered;
  for (const Json& item : listed) {
    auto tool = mcp::tool_of(item);
    if (!tool) continue;
    tool->timeout = served.server.timeout + kTimeToCancel;
    tool->run = [this, id, name = tool->name](const Json& arguments, const ToolContext&, ToolAnswer answer) {
      return call(id, name, arguments, std::move(answer));
    };
    offered.push_back(std::move(*tool));
  }
  tools_.offer(served.source(), std::move(offered));
}

StopTool Mcp::call(const std::string& id, const std::string& tool, const Json& arguments, ToolAnswer answer) {
  /// Which request it became, of which connection. On the loop's thread.
  struct Made {
    std::uint64_t generation = 0;
    std::int64_t number = 0;
    bool is_stopped = false;
  };
  const auto made = std::make_shared<Made>();
  const auto refuse = [answer](Error error) { answer(tl::unexpected(std::move(error))); };
  on_loop(
      [this, id, tool, arguments, answer, made] {
        Served* served = live(id);
        if (!served) return answer(fail(Errc::upstream_failed, "the MCP server is not connected"));
        if (made->is_stopped) return answer(fail(Errc::cancelled, "nobody waited for it any more"));
        made->generation = served->generation;
        made->number = served->connection->request("tools/call", {{"name", tool}, {"arguments", arguments}},
                                                   served->server.timeout, [answer](const Expected<Json>& result) {
                                                     result ? answer(mcp::result_of(*result))
                                                            : answer(tl::unexpected(result.error()));
                                                   });
      },
      refuse);
  return [this, id, made] {
    loop_.post([this, id, made] {
      made->is_stopped = true;
      Served* served = live(id);
      if (served && served->generation == made->generation) served->connection->cancel(made->number);
    });
  };
}

Mcp::Served* Mcp::live(const std::string& id) {
  const auto at = served_.find(id);
  const bool is_connected = at != served_.end() && at->second->connection && at->second->connection->facts();
  return is_connected ? at->second.get() : nullptr;
}

void Mcp::on_loop(std::function<void()> work, const std::function<void(Error)>& refuse) {
  if (!loop_.post(std::move(work))) refuse({Errc::shutting_down, "the server is ending"});
}

void Mcp::with(const std::string& id, const std::function<void(Expected<void>)>& refuse,
               std::function<void(Served&)> work) {
  on_loop(
      [this, id, refuse, work = std::move(work)] {
        const auto at = served_.find(id);
        if (at == served_.end()) return refuse(fail(Errc::not_found, "There is no such MCP server"));
        work(*at->second);
      },
      [refuse](Error error) { refuse(tl::unexpected(std::move(error))); });
}

void Mcp::connect(const std::string& id, Done done) {
  with(id, done, [this, id, done](Served& served) {
    if (served.status.state == "connected") return done({});
    served.waiting.push_back(done);
    if (!served.connection) open(id, served);
  });
}

void Mcp::disconnect(const std::string& id, Done done) {
  with(id, done, [this, id, done](Served& served) {
    close(id, served, "disconnected", {});
    settle(served, fail(Errc::cancelled, "it was disconnected"));
    done({});
  });
}

void Mcp::reconnect(const std::string& id, Done done) {
  with(id, done, [this, id, done](Served& served) {
    close(id, served, "disconnected", {});
    served.waiting.push_back(done);
    open(id, served);
  });
}

McpStatus Mcp::status(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto at = statuses_.find(id);
  return at == statuses_.end() ? McpStatus{} : at->second;
}

void Mcp::request_of(const std::string& id, mcp::ResultAnswer answer,
                     std::function<void(Served&, mcp::ResultAnswer)> ask) {
  with(
      id, [answer](const Expected<void>& refusal) { answer(tl::unexpected(refusal.error())); },
      [answer, ask = std::move(ask)](Served& served) {
        if (!served.connection || !served.connection->facts())
          return answer(fail(Errc::conflict, "The MCP server is not connected"));
        ask(served, answer);
      });
}

void Mcp::list(const std::string& id, const std::string& what, mcp::ResultAnswer answer) {
  request_of(id, std::move(answer), [what](Served& served, mcp::ResultAnswer answered) {
    const auto& facts = *served.connection->facts();
    const bool has = what == "tools" ? facts.has_tools : what == "resources" ? facts.has_resources : facts.has_prompts;
    if (!has) return answered(Json::array());
    served.connection->list(what + "/list", what, std::move(answered));
  });
}

void Mcp::read_resource(const std::string& id, const std::string& uri, mcp::ResultAnswer answer) {
  request_of(id, std::move(answer), [uri](Served& served, mcp::ResultAnswer answered) {
    served.connection->request("resources/read", {{"uri", uri}}, served.server.timeout, std::move(answered));
  });
}

void Mcp::get_prompt(const std::string& id, const std::string& name, Json arguments, mcp::ResultAnswer answer) {
  request_of(id, std::move(answer),
             [name, arguments = std::move(arguments)](Served& served, mcp::ResultAnswer answered) {
               served.connection->request("prompts/get", {{"name", name}, {"arguments", arguments}},
                                          served.server.timeout, std::move(answered));
             });
}

}  // namespace troupe::actors
