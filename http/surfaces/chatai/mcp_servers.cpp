#include "http/surfaces/chatai/mcp_servers.hpp"

#include <algorithm>

namespace troupe::http::chatai {
namespace {

using actors::McpStatus;
using events::McpServer;

Error no_such_server() { return coded(Errc::not_found, "SERVER_NOT_FOUND", "Server not found"); }

OrderedJson masked(const std::map<std::string, std::string>& sealed) {
  OrderedJson names = OrderedJson::object();
  for (const auto& [name, value] : sealed) names[name] = kMaskedSecret;
  return names;
}

/// Those that were given, and those that stand for what is there.
Expected<std::map<std::string, std::string>> sealed_with_kept(const char* field,
                                                              std::map<std::string, std::string> given,
                                                              const std::map<std::string, std::string>& before,
                                                              const actors::Secrets& secrets) {
  std::map<std::string, std::string> kept;
  for (const auto& [name, value] : before)
    if (const auto one = given.find(name); one != given.end() && one->second == kMaskedSecret) {
      kept[name] = value;
      given.erase(one);
    }
  auto sealed = actors::sealed_secrets(field, given, secrets);
  if (sealed) sealed->merge(kept);
  return sealed;
}

Error refusal_of_list(const Error& error) {
  switch (error.code) {
    case Errc::timed_out: return coded(error.code, "TIMEOUT", error.message);
    case Errc::not_found: return no_such_server();
    default: return coded(error.code, "CONNECTION_FAILED", error.message);
  }
}

OrderedJson event_of(const char* type, const std::string& server, const McpStatus& status) {
  OrderedJson event = {{"type", type}, {"server", server}, {"status", status.state}, {"toolCount", status.tools}};
  if (!status.error.empty()) event["error"] = status.error;
  return event;
}

}  // namespace

McpServers::McpServers(Context& context, Live& live)
    : context_(context), live_(live), servers_(context.services.store), streams_(context) {
  mcp().on_status([this](const std::string& name, const McpStatus& status) {
    context_.services.loop.post([this, name, status] { status_changed(name, status); });
  });
}

// What there is

OrderedJson McpServers::view(const Row& row) const {
  const auto& entry = row.entry;
  const auto status = mcp().status(row.id);
  return {{"name", entry.name},
          {"id", row.id},
          {"status", status.state},
          {"type", entry.transport},
          {"transport", entry.transport},
          {"enabled", entry.enabled},
          {"toolCount", status.tools},
          {"toolsCount", status.tools},
          {"resourcesCount", status.resources},
          {"promptsCount", status.prompts},
          {"connectedAt", status.state == "connected" ? OrderedJson(milliseconds(status.since)) : OrderedJson(nullptr)},
          {"error", status.error.empty() ? OrderedJson(nullptr) : OrderedJson(status.error)},
          {"config",
           {{"type", entry.transport},
            {"command", entry.command},
            {"args", entry.args},
            {"env", masked(entry.sealed_env)},
            {"url", entry.url},
            {"headers", masked(entry.sealed_headers)},
            {"timeout", entry.timeout_ms}}}};
}

OrderedJson McpServers::views() const {
  OrderedJson list = OrderedJson::array();
  for (const auto& row : servers_.all()) list.push_back(view(row));
  return list;
}

void McpServers::list(const CallPtr& call) {
  auto servers = views();
  const auto total = servers.size();
  succeed(call, {{"servers", std::move(servers)}, {"total", total}});
}

std::optional<McpServers::Row> McpServers::find(const std::string& name) const {
  auto row = servers_.named(name);
  return row ? row : servers_.entry(name);
}

std::optional<McpServers::Row> McpServers::server_or_refused(const CallPtr& call) const {
  std::string name = call->path_parameter("server");
  for (const char* field : {"serverName", "server"})
    if (name.empty()) name = call->body_text(field);
  if (name.empty()) name = call->query_text("server").value_or("");
  auto row = find(name);
  if (!row) call->refuse(name.empty() ? Error{Errc::invalid, "server is required", "server"} : no_such_server());
  return row;
}

void McpServers::answer_server(const CallPtr& call, const std::string& id, int status) const {
  const auto row = servers_.entry(id);
  if (!row) return call->refuse(no_such_server());
  Fields envelope = {{"success", true}, {"data", view(*row)}};
  call->answer(std::move(envelope), {}, status);
}

void McpServers::show(const CallPtr& call) {
  const auto row = server_or_refused(call);
  if (!row) return;
  OrderedJson server = view(*row);
  OrderedJson tools = OrderedJson::array();
  for (const auto& tool : context_.services.system.tools().all())
    if (tool->source == "mcp:" + row->entry.name)
      tools.push_back({{"name", tool->name},
                       {"description", tool->offered.description},
                       {"inputSchema", tool->offered.parameters}});
  server["tools"] = std::move(tools);
  succeed(call, std::move(server));
}

// Setting up

Expected<Json> McpServers::fields_of(McpConfig config, const McpServer* before) const {
  const McpServer none;
  const McpServer& old = before ? *before : none;
  Json fields = std::move(config.fields);
  if (const auto command = fields.find("command"); command != fields.end())
    *command = mcp().program(command->get<std::string>());
  if (config.env) {
    auto sealed = sealed_with_kept("env", std::move(*config.env), old.sealed_env, context_.services.secrets);
    if (!sealed) return tl::unexpected(sealed.error());
    fields["sealed_env"] = std::move(*sealed);
  }
  if (config.headers) {
    auto sealed =
        sealed_with_kept("headers", std::move(*config.headers), old.sealed_headers, context_.services.secrets);
    if (!sealed) return tl::unexpected(sealed.error());
    fields["sealed_headers"] = std::move(*sealed);
  }
  return fields;
}

void McpServers::save(const CallPtr& call, const std::string& name, const Json& body, Saved saved,
                      const Refused& refused) {
  if (name.empty()) return refused({Errc::invalid, "name is required", "name"});
  auto config = mcp_config_in(body, nullptr);
  if (!config) return refused(config.error());
  const auto row = servers_.named(name);
  const auto fields = fields_of(std::move(*config), row ? &row->entry : nullptr);
  if (!fields) return refused(fields.error());
  Json whole = McpServer{};
  whole.update(*fields);
  whole["name"] = name;
  if (row)
    if (auto ok = check_kept_secrets(row->entry, whole.get<McpServer>()); !ok) return refused(ok.error());
  auto& catalogue = context_.services.system.catalogue();
  if (row)
    return catalogue.ask<McpServer>(
        row->id, actors::ChangeEntry{std::move(whole)}, call->cause(),
        context_.services.then_with<storage::RecordPtr>(
            call, [saved = std::move(saved), id = row->id](const storage::RecordPtr&) { saved(id, false); }, refused));
  catalogue.add(
      whole.get<McpServer>(), call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call,
          [saved = std::move(saved)](const storage::RecordPtr& record) { saved(std::string(record->id()), true); },
          refused));
}

