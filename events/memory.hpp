// What bots remember of people and groups: facts. Stream `memory/<number of the account or contact>`.
//
// Each fact has a number out of the sequence of accounts, and under it a personal key of its own
// (storage/personal_keys.hpp). What it says is sealed with that and, around it, with the key of whom it is about. To
// forget a fact is to throw its key away, and to forget a person makes all of theirs unreadable at once: in the log, the
// rows, and every later backup.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "events/account.hpp"
#include "events/codec.hpp"

namespace troupe::events {

/// Category of the streams here.
inline constexpr std::string_view kMemories = "memory";

/// Out of the sequence of accounts' numbers.
using FactId = AccountId;

/// What a fact is about. The words of older clients are in actors/memory.hpp.
inline constexpr std::string_view kFactCategories[] = {"profile", "preference", "event", "relation", "topic", "custom"};
/// Where it comes from: drawn from what was said, written by an administrator, brought in a list, kept by a model or the
/// person, or made of others.
inline constexpr std::string_view kFactSources[] = {"auto", "manual", "import", "tool", "summary"};

/// How many facts of each category somebody has; none has no entry.
using FactCounts = std::map<std::string, std::int64_t>;

/// What a fact says: sealed as one JSON text, in url-safe base64, under the fact's own key.
struct FactContent {
  std::string text;
  std::string sub_type;
  Json metadata = Json::object();
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FactContent, text, sub_type, metadata)

struct FactRemembered {
  static constexpr std::string_view type = "FactRemembered";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"sealed_content"};
  FactId id = 0;
  AccountId subject = 0;  ///< whom it is about: an account or a contact
  AccountId group = 0;    ///< the group where it was learned; 0: none
  std::string category, source;
  double confidence = 0;  ///< from 0 to 1
  std::string sealed_content;
  FactCounts counts;  ///< of the subject, with this one
};
TROUPE_EVENT(FactRemembered, id, subject, group, category, source, confidence, sealed_content, counts)

/// What it says now; also when something nearly the same was remembered, and this fact was brought up to date by it.
struct FactChanged {
  static constexpr std::string_view type = "FactChanged";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"sealed_content"};
  FactId id = 0;
  AccountId subject = 0;
  std::string category, former_category;
  double confidence = 0;
  std::string sealed_content;
  FactCounts counts;
};
TROUPE_EVENT(FactChanged, id, subject, category, former_category, confidence, sealed_content, counts)

/// Its key goes next.
struct FactForgotten {
  static constexpr std::string_view type = "FactForgotten";
  static constexpr std::uint16_t schema = 1;
  FactId id = 0;
  AccountId subject = 0, group = 0;
  std::string category;
  FactCounts counts;  ///< without this one
};
TROUPE_EVENT(FactForgotten, id, subject, group, category, counts)

/// The meaning of a fact as a vector, for as long as what it says does not change.
struct FactEmbedded {
  static constexpr std::string_view type = "FactEmbedded";
  static constexpr std::uint16_t schema = 1;
  static constexpr std::string_view personal[] = {"sealed_vector"};
  FactId id = 0;
  std::string model;
  std::string sealed_vector;  ///< projections::bytes_of it, under the fact's own key
};
TROUPE_EVENT(FactEmbedded, id, model, sealed_vector)

using MemoryEvent = std::variant<FactRemembered, FactChanged, FactForgotten, FactEmbedded>;

}  // namespace troupe::events
