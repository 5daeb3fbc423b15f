// How a surface writes down its routes: one declaration each, read from top to bottom.
//
//   table.tag("Bots");
//   table.post("/api/my-bots", Access::login, create_bot, "Create a bot")
//       .takes({required("name"), object("metadata")}, "Bot name is required")
//       .answers(R"({"success":true,"bot_id":"AbCdEf","token":"…"})")
//       .creates();
#pragma once

#include "http/route.hpp"

namespace troupe::http {

/// Says more about one route. Good until the next route is declared.
class RouteDeclaration {
 public:
  explicit RouteDeclaration(Route& route) : route_(route) {}

  /// The body is an object with these fields; `missing` is the error text when a required one is not there.
  RouteDeclaration& takes(std::vector<Field> fields, std::string missing = {}) {
    route_.body = BodyKind::object;
    route_.fields = std::move(fields);
    route_.missing = std::move(missing);
    return *this;
  }
  /// The body is one such object or an array of them.
  RouteDeclaration& takes_one_or_many(std::vector<Field> fields) {
    takes(std::move(fields));
    route_.body = BodyKind::object_or_array;
    return *this;
  }
  /// The body is a form with files: `sink` takes it, up to `max_bytes`, while it arrives. The fields are for the
  /// documentation: the sink checks them.
  RouteDeclaration& uploads(std::uint64_t max_bytes, std::vector<Field> fields, SinkMaker sink) {
    route_.body = BodyKind::upload;
    route_.fields = std::move(fields);
    route_.max_upload_bytes = max_bytes;
    return set(route_.sink, std::move(sink));
  }
  RouteDeclaration& query(std::vector<Parameter> parameters) { return set(route_.query, std::move(parameters)); }
  /// The answer's shape as JSON text with example values.
  RouteDeclaration& answers(std::string json) { return set(route_.response, std::move(json)); }
  /// The answer may be a stream of events as well, each with data of this shape, as JSON text with example values.
  RouteDeclaration& streams(std::string json) { return set(route_.events, std::move(json)); }
  /// The answer is bytes of this content type.
  RouteDeclaration& downloads(std::string content_type) { return set(route_.downloads, std::move(content_type)); }
  /// What the caller should know beyond the summary.
  RouteDeclaration& note(std::string text) { return set(route_.description, std::move(text)); }
  /// The error text of 403.
  RouteDeclaration& denied(std::string text) { return set(route_.denied, std::move(text)); }
  /// The error text of a body that is no JSON or of the wrong kind.
  RouteDeclaration& invalid_body(std::string text) { return set(route_.invalid_body, std::move(text)); }
  /// Takes an `Idempotency-Key`.
  RouteDeclaration& creates() { return set(route_.creates, true); }
  /// A long read: runs on a worker.
  RouteDeclaration& elsewhere() { return set(route_.elsewhere, true); }
  RouteDeclaration& rate(const RateClass& rate) { return set(route_.rate, &rate); }
  /// The status of a good answer.
  RouteDeclaration& status(int status) { return set(route_.status, status); }
  /// An API key is not good enough: a person must have logged in.
  RouteDeclaration& logins_only() { return set(route_.logins_only, true); }
  /// The body may be form-encoded as well.
  RouteDeclaration& forms() { return set(route_.takes_forms, true); }

 private:
  template <class T>
  RouteDeclaration& set(T& member, T value) {
    member = std::move(value);
    return *this;
  }

  Route& route_;
};

class RouteTable {
 public:
  /// The heading of the routes that follow, in the documentation.
  void tag(std::string tag) { tag_ = std::move(tag); }

  RouteDeclaration get(std::string pattern, Access access, Handler handler, std::string summary) {
    return add("GET", std::move(pattern), access, std::move(handler), std::move(summary));
  }
  RouteDeclaration post(std::string pattern, Access access, Handler handler, std::string summary) {
    return add("POST", std::move(pattern), access, std::move(handler), std::move(summary));
  }
  RouteDeclaration put(std::string pattern, Access access, Handler handler, std::string summary) {
    return add("PUT", std::move(pattern), access, std::move(handler), std::move(summary));
  }
  RouteDeclaration patch(std::string pattern, Access access, Handler handler, std::string summary) {
    return add("PATCH", std::move(pattern), access, std::move(handler), std::move(summary));
  }
  RouteDeclaration del(std::string pattern, Access access, Handler handler, std::string summary) {
    return add("DELETE", std::move(pattern), access, std::move(handler), std::move(summary));
  }

  std::vector<Route> take() && { return std::move(routes_); }

 private:
  RouteDeclaration add(const char* method, std::string pattern, Access access, Handler handler, std::string summary) {
    Route& route = routes_.emplace_back();
    route.method = method;
    route.pattern = std::move(pattern);
    route.access = access;
    route.handler = std::move(handler);
    route.summary = std::move(summary);
    route.tag = tag_;
    return RouteDeclaration(route);
  }

  std::string tag_;
  std::vector<Route> routes_;
};

// Fields and parameters that most surfaces have

/// A string that must be there. `max_length` 0: the decider's own limit.
inline Field required(std::string name, std::string description = {}, std::size_t max_length = 0) {
  return {.name = std::move(name), .required = true, .description = std::move(description), .max_length = max_length};
}

inline Field password(std::string name, std::string description = {}) {
  return required(std::move(name), std::move(description), defaults::kMaxPasswordLength);
}

inline Field new_password(std::string name, std::string too_short = "Password must be at least 8 characters") {
  Field field = password(std::move(name));
  field.min_length = defaults::kMinPasswordLength;
  field.too_short = std::move(too_short);
  return field;
}

inline Field text(std::string name, std::string description = {}, std::size_t max_length = 0) {
  return {.name = std::move(name), .description = std::move(description), .max_length = max_length};
}

inline Field object(std::string name, std::string description = {}) {
  return {.name = std::move(name), .type = Field::Type::object, .description = std::move(description)};
}

inline Field number(std::string name, double min, double max, std::string description = {}) {
  return {.name = std::move(name),
          .type = Field::Type::number,
          .description = std::move(description),
          .min = min,
          .max = max};
}

inline Field integer(std::string name, double min, double max, std::string description = {}) {
  Field field = number(std::move(name), min, max, std::move(description));
  field.type = Field::Type::integer;
  return field;
}

inline Field flag(std::string name, std::string description = {}) {
  return {.name = std::move(name), .type = Field::Type::boolean, .description = std::move(description)};
}

inline Field array(std::string name, std::string description = {}) {
  return {.name = std::move(name), .type = Field::Type::array, .description = std::move(description)};
}

/// One of a few words.
inline Field word(std::string name, std::vector<std::string> values, std::string description = {}) {
  return {.name = std::move(name), .description = std::move(description), .values = std::move(values)};
}

inline Parameter text_parameter(std::string name, std::string description) {
  return {.name = std::move(name), .description = std::move(description)};
}

inline Parameter integer_parameter(std::string name, std::string description, long long fallback, long long min,
                                   long long max) {
  return {.name = std::move(name),
          .description = std::move(description),
          .integer = true,
          .fallback = fallback,
          .min = min,
          .max = max};
}

}  // namespace troupe::http