void McpServers::add(const CallPtr& call) {
  save(
      call, call->body_text("name"), call->body,
      [this, call](const std::string& id, bool is_new) { answer_server(call, id, is_new ? 201 : 200); },
      [call](const Error& error) { call->refuse(error); });
}

void McpServers::change(const CallPtr& call) {
  const auto row = server_or_refused(call);
  if (!row) return;
  auto config = mcp_config_in(call->body, &row->entry);
  if (!config) return call->refuse(config.error());
  auto fields = fields_of(std::move(*config), &row->entry);
  if (!fields) return call->refuse(fields.error());
  Json after = row->entry;
  after.update(*fields);
  if (auto ok = check_kept_secrets(row->entry, after.get<McpServer>()); !ok) return call->refuse(ok.error());
  context_.services.system.catalogue().ask<McpServer>(
      row->id, actors::ChangeEntry{std::move(*fields)}, call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [this, call, id = row->id](const storage::RecordPtr&) { answer_server(call, id); }));
}

void McpServers::remove(const CallPtr& call) {
  const auto row = server_or_refused(call);
  if (!row) return;
  context_.services.system.catalogue().ask<McpServer>(
      row->id, actors::RemoveEntry{}, call->cause(),
      context_.services.then(call, [call](const storage::Record&) { succeed(call, nullptr); }));
}

/// One after the other, so that a list of the longest kind is no burst of processes.
struct McpServers::Import {
  CallPtr call;
  std::vector<std::pair<std::string, Json>> servers;
  std::size_t next = 0, good = 0;
  OrderedJson errors = OrderedJson::array();
};

void McpServers::import_all(const CallPtr& call) {
  const auto servers = call->body.find("mcpServers");
  if (servers == call->body.end() || !servers->is_object() || servers->empty() ||
      servers->size() > defaults::kMaxImportedServers)
    return call->refuse({Errc::invalid,
                         "mcpServers must be an object of 1 to " + std::to_string(defaults::kMaxImportedServers) +
                             " servers by their names",
                         "mcpServers"});
  const auto import = std::make_shared<Import>();
  import->call = call;
  for (const auto& [name, config] : servers->items()) import->servers.emplace_back(name, config);
  import_next(import);
}

void McpServers::import_next(const std::shared_ptr<Import>& import) {
  if (import->next == import->servers.size()) {
    const auto total = import->servers.size();
    return succeed(import->call, {{"success", import->good},
                                  {"failed", total - import->good},
                                  {"total", total},
                                  {"errors", std::move(import->errors)}});
  }
  const auto& [name, config] = import->servers[import->next++];
  const auto refused = [this, import, name = name](const Error& error) {
    import->errors.push_back({{"name", name}, { "error", error.message }});
    import_next(import);
  };
  if (!config.is_object()) return refused({Errc::invalid, "must be an object"});
  save(
      import->call, std::string(trimmed(name)), config,
      [this, import](const std::string&, bool) {
        ++import->good;
        import_next(import);
      },
      refused);
}

