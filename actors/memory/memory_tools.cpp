#include "actors/memory/memory_tools.hpp"

#include "actors/ask.hpp"

namespace troupe::actors {
namespace {

Json object_schema(Json properties, std::vector<std::string> required) {
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

Json text_schema(std::size_t longest, const char* description) {
  return {{"type", "string"}, {"minLength", 1}, {"maxLength", longest}, {"description", description}};
}

Json about_schema() {
  return {{"type", "string"},
          {"enum", {"person", "group"}},
          {"description", "person: the one who asks (the default); group: the group where it is asked"}};
}

/// Whom the arguments are about. Errors: invalid (`about`).
Expected<AccountId> subject_of(const Json& arguments, const ToolContext& context) {
  if (arguments.value("about", "person") != "group") return context.asker;
  if (context.group == 0) return fail(Errc::invalid, "this conversation is in no group", "about");
  return context.group;
}

Cause of_the_asker(const ToolContext& context) {
  return {"account/" + std::to_string(context.asker), {}, now_micros(), {}};
}

/// A tool whose work answers later.
template <class F>
auto later(F work) {
  return [work](const Json& arguments, const ToolContext& context, const ToolAnswer& answer) -> StopTool {
    const auto subject = subject_of(arguments, context);
    subject ? work(arguments, context, *subject, answer) : answer(tl::unexpected(subject.error()));
    return {};
  };
}

Json view_of(const FactRow& row, const FactContent& content) {
  return {{"id", row.id}, {"category", row.category}, {"content", content.text}};
}

OfferedTool remember(Memories& memories) {
  OfferedTool tool;
  tool.name = "remember";
  tool.description =
      "Keeps a fact about the person who asks, or about this group, for later conversations. One fact at a time, in "
      "one "
      "sentence that can be understood by itself.";
  Json categories = Json::array();
  for (const auto category : events::kFactCategories) categories.push_back(category);
  tool.parameters =
      object_schema({{"content", text_schema(defaults::kMaxFactLength, "The fact")},
                     {"category", {{"type", "string"}, {"enum", std::move(categories)}, {"default", "custom"}}},
                     {"about", about_schema()}},
                    {"content"});
  tool.run = later(
      [&memories](const Json& arguments, const ToolContext& context, AccountId subject, const ToolAnswer& answer) {
        NewFact fact;
        fact.subject = subject;
        fact.group = subject == context.group ? 0 : context.group;
        fact.category = arguments.value("category", "custom");
        fact.source = "tool";
        fact.content.text = arguments["content"].get<std::string>();
        memories.remember(std::move(fact), of_the_asker(context), [answer](const Expected<Remembered>& remembered) {
          if (!remembered) return answer(tl::unexpected(remembered.error()));
          answer(ToolResult{json_text(Json{{"id", remembered->id}, {"merged", remembered->merged}})});
        });
      });
  return tool;
}

OfferedTool recall(Memories& memories) {
  constexpr std::size_t kMost = 20;
  OfferedTool tool;
  tool.name = "recall";
  tool.description = "Finds facts that were kept about the person who asks, or about this group.";
  tool.parameters =
      object_schema({{"query", text_schema(defaults::kMaxQueryLength, "What to look for")},
                     {"limit", {{"type", "integer"}, {"minimum", 1}, {"maximum", kMost}, {"default", 10}}},
                     {"about", about_schema()}},
                    {"query"});
  tool.run = later(
      [&memories](const Json& arguments, const ToolContext& context, AccountId subject, const ToolAnswer& answer) {
        MemoryQuery query{arguments["query"].get<std::string>(), subject, 0, {}, defaults::kMaxFactsOfSubject};
        const Recall here{context.asker, context.group, {}, context.for_group_provider};
        const auto limit = arguments.value("limit", std::size_t{10});
        memories.find(std::move(query), [answer, here, limit](const Expected<FoundFacts>& found) {
          if (!found) return answer(tl::unexpected(found.error()));
          Json list = Json::array();
          for (const auto& fact : found->facts)
            if (list.size() < limit && may_be_told(fact.row, here)) list.push_back(view_of(fact.row, fact.content));
          answer(ToolResult{json_text(list)});
        });
      });
  return tool;
}

OfferedTool forget(Memories& memories) {
  OfferedTool tool;
  tool.name = "forget";
  tool.description =
      "Forgets a fact about the person who asks, or about this group, for good. Find its id with recall.";
  tool.parameters = object_schema({{"id", {{"type", "integer"}, {"minimum", 1}}}}, {"id"});
  tool.run = later([&memories](const Json& arguments, const ToolContext& context, AccountId, const ToolAnswer& answer) {
    const auto id = arguments["id"].get<FactId>();
    const auto row = memories.queries().fact(id);
    if (!row || !may_be_told(*row, {context.asker, context.group, {}, context.for_group_provider}))
      return answer(fail(Errc::not_found, "there is no such fact of the person who asks, or of this group", "id"));
    memories.forget({id}, of_the_asker(context), [answer](const Expected<std::size_t>& forgotten) {
      forgotten ? answer(ToolResult{"It is forgotten."}) : answer(tl::unexpected(forgotten.error()));
    });
  });
  return tool;
}

}  // namespace

std::vector<OfferedTool> memory_tools(Memories& memories) {
  std::vector<OfferedTool> tools = {remember(memories), recall(memories), forget(memories)};
  for (auto& tool : tools) {
    tool.category = "memory";
    tool.confidential = true;
  }
  return tools;
}

}  // namespace troupe::actors
