#include "http/surfaces/nekobot/guest.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::http::nekobot {
namespace {

std::string username_of(const actors::Secrets& secrets) {
  constexpr std::size_t kLength = 20;
  std::string name;
  for (const char c : secrets.keyed_digest("the guest of the NekoBot dialect"))
    if (std::isalnum(static_cast<unsigned char>(c)) && name.size() < kLength) name += c;
  return "guest-" + name;
}

}  // namespace

Guest::Guest(Context& context) : context_(context), username_(username_of(context.services.secrets)) {}

std::optional<events::AccountId> Guest::known() const { return context_.queries.account_named(username_); }

void Guest::account_of(const CallPtr& call, std::function<void(events::AccountId)> next) {
  if (call->caller.account != 0) return next(call->caller.account);
  const auto guest = known();
  if (!guest) return make(call, std::move(next));
  const auto standing = context_.queries.standing(*guest);
  if (!standing || !standing->active) return call->refuse({Errc::forbidden, "The guest account is not active"});
  next(*guest);
}

void Guest::make(const CallPtr& call, std::function<void(events::AccountId)> next) {
  context_.services.system.hash_password(
      actors::random_token(),
      context_.services.then_with<std::string>(call, [this, call, next = std::move(next)](std::string hash) {
        actors::RegisterAccount command;
        command.username = username_;
        command.email = username_ + "@localhost.localdomain";
        command.password_hash = std::move(hash);
        // Another call may be at the same: whoever comes second finds the account.
        const auto found = [this, call, next](const Error& error) {
          const auto guest = known();
          guest ? next(*guest) : call->refuse(error);
        };
        context_.services.system.register_account(
            std::move(command), actors::by_the_house(call->request.id),
            context_.services.then_with<storage::RecordPtr>(
                call, [next](const storage::RecordPtr& record) { next(record->number()); }, found));
      }));
}

}  // namespace troupe::http::nekobot