// Connections

template <class T>
std::function<void(Expected<T>)> McpServers::on_loop(const CallPtr& call,
                                                     std::function<void(const Expected<T>&)> next) const {
  return [&loop = context_.services.loop, call, next = std::move(next)](Expected<T> result) {
    loop.post([call, next, result = std::move(result)] { call->guarded([&] { next(result); }); });
  };
}

/// In words that the connection keeps for panels: without secrets.
Error McpServers::not_connected(const Error& error, const std::string& id) const {
  const auto status = mcp().status(id);
  const auto& why = status.error.empty() ? error.message : status.error;
  if (error.code == Errc::timed_out) return coded(Errc::timed_out, "TIMEOUT", why);
  if (error.code == Errc::not_found) return no_such_server();
  const bool is_ours = error.code == Errc::overloaded || error.code == Errc::shutting_down;
  return coded(is_ours ? error.code : Errc::upstream_failed, "CONNECTION_FAILED", why);
}

void McpServers::make_connection(const CallPtr& call, const Row& row,
                                 void (actors::Mcp::*make)(const std::string&, actors::Mcp::Done)) {
  (mcp().*make)(row.id, on_loop<void>(call, [this, call, id = row.id](const Expected<void>& result) {
                  result ? answer_server(call, id) : call->refuse(not_connected(result.error(), id));
                }));
}

void McpServers::connect(const CallPtr& call) {
  const auto row = server_or_refused(call);
  if (!row) return;
  if (mcp().status(row->id).state == "connected")
    return call->refuse(coded(Errc::conflict, "ALREADY_CONNECTED", "Server is already connected"));
  make_connection(call, *row, &actors::Mcp::connect);
}

void McpServers::connect_any(const CallPtr& call) {
  Json body = call->body;
  if (const auto server = body.find("server"); server != body.end() && server->is_object()) body = Json(*server);
  std::string name;
  for (const char* field : {"name", "server", "serverName"})
    if (const auto given = body.find(field); name.empty() && given != body.end() && given->is_string())
      name = trimmed(given->get_ref<const std::string&>());
  if (has_config(body))
    return save(
        call, name, body,
        [this, call](const std::string& id, bool) {
          if (const auto row = servers_.entry(id)) return make_connection(call, *row, &actors::Mcp::connect);
          call->refuse(no_such_server());
        },
        [call](const Error& error) { call->refuse(error); });
  if (name.empty()) return call->refuse({Errc::invalid, "name is required", "name"});
  const auto row = find(name);
  if (!row) return call->refuse(no_such_server());
  if (mcp().status(row->id).state == "connected")
    return call->refuse(coded(Errc::conflict, "ALREADY_CONNECTED", "Server is already connected"));
  make_connection(call, *row, &actors::Mcp::connect);
}

void McpServers::disconnect(const CallPtr& call) {
  if (const auto row = server_or_refused(call)) make_connection(call, *row, &actors::Mcp::disconnect);
}

void McpServers::reconnect(const CallPtr& call) {
  if (const auto row = server_or_refused(call)) make_connection(call, *row, &actors::Mcp::reconnect);
}

/// Answers of several servers, on the loop's thread.
struct McpServers::Gathered {
  std::size_t open = 0, good = 0;
  OrderedJson items = OrderedJson::array();
  OrderedJson errors = OrderedJson::array();
};

void McpServers::reconnect_all(const CallPtr& call) {
  auto rows = servers_.all();
  std::erase_if(rows, [](const Row& row) { return !row.entry.enabled; });
  const auto gathered = std::make_shared<Gathered>();
  gathered->open = rows.size();
  const auto answer = [call, gathered, total = rows.size()] {
    succeed(call, {{"success", gathered->good},
                   {"failed", total - gathered->good},
                   {"total", total},
                   {"errors", std::move(gathered->errors)}});
  };
  if (rows.empty()) return answer();
  for (const auto& row : rows)
    mcp().reconnect(row.id, on_loop<void>(call, [this, gathered, answer, row](const Expected<void>& result) {
                      if (result)
                        ++gathered->good;
                      else
                        gathered->errors.push_back(
                            {{"name", row.entry.name}, {"error", not_connected(result.error(), row.id).message}});
                      if (--gathered->open == 0) answer();
                    }));
}

// What they offer

