// What a route declares. The router, the authorisation, the limiter, the validation, the OpenAPI document and the tests
// all read the same table.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/ask.hpp"
#include "events/account.hpp"
#include "events/json.hpp"
#include "http/message.hpp"
#include "http/rate_limiter.hpp"

namespace troupe::http {

/// JSON whose keys keep the order they were given: what answers are made of.
using OrderedJson = nlohmann::ordered_json;
/// The fields of a JSON object. To list them so takes half the time that the braces of an OrderedJson take, which make
/// an array of each field first.
using Fields = OrderedJson::object_t;

/// Who is calling. Nobody has neither an account nor a bot.
struct Caller {
  events::AccountId account = 0;
  std::string role;    ///< of the account
  std::string bot_id;  ///< set when a bot's token was given
  Micros login_expires_at = 0;
  std::string login_hash;                  ///< digest of the login's token, when it is a login
  std::string api_key_hash;                ///< of the API key, when it is one
  bool may_read = true, may_write = true;  ///< an API key may be for one of both
  events::AccountId bot_owner = 0;         ///< of the bot, when its token was given
  events::AccountId group = 0;             ///< a group's contact, when the login is for looking after that group only
  events::AccountId group_user = 0;        ///< who does, a contact
  bool is_nobody() const { return account == 0 && bot_id.empty() && group == 0; }
  bool is_admin() const { return role == "admin"; }
  /// As the envelope of an event names it.
  std::string name() const {
    if (!bot_id.empty()) return "bot/" + bot_id;
    if (group != 0) return "group/" + std::to_string(group) + "/user/" + std::to_string(group_user);
    return account != 0 ? "account/" + std::to_string(account) : "anonymous";
  }
};

/// Who may call a route. The bot or account in question is the path parameter `bot_id` or `user_id`.
enum class Access : std::uint8_t {
  anyone,          ///< no credentials needed
  login,           ///< any account
  admin,           ///< an administrator
  self_or_admin,   ///< the account itself, or an administrator
  owner,           ///< the owner of the bot, and nobody else
  owner_or_admin,  ///< the owner of the bot, or an administrator
  bot,             ///< the bot by its token, its owner, or an administrator
  bot_or_login,    ///< any bot or account: the handler decides what it may see
  group_admin,     ///< a login that is for looking after one group, and no other; it opens nothing else
  open_or_login,   ///< as `login`; nobody as well, where the surface is open to the request
  open_or_admin,   ///< as `admin`; nobody as well, where the surface is open to the request
};

/// One field of a request body.
struct Field {
  enum class Type : std::uint8_t { string, integer, number, boolean, object, array, any };
  std::string name;
  Type type = Type::string;
  bool required = false;
  std::string description = {};
  std::size_t min_length = 0;                ///< of a string, after white space around it is cut off
  std::size_t max_length = 0;                ///< 0: the decider's own limit
  std::vector<std::string> values = {};      ///< the words it may be; empty: any
  std::string too_short = {};                ///< the error text below `min_length`; empty: a plain one
  std::optional<double> min = {}, max = {};  ///< of a number
};

/// One parameter of the query string.
struct Parameter {
  std::string name;
  std::string description;
  bool required = false;
  bool integer = false;
  long long fallback = 0;  ///< when the parameter is missing
  long long min = 1;
  long long max = 0;
};

enum class BodyKind : std::uint8_t {
  none,             ///< ignored
  object,           ///< a JSON object; empty counts as `{}`
  object_or_array,  ///< one object or an array of objects
  upload            ///< a form with files (multipart/form-data), which goes into the route's sink
};

struct Call;
using CallPtr = std::shared_ptr<Call>;
/// Runs on the event loop's thread, or on the reading worker's when the route says `elsewhere`.
using Handler = std::function<void(const CallPtr&)>;
/// Makes the sink for the body that an authorised caller is about to send. The call has no reply yet; its views are good
/// during the call only.
using SinkMaker = std::function<Expected<std::shared_ptr<BodySink>>(const Call&)>;

struct Route {
  std::string method;
  std::string pattern;  ///< `/api/bot/{bot_id}/logs`
  Access access = Access::login;
  Handler handler;
  std::string summary;
  std::string response;  ///< the answer's shape as JSON text, with example values; becomes its schema
  std::string tag;
  BodyKind body = BodyKind::none;
  std::vector<Field> fields = {};
  std::vector<Parameter> query = {};
  std::string missing = {};                     ///< the error text when a required field is missing; empty: a plain one
  std::string denied = "Not authorized";        ///< the error text of 403
  std::string invalid_body = "Malformed JSON";  ///< the error text of a body that is not what `body` says
  bool creates = false;                         ///< takes an `Idempotency-Key`
  bool elsewhere = false;                       ///< a long read: runs on a worker
  bool only_reads = false;                      ///< whatever its method: an API key that may read is good enough
  const RateClass* rate = nullptr;              ///< routes of one class share a budget; null: unlimited
  int status = 200;                             ///< of a good answer
  bool logins_only = false;                     ///< an API key is not good enough
  bool takes_forms = false;                     ///< the body may be form-encoded as well
  std::uint64_t max_upload_bytes = 0;           ///< of a body of kind `upload`
  SinkMaker sink = {};                          ///< of a body of kind `upload`
  std::string description = {};
  std::string events = {};  ///< what an event's data looks like, as JSON text, where the answer may be a stream of them
  std::string downloads = {};  ///< the content type of an answer that is bytes and no JSON
};

class Surface;

/// One request on its way through its handler. Held by every callback that still works for it.
struct Call {
  Request request;
  Reply reply;
  const Route* route = nullptr;
  const Surface* surface = nullptr;
  std::vector<std::pair<std::string_view, std::string>> path_parameters;  ///< decoded
  Caller caller;
  events::AccountId bot_owner = 0;  ///< of the bot in question, on a route for bots and their owners
  Json body = Json::object();
  Micros now = 0;
  std::optional<storage::IdempotencyKey> idempotency;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  Headers headers;                           ///< of the answer, whatever it is
  std::function<void(int status)> finished;  ///< called with the status just before the answer leaves

