#include "actors/search.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>

#include "actors/ask.hpp"
#include "events/codec.hpp"
#include "projections/projection.hpp"

namespace troupe::actors {
namespace {

using projections::Content;
using projections::DocumentId;
using projections::MessageRow;
using storage::RecordPtr;

/// What the words of a text take in the index, about. Measured: 32 bytes for each of English; Chinese has two terms for a
/// character of three.
std::size_t bytes_in_index(std::string_view text) {
  std::size_t bytes = 0;
  for (const char c : text) bytes += static_cast<unsigned char>(c) < 0x80 ? 32 : 128;
  return bytes;
}

tl::unexpected<Error> too_much_waits() { return fail(Errc::overloaded, "too many searches wait"); }

}  // namespace

/// What other threads leave for the worker. It outlives the search, as the journal's follower and what is under way at a
/// provider do.
struct Search::Inbox {
  struct Vectors {
    std::string model;
    std::vector<Asked> asked;
    Expected<llm::Embeddings> result;
  };

  std::mutex mutex;
  std::function<void()> wake;  ///< empty once the search has ended
  bool awake = false;          ///< the worker will look
  std::deque<RecordPtr> records;
  bool overflowed = false;  ///< records were let go
  std::optional<Vectors> vectors;
  std::vector<DocumentId> not_stored;

