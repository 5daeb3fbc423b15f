// One connection to an MCP server, from the handshake on: requests and their answers, time-outs, what the server asks and
// tells. All of it on the thread of the transport's loop; nothing here blocks.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/mcp/message.hpp"
#include "actors/mcp/transport.hpp"

namespace troupe::actors::mcp {

/// What a server says of itself. Texts are its own words, cut.
struct ServerFacts {
  std::string revision, name, version;
  bool has_tools = false, has_resources = false, has_prompts = false;
};

/// Errors: upstream_failed (the server says so, in its words, or is gone), timed_out, cancelled, overloaded (kMaxMcpRequests
/// are open).
using ResultAnswer = std::function<void(Expected<Json>)>;

class Connection final : public TransportListener {
 public:
  using Open = std::function<Expected<std::unique_ptr<Transport>>(TransportListener&)>;

  /// Connects, and shakes hands. What `open` fails with is the fault.
  Connection(const Server& server, const Open& open);
  ~Connection() override;

  /// Once the handshake is done, and the server has taken its end.
  const std::optional<ServerFacts>& facts() const { return facts_; }
  /// Why nothing comes any more.
  const std::optional<Error>& fault() const { return fault_; }

  /// Answers the number, for `cancel`; 0 when it is answered already.
  std::int64_t request(const std::string& method, Json params, std::chrono::milliseconds timeout, ResultAnswer answer);
  void cancel(std::int64_t number);

  /// All pages of a list, at most kMaxMcpPages: `field` of each result is an array.
  void list(const std::string& method, const std::string& field, ResultAnswer answer);

  /// Called after the handshake with `tools`, `resources` and `prompts` as the server has them, and whenever it says that
  /// one of these lists has changed.
  void on_change(std::function<void(const std::string& list)> listener) { on_change_ = std::move(listener); }

  /// Reads what has arrived and looks at the clock; answers when to be called again at the latest.
  SteadyTime turn(SteadyTime now);

  void received(std::string_view message) override;
  void failed(std::int64_t request, Error error) override;
  void ready() override;
  void broke(Error error) override;

 private:
  struct Pending {
    ResultAnswer answer;
    SteadyTime until;
  };

  void shake_hands();
  void greeted(const Expected<Json>& result);
  void take(const Message& message);
  void take(const Request& request);
  void take(const Notification& notification);
  void answer(const Json& id, Expected<Json> result);
  void note_unsolicited();
  void next_page(const std::string& method, const std::string& field, std::shared_ptr<Json> items, std::size_t pages,
                 const Json& cursor, const ResultAnswer& answer);

  const Server server_;
  std::unique_ptr<Transport> transport_;
  std::optional<ServerFacts> greeting_;      ///< facts, until the server has taken the end of the handshake
  SteadyTime ready_by_ = SteadyTime::max();  ///< when it must have
  std::optional<ServerFacts> facts_;
  std::optional<Error> fault_;
  std::function<void(const std::string&)> on_change_;
  std::int64_t last_request_ = 0;
  std::map<std::int64_t, Pending> open_;
  std::deque<std::string> inbox_;
  std::deque<std::pair<std::int64_t, Error>> failures_;
  SteadyTime second_ = {};
  std::size_t unsolicited_ = 0;
  std::size_t garbage_ = 0;
};

}  // namespace troupe::actors::mcp
