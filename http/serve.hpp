// `troupe serve`: puts the house together, runs it, takes it apart in order.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "actors/system.hpp"
#include "http/security/open_endpoints.hpp"
#include "http/server.hpp"
#include "http/surfaces/chat_v1/options.hpp"
#include "http/surfaces/chatai/options.hpp"

namespace troupe::http {

/// `HOST:PORT=SURFACE[,SURFACE...]`
struct ListenerSpec {
  std::string address;
  std::uint16_t port = 0;
  std::vector<std::string> surfaces;
};

/// Errors: invalid (with the form it should have).
Expected<ListenerSpec> parse_listener(const std::string& text);

struct ServeOptions {
  std::filesystem::path data = "./data";
  bool demo = false;
  std::vector<std::string> listen;
  std::string metrics_listen = "127.0.0.1:9464";  ///< empty: no metrics
  std::string tls_certificate, tls_key;
  std::string admin_password_file;
  std::vector<std::string> allowed_origins;
  bool limit_rates = true;
  bool log_requests = false;
  std::string maintenance;  ///< why nothing is served for a while; empty: all is
  ChatV1Options chat;
  ChatAiOptions chatai;        ///< its origins are `allowed_origins`
  std::string providers_file;  ///< of http/provider_settings.hpp; empty: none
  /// Whether administrators may set up providers on this machine; not given: where all listeners are on loopback.
  std::optional<bool> allow_local_providers;
  OpenEndpoints open_endpoints = OpenEndpoints::local;  ///< of nekobot
  std::string docs_folder;
  std::chrono::milliseconds grace = std::chrono::seconds(10);
  ServerLimits limits;
  actors::SystemOptions system;
};

/// Runs until SIGTERM or SIGINT. The process's exit code: 0 after a clean end; 1 with a sentence on standard error when
/// it cannot start, or when the disk failed.
int serve(ServeOptions options);

}  // namespace troupe::http
