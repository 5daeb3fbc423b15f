#include "actors/platforms/webhook_connection.hpp"

#include "actors/llm/foreign_json.hpp"
#include "actors/platforms/webhook.hpp"

namespace troupe::actors::platforms {
namespace {

SendOutcome outcome_of(const HttpAnswer& answer) {
  auto outcome = outcome_by_status(answer);
  if (outcome.kind == SendOutcome::Kind::sent) outcome.id = webhook::sent_id(answer.body);
  // Its limits are about all that it is sent.
  outcome.rests_everywhere = true;
  return outcome;
}

}  // namespace

WebhookConnection::WebhookConnection(ConnectionSetup setup)
    : setup_(std::move(setup)), sender_(std::make_shared<HttpSender>(setup_, outcome_of)) {}

void WebhookConnection::send(Outgoing answer, SendAnswer sent) {
  const auto url = llm::text_in(setup_.config, "url");
  if (url.empty()) return sent(fail(Errc::invalid, "the webhook has no url to send answers to", "url"));
  llm::HttpRequest request{url, {}, webhook::body_of(answer), setup_.reach};
  const auto timestamp = std::to_string(now_micros() / 1'000'000);
  const auto signature = webhook::signature(llm::text_in(setup_.config, "secret"), timestamp, request.body);
  request.headers = {std::string(webhook::kTimestampHeader) + ": " + timestamp,
                     std::string(webhook::kSignatureHeader) + ": " + signature};
  sender_->send({}, {std::move(request)}, std::move(sent));
}

void WebhookConnection::take(Delivery delivery, std::function<void(Expected<void>)> taken) {
  if (auto ok = webhook::verify(llm::text_in(setup_.config, "secret"), delivery, now_micros()); !ok) {
    setup_.events.erred(ok.error().message);
    return taken(tl::unexpected(ok.error()));
  }
  auto incoming = webhook::parse(delivery.body);
  if (!incoming) return taken(tl::unexpected(incoming.error()));
  if (setup_.events.has_heard(*incoming))
    return taken(fail(Errc::conflict, "this message was heard before", "message_id"));
  setup_.events.hear(std::move(*incoming), std::move(taken));
}

}  // namespace troupe::actors::platforms
