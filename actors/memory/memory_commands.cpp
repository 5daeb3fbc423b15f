#include "actors/memory/memory_commands.hpp"

#include <optional>

#include "events/utf8.hpp"

namespace troupe::actors {
namespace {

/// Either language's word is good for either command.
constexpr std::string_view kConfirmations[] = {"confirm", "确认"};
constexpr std::size_t kMaxListedBytes = 200;

std::optional<Recall> asked_by(const storage::Store& store, const Speaker& speaker) {
  const projections::ContactQueries contacts(store);
  const auto asker = contacts.find(speaker.platform, false, speaker.user);
  const auto group = speaker.in_group ? contacts.find(speaker.platform, true, speaker.group) : AccountId{0};
  if (!asker || !group) return std::nullopt;
  return Recall{*asker, *group, {}};
}

/// Those of the speaker that may be told here, newest first.
std::string listed(const Memories& memories, const Recall& here) {
  auto facts = memories.tellable(here);
  std::erase_if(facts, [&](const OpenFact& fact) { return fact.row.subject != here.asker; });
  if (facts.empty()) return "I remember nothing of you here.";
  std::string text = "I remember of you:";
  for (std::size_t i = 0; i < std::min(facts.size(), defaults::kMaxListedFacts); ++i) {
    const std::string_view beginning = first_bytes(facts[i].content.text, kMaxListedBytes);
    text += "\n" + std::to_string(i + 1) + ". " + std::string(beginning);
    if (beginning.size() < facts[i].content.text.size()) text += "…";
  }
  if (facts.size() > defaults::kMaxListedFacts)
    text += "\nand " + std::to_string(facts.size() - defaults::kMaxListedFacts) + " more.";
  return text;
}

}  // namespace

std::vector<BotCommand> memory_commands(Memories& memories, const storage::Store& store) {
  BotCommand list;
  list.name = "memories";
  list.aliases = {"我的记忆"};
  list.description = "what the bot remembers of you";
  list.secret_reply = true;
  list.run = [&memories, &store](const CommandCall& call, const CommandAnswer& answer) {
    const auto here = asked_by(store, call.speaker);
    answer(here ? listed(memories, *here) : "I remember nothing of you here.");
  };
  BotCommand forget;
  forget.name = "forget";
  forget.aliases = {"清除记忆"};
  forget.description = "forgets for good all that the bot remembers of you; forget confirm (确认)";
  forget.run = [&memories, &store](const CommandCall& call, const CommandAnswer& answer) {
    if (std::find(std::begin(kConfirmations), std::end(kConfirmations), call.arguments) == std::end(kConfirmations))
      return answer("This forgets for good all that I remember of you. Write \"confirm\" (确认) after the command.");
    const auto here = asked_by(store, call.speaker);
    if (!here) return answer("I remember nothing of you.");
    memories.forget_all_of(here->asker, {"contact/" + std::to_string(here->asker), {}, now_micros(), {}},
                           [answer](const Expected<std::size_t>& gone) {
                             if (!gone) return answer(tl::unexpected(gone.error()));
                             answer("Forgotten: " + std::to_string(*gone) + ".");
                           });
  };
  return {std::move(list), std::move(forget)};
}

}  // namespace troupe::actors
