// The one entity actor, over any decider, and the directory that finds or wakes the actor for an id.
//
// An entity wakes on its first message from its snapshot and the rest of its stream. It decides at once on top of what
// is already on its way to the journal (pipelining) and answers when the journal says the events are durable. Its
// appends carry the version they were decided on, so a failed one fails all that were built on it: the actor then waits
// for the last of them, wakes from the log again, and decides the commands anew.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <unordered_map>

#include "actors/decider.hpp"
#include "actors/handover.hpp"
#include "actors/protocol.hpp"
#include "events/codec.hpp"
#include "projections/projection.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

/// How often one command is decided anew after an append that it was built on failed. The first command after a failure
/// is decided on what is in the log and cannot be outrun, so each pass answers at least one of those that wait.
inline constexpr std::size_t kMaxAttempts = defaults::kMaxEntityQueue;

/// One awake entity, as the directory sees it. Outlives its place there: answers on their way hold it.
struct DirectoryEntry {
  caf::actor actor;
  std::atomic<std::size_t> unanswered{0};  ///< asks accepted and not answered yet
  std::atomic<Micros> last_used{0};
};

template <class Decider>
class EntityActor : public caf::event_based_actor {
 public:
  using State = typename Decider::State;
  using Event = typename Decider::Event;

  EntityActor(caf::actor_config& config, storage::Store& store, std::string id)
      : caf::event_based_actor(config), store_(store), id_(std::move(id)) {
    tsan::hand_over(this);
  }
  ~EntityActor() override { tsan::take_over(this); }

  caf::behavior make_behavior() override {
    return {
        [this](const AskPtr<Decider>& ask) {
          const tsan::Turn turn(this);
          tsan::take_over(ask.get());
          receive_safely(ask);
        },
        [this](append_answered_atom) {
          const tsan::Turn turn(this);
          begin_anew();
        },
        [this](passivate_atom) {
          const tsan::Turn turn(this);
          if (loaded_ && !stale_ && since_snapshot_ >= kWorthASnapshot) save_snapshot();
          quit();
        },
    };
  }

  const char* name() const override { return Decider::category.data(); }

 private:
  /// What the journal's answers tell the actor about its appends, on the writer's thread.
  struct Flight {
    std::atomic<std::size_t> unanswered{0};
    std::atomic<bool> failed{false};   ///< what was decided is void
    std::atomic<bool> awaited{false};  ///< tell of every answer
  };

  /// Fewer replayed events than this cost less than writing a snapshot at every sleep.
  static constexpr std::uint64_t kWorthASnapshot = 16;

  std::string stream() const { return std::string(Decider::category) + "/" + id_; }

  /// An exception would end the actor and leave its askers waiting for ever.
  void receive_safely(const AskPtr<Decider>& ask) {
    try {
      receive(ask);
    } catch (const std::exception& e) {
      ask->answer(fail(Errc::corrupt, std::string("a decision failed: ") + e.what()));
    }
  }

  void receive(const AskPtr<Decider>& ask) {
    if (stale_ || flight_->failed) {
      waiting_.push_back(ask);
      begin_anew();
      return;
    }
    if (!loaded_) {
      if (auto ok = wake(); !ok) return ask->answer(tl::unexpected(ok.error()));
    }
    // In this order: an answer says that it failed before it counts itself off.
    if (since_snapshot_ >= defaults::kSnapshotEvery && flight_->unanswered == 0 && !flight_->failed) save_snapshot();
    if (const auto& key = ask->cause.idempotency) {
      if (flight_->unanswered == 0) keys_in_flight_.clear();
      if (!keys_in_flight_.insert(key->key).second) {
        // The first one is still on its way: its repeat is decided when it has arrived.
        waiting_.push_back(ask);
        begin_anew();
        return;
      }
      auto first = store_.find_idempotent(*key);
      if (!first) return ask->answer(tl::unexpected(first.error()));
      if (*first) return ask->answer(*first);
    }
    auto events = Decider::decide(state_, ask->command, ask->cause.now);
    if (!events) return ask->answer(tl::unexpected(events.error()));
    append(ask, *events);
  }

  void append(const AskPtr<Decider>& ask, const std::vector<Event>& events) {
    storage::Append append = append_to(stream(), ask->cause);
    append.expected_version = version_;
    const projections::Context context{id_, ask->cause.now};
    for (const Event& event : events) {
      append.events.push_back(events::encode(event));
      auto claims = Decider::claims(state_, event);
      std::move(claims.begin(), claims.end(), std::back_inserter(append.claims));
      projections::project(event, context, append.rows);
      Decider::evolve(state_, event, ask->cause.now);
    }
    append.owner = Decider::owner(state_);
    version_ += events.size();
    since_snapshot_ += events.size();
    const auto decided_on = version_ - events.size();
    ++flight_->unanswered;
    store_.append(std::move(append), [this_actor = caf::actor(this), flight = flight_, ask, decided_on,
                                      name = stream()](Expected<storage::RecordPtr> result) {
      const bool outrun = !result && result.error().code == Errc::conflict && result.error().field == "version";
      // An idempotent repeat is answered with the first record: then what this actor made of the command is void too.
      const bool replayed =
          result && ((*result)->stream != name || (!(*result)->events.empty() && (*result)->version != decided_on + 1));
      if (!result || replayed) flight->failed = true;  // before the count: nothing is decided or kept on a void state
      --flight->unanswered;
      if (flight->failed || flight->awaited) caf::anon_send(this_actor, append_answered_atom::value);
      if (!outrun || ++ask->attempts >= kMaxAttempts) return ask->answer(std::move(result));
      tsan::hand_over(ask.get());
      caf::anon_send(this_actor, ask);
    });
  }

