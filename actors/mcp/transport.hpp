// How messages reach an MCP server and come back. All of it on the thread of one HttpLoop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/llm/http_loop.hpp"
#include "actors/mcp/process.hpp"
#include "actors/reach.hpp"

namespace troupe::actors::mcp {

using llm::SteadyTime;

/// A server as it is spoken to, with its secrets in plain text.
struct Server {
  std::string name;
  std::string transport;  ///< stdio, http or sse
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> variables;
  std::string url;
  std::map<std::string, std::string> headers;
  std::chrono::milliseconds timeout = defaults::kToolTimeout;
  Reach reach = Reach::everywhere;
};

/// One line of at most kMaxMcpLogLineLength characters, without the server's secrets: for logs and for what panels show.
std::string for_operators(std::string_view words, const Server& server);

class TransportListener {
 public:
  virtual ~TransportListener() = default;
  virtual void received(std::string_view message) = 0;
  /// The request will have no answer. It may have one already.
  virtual void failed(std::int64_t request, Error error) = 0;
  /// The server has taken the end of the handshake: from now on it may be asked for things.
  virtual void ready() = 0;
  /// Nothing comes any more. The transport must not be destroyed from in here.
  virtual void broke(Error error) = 0;
};

/// In place of a request's number, of what ends the handshake.
inline constexpr std::int64_t kInitialized = -1;

/// Why a connection breaks on which more than kMaxMcpRequests messages without an answer have not been taken.
inline Error too_many_untaken() { return {Errc::overloaded, "the server does not take what it is told"}; }

class Transport {
 public:
  virtual ~Transport() = default;
  /// `request`: the number of the request in it; 0 for others, which a server has kMcpPingTimeout to take.
  virtual void send(std::string message, std::int64_t request) = 0;
  /// The handshake is done in this revision: `initialized` tells the server so.
  virtual void agree(const std::string& revision, std::string initialized) = 0;
  /// Nobody waits for the answer to the request any more, or it is there.
  virtual void forget(std::int64_t /*request*/) {}
  /// When it wants to be called again at the latest.
  virtual SteadyTime turn(SteadyTime now) = 0;
};

/// Takes a process that is to end.
using Bury = std::function<void(std::unique_ptr<ServerProcess>)>;

/// Lines of JSON on a program's standard input and output.
std::unique_ptr<Transport> stdio_transport(llm::HttpLoop& loop, const Server& server,
                                           std::unique_ptr<ServerProcess> process, Bury bury,
                                           TransportListener& listener);
/// Streamable HTTP: every message is a POST, answered by JSON or by a stream of events; a stream that breaks is taken up
/// again after its last event.
std::unique_ptr<Transport> http_transport(llm::HttpLoop& loop, const Server& server, TransportListener& listener);
/// The transport of the revision 2024-11-05: one stream of events, which says where to POST.
std::unique_ptr<Transport> sse_transport(llm::HttpLoop& loop, const Server& server, TransportListener& listener);

}  // namespace troupe::actors::mcp
