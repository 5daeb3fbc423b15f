#include "actors/search.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>

#include "actors/ask.hpp"
#include "events/codec.hpp"
#include "events/utf8.hpp"
#include "projections/projection.hpp"

namespace troupe::actors {
namespace {

using projections::Collection;
using projections::Content;
using projections::DocumentId;
using projections::FileRow;
using projections::MessageRow;
using storage::RecordPtr;

/// What the words of a text take in the index at most, about. Measured: 32 bytes for each of English whose words are all
/// different; Chinese has two terms for a character of three.
std::size_t bytes_in_index(std::string_view text) {
  std::size_t bytes = 0;
  for (const char c : text) bytes += static_cast<unsigned char>(c) < 0x80 ? 32 : 128;
  return bytes;
}

/// Where a document stands. A file that is public stands among its channel's as well, for a search in that one.
template <class Document>
std::vector<Collection> collections_of(const Document& document) {
  if (document.file.empty()) return {{Collection::Of::messages, document.channel}};
  std::vector<Collection> collections = {document.channel != 0
                                             ? Collection{Collection::Of::files, document.channel}
                                             : Collection{Collection::Of::own_files, document.key_of}};
  if (document.is_public) collections.push_back({Collection::Of::public_files, 0});
  return collections;
}

std::vector<Collection> collections_for(const SearchQuery& query, const std::vector<SessionId>& channels) {
  std::vector<Collection> collections;
  for (const SessionId channel : channels) {
    if (query.messages) collections.push_back({Collection::Of::messages, channel});
    if (query.files) collections.push_back({Collection::Of::files, channel});
  }
  if (query.files && query.channels.empty()) {
    collections.push_back({Collection::Of::own_files, query.asker});
    collections.push_back({Collection::Of::public_files, 0});
  }
  return collections;
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

Search::Search(storage::Store& store, const Secrets& secrets, const Files& files, llm::Models& models,
               Elsewhere on_worker)
    : store_(store),
      secrets_(secrets),
      files_(files),
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
      if (category != events::kSessions && category != events::kFiles && category != events::kEmbeddings &&
          category != events::kAccounts)
        continue;
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
  while (documents_.size() > defaults::kMaxIndexedDocuments || bytes_ > defaults::kMaxIndexedBytes) drop_oldest();
  embed_some();
  indexed_ = documents_.size();
  waiting_ = to_embed_.size();
  if (!unread_.empty() || !unread_files_.empty()) inbox_->leave([] {});
}

void Search::begin_anew() {
  words_ = projections::make_full_text_index();
  documents_.clear();
  file_documents_.clear();
  with_vector_ = 0;
  by_age_.clear();
  bytes_ = 0;
  use_dimension(0);
  to_embed_.clear();
  left_out_ = false;
  unread_ = {};
  unread_files_.clear();
  queries_.each_channel([&](const projections::SessionRow& row) {
    if (row.messages > 0 && row.archived_at == 0) unread_.push({row.last_message_at, row.id, row.messages + 1});
  });
  files_.queries().each_file([&](const FileRow& row) {
    unread_files_.emplace(row.uploaded_at, row.id);
    if (unread_files_.size() <= defaults::kMaxIndexedDocuments) return;
    unread_files_.erase(unread_files_.begin());
    left_out_ = true;
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
      forget_those([account = record.number()](const Document& d) { return d.key_of == account; });
    if (event.type == events::ChannelArchived::type)
      forget_those([channel = record.number()](const Document& d) { return d.channel == channel && !d.is_public; });
    if (event.type == events::TextEmbedded::type) {
      const auto e = events::decode_as<events::TextEmbedded>(event);
      if (e && e->file.empty()) put_vector(events::message_id(e->session, e->number));
      if (e && file_documents_.contains(e->file)) put_vector(file_documents_.at(e->file));
      continue;
    }
    if (record.category() == events::kFiles) {
      const FileId id(record.id());
      const auto row = files_.queries().file(id);
      row ? put(*row) : forget(id);
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
  if (unread_.empty() && unread_files_.empty()) return;
  if (is_full()) {
    left_out_ = true;
    unread_ = {};
    unread_files_.clear();
    return;
  }
  const bool files_first =
      !unread_files_.empty() && (unread_.empty() || unread_files_.rbegin()->first >= unread_.top().newest);
  files_first ? build_on_files() : build_on_messages();
}

bool Search::is_full() const {
  return bytes_ >= defaults::kMaxIndexedBytes || documents_.size() >= defaults::kMaxIndexedDocuments;
}

void Search::build_on_messages() {
  Unread next = unread_.top();
  unread_.pop();
  const auto page = queries_.messages_before(next.channel, next.before, defaults::kIndexPage);
  for (const MessageRow& row : page) put(next.channel, row);
  if (page.empty() || page.back().number <= 1) return;
  next.before = page.back().number;
  next.newest = page.back().created_at;
  unread_.push(next);
}

void Search::build_on_files() {
  for (std::size_t i = 0; i < defaults::kIndexedFilesAtOnce && !unread_files_.empty(); ++i) {
    const auto newest = unread_files_.extract(std::prev(unread_files_.end()));
    if (const auto row = files_.queries().file(newest.value().second)) put(*row);
  }
}

void Search::put(SessionId channel, const MessageRow& row) {
  const DocumentId id = events::message_id(channel, row.number);
  const auto known = documents_.find(id);
  if (known != documents_.end() && known->second.document.text_of == row.edited_at && row.deleted_at == 0) return;
  forget(id);
  if (row.deleted_at != 0) return;
  if (const auto text = secrets_.unseal_for(row.key_of, row.sealed_text))
    put(id, {{}, channel, false, row.key_of, row.created_at, row.edited_at}, *text);
}

/// What a file says never changes; whether it may be found does.
void Search::put(const FileRow& row) {
  const bool findable = is_findable(row);
  if (findable && file_documents_.contains(row.id)) return;
  forget(row.id);
  const auto text = findable ? text_of(row) : std::nullopt;
  if (!text) return;
  const DocumentId id = --last_file_document_;
  file_documents_[row.id] = id;
  put(id, {row.id, row.session, row.is_public, row.uploader, row.uploaded_at}, *text);
}

/// Whether there is anybody who may find it.
bool Search::is_findable(const FileRow& row) const {
  if (!files_.may_be_read(row)) return false;
  if (row.session == 0 || row.is_public) return true;
  const auto channel = queries_.session(row.session);
  return channel && channel->archived_at == 0;
}

void Search::put(DocumentId id, Document document, const std::string& text) {
  const auto collections = collections_of(document);
  for (const auto& collection : collections) words_->put(collection, id, {text});
  const std::size_t bytes = bytes_in_index(text) * collections.size();
  bytes_ += bytes;
  by_age_.emplace(document.time, id);
  documents_[id] = {std::move(document), bytes};
  if (!model_.empty()) put_vector(id);
}

/// What is indexed of a file: names are often words with underscores between them. Nothing when it is unreadable.
std::optional<std::string> Search::text_of(const FileRow& row) const {
  const auto texts = files_.texts(row);
  if (!texts) return std::nullopt;
  std::string name_in_words = texts->name;
  std::replace(name_in_words.begin(), name_in_words.end(), '_', ' ');
  std::string text = texts->name;
  for (const auto& part : {name_in_words == texts->name ? std::string() : name_in_words, texts->description,
                           texts->author, files_.text(row, defaults::kMaxIndexedFileBytes).text})
    if (!part.empty()) text += "\n" + part;
  return text;
}

/// Of a document as it was indexed; nothing when it has changed, as news of it are on their way then.
std::optional<std::string> Search::text_of(DocumentId id, const Document& document) const {
  if (!document.file.empty()) {
    const auto row = files_.queries().file(document.file);
    return row && is_findable(*row) ? text_of(*row) : std::nullopt;
  }
  const auto row = queries_.message(document.channel, events::number_of(id));
  if (!row || row->deleted_at != 0 || row->edited_at != document.text_of) return std::nullopt;
  auto text = secrets_.unseal_for(row->key_of, row->sealed_text);
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

/// The stored vector of this document, or one is asked for.
void Search::put_vector(DocumentId id) {
  const auto at = documents_.find(id);
  if (at == documents_.end() || at->second.vector == Vector::there || model_.empty()) return;
  const Document& document = at->second.document;
  const auto row = document.file.empty() ? queries_.embedding(document.channel, events::number_of(id))
                                         : files_.queries().embedding(document.file);
  const bool fits = row && row->model == model_ && row->text_of == document.text_of;
  const auto bytes = fits ? secrets_.unseal_for(row->key_of, row->sealed_vector) : fail(Errc::not_found, "no vector");
  const auto vector = bytes ? projections::vector_of(*bytes) : std::vector<float>{};
  if (dimension_ == 0 && !vector.empty()) use_dimension(vector.size());
  if (vector.empty() || vector.size() != dimension_) return await_vector(id);
  for (const auto& collection : collections_of(document)) vectors_->put(collection, id, {{}, vector});
  at->second.vector = Vector::there;
  ++with_vector_;
  at->second.bytes += bytes_of_vector(document);
  bytes_ += bytes_of_vector(document);
}

std::size_t Search::bytes_of_vector(const Document& document) const {
  return collections_of(document).size() * dimension_ * sizeof(float);
}

void Search::await_vector(DocumentId id) {
  auto& state = documents_.at(id).vector;
  if (state == Vector::awaited) return;
  state = Vector::awaited;
  to_embed_.push_back(id);
}

/// Vectors of another dimension cannot be compared with those that are there, which go.
void Search::use_dimension(std::size_t dimension) {
  for (auto& [id, indexed] : documents_) {
    if (indexed.vector != Vector::there) continue;
    indexed.vector = Vector::missing;
    --with_vector_;
    indexed.bytes -= bytes_of_vector(indexed.document);
    bytes_ -= bytes_of_vector(indexed.document);
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
  const Document& document = at->second.document;
  for (const auto& collection : collections_of(document)) {
    words_->erase(collection, id);
    if (vectors_) vectors_->erase(collection, id);
  }
  by_age_.erase({document.time, id});
  bytes_ -= at->second.bytes;
  if (at->second.vector == Vector::there) --with_vector_;
  file_documents_.erase(document.file);
  documents_.erase(at);
}

void Search::forget(const FileId& id) {
  if (const auto at = file_documents_.find(id); at != file_documents_.end()) forget(at->second);
}

void Search::forget_those(const std::function<bool(const Document&)>& unwanted) {
  std::vector<DocumentId> ids;
  for (const auto& [id, indexed] : documents_)
    if (unwanted(indexed.document)) ids.push_back(id);
  for (const DocumentId id : ids) forget(id);
}

/// What is not read yet is older still, so it is not read at all.
void Search::drop_oldest() {
  forget(by_age_.begin()->second);
  unread_ = {};
  unread_files_.clear();
  left_out_ = true;
}

// Embeddings

void Search::follow_model() {
  const std::string model = models_.embedding_model();
  if (model == model_) return;
  model_ = model;
  use_dimension(0);
  to_embed_.clear();
  for (auto& [id, indexed] : documents_) indexed.vector = Vector::missing;
  find_vectors();
}

void Search::embed_some() {
  if (embedding_ || model_.empty() || now_micros() < embed_not_before_) return;
  std::vector<Asked> asked;
  std::vector<std::string> texts;
  std::size_t bytes = 0;
  for (; !to_embed_.empty() && asked.size() < batch_ && bytes < defaults::kMaxEmbeddingBytes; to_embed_.pop_front()) {
    const DocumentId id = to_embed_.front();
    const auto at = documents_.find(id);
    if (at == documents_.end() || at->second.vector == Vector::there) continue;
    auto text = text_of(id, at->second.document);
    if (!text || text->empty()) continue;
    asked.push_back({id, at->second.document.text_of});
    text->resize(first_bytes(*text, defaults::kMaxEmbeddedTextBytes).size());
    bytes += text->size();
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
      spdlog::warn("embeddings of {} texts failed: {}", ids.size(), vectors->result.error().message);
    return retry(ids);
  }
  const std::size_t dimension = vectors->result->vectors.front().size();
  storage::Append append = append_to(std::string(events::kTextEmbeddings), by_the_house());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto at = documents_.find(ids[i]);
    if (at == documents_.end()) continue;  // it was deleted meanwhile
    const Document& document = at->second.document;
    const auto vector = projections::normalized(std::move(vectors->result->vectors[i]));
    auto sealed = secrets_.seal_for(document.key_of, projections::bytes_of(vector));
    if (vector.empty() || !sealed) continue;
    const bool is_message = document.file.empty();
    const events::TextEmbedded event{is_message ? document.channel : 0,
                                     is_message ? events::number_of(ids[i]) : 0,
                                     vectors->asked[i].text_of,
                                     vectors->model,
                                     document.key_of,
                                     std::move(*sealed),
                                     document.file};
    append.events.push_back(events::encode(event));
    projections::project(events::EmbeddingEvent(event), {{}, append.time}, append.rows);
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
  // One that fails by itself time and again would hold up all others for ever.
  const bool alone = ids.size() == 1;
  for (const DocumentId id : ids) {
    const auto at = documents_.find(id);
    if (at == documents_.end() || at->second.vector != Vector::awaited) continue;
    if (!alone || ++at->second.failures < defaults::kMaxEmbeddingFailures) to_embed_.push_back(id);
  }
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

Expected<Search::Channels> Search::readable(const SearchQuery& query) const {
  Channels channels;
  auto& ids = channels.ids;
  for (const SessionId id : query.channels) {
    const auto session = queries_.session(id);
    if (!session || session->kind != events::kChannelSession || !queries_.is_member(id, query.asker))
      return fail(Errc::not_found, "No such channel", "channels");
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  if (!ids.empty()) return channels;
  // One more than is searched says whether there are more.
  ids = queries_.newest_channels_of(query.asker, defaults::kMaxSearchedChannels + 1);
  channels.are_all = ids.size() <= defaults::kMaxSearchedChannels;
  if (!channels.are_all) ids.pop_back();
  return channels;
}

SearchAnswer Search::answer_of(const SearchQuery& query, const Channels& channels,
                               const Expected<llm::Embeddings>& meaning) {
  work();  // so that what was committed before the query is found
  SearchAnswer answer;
  const auto direction = meaning ? projections::normalized(meaning->vectors.front()) : std::vector<float>{};
  note_dimension(direction.size());
  const bool by_vector = !direction.empty() && direction.size() == dimension_;
  const auto& index = by_vector ? vectors_ : words_;
  const double threshold =
      query.threshold.value_or(by_vector ? defaults::kVectorThreshold : defaults::kFullTextThreshold);
  // A public file is found in its channel and among the public ones.
  constexpr std::size_t kMostCollectionsOfOne = 2;
  const std::size_t limit = query.files ? query.limit * kMostCollectionsOfOne : query.limit;
  std::set<DocumentId> seen;
  for (const auto& hit :
       index->search(collections_for(query, channels.ids), {query.text, direction}, threshold, limit)) {
    if (answer.found.size() == query.limit) break;
    if (!seen.insert(hit.id).second) continue;
    if (auto document = found(hit.id, query.asker)) answer.found.push_back({hit.similarity, std::move(*document)});
  }
  if (by_vector) {
    answer.provider = meaning->provider;
    answer.model = meaning->model;
  }
  answer.complete = channels.are_all && unread_.empty() && unread_files_.empty() && !left_out_ &&
                    (!by_vector || with_vector_ == documents_.size());
  return answer;
}

/// As it is now, and only if the asker may read it now.
std::optional<std::variant<FoundMessage, FoundFile>> Search::found(DocumentId id, AccountId asker) const {
  const auto at = documents_.find(id);
  if (at == documents_.end()) return std::nullopt;
  const Document& document = at->second.document;
  if (document.file.empty()) {
    auto row = queries_.message(document.channel, events::number_of(id));
    if (!row || row->deleted_at != 0 || !queries_.is_member(document.channel, asker)) return std::nullopt;
    auto text = secrets_.unseal_for(row->key_of, row->sealed_text);
    if (!text) return std::nullopt;
    return FoundMessage{document.channel, std::move(*row), std::move(*text)};
  }
  auto row = files_.queries().file(document.file);
  if (!row || !files_.may_see(*row, asker) || !files_.may_be_read(*row)) return std::nullopt;
  auto texts = files_.texts(*row);
  if (!texts) return std::nullopt;
  auto beginning = files_.text(*row, defaults::kMaxFoundFileBytes).text;
  if (row->session != 0 && !queries_.is_member(row->session, asker)) row->session = 0;  // a public file's private place
  return FoundFile{std::move(*row), std::move(*texts), std::move(beginning)};
}

}  // namespace troupe::actors
