#include "http/surfaces/nekobot/plugins.hpp"

#include "http/multipart.hpp"
#include "http/surface.hpp"

namespace troupe::http::nekobot {
namespace {

using actors::PluginRecord;

constexpr Sentence kEnabled{"Plugin {} enabled", "插件 {} 已启用"};
constexpr Sentence kDisabled{"Plugin {} disabled", "插件 {} 已禁用"};
constexpr Sentence kReloaded{"Plugin {} reloaded", "插件 {} 已重载"};
constexpr Sentence kUploaded{"Plugin {} uploaded", "插件 {} 上传成功"};
constexpr Sentence kRemoved{"Plugin {} deleted", "插件 {} 删除成功"};
constexpr Sentence kConfigured{"Configuration of plugin {} changed", "插件 {} 配置已更新"};

OrderedJson view(const PluginRecord& plugin) {
  return {{"name", plugin.name},
          {"version", plugin.version},
          {"description", plugin.description},
          {"author", plugin.author},
          {"enabled", plugin.enabled},
          {"commands", plugin.commands},
          {"is_official", plugin.official},
          {"last_error", plugin.last_error.empty() ? OrderedJson(nullptr) : OrderedJson(plugin.last_error)},
          {"stats",
           {{"messages", plugin.messages},
            {"handled", plugin.handled},
            {"commands", plugin.commands_run},
            {"tools", plugin.tools_run},
            {"failures", plugin.failures}}},
          {"created_at", iso8601(plugin.created_at)},
          {"updated_at", time_or_null(plugin.updated_at)}};
}

/// The zip of a form, in memory: it is at most kMaxPackageBytes.
class Package final : public BodySink, private MultipartParser::Listener {
 public:
  using Wording = std::function<Response(const Error&)>;
  Package(std::string_view boundary, Wording wording) : parser_(boundary, *this), wording_(std::move(wording)) {}

  void write(std::string piece, std::function<void(std::optional<Response>)> taken) override {
    const auto fed = parser_.feed(piece);
    taken(fed ? std::nullopt : std::optional(wording_(fed.error())));
  }

  /// After the last piece. Errors: invalid (`file`).
  Expected<std::string> finish() {
    if (auto ok = parser_.finish(); !ok) return tl::unexpected(ok.error());
    if (!has_file_) return fail(Errc::invalid, "file is required", "file");
    return std::move(zip_);
  }

 private:
  Expected<void> part_began(PartHead head) override {
    in_file_ = head.name == "file";
    if (!in_file_) return {};
    if (has_file_) return fail(Errc::invalid, "One file at a time", "file");
    if (!head.filename || !head.filename->ends_with(".zip"))
      return fail(Errc::invalid, "file must be a zip: name.zip", "file");
    has_file_ = true;
    return {};
  }
  Expected<void> part_data(std::string_view bytes) override {
    if (!in_file_) return {};
    if (zip_.size() + bytes.size() > defaults::kMaxPackageBytes)
      return fail(Errc::too_large, "A package has at most " + std::to_string(defaults::kMaxPackageBytes >> 10) + " KiB",
                  "file");
    zip_ += bytes;
    return {};
  }
  Expected<void> part_ended() override { return {}; }

  MultipartParser parser_;
  const Wording wording_;
  std::string zip_;
  bool in_file_ = false, has_file_ = false;
};

/// The plugin that the body or the query names.
std::string name_in(const CallPtr& call) {
  const auto name = call->body_text("name");
  return name.empty() ? call->query_text("name").value_or("") : name;
}

/// Refuses the call where no plugin is named.
bool is_named(const CallPtr& call, const std::string& name) {
  if (name.empty()) call->refuse({Errc::invalid, "name is required", "name"});
  return !name.empty();
}

}  // namespace

actors::Plugins::Answer Plugins::then_say(const CallPtr& call, const Sentence& sentence) const {
  return context_.services.then_with<PluginRecord>(
      call, [call, sentence](const PluginRecord& plugin) { succeed(call, view(plugin), sentence, plugin.name); });
}

void Plugins::list(const CallPtr& call) {
  std::vector<OrderedJson> items;
  for (const auto& plugin : plugins().all()) items.push_back(view(plugin));
  succeed_with_page(call, std::move(items), [](std::vector<OrderedJson> page) {
    OrderedJson by_name = OrderedJson::object();
    for (auto& plugin : page) {
      const auto name = plugin["name"].get<std::string>();
      by_name[name] = std::move(plugin);
    }
    return by_name;
  });
}

void Plugins::enable(const CallPtr& call) {
  if (auto name = name_in(call); is_named(call, name))
    plugins().enable(std::move(name), call->cause(), then_say(call, kEnabled));
}

void Plugins::disable(const CallPtr& call) {
  if (auto name = name_in(call); is_named(call, name))
    plugins().disable(std::move(name), call->cause(), then_say(call, kDisabled));
}

void Plugins::reload(const CallPtr& call) {
  if (auto name = name_in(call); is_named(call, name))
    plugins().reload(std::move(name), call->cause(), then_say(call, kReloaded));
}

Expected<std::shared_ptr<BodySink>> Plugins::sink(const Call& call) const {
  const auto boundary = boundary_of(call.request.header("Content-Type").value_or(""));
  if (!boundary) return tl::unexpected(boundary.error());
  return std::make_shared<Package>(
      *boundary, [surface = &surface_, id = call.request.id](const Error& error) { return surface->error(error, id); });
}

void Plugins::upload(const CallPtr& call) {
  const auto package = std::dynamic_pointer_cast<Package>(call->request.body_sink);
  if (!package) return call->refuse({Errc::invalid, "file is required", "file"});
  auto zip = package->finish();
  if (!zip) return call->refuse(zip.error());
  plugins().install(std::move(*zip), false, call->cause(),
                    context_.services.then_with<PluginRecord>(call, [call](const PluginRecord& plugin) {
                      OrderedJson data = view(plugin);
                      data["plugin_name"] = plugin.name;
                      succeed(call, std::move(data), kUploaded, plugin.name);
                    }));
}

void Plugins::remove(const CallPtr& call) {
  if (auto name = name_in(call); is_named(call, name))
    plugins().remove(std::move(name), call->cause(), then_say(call, kRemoved));
}

void Plugins::show_config(const CallPtr& call) {
  const auto name = name_in(call);
  if (!is_named(call, name)) return;
  const auto plugin = plugins().find(name);
  if (!plugin) return call->refuse({Errc::not_found, "There is no such plugin", "name"});
  succeed(call, {{"config", plugin->config}, {"schema", plugin->schema}});
}

void Plugins::change_config(const CallPtr& call) {
  auto name = name_in(call);
  if (!is_named(call, name)) return;
  auto config = call->optional_body_object("config");
  if (!config) return call->refuse({Errc::invalid, "config is required", "config"});
  plugins().configure(std::move(name), std::move(*config), call->cause(), then_say(call, kConfigured));
}

}  // namespace troupe::http::nekobot
