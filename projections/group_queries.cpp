#include "projections/group_queries.hpp"

#include "projections/group_keys.hpp"
#include "projections/read_row.hpp"
#include "storage/row_value.hpp"

namespace troupe::projections {

std::optional<GroupRow> GroupQueries::group(AccountId group) const {
  return read_row<GroupRow>(store_, storage::big64(static_cast<std::uint64_t>(group)));
}

std::optional<GroupLoginRow> GroupQueries::login(std::string_view token_hash) const {
  return read_row<GroupLoginRow>(store_, token_hash);
}

std::optional<AccountId> GroupQueries::group_with_code(std::string_view code_hash) const {
  const auto id = id_of_holder(store_, events::group_code_claim(code_hash), events::kGroups);
  return id ? std::optional<AccountId>(std::stoll(*id)) : std::nullopt;
}

GroupCounts GroupQueries::counts(AccountId group, std::int64_t day) const {
  GroupCounts counts;
  const std::string prefix = group_day_prefix(group, day);
  store_.scan(id_of(Table::group_days), prefix, {}, storage::Store::Direction::forward,
              [&](std::string_view key, std::string_view value) {
                const auto figure = static_cast<GroupFigure>(key[prefix.size()]);
                const auto user = key.substr(prefix.size() + 1);
                const auto number = storage::decode_counter(value).value_or(0);
                auto& count =
                    user.empty() ? counts.all : counts.users[static_cast<AccountId>(storage::read_big64(user))];
                switch (figure) {
                  case GroupFigure::asked: count.asked = number; break;
                  case GroupFigure::forgiven: count.forgiven = number; break;
                  case GroupFigure::told: count.told = number > 0; break;
                  case GroupFigure::messages: counts.messages = number; break;
                  case GroupFigure::answers: counts.answers = number; break;
                  case GroupFigure::tool_calls: counts.tool_calls = number; break;
                }
                return true;
              });
  return counts;
}

std::vector<GroupMember> GroupQueries::members(AccountId group) const {
  std::vector<GroupMember> members;
  store_.scan(id_of(Table::group_members), numbers_key({group}), {}, storage::Store::Direction::forward,
              [&](std::string_view key, std::string_view value) {
                members.push_back({static_cast<AccountId>(storage::read_big64(key.substr(8))),
                                   static_cast<Micros>(storage::read_big64(value))});
                return true;
              });
  return members;
}

}  // namespace troupe::projections
