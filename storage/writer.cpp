#include "storage/writer.hpp"

#include <algorithm>
#include <utility>

#include "events/defaults.hpp"
#include "storage/snapshot_codec.hpp"

namespace troupe::storage {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

Error shutting_down() { return Error{Errc::shutting_down, "the journal is closing"}; }
Error failed(const std::string& why) { return Error{Errc::storage_failed, why}; }

Expected<void> check_stream_name(std::string_view stream) {
  const auto slash = stream.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == stream.size())
    return fail(Errc::invalid, "a stream is named <category>/<id>", "stream");
  if (stream.find('\0') != std::string_view::npos) return fail(Errc::invalid, "a stream's name holds no NUL", "stream");
  if (stream.size() > defaults::kMaxStreamNameBytes)
    return fail(Errc::too_large, "a stream's name is too long", "stream");
  return {};
}

Expected<void> check_key(std::string_view key, const char* field) {
  if (key.empty()) return fail(Errc::invalid, std::string(field) + " is empty", field);
  if (key.size() > defaults::kMaxStorageKeyBytes)
    return fail(Errc::too_large, std::string(field) + " is too long", field);
  return {};
}

Expected<void> check_append(const Append& append) {
  if (auto named = check_stream_name(append.stream); !named) return named;
  if (append.events.size() > defaults::kMaxAppendEvents)
    return fail(Errc::too_large, "an append has too many events", "events");
  if (append.events.empty() && !append.rows.empty())
    return fail(Errc::invalid, "rows change only along with events", "rows");
  for (const Claim& claim : append.claims)
    if (auto good = check_key(claim.name, "claim"); !good) return good;
  if (append.idempotency) return check_key(append.idempotency->key, "idempotency_key");
  return {};
}

}  // namespace

struct Writer::Batch {
  Batch(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* rows_family, Position last)
      : write(batch), rows(batch, rows_family), last_position(last) {}

  struct UsedKey {
    std::string fingerprint;
    RecordPtr record;
  };

  rocksdb::WriteBatch& write;
  RowGatherer rows;
  Position last_position;
  std::vector<RecordPtr> records;
  std::unordered_map<std::string, std::string> claims;  // name -> stream, empty when it was released
  std::unordered_map<std::string, UsedKey> idempotency;
  std::optional<Error> broken;  // a read or write that failed: nothing of this batch counts
};

Writer::Writer(Database& database, const Secrets& secrets, Witness witness, Position last_position, Limits limits,
               std::function<Micros()> clock, MirroredCounters& mirrored)
    : database_(database),
      secrets_(secrets),
      reader_(database, secrets),
      witness_(std::move(witness)),
      limits_(limits),
      clock_(std::move(clock)),
      mirrored_(mirrored),
      last_position_(last_position),
      heads_(defaults::kMaxRememberedStreams),
      thread_([this] { run(); }) {}

Writer::~Writer() { close(); }

// Callers' threads

Expected<Writer::Request> Writer::prepare(Append append) const {
  if (auto good = check_append(append); !good) return tl::unexpected(good.error());
  std::string personal = personal_part(append.events);
  const bool any_personal = !personal.empty() || std::any_of(append.rows.begin(), append.rows.end(),
                                                             [](const auto& row) { return !row.personal.empty(); });
  std::optional<SealingKey> key;
  if (any_personal) {
    if (append.owner == 0) return troupe::fail(Errc::invalid, "personal fields have no owner", "owner");
    key = secrets_.personal_key(append.owner);
    if (!key) return troupe::fail(Errc::not_found, "the account is gone");
  }
  auto rows = prepare_rows(std::move(append.rows), append.owner, key);
  if (!rows) return tl::unexpected(rows.error());

  Request request;
  request.record =
      std::make_shared<Record>(Record{0, std::move(append.stream), 0, append.time, std::move(append.caused_by),
                                      std::move(append.correlation), std::move(append.events), append.owner});
  request.body = encode_body(*request.record, personal.empty() ? personal : key->seal(personal));
  request.expected_version = append.expected_version;
  request.claims = std::move(append.claims);
  for (Claim& claim : request.claims) claim.name = claim_key(secrets_, claim.name);
  request.idempotency = std::move(append.idempotency);
  request.rows = std::move(*rows);
  request.bytes = request.body.bytes.size();
  for (const auto& change : request.rows) request.bytes += change.bytes();
  for (const auto& claim : request.claims) request.bytes += claim.name.size();
  if (request.idempotency) request.bytes += request.idempotency->key.size() + request.idempotency->fingerprint.size();
  if (request.bytes > defaults::kMaxAppendBytes) return troupe::fail(Errc::too_large, "an append is too large");
  return request;
}

