#include <spdlog/spdlog.h>

#include <charconv>

#include "http/surface.hpp"

namespace troupe::http {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n\f\v";
  const auto begin = text.find_first_not_of(kWhite);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhite) - begin + 1);
}

std::optional<long long> whole_number(std::string_view text) {
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

int status_of(Errc code) {
  switch (code) {
    case Errc::invalid: return 400;
    case Errc::unauthenticated: return 401;
    case Errc::forbidden: return 403;
    case Errc::not_found: return 404;
    case Errc::wrong_method: return 405;
    case Errc::conflict: return 409;
    case Errc::duplicate: return 422;
    case Errc::too_large: return 413;
    case Errc::too_fast: return 429;
    case Errc::overloaded:
    case Errc::maintenance:
    case Errc::shutting_down:
    case Errc::storage_failed: return 503;
    case Errc::timed_out: return 504;
    case Errc::upstream_failed: return 502;
    case Errc::cancelled: return 499;  // nobody sees it
    case Errc::corrupt: return 500;
  }
  return 500;
}

std::string Surface::public_text(const Error& error, std::string_view request_id) {
  const bool internal = error.code == Errc::corrupt || error.code == Errc::storage_failed;
  if (internal) spdlog::error("request={} failed: {}", request_id, error.message);
  return error.code == Errc::corrupt          ? "Internal server error"
         : error.code == Errc::storage_failed ? "The server cannot store anything at the moment"
                                              : error.message;
}

Response Surface::too_fast(int seconds_to_wait, std::string_view request_id) const {
  return error({Errc::too_fast, "Too many requests, try again in " + std::to_string(seconds_to_wait) + " s"},
               request_id);
}

OrderedJson time_or_null(Micros time) { return time == 0 ? OrderedJson(nullptr) : OrderedJson(iso8601(time)); }

const std::string& Call::path_parameter(std::string_view name) const {
  static const std::string kEmpty;
  for (const auto& [key, value] : path_parameters)
    if (key == name) return value;
  return kEmpty;
}

std::optional<std::string> Call::query_text(std::string_view name) const {
  return query_parameter(request.query, name);
}

long long Call::query_integer(std::string_view name) const {
  if (const auto value = query_text(name)) {
    long long number = 0;
    std::from_chars(value->data(), value->data() + value->size(), number);
    return number;
  }
  for (const auto& parameter : route->query)
    if (parameter.name == name) return parameter.fallback;
  return 0;
}

std::optional<std::string> Call::optional_body_text(std::string_view field) const {
  const auto it = body.find(std::string(field));
  if (it == body.end() || !it->is_string()) return std::nullopt;
  return std::string(trimmed(it->get_ref<const std::string&>()));
}

std::string Call::body_text(std::string_view field) const { return optional_body_text(field).value_or(""); }

std::optional<double> Call::body_number(std::string_view field) const {
  const auto it = body.find(std::string(field));
  return it != body.end() && it->is_number() ? std::optional<double>(it->get<double>()) : std::nullopt;
}

std::optional<long long> Call::body_integer(std::string_view field) const {
  const auto it = body.find(std::string(field));
  return it != body.end() && it->is_number_integer() ? std::optional<long long>(it->get<long long>()) : std::nullopt;
}

bool Call::body_flag(std::string_view field, bool fallback) const {
  const auto it = body.find(std::string(field));
  return it != body.end() && it->is_boolean() ? it->get<bool>() : fallback;
}

Expected<std::vector<std::string>> Call::body_texts(std::string_view field) const {
  std::vector<std::string> texts;
  const auto it = body.find(std::string(field));
  if (it == body.end() || !it->is_array()) return texts;
  for (const Json& item : *it) {
    if (!item.is_string())
      return fail(Errc::invalid, std::string(field) + " must be an array of strings", std::string(field));
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::optional<Json> Call::optional_body_object(std::string_view field) const {
  const auto it = body.find(std::string(field));
  return it == body.end() || it->is_null() ? std::nullopt : std::optional<Json>(*it);
}

void Call::answer(Fields fields, Headers headers, int status) {
  answer(OrderedJson(std::move(fields)), std::move(headers), status);
}

void Call::answer_text(std::string json, Headers more, int status) {
  if (status == 0) status = route->status;
  if (finished) finished(status);
  more.insert(more.end(), headers.begin(), headers.end());
  reply({status, std::move(json), "application/json", std::move(more)});
}

BodyStream Call::answer_events(Headers more) {
  if (finished) finished(route->status);
  more.insert(more.end(), headers.begin(), headers.end());
  more.emplace_back("Cache-Control", "no-cache");
  return reply.stream({route->status, {}, kEventStream, std::move(more)});
}

void Call::answer_with(Response response) {
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  if (finished) finished(response.status);
  reply(std::move(response));
}

void Call::guarded(const std::function<void()>& part) {
  try {
    part();
  } catch (const std::exception& e) {
    spdlog::error("request={} route={} failed: {}", request.id, route->pattern, e.what());
    refuse({Errc::corrupt, "Internal server error"});
  }
}

void Call::refuse(const Error& error) { refuse(surface->refusal(error, request)); }

void Call::refuse(Response response) {
  if (response.status == 503) response.headers.emplace_back("Retry-After", defaults::kRetryAfterSeconds);
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  if (finished) finished(response.status);
  reply(std::move(response));
}

}  // namespace troupe::http
