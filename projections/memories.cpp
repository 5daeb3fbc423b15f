// Facts as they stand, whose they are, and how many.
#include "projections/changes.hpp"

namespace troupe::projections {
namespace {

using namespace events;

/// What is counted of somebody, in place of what was.
void recount(AccountId subject, const FactCounts& counts, const Context& c, Rows& rows) {
  if (counts.empty())
    rows.push_back(erase(Table::fact_subjects, big64(subject)));
  else
    rows.push_back(put_row(big64(subject), FactSubjectRow{subject, counts, c.time}));
}

std::int64_t total(const FactCounts& counts) {
  std::int64_t total = 0;
  for (const auto& [category, count] : counts) total += count;
  return total;
}

void count(const std::string& category, std::int64_t delta, Rows& rows) {
  rows.push_back(add(kTotalFacts, delta));
  rows.push_back(add(facts_of_category(category), delta));
}

void on(const FactRemembered& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(big64(e.id), FactRow{e.id, e.subject, e.group, e.category, e.source, e.confidence,
                                              e.sealed_content, c.time, c.time}));
  rows.push_back(put_key(Table::facts_of_subject, big64(e.subject) + big64(e.id)));
  if (e.group != 0) rows.push_back(put_key(Table::facts_of_group, big64(e.group) + big64(e.id)));
  rows.push_back(put_key(Table::account_numbers, big64(e.id)));
  recount(e.subject, e.counts, c, rows);
  count(e.category, 1, rows);
  if (total(e.counts) == 1) rows.push_back(add(kTotalFactSubjects, 1));
}

void on(const FactChanged& e, const Context& c, Rows& rows) {
  rows.push_back(patch<FactRow>(big64(e.id), {{"category", e.category},
                                              {"confidence", e.confidence},
                                              {"sealed_content", e.sealed_content},
                                              {"updated_at", c.time}}));
  rows.push_back(erase(Table::fact_vectors, big64(e.id)));
  recount(e.subject, e.counts, c, rows);
  if (e.category == e.former_category) return;
  count(e.former_category, -1, rows);
  count(e.category, 1, rows);
}

void on(const FactForgotten& e, const Context& c, Rows& rows) {
  rows.push_back(erase(Table::facts, big64(e.id)));
  rows.push_back(erase(Table::facts_of_subject, big64(e.subject) + big64(e.id)));
  if (e.group != 0) rows.push_back(erase(Table::facts_of_group, big64(e.group) + big64(e.id)));
  rows.push_back(erase(Table::fact_vectors, big64(e.id)));
  recount(e.subject, e.counts, c, rows);
  count(e.category, -1, rows);
  if (e.counts.empty()) rows.push_back(add(kTotalFactSubjects, -1));
}

void on(const FactEmbedded& e, const Context&, Rows& rows) {
  rows.push_back(put_row(big64(e.id), FactVectorRow{e.model, e.sealed_vector}));
}

}  // namespace

void project(const events::MemoryEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