  /// Changes something, and sees to it that the worker looks.
  template <class Change>
  void leave(Change change) {
    const std::lock_guard lock(mutex);
    if (!wake) return;
    change();
    if (std::exchange(awake, true)) return;
    wake();
  }
};

Search::Search(storage::Store& store, const Secrets& secrets, llm::Models& models, OnWorker on_worker)
    : store_(store),
      secrets_(secrets),
      models_(models),
      queries_(store),
      on_worker_(std::move(on_worker)),
      inbox_(std::make_shared<Inbox>()),
      words_(projections::make_full_text_index()) {
  inbox_->wake = [this] {
    const bool taken = on_worker_([this] {
      {
        const std::lock_guard lock(inbox_->mutex);
        inbox_->awake = false;
      }
      work();
    });
    if (!taken) inbox_->awake = false;  // the next tick tries again
  };
  store.follow([inbox = inbox_](const std::vector<RecordPtr>& records) {
    for (const auto& record : records) {
      const auto category = record->category();
      if (category != events::kSessions && category != events::kEmbeddings && category != events::kAccounts) continue;
      inbox->leave([&] {
        if (inbox->overflowed) return;
        inbox->records.push_back(record);
        if (inbox->records.size() <= defaults::kMaxUnindexedRecords) return;
        inbox->records.clear();
        inbox->overflowed = true;
      });
    }
  });
}

Search::~Search() { stop(); }

void Search::stop() {
  const std::lock_guard lock(inbox_->mutex);
  inbox_->wake = nullptr;
}

void Search::tick() {
  inbox_->leave([] {});
}

SearchMetrics Search::metrics() const { return {indexed_, waiting_, embedded_, failed_}; }

// The worker's steps

void Search::work() {
  if (!std::exchange(begun_, true)) begin_anew();
  take_in_news();
  take_in_vectors();
  follow_model();
  build_on();
  while (documents_.size() > defaults::kMaxIndexedMessages || bytes_ > defaults::kMaxIndexedBytes) drop_oldest();
  embed_some();
  indexed_ = documents_.size();
  waiting_ = to_embed_.size();
  if (!unread_.empty()) inbox_->leave([] {});
}

void Search::begin_anew() {
  words_ = projections::make_full_text_index();
  documents_.clear();
  with_vector_ = 0;
  by_age_.clear();
  bytes_ = 0;
  use_dimension(0);
  to_embed_.clear();
  left_out_ = false;
  unread_ = {};
  queries_.each_channel([&](const projections::SessionRow& row) {
    if (row.messages > 0 && row.archived_at == 0) unread_.push({row.last_message_at, row.id, row.messages + 1});
  });
}

void Search::take_in_news() {
  std::deque<RecordPtr> records;
  bool overflowed = false;
  std::vector<DocumentId> not_stored;
  {
    const std::lock_guard lock(inbox_->mutex);
    records.swap(inbox_->records);
    not_stored.swap(inbox_->not_stored);
    overflowed = std::exchange(inbox_->overflowed, false);
  }
  if (overflowed) return begin_anew();
  for (const auto& record : records) take_in(*record);
  retry(not_stored);
}

/// What an event says is looked up in the rows, which may be further already: so it is taken in once or several times,
/// early or late, with the same outcome.
void Search::take_in(const storage::Record& record) {
  for (const auto& event : record.events) {
    if (event.type == events::AccountDeleted::type)
      forget_those([account = record.number()](DocumentId, const Indexed& d) { return d.key_of == account; });
    if (event.type == events::ChannelArchived::type)
      forget_those(
          [channel = record.number()](DocumentId id, const Indexed&) { return events::session_of(id) == channel; });
    if (event.type == events::TextEmbedded::type) {
      if (const auto e = events::decode_as<events::TextEmbedded>(event))
        put_vector(events::message_id(e->session, e->number));
      continue;
    }
    const bool changes_text = event.type == events::MessagePosted::type || event.type == events::MessageEdited::type ||
                              event.type == events::MessageDeleted::type;
    if (!changes_text) continue;
    const SessionId id = record.number();
    const auto session = queries_.session(id);
    if (!session || session->kind != events::kChannelSession || session->archived_at != 0) return;
    const auto fields = events::from_cbor(event.payload);
    if (const auto row = queries_.message(id, fields ? fields->value("number", std::int64_t{0}) : 0)) put(id, *row);
  }
}

void Search::build_on() {
  if (unread_.empty()) return;
  Unread next = unread_.top();
  unread_.pop();
  const auto page = queries_.messages_before(next.channel, next.before, defaults::kIndexPage);
  for (const MessageRow& row : page) {
    if (bytes_ >= defaults::kMaxIndexedBytes || documents_.size() >= defaults::kMaxIndexedMessages) {
      left_out_ = true;
      unread_ = {};
      return;
    }
    put(next.channel, row);
  }
  if (page.empty() || page.back().number <= 1) return;
  next.before = page.back().number;
  next.newest = page.back().created_at;
  unread_.push(next);
}

void Search::put(SessionId channel, const MessageRow& row) {
  const DocumentId id = events::message_id(channel, row.number);
  const auto known = documents_.find(id);
  if (known != documents_.end() && known->second.text_of == row.edited_at && row.deleted_at == 0) return;
  forget(id);
  if (row.deleted_at != 0) return;
  const auto text = secrets_.unseal_for(row.key_of, row.sealed_text);
  if (!text) return;
  words_->put(channel, id, {*text});
  documents_[id] = {row.key_of, row.created_at, row.edited_at, bytes_in_index(*text)};
  by_age_.emplace(row.created_at, id);
  bytes_ += bytes_in_index(*text);
  if (!model_.empty()) put_vector(id);
}

/// The stored vector of this message, or one is asked for.
void Search::put_vector(DocumentId id) {
  const auto at = documents_.find(id);
  if (at == documents_.end() || at->second.vector == Vector::there || model_.empty()) return;
  const auto row = queries_.embedding(events::session_of(id), events::number_of(id));
  const bool fits = row && row->model == model_ && row->text_of == at->second.text_of;
  const auto bytes = fits ? secrets_.unseal_for(row->key_of, row->sealed_vector) : fail(Errc::not_found, "no vector");
  const auto vector = bytes ? projections::vector_of(*bytes) : std::vector<float>{};
  if (dimension_ == 0 && !vector.empty()) use_dimension(vector.size());
  if (vector.empty() || vector.size() != dimension_) return await_vector(id);
  vectors_->put(events::session_of(id), id, {{}, vector});
  at->second.vector = Vector::there;
  ++with_vector_;
  at->second.bytes += bytes_of_vector();
  bytes_ += bytes_of_vector();
}

void Search::await_vector(DocumentId id) {
  auto& state = documents_.at(id).vector;
  if (state == Vector::awaited) return;
  state = Vector::awaited;
  to_embed_.push_back(id);
}

/// Vectors of another dimension cannot be compared with those that are there, which go.
void Search::use_dimension(std::size_t dimension) {
  for (auto& [id, document] : documents_) {
    if (document.vector != Vector::there) continue;
    document.vector = Vector::missing;
    --with_vector_;
    document.bytes -= bytes_of_vector();
    bytes_ -= bytes_of_vector();
  }
  dimension_ = dimension;
  vectors_ = dimension == 0 ? nullptr : projections::make_vector_index(dimension);
}

/// Those that are stored, or they are asked for; the newest first.
void Search::find_vectors() {
  for (auto at = by_age_.rbegin(); at != by_age_.rend(); ++at) put_vector(at->second);
}

void Search::forget(DocumentId id) {
  const auto at = documents_.find(id);
  if (at == documents_.end()) return;
  const SessionId channel = events::session_of(id);
  words_->erase(channel, id);
  if (vectors_) vectors_->erase(channel, id);
  by_age_.erase({at->second.time, id});
  bytes_ -= at->second.bytes;
  if (at->second.vector == Vector::there) --with_vector_;
  documents_.erase(at);
}

void Search::forget_those(const std::function<bool(DocumentId, const Indexed&)>& unwanted) {
  std::vector<DocumentId> ids;
  for (const auto& [id, document] : documents_)
    if (unwanted(id, document)) ids.push_back(id);
  for (const DocumentId id : ids) forget(id);
}

void Search::drop_oldest() {
  forget(by_age_.begin()->second);
  left_out_ = true;
}

// Embeddings

void Search::follow_model() {
  const std::string model = models_.embedding_model();
  if (model == model_) return;
  model_ = model;
  use_dimension(0);
  to_embed_.clear();
  for (auto& [id, document] : documents_) document.vector = Vector::missing;
  find_vectors();
}

void Search::embed_some() {
  if (embedding_ || model_.empty() || now_micros() < embed_not_before_) return;
  std::vector<Asked> asked;
  std::vector<std::string> texts;
  for (; !to_embed_.empty() && asked.size() < batch_; to_embed_.pop_front()) {
    const DocumentId id = to_embed_.front();
    const auto at = documents_.find(id);
    if (at == documents_.end() || at->second.vector == Vector::there) continue;
    const auto row = queries_.message(events::session_of(id), events::number_of(id));
    if (!row || row->edited_at != at->second.text_of) continue;  // news of it are on their way
    auto text = secrets_.unseal_for(row->key_of, row->sealed_text);
    if (!text || text->empty()) continue;
    asked.push_back({id, row->edited_at, row->key_of});
    texts.push_back(std::move(*text));
  }
  if (asked.empty()) return;
  embedding_ = true;
  models_.embed({{}, {}, std::move(texts)},
                [inbox = inbox_, model = model_, asked = std::move(asked)](Expected<llm::Embeddings> result) {
                  inbox->leave([&] { inbox->vectors.emplace(Inbox::Vectors{model, asked, std::move(result)}); });
                });
}

/// What the provider made becomes events; the index takes them from the log like everyone else.
void Search::take_in_vectors() {
  std::optional<Inbox::Vectors> vectors;
  {
    const std::lock_guard lock(inbox_->mutex);
    vectors.swap(inbox_->vectors);
  }
  if (!vectors) return;
  embedding_ = false;
  std::vector<DocumentId> ids;
  for (const auto& asked : vectors->asked) ids.push_back(asked.id);
  if (!vectors->result || vectors->result->vectors.size() != ids.size()) {
    ++failed_;
    if (!vectors->result)
      spdlog::warn("embeddings of {} messages failed: {}", ids.size(), vectors->result.error().message);
    return retry(ids);
  }
  const std::size_t dimension = vectors->result->vectors.front().size();
  storage::Append append = append_to(std::string(events::kMessageEmbeddings), by_the_house());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto vector = projections::normalized(std::move(vectors->result->vectors[i]));
    const Asked& asked = vectors->asked[i];
    auto sealed = secrets_.seal_for(asked.key_of, projections::bytes_of(vector));
    if (vector.empty() || !sealed) continue;
    const events::TextEmbedded event{events::session_of(asked.id),
                                     events::number_of(asked.id),
                                     asked.text_of,
                                     vectors->model,
                                     asked.key_of,
                                     std::move(*sealed)};
    append.events.push_back(events::encode(event));
    projections::project(events::EmbeddingEvent(event), {"messages", append.time}, append.rows);
  }
  if (append.events.empty()) return;
  note_dimension(dimension);
  embedded_ += append.events.size();
  retry_delay_ = defaults::kEmbeddingRetryDelay;
  batch_ = std::min(batch_ * 2, defaults::kMaxEmbeddingTexts);
  store_.append(std::move(append), [inbox = inbox_, ids](const Expected<RecordPtr>& result) {
    if (!result) inbox->leave([&] { inbox->not_stored.insert(inbox->not_stored.end(), ids.begin(), ids.end()); });
  });
}

