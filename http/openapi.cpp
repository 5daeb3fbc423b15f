#include "http/openapi.hpp"

#include <cctype>
#include <set>

namespace troupe::http {
namespace {

/// A schema for values like `example`, with the example in it.
OrderedJson schema_of(const OrderedJson& example) {
  if (example.is_object()) {
    OrderedJson properties = OrderedJson::object();
    for (const auto& [key, value] : example.items()) properties[key] = schema_of(value);
    OrderedJson schema = {{"type", "object"}};
    if (!properties.empty()) schema["properties"] = properties;
    return schema;
  }
  if (example.is_array())
    return {{"type", "array"}, {"items", example.empty() ? OrderedJson::object() : schema_of(example.front())}};
  if (example.is_null()) return OrderedJson::object();
  const char* type = example.is_boolean()          ? "boolean"
                     : example.is_number_integer() ? "integer"
                     : example.is_number()         ? "number"
                                                   : "string";
  return {{"type", type}, {"examples", OrderedJson::array({example})}};
}

/// Several dialects may share a document: each has schemes and an error of its own.
std::string scheme_name(const Surface& surface, const std::string& scheme) {
  return std::string(surface.name()) + "_" + scheme;
}
std::string error_name(const Surface& surface) { return std::string(surface.name()) + "_error"; }

OrderedJson schema_of(const Field& field) {
  OrderedJson schema = OrderedJson::object();
  switch (field.type) {
    case Field::Type::string: schema["type"] = "string"; break;
    case Field::Type::integer: schema["type"] = "integer"; break;
    case Field::Type::number: schema["type"] = "number"; break;
    case Field::Type::boolean: schema["type"] = "boolean"; break;
    case Field::Type::object: schema["type"] = "object"; break;
    case Field::Type::array:
      schema["type"] = "array";
      schema["items"] = OrderedJson::object();
      break;
    case Field::Type::any: break;
  }
  if (!field.description.empty()) schema["description"] = field.description;
  if (field.min_length) schema["minLength"] = field.min_length;
  if (field.max_length) schema["maxLength"] = field.max_length;
  if (field.min) schema["minimum"] = *field.min;
  if (field.max) schema["maximum"] = *field.max;
  if (!field.values.empty()) schema["enum"] = field.values;
  return schema;
}

OrderedJson body_of(const Route& route) {
  OrderedJson object = {{"type", "object"}};
  OrderedJson required = OrderedJson::array();
  for (const Field& field : route.fields) {
    object["properties"][field.name] = schema_of(field);
    if (field.required) required.push_back(field.name);
  }
  if (!required.empty()) object["required"] = required;
  OrderedJson schema = object;
  if (route.body == BodyKind::object_or_array)
    schema = {{"oneOf", OrderedJson::array({object, {{"type", "array"}, {"items", object}}})}};
  OrderedJson content = {{"application/json", {{"schema", schema}}}};
  if (route.takes_forms) content["application/x-www-form-urlencoded"] = {{"schema", schema}};
  if (route.body == BodyKind::upload) content = {{"multipart/form-data", {{"schema", schema}}}};
  return {{"required", !required.empty() || route.body == BodyKind::object_or_array}, {"content", content}};
}

OrderedJson parameters_of(const Route& route) {
  OrderedJson parameters = OrderedJson::array();
  for (std::size_t at = route.pattern.find('{'); at != std::string::npos; at = route.pattern.find('{', at + 1)) {
    const std::string name = route.pattern.substr(at + 1, route.pattern.find('}', at) - at - 1);
    parameters.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const Parameter& parameter : route.query) {
    OrderedJson schema = {{"type", parameter.integer ? "integer" : "string"}};
    if (parameter.integer) {
      schema["minimum"] = parameter.min;
      schema["maximum"] = parameter.max;
      schema["default"] = parameter.fallback;
    }
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"required", parameter.required},
                          {"description", parameter.description},
                          {"schema", schema}});
  }
  if (route.creates)
    parameters.push_back({{"name", "Idempotency-Key"},
                          {"in", "header"},
                          {"required", false},
                          {"description",
                           "The same key with the same body answers the first answer again for a day, "
                           "and does nothing twice; with another body it is refused with 422."},
                          {"schema", {{"type", "string"}, {"maxLength", 255}}}});
  return parameters;
}

OrderedJson security_of(const Surface& surface, const Route& route) {
  if (route.access == Access::anyone) return OrderedJson::array({OrderedJson::object()});
  OrderedJson ways = OrderedJson::array();
  if (route.access == Access::open_or_login || route.access == Access::open_or_admin)
    ways.push_back(OrderedJson::object());
  for (const auto& scheme : surface.security_of(route))
    ways.push_back({{scheme_name(surface, scheme), OrderedJson::array()}});
  return ways;
}

