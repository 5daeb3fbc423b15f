// What the journal stores: records of encoded events.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/time.hpp"

namespace troupe::events {

/// Global position of an event in the log. The first event has position 1; positions have no gaps.
using Position = std::uint64_t;

/// Version of an event within its stream. The first event has version 1; 0 means "no event yet".
using Version = std::uint64_t;

/// Accounts are numbered from 1; 0 is none.
using AccountId = std::int64_t;

/// One fact, encoded: its stable type name, the version of its schema, and its fields as CBOR maps (RFC 8949): those
/// that are somebody's personal data apart from the others.
struct EncodedEvent {
  std::string type;
  std::uint16_t schema = 1;
  std::string payload;
  std::string personal = {};  ///< empty: it has none, or they are gone with the key of the account they belonged to

  std::size_t bytes() const { return payload.size() + personal.size(); }

  bool operator==(const EncodedEvent&) const = default;
};

/// The events of one decision. They were appended together, stand side by side in one stream and in the log,
/// and share everything an envelope says: event i has position `position + i` and version `version + i`.
struct Record {
  Position position = 0;    ///< of the first event
  std::string stream;       ///< `<category>/<id>`
  Version version = 0;      ///< of the first event
  Micros time = 0;          ///< when it was decided
  std::string caused_by;    ///< who asked: `account/7`, `bot/AbCdEf`, `system`
  std::string correlation;  ///< the request id, so that a fact can be traced to its request
  std::vector<EncodedEvent> events;
  AccountId owner = 0;  ///< whose the events' personal fields are
  bool erased = false;  ///< the owner's key was thrown away: what was personal here is gone

  Position last_position() const { return position + events.size() - 1; }
  Version last_version() const { return version + events.size() - 1; }
  std::string_view category() const { return std::string_view(stream).substr(0, stream.find('/')); }
  std::string_view id() const {
    const auto slash = stream.find('/');
    return slash == std::string::npos ? std::string_view{} : std::string_view(stream).substr(slash + 1);
  }

  /// The id as a number, of streams such as `account/7`; 0 when it is none.
  std::int64_t number() const {
    std::int64_t value = 0;
    const std::string_view text = id();
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  bool operator==(const Record&) const = default;
};

}  // namespace troupe::events