/// What the provider makes now decides, not what it made before.
void Search::note_dimension(std::size_t dimension) {
  if (dimension_ == 0 || dimension == dimension_ || dimension == 0) return;
  use_dimension(dimension);
  find_vectors();
}

void Search::retry(const std::vector<DocumentId>& ids) {
  if (ids.empty()) return;
  for (const DocumentId id : ids)
    if (const auto at = documents_.find(id); at != documents_.end() && at->second.vector == Vector::awaited)
      to_embed_.push_back(id);
  batch_ = std::max<std::size_t>(batch_ / 2, 1);
  embed_not_before_ = now_micros() + to_micros(retry_delay_);
  retry_delay_ = std::min(retry_delay_ * 2, defaults::kLongestEmbeddingRetryDelay);
}

// Searching

void Search::search(SearchQuery query, std::function<void(Expected<SearchAnswer>)> answer) {
  const bool taken = on_worker_([this, query = std::move(query), answer] {
    auto channels = readable(query);
    if (!channels) return answer(tl::unexpected(channels.error()));
    if (!models_.can_embed())
      return answer(answer_of(query, *channels, fail(Errc::not_found, "nobody makes embeddings")));
    models_.embed({{}, {}, {query.text}},
                  [this, query, channels = std::move(*channels), answer](Expected<llm::Embeddings> meaning) {
                    const bool taken = on_worker_([this, query, channels, answer, meaning = std::move(meaning)] {
                      answer(answer_of(query, channels, meaning));
                    });
                    if (!taken) answer(too_much_waits());
                  });
  });
  if (!taken) answer(too_much_waits());
}