std::string access_sentence(Access access) {
  switch (access) {
    case Access::anyone: return "Anyone may call this.";
    case Access::login: return "Needs a login.";
    case Access::admin: return "Needs a login with role `admin`.";
    case Access::self_or_admin: return "Needs the login of that account, or of an administrator.";
    case Access::owner: return "Needs the login of the bot's owner.";
    case Access::owner_or_admin: return "Needs the login of the bot's owner, or of an administrator.";
    case Access::bot: return "Needs the bot's token, or the login of its owner or of an administrator.";
    case Access::bot_or_login: return "Needs a bot's token or a login.";
    case Access::group_admin: return "Needs the login of an administrator of the group.";
    case Access::open_or_login: return "Needs a login, unless the call is made on the server's own machine.";
    case Access::open_or_admin:
      return "Needs a login with role `admin`, unless the call is made on the server's own machine.";
  }
  return {};
}

std::string operation_id(const Route& route) {
  std::string id = route.method;
  for (char& c : id) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char c : route.pattern) id += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return id;
}

OrderedJson responses_of(const Surface& surface, const Route& route) {
  const auto error_response = [&](const char* description) -> OrderedJson {
    return {
        {"description", description},
        {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/" + error_name(surface)}}}}}}}};
  };
  const std::string invalid = std::to_string(surface.error({Errc::invalid, ""}, "").status);
  OrderedJson responses;
  OrderedJson content;
  if (route.downloads.empty())
    content["application/json"] = {{"schema", schema_of(OrderedJson::parse(route.response))}};
  else
    content[route.downloads] = OrderedJson::object();
  if (!route.events.empty()) {
    // OpenAPI 3.1 has no word for a sequence: the schema is that of one event's data.
    OrderedJson event = schema_of(OrderedJson::parse(route.events));
    event["description"] = "The data of each server-sent event, as JSON text";
    content["text/event-stream"] = {{"schema", event}};
  }
  responses[std::to_string(route.status)] = {{"description", "Success"}, {"content", content}};
  responses[invalid] = error_response("The request breaks a rule; `field` names the offender");
  if (route.access != Access::anyone) {
    responses["401"] = error_response("No credentials, or not good ones");
    responses["403"] = error_response("Not allowed");
  }
  if (route.pattern.find('{') != std::string::npos) responses["404"] = error_response("No such thing");
  if (route.body == BodyKind::upload) responses["413"] = error_response("Too large");
  if (route.creates) responses["422"] = error_response("The Idempotency-Key was used with another body");
  if (route.rate) responses["429"] = error_response("Too fast; see `Retry-After`");
  responses["503"] = error_response("Overloaded; see `Retry-After`");
  return responses;
}

OrderedJson operation_of(const Surface& surface, const Route& route) {
  OrderedJson operation = {
      {"tags", OrderedJson::array({route.tag})}, {"summary", route.summary}, {"operationId", operation_id(route)}};
  operation["description"] = (route.description.empty() ? "" : route.description + "\n\n") +
                             access_sentence(route.access) + (route.logins_only ? " An API key may not." : "");
  operation["security"] = security_of(surface, route);
  if (auto parameters = parameters_of(route); !parameters.empty()) operation["parameters"] = parameters;
  if (route.body != BodyKind::none) operation["requestBody"] = body_of(route);
  operation["responses"] = responses_of(surface, route);
  return operation;
}

}  // namespace

OrderedJson openapi_document(const std::vector<Surface*>& surfaces) {
  OrderedJson document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Troupe"},
        {"version", "1.0"},
        {"description", "One event-sourced server for many bots, through the dialects that its clients speak."},
        {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"servers", OrderedJson::array({{{"url", "/"}}})}};
  OrderedJson tags = OrderedJson::array();
  OrderedJson paths = OrderedJson::object();
  std::set<std::string> seen;
  for (const Surface* surface : surfaces) {
    for (const Route& route : surface->routes()) {
      if (seen.insert(route.tag).second)
        tags.push_back({{"name", route.tag}, {"description", std::string(surface->title())}});
      std::string method = route.method;
      for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      paths[route.pattern][method] = operation_of(*surface, route);
    }
  }
  document["tags"] = tags;
  document["paths"] = paths;
  OrderedJson& components = document["components"];
  for (const Surface* surface : surfaces) {
    const OrderedJson schemes = surface->security_schemes();
    for (const auto& [name, scheme] : schemes.items())
      components["securitySchemes"][scheme_name(*surface, name)] = scheme;
    components["schemas"][error_name(*surface)] = surface->error_schema();
  }
  return document;
}

}  // namespace troupe::http
