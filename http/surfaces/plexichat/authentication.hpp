// Logging in and out. A login gives out an access token (30 minutes), a refresh token (7 days, 30 when it is to be
// remembered) that each refresh replaces, and a cookie.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

inline constexpr const char* kSessionCookie = "plexichat_session";

class Authentication {
 public:
  explicit Authentication(Context& context) : context_(context) {}

  void log_in(const CallPtr& call);
  /// A refresh token that was used before ends the login, and with it all tokens that came of it.
  void refresh(const CallPtr& call);
  void log_out(const CallPtr& call);

 private:
  /// The tokens of one login, as the answer to logging in or refreshing shows them.
  Fields tokens(const CallPtr& call, events::AccountId account, const std::string& login, const std::string& refresh,
                Micros refresh_expires_at) const;

  Context& context_;
};

}  // namespace troupe::http::plexichat