std::optional<Error> Writer::enqueue(Request& request) {
  const std::lock_guard lock(mutex_);
  if (failure_) return failed(*failure_);
  if (closing_) return shutting_down();
  if (queue_.size() >= limits_.queued_appends || queued_bytes_ + request.bytes > limits_.queued_bytes)
    return Error{Errc::overloaded, "too many appends are waiting"};
  queued_bytes_ += request.bytes;
  queue_.push_back(std::move(request));
  if (queue_.size() == 1) work_.notify_one();
  return std::nullopt;
}

void Writer::append(Append append, Journal::Answer answer) {
  const auto arrived = Clock::now();
  auto request = prepare(std::move(append));
  if (!request) return answer(tl::unexpected(request.error()));
  request->answer = std::move(answer);
  request->arrived = arrived;
  if (auto refusal = enqueue(*request)) request->answer(tl::unexpected(std::move(*refusal)));
}

void Writer::save_snapshot(std::string stream, Snapshot snapshot) {
  if (snapshot.owner != 0) {
    const auto key = secrets_.personal_key(snapshot.owner);
    if (!key) return;
    snapshot.state = key->seal(snapshot.state);
  }
  WaitingSnapshot waiting{snapshot.version, encode_snapshot(snapshot)};
  const std::lock_guard lock(mutex_);
  const auto earlier = snapshots_.find(stream);
  const std::size_t freed = earlier == snapshots_.end() ? 0 : earlier->second.encoded.size();
  const std::size_t bytes = snapshot_bytes_ - freed + waiting.encoded.size();
  if (closing_ || bytes > defaults::kMaxPendingSnapshotBytes) return;
  if (earlier == snapshots_.end() && snapshots_.size() >= defaults::kMaxPendingSnapshots) return;
  snapshot_bytes_ = bytes;
  snapshots_[std::move(stream)] = std::move(waiting);
}

void Writer::follow(std::function<void(const std::vector<RecordPtr>&)> follower) {
  const std::lock_guard lock(mutex_);
  followers_.push_back(std::move(follower));
}

void Writer::on_failure(std::function<void(std::string)> on_failure) {
  const std::lock_guard lock(mutex_);
  on_failure_ = std::move(on_failure);
}

void Writer::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (failure_) return;
  failure_ = error.message;
  healthy_.store(false, std::memory_order_release);
  work_.notify_one();
}

void Writer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    work_.notify_one();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  if (!healthy()) return;  // what the disk refused stays as it is: the next start recovers what was acknowledged
  write_batch_.Clear();
  Batch last(write_batch_, database_.handle(Family::rows), last_position());
  add_snapshots(last);
  if (write_batch_.Count() > 0) (void)database_.write(write_batch_, {});
  if (database_.flush()) (void)witness_.sync();
}

StoreMetrics Writer::metrics() const {
  StoreMetrics metrics;
  metrics.batches = batches_.load(kRelaxed);
  metrics.appends = appends_.load(kRelaxed);
  metrics.events = events_.load(kRelaxed);
  metrics.refused = refused_.load(kRelaxed);
  metrics.append_latency_buckets = latency_.cumulative();
  metrics.append_latency_sum_seconds = latency_.sum();
  metrics.batch_size_buckets = batch_sizes_.cumulative();
  const std::lock_guard lock(mutex_);
  metrics.queue_depth = queue_.size();
  metrics.queue_bytes = queued_bytes_;
  return metrics;
}

// The writer's thread

