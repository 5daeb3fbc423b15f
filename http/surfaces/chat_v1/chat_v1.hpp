// The chat_v1 API: one person and a model, in sessions, with statistics and a WebSocket that streams the answers.
#pragma once

#include <map>
#include <mutex>

#include "http/client_sockets.hpp"
#include "http/services.hpp"
#include "http/surface.hpp"
#include "http/surfaces/chat_v1/options.hpp"
#include "projections/session_queries.hpp"

namespace troupe::http {

class ChatSocket;

/// The open sockets by the session they watch. The loop's thread changes it; `is_watched` may be asked from any.
class WatchedSessions {
 public:
  using SessionId = events::SessionId;

  void add(SessionId session, ChatSocket* socket);
  void remove(SessionId session, ChatSocket* socket);
  bool is_watched(SessionId session) const;
  /// Loop's thread.
  std::vector<ChatSocket*> sockets_of(SessionId session) const;

 private:
  mutable std::mutex mutex_;
  std::multimap<SessionId, ChatSocket*> sockets_;
};

class ChatV1 final : public Surface {
 public:
  ChatV1(Services services, ChatV1Options options);

  std::string_view name() const override { return "chat_v1"; }
  std::string_view title() const override { return "Chat API v1"; }
  const std::vector<Route>& routes() const override { return routes_; }
  Expected<Caller> authenticate(const Request& request, std::string_view body_token) override;
  Subject bot(std::string_view) const override { return {}; }
  Response error(const Error& error, std::string_view request_id) const override;
  std::string_view not_authenticated_text() const override { return "Not authenticated"; }
  std::string_view wrong_bot_token_text() const override { return "Invalid token"; }
  bool take_upgrade(Request& request, std::unique_ptr<Upgrade>& upgrade) override;
  void committed(const std::vector<storage::RecordPtr>& records) override;
  std::size_t connected_clients() const override;
  void shut_down() override;
  OrderedJson security_schemes() const override;
  std::vector<std::string> security_of(const Route&) const override { return {"bearer"}; }
  OrderedJson error_schema() const override;

 private:
  friend class ChatSocket;
  using SessionId = events::SessionId;
  using AccountId = events::AccountId;

  static std::vector<Route> make_routes(ChatV1& self);
  /// `where` stands at the beginning of its details.
  Response refusal(const Error& error, std::string_view request_id, const std::string& where) const;
  static const RateClass& chat_rate();
  static const RateClass& frame_rate();

  // Access
  void log_in(const CallPtr& call);
  void register_account(const CallPtr& call);

  // Chat
  void chat(const CallPtr& call);
  /// In this session, or in a new one.
  void ask(const CallPtr& call, std::optional<SessionId> session);
  void sessions(const CallPtr& call);
  void messages(const CallPtr& call);
  /// The session, when it is a chat of this account.
  std::optional<projections::SessionRow> session_of(AccountId account, SessionId id) const;

  // Statistics
  void daily_statistics(const CallPtr& call);
  void total_statistics(const CallPtr& call);
  /// Whose statistics are asked for; refuses the call when the caller may not see them.
  std::optional<AccountId> subject_or_refused(const CallPtr& call) const;

  // Live
  void said(ChatSocket& socket, std::string_view text);
  void asked(ChatSocket& socket, std::string text);
  void show_delta(const actors::QuestionId& question, const std::string& text);
  void show(SessionId session, const events::SessionEvent& event);
  void send_to(SessionId session, const OrderedJson& frame, const ChatSocket* but = nullptr);

  Services services_;
  ChatV1Options options_;
  projections::Queries queries_;
  projections::SessionQueries sessions_;
  Credentials credentials_;
  std::vector<Route> routes_;
  ClientSockets sockets_{credentials_, kPolicyViolation};
  std::shared_ptr<WatchedSessions> watched_ = std::make_shared<WatchedSessions>();
};

}  // namespace troupe::http
