#include "http/security/sign_in.hpp"

namespace troupe::http {

void sign_in(const Services& services, const CallPtr& call, SignIn sign_in, std::function<void(events::AccountId)> next,
             std::function<void(const Error&)> refused) {
  const projections::Queries queries(services.store);
  const auto account = queries.account_named(sign_in.name);
  if (!refused) refused = [call](const Error& error) { call->refuse(error); };
  if (account && queries.locked_until(*account) > call->now)
    return refused({Errc::too_fast, "Too many failed logins; try again later", kLocked});
  const auto hash = account ? queries.password_hash(*account) : std::nullopt;
  services.system.verify_password(
      hash, std::move(sign_in.password),
      services.then_with<bool>(
          call,
          [&services, &system = services.system, call, account, hash, login = std::move(sign_in.login),
           next = std::move(next), refused](bool good) mutable {
            // Nobody waits for this: a wrong password takes as long as an unknown name.
            const auto count_failure = [&system, account, cause = call->cause()] {
              if (account) system.ask_account(*account, actors::RefuseLogIn{}, cause, [](const auto&) {});
            };
            if (!good) {
              count_failure();
              return refused({Errc::unauthenticated, "Invalid credentials"});
            }
            login.verified_hash = *hash;
            system.ask_account(*account, std::move(login), call->cause(),
                               services.then_with<storage::RecordPtr>(
                                   call, [next, account](const storage::RecordPtr&) { next(*account); },
                                   [refused, count_failure](const Error& error) {
                                     const bool bad_code =
                                         error.code == Errc::unauthenticated && error.field == kMfaCode;
                                     if (bad_code) count_failure();
                                     refused(error);
                                   }));
          },
          refused));
}

}  // namespace troupe::http
