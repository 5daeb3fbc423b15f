// What bots remember of people and groups, for those who administer them: found, written, merged and forgotten for good.
#pragma once

#include "http/surfaces/chatai/contacts.hpp"
#include "http/surfaces/chatai/context.hpp"
#include "projections/memory_queries.hpp"

namespace troupe::http::chatai {

class Memories {
 public:
  explicit Memories(Context& context)
      : context_(context), contacts_(context.services.store), queries_(context.services.store) {}

  void users(const CallPtr& call);
  void stats(const CallPtr& call);
  void categories(const CallPtr& call);
  /// By the body or the query.
  void search(const CallPtr& call);
  /// All of one user, or what fits a query where there is one.
  void list(const CallPtr& call);

  void of_user(const CallPtr& call);
  void stats_of_user(const CallPtr& call);
  void category_of_user(const CallPtr& call);
  void of_group(const CallPtr& call);
  void show(const CallPtr& call);

  /// About the user in the path, or in the body.
  void add(const CallPtr& call);
  void add_many(const CallPtr& call);
  void change(const CallPtr& call);
  void merge(const CallPtr& call);
  void summarize(const CallPtr& call);

  void remove(const CallPtr& call);
  void remove_of_user(const CallPtr& call);
  void remove_all(const CallPtr& call);
  /// A person or group wholly, with all that it ever said.
  void forget_contact(const CallPtr& call);

 private:
  class View;

  /// Errors: as of Contacts::find; invalid (not a string or number).
  Expected<events::AccountId> user_in(const Json& body) const;
  Expected<events::AccountId> group_in(const Json& body) const;
  Expected<actors::NewFact> fact_in(const Json& body) const;
  std::optional<events::AccountId> user_or_refused(const CallPtr& call) const;
  std::optional<projections::FactRow> fact_or_refused(const CallPtr& call) const;
  void answer_merged(const CallPtr& call, const char* method);
  void forget(const CallPtr& call, events::AccountId id);
  void find(const CallPtr& call, actors::MemoryQuery query);

  Context& context_;
  Contacts contacts_;
  projections::MemoryQueries queries_;
};

}  // namespace troupe::http::chatai
