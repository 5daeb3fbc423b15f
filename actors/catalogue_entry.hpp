// The decider of catalogue entries: one for every kind, since they differ only in what a good entry is. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "actors/secrets.hpp"
#include "events/catalogue.hpp"
#include "events/settings.hpp"

namespace troupe::actors {

/// What a kind of entry must keep to. Errors: invalid, with the field's name.
Expected<void> check(const events::Provider& provider);
Expected<void> check(const events::Personality& personality);
Expected<void> check(const events::Platform& platform);
Expected<void> check(const events::Plugin& plugin);
Expected<void> check(const events::McpServer& server);
Expected<void> check(const events::CustomTool& tool);
Expected<void> check(const events::BotSettings& settings);

/// Models by this name are the stand-in's: nothing that may be named as a model may be called so.
inline constexpr std::string_view kReservedName = "echo";

template <class Entry>
struct CatalogueState {
  bool exists = false;
  bool removed = false;
  Entry entry;
};
template <class Entry>
void to_json(Json& fields, const CatalogueState<Entry>& state) {
  fields = {{"exists", state.exists}, {"removed", state.removed}, {"entry", state.entry}};
}
template <class Entry>
void from_json(const Json& fields, CatalogueState<Entry>& state) {
  state.exists = fields.value("exists", false);
  state.removed = fields.value("removed", false);
  state.entry = fields.value("entry", Entry{});
}

template <class Entry>
struct AddEntry {
  std::string id;
  Entry entry;
};
/// The fields that are to change, by the names and in the forms that they have in the log. In the settings a dotted
/// name (`wake.prefixes`) is one field of a field, so that of two changes of different ones at once both stand.
struct ChangeEntry {
  Json fields = Json::object();
};
struct RemoveEntry {};

/// The field of `settings` at a dotted name; null where there is none.
Json* field_within(Json& settings, std::string_view dotted_name);

template <class Entry>
struct CatalogueDecider {  // an entry with an `only_id` is there from the beginning
  using State = CatalogueState<Entry>;
  using Event = events::EntryEvent<Entry>;
  using Command = std::variant<AddEntry<Entry>, ChangeEntry, RemoveEntry>;
  static constexpr std::string_view category = Entry::category;
  static constexpr std::uint16_t snapshot_schema = 1;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros) {
    if (const auto* c = std::get_if<AddEntry<Entry>>(&command)) {
      if (state.exists) return fail(Errc::conflict, "there is such an entry already", "id");
      if (auto ok = check(c->entry); !ok) return tl::unexpected(ok.error());
      return {{events::EntryAdded<Entry>{c->id, c->entry}}};
    }
    if constexpr (requires { Entry::only_id; }) {
      if (const auto* c = std::get_if<ChangeEntry>(&command)) return change(state, c->fields);
      return fail(Errc::forbidden, "The " + std::string(category) + " cannot be removed");
    }
    if (!state.exists || state.removed) return fail(Errc::not_found, "There is no such " + std::string(category));
    if (std::holds_alternative<RemoveEntry>(command)) return {{events::EntryRemoved<Entry>{state.entry.name}}};
    return change(state, std::get<ChangeEntry>(command).fields);
  }

  static void evolve(State& state, const Event& event, Micros) {
    std::visit(Overloaded{
                   [&](const events::EntryAdded<Entry>& e) {
                     state = {true, false, e.entry};
                   },
                   [&](const events::EntryChanged<Entry>& e) { state.entry = e.entry; },
                   [&](const events::EntryRemoved<Entry>&) { state.removed = true; },
               },
               event);
  }

  static events::AccountId owner(const State&) { return 0; }

  static std::vector<Claim> claims(const State& before, const Event& event) {
    if constexpr (requires { Entry::only_id; }) return {};
    const auto claim = [](const std::string& name) { return events::name_claim<Entry>(name); };
    return std::visit(
        Overloaded{
            [&](const events::EntryAdded<Entry>& e) -> std::vector<Claim> { return {take(claim(e.entry.name))}; },
            [&](const events::EntryChanged<Entry>& e) -> std::vector<Claim> {
              if (e.entry.name == before.entry.name) return {};
              return {release(claim(before.entry.name)), take(claim(e.entry.name))};
            },
            [&](const events::EntryRemoved<Entry>&) -> std::vector<Claim> {
              return {release(claim(before.entry.name))};
            },
        },
        event);
  }

 private:
  static Json* field_named(Json& entry, const std::string& name) {
    if constexpr (requires { Entry::only_id; }) return field_within(entry, name);
    // Elsewhere guards look at whole fields: nothing gets past them under the name of a part.
    const auto field = entry.find(name);
    return field == entry.end() ? nullptr : &*field;
  }

  static Expected<std::vector<Event>> change(const State& state, const Json& fields) {
    const Json before = state.entry;
    Json after = before;
    for (const auto& [name, value] : fields.items()) {
      Json* field = field_named(after, name);
      if (!field) return fail(Errc::invalid, "there is no field " + name, name);
      *field = value;
    }
    if (after == before) return std::vector<Event>{};
    try {
      Entry entry = after.template get<Entry>();
      if (auto ok = check(entry); !ok) return tl::unexpected(ok.error());
      return {{events::EntryChanged<Entry>{std::move(entry)}}};
    } catch (const Json::exception&) {  // the JSON library's way to say that a value has another type
      return fail(Errc::invalid, "a field has the wrong type");
    }
  }
};

using ProviderDecider = CatalogueDecider<events::Provider>;
using PersonalityDecider = CatalogueDecider<events::Personality>;

/// A key goes into a header as it is: 1 to kMaxProviderKeyLength visible ASCII characters. Errors: invalid (`keys`).
Expected<void> check_key(std::string_view key);

/// A provider's keys as its entry keeps them: sealed, and a hint of each. Errors: invalid (`keys`: too many, or no
/// good).
Expected<void> set_keys(events::Provider& provider, const std::vector<std::string>& keys, const Secrets& secrets);

}  // namespace troupe::actors
