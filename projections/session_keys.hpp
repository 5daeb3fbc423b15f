// Keys of the session tables (projections/rows.hpp), for those who write the rows and those who read them.
#pragma once

#include <string>
#include <string_view>

#include "projections/rows.hpp"
#include "storage/coding.hpp"

namespace troupe::projections {

using events::SessionId;

inline constexpr Micros kDayMicros = Micros{24} * 3600 * 1'000'000;

/// Days since 1970-01-01, UTC.
inline std::int64_t day_of(Micros time) { return time / kDayMicros; }

inline std::string numbers_key(std::initializer_list<std::int64_t> numbers) {
  std::string key;
  for (const auto number : numbers) storage::put_big64(key, static_cast<std::uint64_t>(number));
  return key;
}
inline std::string session_key(SessionId id) { return numbers_key({id}); }
inline std::string member_key(SessionId id, AccountId account) { return numbers_key({id, account}); }
inline std::string message_key(SessionId id, std::int64_t number) { return numbers_key({id, number}); }
inline std::string session_of_member_prefix(AccountId account, std::string_view kind) {
  return numbers_key({account}) + std::string(kind) + '/';
}
inline std::string session_of_member_key(AccountId account, std::string_view kind, SessionId id) {
  return session_of_member_prefix(account, kind) + numbers_key({id});
}
inline std::string reaction_key(SessionId id, std::int64_t number, AccountId account, std::string_view emoji) {
  return numbers_key({id, number, account}) + std::string(emoji);
}
inline std::string chat_day_key(AccountId account, std::int64_t day, ChatFigure figure) {
  return numbers_key({account, day}) + static_cast<char>(figure);
}

}  // namespace troupe::projections
