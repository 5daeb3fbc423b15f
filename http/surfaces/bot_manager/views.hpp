// From what the house knows to the JSON of the Bot Manager dialect. Pure.
#pragma once

#include "http/route.hpp"
#include "projections/queries.hpp"

namespace troupe::http::bot_manager {

/// A time, or null for "never".

OrderedJson user_brief(const projections::AccountRow& row);   ///< after a login
OrderedJson user_self(const projections::AccountRow& row);    ///< `me`
OrderedJson user_listed(const projections::AccountRow& row);  ///< the administrator's list
OrderedJson user_found(const projections::AccountRow& row);   ///< a search result
OrderedJson user_details(const projections::AccountRow& row);

OrderedJson bot_of_mine(const projections::BotRow& row);
OrderedJson bot_of_user(const projections::BotRow& row);
OrderedJson bot_of_system(const projections::BotRow& row);
OrderedJson bot_details(const projections::BotRow& row);

OrderedJson command_view(const projections::CommandRow& row);
/// The same, with `completed_at` and `result` also while it is pending (null).
OrderedJson command_in_history(const projections::CommandRow& row);

OrderedJson log_entry(const events::LogReported& entry, std::string_view bot_id, Micros time);
OrderedJson message(const events::MessageReported& message, std::string_view bot_id, Micros time);
/// A message as the log shows it: an entry of type `message`.
OrderedJson message_as_log(const events::MessageReported& message, std::string_view bot_id, Micros time);
OrderedJson log_view(const projections::FeedEntry& entry);
OrderedJson message_view(const projections::FeedEntry& entry);

template <class Rows, class View>
OrderedJson list(const Rows& rows, View view) {
  OrderedJson items = OrderedJson::array();
  for (const auto& row : rows) items.push_back(view(row));
  return items;
}

/// `{"<name>": [...], "count": n}`
template <class Rows, class View>
OrderedJson counted(const char* name, const Rows& rows, View view) {
  OrderedJson answer;
  answer[name] = list(rows, view);
  answer["count"] = rows.size();
  return answer;
}

}  // namespace troupe::http::bot_manager
