// How the house is, and what was used of it: status, health, and figures of the models by day.
#pragma once

#include "http/machine.hpp"
#include "http/surfaces/chatai/context.hpp"
#include "projections/contact_queries.hpp"
#include "projections/usage_queries.hpp"

namespace troupe::http::chatai {

class House {
 public:
  explicit House(Context& context)
      : context_(context),
        usage_(context.services.store),
        contacts_(context.services.store),
        machine_(context.services.store.folder()) {}

  void status(const CallPtr& call);
  void info(const CallPtr& call);
  void health(const CallPtr& call);
  void monitor(const CallPtr& call);
  void version(const CallPtr& call);

  // Figures of a period: `day`, `week`, `month` or `all`
  void stats(const CallPtr& call);
  void models(const CallPtr& call);
  void channels(const CallPtr& call);
  void users(const CallPtr& call);
  void groups(const CallPtr& call);

 private:
  void answer_by_name(const CallPtr& call, projections::UsageOf kind, const char* list, const char* name);
  std::string name_of_user(const std::string& number) const;

  Context& context_;
  projections::UsageQueries usage_;
  projections::ContactQueries contacts_;
  Machine machine_;
};

}  // namespace troupe::http::chatai
