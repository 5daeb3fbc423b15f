// Logging in, by a link or by name and password, and what follows. A login is a JWT of a day, in the answer and in the
// cookie `auth_token`; its `jti` is the secret that refreshes it, once.
#pragma once

#include "http/security/sign_in.hpp"
#include "http/surfaces/chatai/context.hpp"

namespace troupe::http::chatai {

inline constexpr const char* kAuthCookie = "auth_token";

class Authentication {
 public:
  /// Offers the bots' command that hands out links.
  explicit Authentication(Context& context);

  void log_in(const CallPtr& call);
  /// `/login/token`: the one place where a token may stand in a URL.
  void follow_link(const CallPtr& call);
  void verify(const CallPtr& call);
  void me(const CallPtr& call);
  void status(const CallPtr& call);
  /// A token that was refreshed before ends the login.
  void refresh(const CallPtr& call);
  void log_out(const CallPtr& call);

  void make_permanent_link(const CallPtr& call);
  void revoke_permanent_link(const CallPtr& call);
  void link_status(const CallPtr& call);

 private:
  /// The secrets of a login on its way.
  struct NewLogin {
    std::string token_hash;
    std::string refresh;
    static NewLogin make();
  };
  void log_in_by_link(const CallPtr& call, const std::string& token, const NewLogin& login,
                      std::function<void(events::AccountId)> next);
  void log_in_by_password(const CallPtr& call, const NewLogin& login);
  void answer_logged_in(const CallPtr& call, events::AccountId account, const NewLogin& login) const;
  /// A JWT of this login, that `refresh` refreshes.
  std::string token_of(events::AccountId account, const std::string& login, const std::string& refresh, Micros now,
                       Micros expires_at) const;
  OrderedJson user_view(const CallPtr& call) const;

  Context& context_;
};

/// The JWT of a request, by header or cookie; empty: none. Errors: unauthenticated.
Expected<std::string_view> token_in(const Request& request);

/// True for a request that a browser sends from another site of its visitor's: its cookie is not to be trusted.
bool is_foreign(const Request& request, const std::vector<std::string>& allowed_origins);

}  // namespace troupe::http::chatai
