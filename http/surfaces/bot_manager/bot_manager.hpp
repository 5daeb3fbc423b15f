// The Bot Manager API: accounts, bots, their commands, logs and messages, statistics, exports, and Socket.IO.
#pragma once

#include "http/security/credentials.hpp"
#include "http/server.hpp"
#include "http/services.hpp"
#include "http/socketio/server.hpp"
#include "http/surface.hpp"
#include "projections/queries.hpp"

namespace troupe::http {

class BotManager final : public Surface {
 public:
  BotManager(Services services, socketio::Options socketio_options);

  std::string_view name() const override { return "bot_manager"; }
  std::string_view title() const override { return "Bot Manager API"; }
  const std::vector<Route>& routes() const override { return routes_; }
  Expected<Caller> authenticate(const Request& request, std::string_view body_token) override;
  Subject bot(std::string_view bot_id) const override;
  Response error(const Error& error, std::string_view request_id) const override;
  std::string_view not_authenticated_text() const override { return "Not authenticated"; }
  std::string_view wrong_bot_token_text() const override { return "Invalid bot token"; }
  bool take(Request& request, Reply& reply) override;
  bool take_upgrade(Request& request, std::unique_ptr<Upgrade>& upgrade) override;

  void committed(const std::vector<storage::RecordPtr>& records) override;
  std::size_t connected_clients() const override { return io_.connected_clients(); }
  void shut_down() override { io_.shut_down(); }
  OrderedJson security_schemes() const override;
  std::vector<std::string> security_of(const Route& route) const override;
  OrderedJson error_schema() const override;

 private:
  static std::vector<Route> make_routes(BotManager& self);

  // Accounts
  void register_account(const CallPtr& call);
  void log_in(const CallPtr& call);
  void log_out(const CallPtr& call);
  void me(const CallPtr& call);
  void update_profile(const CallPtr& call);
  void change_password(const CallPtr& call);
  void forgot_password(const CallPtr& call);
  void reset_password(const CallPtr& call);
  void delete_account(const CallPtr& call);
  void users(const CallPtr& call);
  void user(const CallPtr& call);
  void user_bots(const CallPtr& call);
  void search_users(const CallPtr& call);

  // Bots
  void my_bots(const CallPtr& call);
  void create_bot(const CallPtr& call);
  void bot_details(const CallPtr& call);
  void update_bot(const CallPtr& call);
  void delete_bot(const CallPtr& call);
  void bot_token(const CallPtr& call);
  void regenerate_token(const CallPtr& call);
  void stored_data(const CallPtr& call);
  void all_bots(const CallPtr& call);
  void bot_info(const CallPtr& call);
  void settings(const CallPtr& call);
  void update_settings(const CallPtr& call);
  void bot_auth(const CallPtr& call);
  void register_bot(const CallPtr& call);
  void bot_status(const CallPtr& call);
  void report_status(const CallPtr& call);
  void sync_data(const CallPtr& call);
  void synced_data(const CallPtr& call);

  // Commands
  void send_command(const CallPtr& call, const std::string& bot_id, const std::string& type, Json payload,
                    const char* status);
  /// `type` empty: the body says it.
  void send_to_bot(const CallPtr& call, const std::string& type);
  void create_command(const CallPtr& call);
  void list_commands(const CallPtr& call);
  void commands_history(const CallPtr& call);
  void poll_commands(const CallPtr& call);
  void acknowledge(const CallPtr& call);

  // Feeds, statistics, exports
  using FeedEntries = std::vector<projections::FeedEntry>;
  using FeedQuery = Expected<FeedEntries> (projections::Queries::*)(const projections::Visible&, std::size_t) const;
  using FeedAnswer = std::function<OrderedJson(const FeedEntries&)>;
  /// Lists and exports alike: what the caller may see, up to its limit.
  void answer_from_feed(const CallPtr& call, FeedQuery query, const FeedAnswer& answer_of);
  void post_logs(const CallPtr& call);
  void post_message(const CallPtr& call);
  void logs(const CallPtr& call);
  void messages(const CallPtr& call);
  void overview(const CallPtr& call);
  void bot_statistics(const CallPtr& call);
  void export_logs(const CallPtr& call);
  void export_messages(const CallPtr& call);
  void export_bot(const CallPtr& call);
  void health(const CallPtr& call);

  // Socket.IO
  void admit(const socketio::Handshake& handshake, const socketio::Admit& admit);
  void greet(const std::shared_ptr<socketio::Socket>& socket);
  void send_message(socketio::Socket& socket, const socketio::Json& arguments, const socketio::Ack& ack);
  void show(const storage::Record& record);
  void show_bot(const storage::Record& record);
  void show_command(const storage::Record& record);
  void show_feed(const storage::Record& record);
  void show_account(const storage::Record& record);

  /// The bots a caller may see in lists; nothing when `bot_id` is asked for and may not be seen (then refused).
  std::optional<projections::Visible> visible_or_refused(const CallPtr& call) const;
  /// May this caller act for the bot? Refuses the call when not.
  bool allowed_or_refused(const CallPtr& call, const std::string& bot_id) const;
  projections::BotRow with_last_heard(projections::BotRow bot) const;
  std::vector<std::string> rooms_of(std::string_view bot_id, events::AccountId owner) const;

  Services services_;
  projections::Queries queries_;
  Credentials credentials_;
  Remembered<std::string> my_bots_{defaults::kMaxRememberedLists};  ///< answers by account, until a bot changes
  std::vector<Route> routes_;
  socketio::Server io_;
};

}  // namespace troupe::http
