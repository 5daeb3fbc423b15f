#include "actors/plugins/tools_of_plugins.hpp"

#include <map>

#include "events/json.hpp"

namespace troupe::actors::plugins {
namespace {

OfferedTool offered(Plugins& plugins, PluginTool tool) {
  OfferedTool offer;
  offer.name = tool.name;
  offer.description = tool.description;
  offer.category = tool.plugin;
  offer.parameters = tool.parameters;
  offer.run = [&plugins, plugin = tool.plugin, name = tool.name](const Json& arguments, const ToolContext&,
                                                                 ToolAnswer answer) -> StopTool {
    plugins.run_tool(plugin, name, arguments, [answer](Expected<Json> result) {
      if (!result) return answer(tl::unexpected(result.error()));
      answer(ToolResult{result->is_string() ? result->get<std::string>() : json_text(*result), false});
    });
    return {};
  };
  return offer;
}

}  // namespace

void ToolsOfPlugins::refresh() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::vector<OfferedTool>> by_source;
  for (auto& tool : plugins_.tools()) {
    const std::string source = "plugin:" + tool.plugin;
    by_source[source].push_back(offered(plugins_, std::move(tool)));
  }
  for (const auto& source : sources_)
    if (!by_source.contains(source)) tools_.withdraw(source);
  sources_.clear();
  for (auto& [source, tools] : by_source) {
    sources_.insert(source);
    tools_.offer(source, std::move(tools));
  }
}

}  // namespace troupe::actors::plugins