void Writer::run() {
  for (;;) {
    auto requests = take();
    if (const auto why = failure()) {
      for (auto& request : requests) request.answer(tl::unexpected(failed(*why)));
      announce_failure(*why);
    } else if (!requests.empty()) {
      commit(requests);
      heads_.trim();
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (closing_ && queue_.empty()) return;
  }
}

/// Waits for work. Takes as many appends as fit a batch, at least one; none when there is something else to do.
std::vector<Writer::Request> Writer::take() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return closing_ || !queue_.empty() || (failure_ && !failure_announced_); });
  // Whoever is runnable goes first: on busy processors the batch is larger for it, on idle ones this takes no time.
  lock.unlock();
  std::this_thread::yield();
  lock.lock();
  std::vector<Request> taken;
  std::size_t events = 0;
  while (!queue_.empty()) {
    Request& next = queue_.front();
    events += std::max<std::size_t>(next.record->events.size(), 1);
    if (!taken.empty() && events > limits_.batch_events) break;
    queued_bytes_ -= next.bytes;
    taken.push_back(std::move(next));
    queue_.pop_front();
  }
  return taken;
}

std::optional<std::string> Writer::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Writer::announce_failure(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(failure_announced_, true)) return;
  }
  if (on_failure_) on_failure_(why);
}

void Writer::commit(std::vector<Request>& requests) {
  write_batch_.Clear();
  Batch batch(write_batch_, database_.handle(Family::rows), last_position());
  std::vector<Outcome> outcomes;
  outcomes.reserve(requests.size());
  for (auto& request : requests) {
    outcomes.push_back(admit(request, batch));
    if (batch.broken) break;
  }
  if (!batch.broken && !batch.records.empty())
    if (auto written = write(batch); !written) batch.broken = written.error();
  if (batch.broken) {
    fail(*batch.broken);
    for (auto& request : requests) request.answer(tl::unexpected(failed(batch.broken->message)));
    return;
  }

  // Before the answers: who acts on one, acts after the event was handed on.
  if (!batch.records.empty())
    for (const auto& follower : followers_) follower(batch.records);
  const auto now = Clock::now();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!outcomes[i]) refused_.fetch_add(1, kRelaxed);
    latency_.observe(std::chrono::duration<double>(now - requests[i].arrived).count());
    requests[i].answer(std::move(outcomes[i]));
  }
}

/// Checks the conditions of one append and, when they hold, makes it part of the batch.
Writer::Outcome Writer::admit(Request& request, Batch& batch) {
  const auto broken = [&](const Error& error) -> Outcome {
    batch.broken = error;
    return tl::unexpected(error);
  };
  if (auto answered = earlier_answer(request, batch)) return *answered;

  const std::string& stream = request.record->stream;
  const auto last_version = head(stream);
  if (!last_version) return broken(last_version.error());
  if (request.expected_version && *request.expected_version != *last_version)
    return troupe::fail(Errc::conflict,
                        "the stream is at version " + std::to_string(*last_version) + ", not " +
                            std::to_string(*request.expected_version),
                        "version");

  // This append's own claims, so that it is all or nothing.
  std::unordered_map<std::string, std::string> changed;
  for (const Claim& claim : request.claims) {
    const auto own = changed.find(claim.name);
    const auto holder = own != changed.end() ? Expected<std::string>(own->second) : claim_holder(claim.name, batch);
    if (!holder) return broken(holder.error());
    if (claim.kind == Claim::Kind::release) {
      if (*holder == stream) changed[claim.name].clear();
    } else if (holder->empty()) {
      changed[claim.name] = stream;
    } else if (*holder != stream) {
      std::string kind = claim.name.substr(0, claim.name.find('/'));
      return troupe::fail(Errc::conflict, "the " + kind + " is taken", kind);
    }
  }

  Record& record = *request.record;
  record.position = batch.last_position + 1;
  record.version = *last_version + 1;
  if (record.events.empty()) return RecordPtr(request.record);
  for (auto& [name, holder] : changed) {
    auto* claims = database_.handle(Family::claims);
    if (holder.empty())
      batch.write.Delete(claims, name);
    else
      batch.write.Put(claims, name, holder);
    batch.claims.insert_or_assign(name, std::move(holder));
  }
  add_record(request, batch);
  return RecordPtr(request.record);
}

