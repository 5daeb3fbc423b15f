// The catalogue: what administrators set up, each kind of entry with one decider. What is changed counts when it is
// answered. Thread-safe. CAF stays behind this header.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/ask.hpp"
#include "actors/catalogue_entry.hpp"
#include "storage/store.hpp"

namespace caf {
class actor_system;
}

namespace troupe::actors {

class AnyDirectory;

/// For every `Entry` of events/catalogue.hpp.
class Catalogue {
 public:
  /// `elsewhere` runs what follows a change.
  Catalogue(caf::actor_system& system, storage::Store& store, Elsewhere elsewhere);
  ~Catalogue();

  /// Names the entry and adds it. Errors, besides the decider's and the guard's: conflict (the name is taken, or there
  /// are `most_of` that kind).
  template <class Entry>
  void add(Entry entry, Cause cause, RecordAnswer answer);
  template <class Entry>
  void ask(const std::string& id, typename CatalogueDecider<Entry>::Command command, Cause cause, RecordAnswer answer);

  // Before the first change

  /// What the house asks of an entry beyond its form, by the fields that are set.
  template <class Entry>
  void guard(std::function<Expected<void>(const Json& fields)> refusal);
  /// Called after each change of such an entry with its id, before the change is answered. It may block.
  template <class Entry>
  void follow(std::function<void(const std::string& id)> follower);

  /// One for each kind.
  std::vector<AnyDirectory*> directories();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::actors
