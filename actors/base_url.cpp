#include "actors/base_url.hpp"

#include <curl/curl.h>

#include <memory>

#include "actors/reach.hpp"
#include "actors/rules.hpp"
#include "events/defaults.hpp"

namespace troupe::actors {
namespace {

constexpr const char* kField = "base_url";

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCleanup>;

std::string part(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

Url parsed(std::string_view text) {
  Url url(curl_url());
  const bool good = url && curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) == CURLUE_OK;
  return good ? std::move(url) : nullptr;
}

/// In lower case, without the brackets of IPv6 and without a final dot. Libcurl has written an IPv4 address of any form
/// (hexadecimal, one number) as four decimal ones.
std::string host_of(const Url& url) {
  std::string host = part(url, CURLUPART_HOST);
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.pop_back();
  return host;
}

Whereabouts whereabouts_of_host(const std::string& host) {
  if (host == "metadata" || host.ends_with("metadata.google.internal")) return Whereabouts::nowhere;
  if (host == "localhost" || host.ends_with(".localhost")) return Whereabouts::near;
  const auto address = ip_address(host);
  return address ? whereabouts(*address) : Whereabouts::elsewhere;
}

}  // namespace

Expected<void> check_outgoing_url(const char* field, std::string_view text) {
  const auto bad = [&](const char* why) { return fail(Errc::invalid, std::string(field) + " " + why, field); };
  if (auto ok = check_line(field, text, defaults::kMaxBaseUrlLength); !ok) return ok;
  const Url url = text.find(' ') == text.npos ? parsed(text) : nullptr;
  if (!url) return bad("is not a URL");
  const std::string scheme = part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return bad("must begin with http:// or https://");
  if (!part(url, CURLUPART_USER).empty() || !part(url, CURLUPART_PASSWORD).empty())
    return bad("must not hold a user or a password; keys have a field of their own");
  const std::string host = host_of(url);
  if (host.empty()) return bad("has no host");
  if (!may_reach(Reach::everywhere, whereabouts_of_host(host)))
    return bad("must not be a link-local, multicast or metadata address");
  return {};
}

Expected<void> check_base_url(std::string_view text) {
  if (auto ok = check_outgoing_url(kField, text); !ok) return ok;
  if (text.find_first_of("?#") == text.npos) return {};
  return fail(Errc::invalid, "base_url must not have a query or a fragment", kField);
}

bool is_near(std::string_view text) {
  const Url url = parsed(text);
  return url && whereabouts_of_host(host_of(url)) == Whereabouts::near;
}

}  // namespace troupe::actors