  const std::string& path_parameter(std::string_view name) const;
  /// Decoded; nothing when it is missing.
  std::optional<std::string> query_text(std::string_view name) const;
  /// One that the route declares as an integer: validated already, or its fallback.
  long long query_integer(std::string_view name) const;

  /// A string field of the body, without white space around it; empty when missing.
  std::string body_text(std::string_view field) const;
  std::optional<std::string> optional_body_text(std::string_view field) const;
  std::optional<double> body_number(std::string_view field) const;
  std::optional<long long> body_integer(std::string_view field) const;
  bool body_flag(std::string_view field, bool fallback = false) const;
  /// An array of strings in the body; empty when it is missing. Errors: invalid.
  Expected<std::vector<std::string>> body_texts(std::string_view field) const;
  /// An object of the body; nothing when it is missing or null.
  std::optional<Json> optional_body_object(std::string_view field) const;
  Json body_object(std::string_view field) const { return optional_body_object(field).value_or(Json::object()); }

  actors::Cause cause() const { return {caller.name(), request.id, now, idempotency}; }

  /// `status` 0: the one that the route says.
  void answer(Fields fields, Headers headers = {}, int status = 0);
  template <std::same_as<OrderedJson> T>
  void answer(const T& json, Headers headers = {}, int status = 0) {
    answer_text(json.dump(), std::move(headers), status);
  }
  /// An answer that is JSON text already.
  void answer_text(std::string json, Headers headers = {}, int status = 0);
  /// Begins an answer of server-sent events, with the status that the route says. From now on the call is answered.
  BodyStream answer_events(Headers headers = {});
  /// A good answer that is no JSON.
  void answer_with(Response response);
  void refuse(const Error& error);
  /// With an answer that the surface has worded already.
  void refuse(Response response);
  /// Runs a part of the handler; what it throws is logged and answered with 500 and no internals.
  void guarded(const std::function<void()>& part);
};

/// The whole of a text as a number; nothing when it is none, or negative.
std::optional<long long> whole_number(std::string_view text);

/// ISO 8601; null for 0, which is never.
OrderedJson time_or_null(Micros time);

/// White space around a text cut off.
std::string_view trimmed(std::string_view text);

}  // namespace troupe::http