Expected<std::vector<SessionId>> Search::readable(const SearchQuery& query) const {
  std::vector<SessionId> channels;
  for (const SessionId id : query.channels) {
    const auto session = queries_.session(id);
    if (!session || session->kind != events::kChannelSession || !queries_.is_member(id, query.asker))
      return fail(Errc::not_found, "No such channel", "channels");
    if (std::find(channels.begin(), channels.end(), id) == channels.end()) channels.push_back(id);
  }
  if (!channels.empty()) return channels;
  for (const auto& session :
       queries_.sessions_of(query.asker, events::kChannelSession, 0, defaults::kMaxSearchedChannels))
    if (session.kind == events::kChannelSession) channels.push_back(session.id);
  return channels;
}

SearchAnswer Search::answer_of(const SearchQuery& query, const std::vector<SessionId>& channels,
                               const Expected<llm::Embeddings>& meaning) {
  work();  // so that what was committed before the query is found
  SearchAnswer answer;
  const auto direction = meaning ? projections::normalized(meaning->vectors.front()) : std::vector<float>{};
  note_dimension(direction.size());
  const bool by_vector = !direction.empty() && direction.size() == dimension_;
  const auto& index = by_vector ? vectors_ : words_;
  const double threshold =
      query.threshold.value_or(by_vector ? defaults::kVectorThreshold : defaults::kFullTextThreshold);
  const std::size_t limit = query.messages ? query.limit : 0;
  for (const auto& hit : index->search(channels, {query.text, direction}, threshold, limit)) {
    const SessionId channel = events::session_of(hit.id);
    auto row = queries_.message(channel, events::number_of(hit.id));
    if (!row || row->deleted_at != 0) continue;
    auto text = secrets_.unseal_for(row->key_of, row->sealed_text);
    if (text) answer.found.push_back({channel, std::move(*row), std::move(*text), hit.similarity});
  }
  if (by_vector) {
    answer.provider = meaning->provider;
    answer.model = meaning->model;
  }
  answer.complete = unread_.empty() && !left_out_ && (!by_vector || with_vector_ == documents_.size());
  return answer;
}

}  // namespace troupe::actors
