// Logging in and out. A login gives out an access token (30 minutes), a refresh token (7 days, 30 when it is to be
// remembered) that each refresh replaces, and a cookie.
//
// Where a second proof is missing, the answer is a temporary token instead: a JWT of the type `mfa`, good for five minutes
// and for one login, and only while the password stays what it was.
#pragma once

#include "http/security/sign_in.hpp"
#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

inline constexpr const char* kSessionCookie = "plexichat_session";

class Authentication {
 public:
  explicit Authentication(Context& context) : context_(context) {}

  void log_in(const CallPtr& call);
  /// Completes a login whose second proof was missing.
  void verify_mfa(const CallPtr& call);
  /// A refresh token that was used before ends the login, and with it all tokens that came of it.
  void refresh(const CallPtr& call);
  void log_out(const CallPtr& call);
  void log_out_everywhere(const CallPtr& call);
  /// Ends all other logins.
  void change_password(const CallPtr& call);

 private:
  /// The secrets of a login on its way.
  struct NewLogin {
    std::string token, refresh;
    bool remember = false;
    Micros ends_at = 0;
  };
  static NewLogin new_login(bool remember, Micros now);
  static actors::LogIn command_of(const NewLogin& login, Micros now);
  void answer_logged_in(const CallPtr& call, events::AccountId account, const NewLogin& login) const;
  void answer_mfa_required(const CallPtr& call, const HalfLogin& half, bool remember) const;

  /// What a temporary token is bound to.
  std::string binding(const std::string& password_hash, bool remember) const;

  /// The tokens of one login, as the answer to logging in or refreshing shows them.
  Fields tokens(const CallPtr& call, events::AccountId account, const std::string& login_hash,
                const std::string& refresh, Micros refresh_expires_at) const;

  Context& context_;
};

/// Headers that take the cookie away again.
Headers clear_cookie();

}  // namespace troupe::http::plexichat
