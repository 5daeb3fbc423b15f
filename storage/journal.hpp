// The journal: the one place where Troupe writes, and where it reads back what was written.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/expected.hpp"
#include "events/record.hpp"

namespace troupe::storage {

using events::Position;
using events::Record;
using events::Version;

/// A table of projection rows. Projections name them; the store only keeps them apart.
using TableId = std::uint8_t;

/// One change to one row, part of the batch that holds the events it was computed from. Personal fields (of a row that
/// is a CBOR map) come apart from the others: they are sealed under the key of the append's owner.
struct RowChange {
  enum class Kind : std::uint8_t {
    put,    ///< `value` is the row
    erase,  ///< the row is gone
    add,    ///< `delta` is added to the counter (a missing row counts as 0)
    patch,  ///< `value` is a CBOR map; its top-level fields replace those of the row (itself a CBOR map)
  };
  TableId table = 0;
  Kind kind = Kind::put;
  std::string key;
  std::string value = {};
  std::int64_t delta = 0;
  std::string personal = {};  ///< a CBOR map: more fields of `value`
};

/// A name that at most one stream may hold, as `<kind>/<name>`: a username, an e-mail, a token. `take` needs it free or
/// already held by this stream; `release` gives it up if this stream holds it. Checked and made true in the append's
/// batch, so a claim is both the uniqueness rule and the index from the name to the stream. The name is kept as a keyed
/// digest only, because it may be a person's.
struct Claim {
  enum class Kind : std::uint8_t { take, release };
  Kind kind = Kind::take;
  std::string name;
};

/// Makes an append happen at most once. `key` is unique per caller and route; `fingerprint` is a digest of
/// the request: the same key with another fingerprint is Errc::duplicate, with the same one the first record
/// is answered again and nothing is written.
struct IdempotencyKey {
  std::string key;
  std::string fingerprint;
};

/// A request to append the events of one decision, all or nothing.
///
/// With no events it is a barrier: the conditions are checked and the answer comes when everything appended
/// before it is durable. Nothing is written, no claim changes hands; the record answered has no events, and
/// the position and version that the next event would get. A barrier has no rows.
struct Append {
  std::string stream;                       ///< `<category>/<id>`
  std::optional<Version> expected_version;  ///< last version the stream must have; nothing = any
  Micros time = 0;
  std::string caused_by;
  std::string correlation;
  std::vector<events::EncodedEvent> events;
  std::vector<Claim> claims = {};
  std::optional<IdempotencyKey> idempotency = {};
  std::vector<RowChange> rows = {};
  events::AccountId owner = 0;  ///< whose the personal fields of events and rows are
};

using RecordPtr = std::shared_ptr<const Record>;

/// Return false to stop a read early.
using RecordVisitor = std::function<bool(const Record&)>;

/// An append-only log of records with conditions, and nothing more, so that another engine can stand behind it.
///
/// Thread-safe. Reads see every acknowledged append and never half of one. One process writes at a time.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Called once, on the writer's thread: hand the work on, do not do it there.
  /// Errors: conflict (version, or a claim: `field` names the claim's kind, the part before its first '/'),
  /// not_found (the owner of personal fields has no key any more: the account was erased), duplicate, overloaded (the
  /// queue is full; nothing was written), invalid (a name is malformed, or personal fields have no owner), too_large
  /// (a limit of defaults.hpp), storage_failed (the outcome is unknown until the next start), shutting_down. An append
  /// that does not even get into the queue is answered at once, on the caller's thread.
  using Answer = std::function<void(Expected<RecordPtr>)>;

  /// Never blocks. Answers after the record is on disk (fsync), in the order of the calls.
  virtual void append(Append append, Answer answer) = 0;

  /// Calls `visit` for each record in log order, starting with the one that holds `from`.
  virtual Expected<void> read(Position from, const RecordVisitor& visit) const = 0;

  /// Calls `visit` for each record of a stream in order, starting with the one that holds version `from`.
  virtual Expected<void> read_stream(std::string_view stream, Version from, const RecordVisitor& visit) const = 0;

  /// Calls `visit` for each record of a stream, newest first, starting with the newest at or before `from`.
  virtual Expected<void> read_stream_backward(std::string_view stream, Position from,
                                              const RecordVisitor& visit) const = 0;

  /// The same for all streams of a category (`logs` holds `logs/<bot>` of every bot).
  virtual Expected<void> read_category_backward(std::string_view category, Position from,
                                                const RecordVisitor& visit) const = 0;

  /// The stream that holds a claim, if any does.
  virtual std::optional<std::string> claim_holder(std::string_view name) const = 0;

  /// The record that an idempotency key produced, if it was used: duplicate when the fingerprint differs,
  /// a null record when the key is new.
  virtual Expected<RecordPtr> find_idempotent(const IdempotencyKey& key) const = 0;

  /// Position of the last acknowledged event; 0 in an empty log.
  virtual Position last_position() const = 0;

  /// Hands every committed batch, in log order, to `follower` on the writer's thread, and then answers its appends:
  /// what an answer leads to comes after what the follower leads to. Hand the work on, do not do it there. Register followers before the first append; they live as long as the journal.
  virtual void follow(std::function<void(const std::vector<RecordPtr>&)> follower) = 0;
};

constexpr Position kNewest = ~Position{0};

}  // namespace troupe::storage