/// The answer to an idempotency key that was used before, if it was.
std::optional<Writer::Outcome> Writer::earlier_answer(const Request& request, Batch& batch) {
  if (!request.idempotency) return std::nullopt;
  const auto& [key, fingerprint] = *request.idempotency;
  if (const auto same_batch = batch.idempotency.find(key); same_batch != batch.idempotency.end()) {
    if (same_batch->second.fingerprint != fingerprint)
      return troupe::fail(Errc::duplicate, "the idempotency key was used for another request");
    return Outcome(same_batch->second.record);
  }
  auto found = reader_.find_idempotent(*request.idempotency, clock_());
  if (found && !*found) return std::nullopt;
  if (!found && found.error().code != Errc::duplicate) batch.broken = found.error();
  return found;
}

Expected<Version> Writer::head(const std::string& stream) {
  if (const auto known = heads_.find(stream)) return *known;
  const auto version = reader_.last_version(stream);
  if (version) heads_.remember(stream, *version);
  return version;
}

/// Empty when the claim is free.
Expected<std::string> Writer::claim_holder(const std::string& name, const Batch& batch) const {
  if (const auto changed = batch.claims.find(name); changed != batch.claims.end()) return changed->second;
  auto holder = database_.get(Family::claims, name);
  if (!holder) return tl::unexpected(holder.error());
  return holder->value_or("");
}

void Writer::add_record(Request& request, Batch& batch) {
  const Record& record = *request.record;
  const auto trailer = encode_trailer(request.body, record.position, record.version);
  const std::string key = position_key(record.position);
  const rocksdb::Slice key_part(key);
  const rocksdb::Slice value_parts[] = {request.body.bytes, {trailer.data(), trailer.size()}};
  batch.write.Put(database_.handle(Family::events), rocksdb::SliceParts(&key_part, 1),
                  rocksdb::SliceParts(value_parts, 2));
  batch.write.Put(database_.handle(Family::streams), index_key(record.stream, record.version),
                  stream_entry(record.position, record.events.size()));
  batch.write.Put(database_.handle(Family::categories), index_key(record.category(), record.position), "");
  if (request.idempotency) {
    auto& [key_name, fingerprint] = *request.idempotency;
    batch.write.Put(database_.handle(Family::idempotency), key_name,
                    encode_idempotency_entry({fingerprint, record.position, clock_()}));
    batch.idempotency.insert_or_assign(std::move(key_name), Batch::UsedKey{std::move(fingerprint), request.record});
  }
  for (auto& change : request.rows) batch.rows.add(std::move(change));
  heads_.remember(record.stream, record.last_version());
  batch.last_position = record.last_position();
  batch.records.push_back(request.record);
}

/// Waiting snapshots ride along. One that is ahead of its stream is dropped: its events were refused.
void Writer::add_snapshots(Batch& batch) {
  std::unordered_map<std::string, WaitingSnapshot> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (snapshots_.empty()) return;
    waiting.swap(snapshots_);
    snapshot_bytes_ = 0;
  }
  for (const auto& [stream, snapshot] : waiting) {
    const auto version = head(stream);
    if (version && snapshot.version <= *version)
      batch.write.Put(database_.handle(Family::snapshots), stream, snapshot.encoded);
  }
}

Expected<void> Writer::write(Batch& batch) {
  const auto additions = batch.rows.finish();
  add_snapshots(batch);
  rocksdb::WriteOptions options;
  options.sync = true;
  if (auto written = database_.write(batch.write, options); !written) return written;
  if (auto witnessed = witness_.write(batch.last_position); !witnessed) return witnessed;
  for (const auto& [key, sum] : additions) mirrored_.add(key, sum);
  last_position_.store(batch.last_position, std::memory_order_release);
  has_appended_.store(true, std::memory_order_release);
  const std::size_t events = batch.last_position - batch.records.front()->position + 1;
  batches_.fetch_add(1, kRelaxed);
  appends_.fetch_add(batch.records.size(), kRelaxed);
  events_.fetch_add(events, kRelaxed);
  batch_sizes_.observe(static_cast<double>(events));
  return {};
}

}  // namespace troupe::storage
