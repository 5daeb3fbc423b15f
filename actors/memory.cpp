#include "actors/memory.hpp"

#include <algorithm>

#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<MemoryEvent>>;

FactCounts counts_of(const std::map<FactId, KnownFact>& facts) {
  FactCounts counts;
  for (const auto& [id, fact] : facts) ++counts[fact.category];
  return counts;
}

template <std::size_t N>
std::string listed(const std::string_view (&words)[N]) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

tl::unexpected<Error> no_such_fact() { return fail(Errc::not_found, "No such memory"); }

Decision on(const MemoryState& state, const RememberFact& c) {
  if (auto ok = check_fact(c.content, c.category, c.confidence); !ok) return tl::unexpected(ok.error());
  if (!is_one_of(c.source, kFactSources))
    return fail(Errc::invalid, "source must be one of " + listed(kFactSources), "source");
  if (state.facts.contains(c.id)) return fail(Errc::conflict, "there is such a memory already", "id");
  if (state.facts.size() >= c.most)
    return fail(Errc::conflict, "of one person or group at most " + std::to_string(c.most) + " memories are kept",
                "memories");
  auto facts = state.facts;
  facts[c.id].category = c.category;
  return {{FactRemembered{c.id, c.subject, c.group, c.category, c.source, c.confidence, c.sealed_content,
                          counts_of(facts)}}};
}

Decision on(const MemoryState& state, const ChangeFact& c) {
  const auto at = state.facts.find(c.id);
  if (at == state.facts.end()) return no_such_fact();
  if (auto ok = check_fact(c.content, c.category, c.confidence); !ok) return tl::unexpected(ok.error());
  auto facts = state.facts;
  facts[c.id].category = c.category;
  return {{FactChanged{c.id, state.subject, c.category, at->second.category, c.confidence, c.sealed_content,
                       counts_of(facts)}}};
}

Decision forgotten(const MemoryState& state, const std::vector<FactId>& ids) {
  std::vector<MemoryEvent> events;
  FactCounts counts = counts_of(state.facts);
  auto left = state.facts;
  for (const FactId id : ids) {
    const auto node = left.extract(id);
    if (node.empty()) continue;
    const KnownFact& fact = node.mapped();
    if (--counts[fact.category] == 0) counts.erase(fact.category);
    events.push_back(FactForgotten{id, state.subject, fact.group, fact.category, counts});
  }
  return events;
}

Decision on(const MemoryState& state, const ForgetFacts& c) { return forgotten(state, c.ids); }

Decision on(const MemoryState& state, const ForgetAllFacts&) {
  std::vector<FactId> ids;
  for (const auto& [id, fact] : state.facts) ids.push_back(id);
  return forgotten(state, ids);
}

Decision on(const MemoryState& state, const NoteVectors& c) {
  std::vector<MemoryEvent> events;
  for (const auto& vector : c.vectors)
    if (const auto at = state.facts.find(vector.id); at != state.facts.end() && at->second.changed_at == vector.of)
      events.push_back(FactEmbedded{vector.id, c.model, vector.sealed_vector});
  return events;
}

}  // namespace

Decision MemoryDecider::decide(const State& state, const Command& command, Micros) {
  return std::visit([&](const auto& c) { return on(state, c); }, command);
}

void MemoryDecider::evolve(State& state, const Event& event, Micros time) {
  std::visit(Overloaded{
                 [&](const FactRemembered& e) {
                   state.subject = e.subject;
                   state.facts[e.id] = {e.group, e.category, time};
                 },
                 [&](const FactChanged& e) {
                   state.facts[e.id].category = e.category;
                   state.facts[e.id].changed_at = time;
                 },
                 [&](const FactForgotten& e) { state.facts.erase(e.id); },
                 [&](const FactEmbedded&) {},
             },
             event);
}

std::optional<std::string> fact_category(std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> kOlder[] = {{"basic_info", "profile"},
                                                                      {"preferences", "preference"},
                                                                      {"events", "event"},
                                                                      {"relationships", "relation"},
                                                                      {"interests", "topic"}};
  if (is_one_of(word, kFactCategories)) return std::string(word);
  for (const auto& [older, category] : kOlder)
    if (word == older) return std::string(category);
  return std::nullopt;
}

Expected<void> check_fact(const FactContent& content, std::string_view category, double confidence) {
  if (content.text.empty() || !is_utf8(content.text) || length_in_characters(content.text) > defaults::kMaxFactLength)
    return fail(Errc::invalid,
                "content must be text of 1 to " + std::to_string(defaults::kMaxFactLength) + " characters", "content");
  if (auto ok = check_optional_line("subType", content.sub_type, defaults::kMaxFactSubTypeLength); !ok) return ok;
  if (!content.metadata.is_object()) return fail(Errc::invalid, "metadata must be an object", "metadata");
  if (auto ok = check_json_size("metadata", content.metadata, defaults::kMaxFactMetadataBytes); !ok) return ok;
  if (!is_one_of(category, kFactCategories))
    return fail(Errc::invalid, "category must be one of " + listed(kFactCategories), "category");
  if (!(confidence >= 0 && confidence <= 1)) return fail(Errc::invalid, "confidence must be from 0 to 1", "confidence");
  return {};
}

}  // namespace troupe::actors
