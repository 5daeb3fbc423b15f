#include "http/surfaces/webhooks/webhooks.hpp"

#include "actors/platforms/webhook.hpp"
#include "http/route_table.hpp"

namespace troupe::http {
namespace {

namespace webhook = actors::platforms::webhook;

constexpr RateClass kDeliveries{"deliveries", defaults::kWebhooksPerWindow, defaults::kWebhookWindow};

}  // namespace

Webhooks::Webhooks(Services services) : services_(services) {
  RouteTable table;
  table.tag("Webhooks");
  const auto id = [](std::string name, std::string what) {
    return required(std::move(name), std::move(what), defaults::kMaxForeignIdLength);
  };
  table
      .post(
          "/webhook/{platform_id}", Access::anyone, [this](const CallPtr& call) { deliver(call); },
          "Bring a message to a bot")
      .takes({id("message_id", "The sender's own; one that was heard before is refused with 409"),
              id("user_id", "Who speaks"), required("text", {}, defaults::kMaxQuestionLength),
              text("user_name", {}, defaults::kMaxForeignIdLength),
              text("group_id", "Where they speak; missing: in private", defaults::kMaxForeignIdLength),
              text("group_name", {}, defaults::kMaxForeignIdLength),
              flag("is_group_admin", "They may administrate the group"),
              flag("to_bot", "It names the bot, or answers it")})
      .answers(R"({"status":"heard"})")
      .note(
          "Answered when the message is durable. `X-Troupe-Timestamp` has the seconds since 1970, and "
          "`X-Troupe-Signature` is `sha256=` and the hexadecimal HMAC-SHA256, under the platform's secret, of the "
          "timestamp, a dot and the body. What the bot answers is sent to the platform's `url`, signed the same way.")
      .rate(kDeliveries);
  routes_ = std::move(table).take();
}

void Webhooks::deliver(const CallPtr& call) {
  const auto header = [&](const char* name) { return std::string(call->request.header(name).value_or("")); };
  actors::platforms::Delivery delivery{header(webhook::kTimestampHeader), header(webhook::kSignatureHeader),
                                       std::string(call->request.body)};
  services_.system.platforms().take(call->path_parameter("platform_id"), std::move(delivery),
                                    [&loop = services_.loop, call](Expected<void> taken) {
                                      loop.post([call, taken = std::move(taken)] {
                                        call->guarded([&] {
                                          if (!taken) return call->refuse(taken.error());
                                          call->answer({{"status", "heard"}});
                                        });
                                      });
                                    });
}

Response Webhooks::error(const Error& error, std::string_view request_id) const {
  OrderedJson body = {{"error", public_text(error, request_id)}, {"request_id", request_id}};
  if (!error.field.empty()) body["field"] = error.field;
  return {status_of(error.code), json_text(body)};
}

OrderedJson Webhooks::error_schema() const {
  const OrderedJson text = {{"type", "string"}};
  return {{"type", "object"},
          {"properties", {{"error", text}, {"request_id", text}, {"field", text}}},
          {"required", OrderedJson::array({"error", "request_id"})}};
}

}  // namespace troupe::http