void McpServers::answer_list(const CallPtr& call, const char* field, List list) {
  const auto row = server_or_refused(call);
  if (!row) return;
  (mcp().*list)(row->id, on_loop<Json>(call, [call, field](const Expected<Json>& items) {
                  if (!items) return call->refuse(refusal_of_list(items.error()));
                  succeed(call, {{field, OrderedJson(*items)}, {"count", items->size()}});
                }));
}

void McpServers::tools(const CallPtr& call) { answer_list(call, "tools", &actors::Mcp::tools); }
void McpServers::resources(const CallPtr& call) { answer_list(call, "resources", &actors::Mcp::resources); }
void McpServers::prompts(const CallPtr& call) { answer_list(call, "prompts", &actors::Mcp::prompts); }

/// Of the server that the query names, or of all that are connected.
void McpServers::gather(const CallPtr& call, const char* field, List list) {
  if (call->query_text("server")) return answer_list(call, field, list);
  auto rows = servers_.all();
  std::erase_if(rows, [this](const Row& row) { return mcp().status(row.id).state != "connected"; });
  const auto gathered = std::make_shared<Gathered>();
  gathered->open = rows.size();
  const auto answer = [call, field, gathered] {
    const auto count = gathered->items.size();
    succeed(call, {{field, std::move(gathered->items)}, {"count", count}, {"errors", std::move(gathered->errors)}});
  };
  if (rows.empty()) return answer();
  for (const auto& row : rows)
    (mcp().*list)(row.id, on_loop<Json>(call, [gathered, answer, name = row.entry.name](const Expected<Json>& items) {
                    if (!items) gathered->errors.push_back({{"name", name}, {"error", items.error().message}});
                    for (OrderedJson item : items ? OrderedJson(*items) : OrderedJson::array()) {
                      if (!item.is_object()) continue;
                      item["server"] = name;
                      item["serverName"] = name;
                      gathered->items.push_back(std::move(item));
                    }
                    if (--gathered->open == 0) answer();
                  }));
}

void McpServers::all_prompts(const CallPtr& call) { gather(call, "prompts", &actors::Mcp::prompts); }

void McpServers::all_resources(const CallPtr& call) {
  const auto uri = call->query_text("uri");
  if (!uri) return gather(call, "resources", &actors::Mcp::resources);
  if (const auto row = server_or_refused(call)) read(call, *row, *uri);
}

void McpServers::read_resource(const CallPtr& call) {
  if (const auto row = server_or_refused(call)) read(call, *row, call->body_text("uri"));
}

void McpServers::read(const CallPtr& call, const Row& row, const std::string& uri) {
  mcp().read_resource(
      row.id, uri, on_loop<Json>(call, [call](const Expected<Json>& result) {
        if (!result) return call->refuse(refusal_of_list(result.error()));
        const auto contents = result->find("contents");
        if (contents == result->end() || !contents->is_array() || contents->empty() || !contents->front().is_object())
          return call->refuse(coded(Errc::upstream_failed, "CONNECTION_FAILED", "the server's answer has no contents"));
        const Json& first = contents->front();
        const char* kind = first.contains("text") ? "text" : "blob";
        succeed(call, {{"content", OrderedJson(first.value(kind, Json("")))},
                       {"mimeType", OrderedJson(first.value("mimeType", Json(nullptr)))},
                       {"encoding", first.contains("text") ? "utf-8" : "base64"},
                       {"contents", OrderedJson(*contents)}});
      }));
}

void McpServers::get_prompt(const CallPtr& call) {
  const auto row = server_or_refused(call);
  if (!row) return;
  auto arguments = call->body_object("args");
  if (arguments.empty()) arguments = call->body_object("arguments");
  mcp().get_prompt(row->id, call->body_text("name"), std::move(arguments),
                   on_loop<Json>(call, [call](const Expected<Json>& result) {
                     if (!result) return call->refuse(refusal_of_list(result.error()));
                     succeed(call, OrderedJson(*result));
                   }));
}

// Events

void McpServers::stream(const CallPtr& call) {
  std::vector<std::string> first;
  for (const auto& row : servers_.all()) {
    const auto status = mcp().status(row.id);
    first.push_back(event_text(event_of(status.state.c_str(), row.entry.name, status)));
  }
  streams_.open(call, first);
}

void McpServers::status_changed(const std::string& name, const McpStatus& status) {
  auto& before = told_[name];
  const bool same_state = before.state == status.state;
  streams_.send(event_text(event_of(same_state ? "tools_updated" : status.state.c_str(), name, status)));
  OrderedJson event = {{"type", same_state ? "server-updated" : "server-" + status.state},
                       {"name", name},
                       {"status", status.state},
                       {"toolsCount", status.tools}};
  if (!status.error.empty()) event["error"] = status.error;
  live_.tell(std::move(event));
  before = status;
  // Who is gone does not stay here: a state that is the first again is told as the first was.
  if (!servers_.named(name)) told_.erase(name);
}

}  // namespace troupe::http::chatai