  /// Decides nothing more until every append has been answered (those built on a failed one have failed as well), then
  /// wakes from the log.
  void begin_anew() {
    stale_ = true;
    flight_->awaited = true;
    if (flight_->unanswered != 0) return;
    flight_->awaited = false;
    flight_->failed = false;
    stale_ = false;
    loaded_ = false;
    keys_in_flight_.clear();
    auto waiting = std::move(waiting_);
    waiting_.clear();
    for (const auto& ask : waiting) receive_safely(ask);
  }

  Expected<void> wake() {
    state_ = State{};
    version_ = 0;
    since_snapshot_ = 0;
    if (auto snapshot = store_.snapshot(stream()); snapshot && snapshot->schema == Decider::snapshot_schema) {
      auto fields = events::from_cbor(snapshot->state);
      if (!fields) return tl::unexpected(fields.error());
      state_ = fields->template get<State>();
      version_ = snapshot->version;
    }
    std::optional<Error> error;
    const auto read = store_.read_stream(stream(), version_ + 1, [&](const storage::Record& record) {
      for (std::size_t i = 0; i < record.events.size(); ++i) {
        if (record.version + i <= version_) continue;
        auto event = events::decode<Event>(record.events[i]);
        if (!event) {
          error = event.error();
          return false;
        }
        Decider::evolve(state_, *event, record.time);
        version_ = record.version + i;
        ++since_snapshot_;
      }
      return true;
    });
    if (!read) return read;
    if (error) return tl::unexpected(*error);
    loaded_ = true;
    return {};
  }

  void save_snapshot() {
    store_.save_snapshot(stream(),
                         {version_, Decider::snapshot_schema, events::to_cbor(Json(state_)), Decider::owner(state_)});
    since_snapshot_ = 0;
  }

  storage::Store& store_;
  std::string id_;
  State state_;
  events::Version version_ = 0;
  std::uint64_t since_snapshot_ = 0;
  bool loaded_ = false;
  bool stale_ = false;
  std::vector<AskPtr<Decider>> waiting_;  ///< not a deque, which takes half a kilobyte when it is empty
  std::set<std::string> keys_in_flight_;  ///< idempotency keys of appends that may not have been answered yet
  std::shared_ptr<Flight> flight_ = std::make_shared<Flight>();
};

/// What all directories have in common, whatever their entities.
class AnyDirectory {
 public:
  virtual ~AnyDirectory() = default;
  /// Puts to sleep what was idle since `idle_since`.
  virtual void passivate(Micros idle_since) = 0;
  virtual std::size_t awake() const = 0;
};

/// Finds or wakes the actor for an id. Thread-safe.
template <class Decider>
class Directory final : public AnyDirectory {
 public:
  Directory(caf::actor_system& system, storage::Store& store) : system_(system), store_(store) {}

  /// Errors, besides the decider's and the journal's: overloaded (too many wait for this entity, or too many awake).
  void ask(std::string id, typename Decider::Command command, Cause cause, RecordAnswer answer) {
    auto refused = [&](const char* why) { answer(fail(Errc::overloaded, why)); };
    Shard& shard = shard_of(id);
    std::unique_lock lock(shard.mutex);
    auto found = shard.entries.find(id);
    if (found == shard.entries.end()) {
      if (count_ >= defaults::kMaxAwakeEntities) {
        lock.unlock();
        passivate(std::numeric_limits<Micros>::max());
        lock.lock();
        if (count_ >= defaults::kMaxAwakeEntities) return lock.unlock(), refused("too many entities are awake");
        found = shard.entries.find(id);
      }
    }
    if (found == shard.entries.end()) {
      auto entity = std::make_shared<DirectoryEntry>();
      entity->actor = system_.spawn<EntityActor<Decider>>(std::ref(store_), id);
      found = shard.entries.emplace(std::move(id), std::move(entity)).first;
      ++count_;
    }
    std::shared_ptr<DirectoryEntry> entity = found->second;
    if (entity->unanswered >= defaults::kMaxEntityQueue) return lock.unlock(), refused("too many wait for this entity");
    ++entity->unanswered;
    entity->last_used = cause.now;
    auto ask = std::make_shared<Ask<Decider>>();
    ask->command = std::move(command);
    ask->cause = std::move(cause);
    ask->answer = [this, entity, answer = std::move(answer)](Expected<storage::RecordPtr> result) {
      if (result && !(*result)->events.empty()) ++changes_;
      answer(std::move(result));
      --entity->unanswered;
    };
    tsan::hand_over(ask.get());
    // Sent under the lock, so that an entity is never told to sleep between being found and being asked.
    caf::anon_send(entity->actor, std::move(ask));
  }

  void passivate(Micros idle_since) override {
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      for (auto it = shard.entries.begin(); it != shard.entries.end();) {
        const DirectoryEntry& entity = *it->second;
        const bool idle = entity.unanswered == 0 && entity.last_used <= idle_since;
        if (idle) {
          caf::anon_send(entity.actor, passivate_atom::value);
          --count_;
        }
        it = idle ? shard.entries.erase(it) : std::next(it);
      }
    }
  }

  std::size_t awake() const override { return count_; }

  /// Goes up with every change of an entity, after it is durable and before it is answered: who remembers something
  /// since a count of changes may use it while the count is the same.
  std::uint64_t changes() const { return changes_; }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<DirectoryEntry>> entries;
  };

  Shard& shard_of(const std::string& id) { return shards_[std::hash<std::string>{}(id) % shards_.size()]; }

  caf::actor_system& system_;
  storage::Store& store_;
  std::array<Shard, 16> shards_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::uint64_t> changes_{0};
};

}  // namespace troupe::actors
