#include "actors/platforms/telegram_connection.hpp"

#include <utility>

#include "actors/llm/foreign_json.hpp"
#include "actors/platforms/text_pieces.hpp"

namespace troupe::actors::platforms {
namespace {

using std::chrono::steady_clock;

/// A server that answers at once although there is nothing is not asked more often than this.
constexpr auto kShortestPoll = std::chrono::seconds(1);

}  // namespace

TelegramConnection::TelegramConnection(ConnectionSetup setup)
    : setup_(std::move(setup)),
      sender_(std::make_shared<HttpSender>(setup_, telegram::outcome_of)),
      backoff_(setup_.retry_delay) {}

llm::HttpRequest TelegramConnection::request(const char* method, std::string body) const {
  const auto token = llm::text_in(setup_.config, "telegram_token");
  return {
      telegram::method_url(llm::text_in(setup_.config, "base_url"), token, method), {}, std::move(body), setup_.reach};
}

void TelegramConnection::stop() {
  is_stopped_ = true;
  again_ = nullptr;
  setup_.http.cancel(ticket_);
  sender_->stop();
}

void TelegramConnection::introduce() {
  ticket_ = setup_.http.post(request("getMe", "{}"), defaults::kPlatformAnswerTimeout,
                             [this](const Expected<HttpAnswer>& answer) {
                               if (!answer || answer->head.status != 200)
                                 return again(answer, &TelegramConnection::introduce);
                               auto bot = telegram::bot_in(answer->body);
                               if (!bot) return again(bot.error().message, {}, &TelegramConnection::introduce);
                               bot_ = std::move(*bot);
                               works();
                               poll();
                             });
}

void TelegramConnection::poll() {
  ticket_ = setup_.http.post(
      request("getUpdates", telegram::updates_request(offset_)),
      defaults::kTelegramPollTime + defaults::kPlatformAnswerTimeout,
      [this, asked = steady_clock::now()](const Expected<HttpAnswer>& answer) { polled(answer, asked); });
}

void TelegramConnection::works() {
  backoff_.succeeded();
  if (!std::exchange(is_running_, true)) setup_.events.running();
}

void TelegramConnection::polled(const Expected<HttpAnswer>& answer, steady_clock::time_point asked) {
  if (!answer || answer->head.status != 200) return again(answer, &TelegramConnection::poll);
  auto updates = telegram::updates_in(answer->body, bot_);
  if (!updates) return again(updates.error().message, {}, &TelegramConnection::poll);
  works();
  if (!updates->empty()) return hear(std::move(*updates));
  if (steady_clock::now() - asked >= kShortestPoll) return poll();
  again_ = setup_.loop.after(kShortestPoll, [this] { poll(); });
}

void TelegramConnection::hear(std::vector<telegram::Update> updates) {
  const auto hearing = std::make_shared<Hearing>();
  hearing->open = 1;
  for (auto& update : updates) {
    hearing->next_offset = std::max(hearing->next_offset, update.id + 1);
    if (!update.message) continue;
    ++hearing->open;
    setup_.events.hear(std::move(*update.message),
                       [me = weak_from_this(), hearing, id = update.id](Expected<void> result) {
                         if (const auto alive = me.lock(); alive && !alive->is_stopped_)
                           alive->heard(hearing, id, result);
                       });
  }
  heard(hearing, 0, {});
}

void TelegramConnection::heard(const std::shared_ptr<Hearing>& hearing, std::int64_t update,
                               const Expected<void>& result) {
  // What is no good stays so; what there is no room for now is brought again.
  if (!result && result.error().code != Errc::invalid) {
    hearing->first_unheard = std::min(hearing->first_unheard.value_or(update), update);
    hearing->why = result.error().message;
  }
  if (--hearing->open > 0) return;
  offset_ = hearing->first_unheard.value_or(hearing->next_offset);
  if (hearing->first_unheard) return again(hearing->why, {}, &TelegramConnection::poll);
  poll();
}

void TelegramConnection::again(const Expected<HttpAnswer>& answer, void (TelegramConnection::*what)()) {
  if (!answer) return again(answer.error().message, {}, what);
  const auto complaint = telegram::complaint_in(*answer);
  if (complaint.is_about_the_token) return setup_.events.failed("the token is refused: " + complaint.why);
  again(complaint.why, complaint.rest, what);
}

void TelegramConnection::again(std::string why, std::chrono::milliseconds rest, void (TelegramConnection::*what)()) {
  is_running_ = false;
  setup_.events.failed(std::move(why));
  again_ = setup_.loop.after(backoff_.failed(setup_.events.dice(), rest), [this, what] {
    setup_.events.retrying();
    (this->*what)();
  });
}

void TelegramConnection::send(Outgoing answer, SendAnswer sent) {
  std::vector<llm::HttpRequest> requests;
  for (const auto& piece : pieces_of(answer.text, telegram::kMaxMessageLength))
    requests.push_back(request("sendMessage", telegram::message_request(answer, piece, requests.empty())));
  sender_->send(answer.to, std::move(requests), std::move(sent));
}

}  // namespace troupe::actors::platforms
