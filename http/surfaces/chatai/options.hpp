// What an operator may set of the ChatAI dialect.
#pragma once

#include <string>
#include <vector>

namespace troupe::http {

struct ChatAiOptions {
  /// What stands before `/login/token` in login links: where people reach this dialect's listener.
  std::string panel_url = "http://localhost:3000";
  /// Origins besides its own that may use the cookie.
  std::vector<std::string> allowed_origins = {};
  /// Whether a channel that is only tested may be on this machine or in a private network.
  bool allow_local_providers = true;
};

/// The link that a token is handed out in.
inline std::string login_link_url(const std::string& panel_url, const std::string& token) {
  return panel_url + (panel_url.ends_with('/') ? "" : "/") + "login/token?token=" + token;
}

}  // namespace troupe::http
