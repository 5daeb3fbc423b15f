#include "actors/catalogue.hpp"

#include "actors/entity.hpp"
#include "projections/catalogue_queries.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::CatalogueDecider<troupe::events::Provider>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::CatalogueDecider<troupe::events::Personality>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::CatalogueDecider<troupe::events::Platform>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::CatalogueDecider<troupe::events::Plugin>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::CatalogueDecider<troupe::events::McpServer>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::CatalogueDecider<troupe::events::CustomTool>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::actors::AskPtr<troupe::actors::CatalogueDecider<troupe::events::BotSettings>>)

namespace troupe::actors {
namespace {

using storage::RecordPtr;

constexpr std::size_t kEntryIdLength = 12;

template <class Entry>
constexpr std::size_t kMost = defaults::kMaxCatalogueEntries;
template <>
constexpr std::size_t kMost<events::Provider> = defaults::kMaxProviders;
template <>
constexpr std::size_t kMost<events::Personality> = defaults::kMaxPersonalities;

template <>
constexpr std::size_t kMost<events::CustomTool> = defaults::kMaxToolsPerSource;

template <class Entry>
struct Kind {
  Directory<CatalogueDecider<Entry>> directory;
  std::function<Expected<void>(const Json&)> refusal;
  std::vector<std::function<void(const std::string&)>> followers;
  Kind(caf::actor_system& system, storage::Store& store) : directory(system, store) {}
};

/// Every kind there is.
template <class... Entries>
struct KindsOf : Kind<Entries>... {
  KindsOf(caf::actor_system& system, storage::Store& store) : Kind<Entries>(system, store)... {}
  std::vector<AnyDirectory*> directories() { return {&static_cast<Kind<Entries>&>(*this).directory...}; }
};
using Kinds = KindsOf<events::Provider, events::Personality, events::Platform, events::Plugin, events::McpServer,
                      events::CustomTool, events::BotSettings>;

}  // namespace

struct Catalogue::Impl {
  storage::Store& store;
  Elsewhere elsewhere;
  Kinds kinds;

  Impl(caf::actor_system& system, storage::Store& store_in, Elsewhere elsewhere_in)
      : store(store_in), elsewhere(std::move(elsewhere_in)), kinds(system, store) {}

  template <class Entry>
  Kind<Entry>& kind() {
    return kinds;
  }

  /// The journal speaks of claims; their owner knows a name. Followers come before the answer.
  template <class Entry>
  RecordAnswer then_followed(std::string id, RecordAnswer answer) {
    return [this, id = std::move(id), answer = std::move(answer)](Expected<RecordPtr> result) {
      if (!result && result.error().code == Errc::conflict && result.error().field == Entry::category)
        return answer(fail(Errc::conflict, "name is taken by another " + std::string(Entry::category), "name"));
      if (!result || kind<Entry>().followers.empty()) return answer(std::move(result));
      const bool taken = elsewhere([this, id, answer, result] {
        for (const auto& follower : kind<Entry>().followers) follower(id);
        answer(result);
      });
      if (!taken) answer(fail(Errc::overloaded, "the change is stored; it counts from the next change or start"));
    };
  }
};

Catalogue::Catalogue(caf::actor_system& system, storage::Store& store, Elsewhere elsewhere)
    : impl_(std::make_unique<Impl>(system, store, std::move(elsewhere))) {}
Catalogue::~Catalogue() = default;

template <class Entry>
void Catalogue::add(Entry entry, Cause cause, RecordAnswer answer) {
  auto& kind = impl_->kind<Entry>();
  if (kind.refusal)
    if (auto ok = kind.refusal(Json(entry)); !ok) return answer(tl::unexpected(ok.error()));
  if (!is_repeat(impl_->store, cause) && projections::EntryQueries<Entry>(impl_->store).count() >= kMost<Entry>)
    return answer(fail(Errc::conflict, "there are " + std::to_string(kMost<Entry>) + " already, which is the most"));
  AddEntry<Entry> command{random_letters(kEntryIdLength), std::move(entry)};
  const std::string id = command.id;
  kind.directory.ask(id, std::move(command), std::move(cause), impl_->then_followed<Entry>(id, std::move(answer)));
}

template <class Entry>
void Catalogue::ask(const std::string& id, typename CatalogueDecider<Entry>::Command command, Cause cause,
                    RecordAnswer answer) {
  auto& kind = impl_->kind<Entry>();
  if (const auto* change = std::get_if<ChangeEntry>(&command); change && kind.refusal)
    if (auto ok = kind.refusal(change->fields); !ok) return answer(tl::unexpected(ok.error()));
  kind.directory.ask(id, std::move(command), std::move(cause), impl_->then_followed<Entry>(id, std::move(answer)));
}

template <class Entry>
void Catalogue::guard(std::function<Expected<void>(const Json&)> refusal) {
  impl_->kind<Entry>().refusal = std::move(refusal);
}

template <class Entry>
void Catalogue::follow(std::function<void(const std::string&)> follower) {
  impl_->kind<Entry>().followers.push_back(std::move(follower));
}

std::vector<AnyDirectory*> Catalogue::directories() { return impl_->kinds.directories(); }

#define TROUPE_CATALOGUE_OF(Entry)                                                                                \
  template void Catalogue::add(Entry, Cause, RecordAnswer);                                                       \
  template void Catalogue::ask<Entry>(const std::string&, CatalogueDecider<Entry>::Command, Cause, RecordAnswer); \
  template void Catalogue::guard<Entry>(std::function<Expected<void>(const Json&)>);                              \
  template void Catalogue::follow<Entry>(std::function<void(const std::string&)>);
TROUPE_CATALOGUE_OF(events::Provider)
TROUPE_CATALOGUE_OF(events::Personality)
TROUPE_CATALOGUE_OF(events::Platform)
TROUPE_CATALOGUE_OF(events::Plugin)
TROUPE_CATALOGUE_OF(events::McpServer)
TROUPE_CATALOGUE_OF(events::CustomTool)
TROUPE_CATALOGUE_OF(events::BotSettings)
#undef TROUPE_CATALOGUE_OF

}  // namespace troupe::actors
