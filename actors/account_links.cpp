// Links that log in by themselves: giving them out, using them up and taking them back.
#include <algorithm>

#include "actors/account_parts.hpp"

namespace troupe::actors::account {

using namespace events;

namespace {

/// Links that end when one more is given out: those that ran out, the permanent one when another takes its place, and the
/// oldest of too many.
LoginLinksEnded ended_by_another(const AccountState& state, bool permanent, Micros now) {
  LoginLinksEnded ended;
  std::vector<const LoginLink*> once;
  for (const auto& link : state.login_links) {
    if (!link.permanent && link.expires_at > now) {
      once.push_back(&link);
      continue;
    }
    if (link.permanent && !permanent) continue;
    ended.permanent = ended.permanent || link.permanent;
    ended.token_hashes.push_back(link.token_hash);
  }
  if (!permanent)
    for (std::size_t i = 0; i + defaults::kMaxLoginLinks <= once.size(); ++i)
      ended.token_hashes.push_back(once[i]->token_hash);
  return ended;
}

Expected<void> check_active(const AccountState& state) {
  if (state.active) return {};
  return fail(Errc::forbidden, "Account is not active", "active");
}

}  // namespace

Decision on(const AccountState& state, const IssueLoginLink& c, Micros now) {
  if (auto ok = check_active(state); !ok) return tl::unexpected(ok.error());
  Events events;
  if (auto ended = ended_by_another(state, c.permanent, now); !ended.token_hashes.empty())
    events.emplace_back(std::move(ended));
  events.emplace_back(
      LoginLinkIssued{c.token_hash, c.permanent, c.permanent ? 0 : now + to_micros(defaults::kLoginLinkLifetime)});
  return events;
}

Decision on(const AccountState& state, const RevokePermanentLink&, Micros) {
  for (const auto& link : state.login_links)
    if (link.permanent) return {{LoginLinksEnded{{link.token_hash}, true}}};
  return Events{};
}

Decision on(const AccountState& state, const LogInByLink& c, Micros now) {
  const auto link = std::find_if(state.login_links.begin(), state.login_links.end(),
                                 [&](const LoginLink& one) { return one.token_hash == c.link_hash; });
  if (link == state.login_links.end() || (!link->permanent && link->expires_at <= now))
    return fail(Errc::unauthenticated, "Invalid or expired link", "link");
  if (auto ok = check_active(state); !ok) return tl::unexpected(ok.error());
  Events events;
  if (!link->permanent) events.emplace_back(LoginLinksEnded{{link->token_hash}, false});
  if (auto ended = make_room(state.logins, now); !ended.empty()) events.emplace_back(LoginsEnded{std::move(ended)});
  events.emplace_back(LoggedIn{c.token_hash, now + c.lifetime, c.refresh_hash});
  return events;
}

void apply(AccountState& state, const LoginLinkIssued& e, Micros) {
  state.login_links.push_back({e.token_hash, e.permanent, e.expires_at});
}

void apply(AccountState& state, const LoginLinksEnded& e, Micros) {
  for (const auto& hash : e.token_hashes)
    std::erase_if(state.login_links, [&](const LoginLink& link) { return link.token_hash == hash; });
}

}  // namespace troupe::actors::account
