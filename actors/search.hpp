// Search in what was said in channels, and in files. Thread-safe.
//
// The index is a projection in memory. Its documents are messages and files: a file is found by its name, its
// description, its author, and the beginning of its content where that is text. At the start the index is built from the
// rows, the newest documents first, and from then on it follows the log. Where a provider makes embeddings, it asks for
// those of documents that have none, a batch at a time; they are events, so that a restart does not ask again. All of it
// happens on one worker, in small steps between which searches are answered; until it is through, answers say that they
// are not complete.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "actors/ask.hpp"
#include "actors/files.hpp"
#include "actors/llm/models.hpp"
#include "actors/secrets.hpp"
#include "events/account.hpp"
#include "projections/search_index.hpp"
#include "projections/session_queries.hpp"
#include "storage/store.hpp"

namespace troupe::actors {

using events::AccountId;
using events::SessionId;

struct SearchQuery {
  AccountId asker = 0;
  std::string text;
  /// Empty: all that the asker is in, the newest kMaxSearchedChannels of them; and files that are public, or his own
  /// without a channel.
  std::vector<SessionId> channels;
  std::optional<double> threshold;  ///< nothing: the method's own (kVectorThreshold, kFullTextThreshold)
  std::size_t limit = 10;
  bool messages = true, files = true;  ///< what is wanted
};

struct FoundMessage {
  SessionId channel = 0;
  projections::MessageRow row;
  std::string text;
};

struct FoundFile {
  projections::FileRow row;  ///< without its channel where the asker is not in it
  FileTexts texts;
  std::string beginning;  ///< of its text, at most kMaxFoundFileBytes; empty: it has none
};

struct Found {
  double similarity = 0;
  std::variant<FoundMessage, FoundFile> document;
};

struct SearchAnswer {
  std::vector<Found> found;     ///< the best first
  std::string provider, model;  ///< of the vectors; empty: it was a full-text search
  bool complete = true;         ///< false: some documents are not in the index, or not yet, or channels were left out
};

struct SearchMetrics {
  std::size_t documents_indexed = 0, documents_to_embed = 0;
  std::uint64_t documents_embedded = 0, embeddings_failed = 0;
};

class Search {
 public:
  /// Before the first append: it follows the journal. What goes `on_worker` runs one piece after the other.
  Search(storage::Store& store, const Secrets& secrets, const Files& files, llm::Models& models, Elsewhere on_worker);
  ~Search();

  /// Only what the asker may read: messages and files in channels of which he is a member, his own files without a
  /// channel, and public ones; never a file that is infected or waits for its scan. By vectors where a provider makes
  /// them, else, and when it fails, by words. Errors: not_found (a channel that the asker is not in; `field` says so),
  /// overloaded. The answer comes on the worker's thread or the caller's.
  void search(SearchQuery query, std::function<void(Expected<SearchAnswer>)> answer);

  /// Takes up what was left for later; every second or so.
  void tick();

  /// After this nothing is done any more. Before the worker and the models stop.
  void stop();

  SearchMetrics metrics() const;

 private:
  struct Inbox;
  enum class Vector : std::uint8_t { missing, awaited, there };
  /// What the rows say of a document.
  struct Document {
    FileId file;  ///< empty: it is a message
    SessionId channel = 0;
    bool is_public = false;
    AccountId key_of = 0;
    Micros time = 0;
    Micros text_of = 0;  ///< when the text was last edited; 0: never
  };
  struct Indexed {
    Document document;
    std::size_t bytes = 0;
    Vector vector = Vector::missing;
    std::size_t failures = 0;  ///< of a provider that was asked for the vector of this one alone
  };
  /// A channel whose messages before number `before` are not in the index yet; the newest of them is from `newest`.
  struct Unread {
    Micros newest = 0;
    SessionId channel = 0;
    std::int64_t before = 0;
    bool operator<(const Unread& other) const { return newest < other.newest; }
  };
  /// A document whose text is at the provider.
  struct Asked {
    projections::DocumentId id = 0;
    Micros text_of = 0;
  };
  struct Channels {
    std::vector<SessionId> ids;
    bool are_all = true;  ///< false: the asker is in more than are searched
  };

  // All of these on the worker

  void work();
  void begin_anew();
  void take_in_news();
  void take_in(const storage::Record& record);
  void take_in_vectors();
  void build_on();
  void build_on_messages();
  void build_on_files();
  bool is_full() const;
  void follow_model();
  void embed_some();
  void retry(const std::vector<projections::DocumentId>& ids);

  void put(SessionId channel, const projections::MessageRow& row);
  void put(const projections::FileRow& row);
  void put(projections::DocumentId id, Document document, const std::string& text);
  bool is_findable(const projections::FileRow& row) const;
  std::optional<std::string> text_of(const projections::FileRow& row) const;
  std::optional<std::string> text_of(projections::DocumentId id, const Document& document) const;
  void put_vector(projections::DocumentId id);
  void await_vector(projections::DocumentId id);
  void use_dimension(std::size_t dimension);
  void note_dimension(std::size_t dimension);
  void find_vectors();
  std::size_t bytes_of_vector(const Document& document) const;
  void forget(projections::DocumentId id);
  void forget(const FileId& id);
  void forget_those(const std::function<bool(const Document&)>& unwanted);
  void drop_oldest();

  Expected<Channels> readable(const SearchQuery& query) const;
  SearchAnswer answer_of(const SearchQuery& query, const Channels& channels, const Expected<llm::Embeddings>& meaning);
  std::optional<std::variant<FoundMessage, FoundFile>> found(projections::DocumentId id, AccountId asker) const;

  storage::Store& store_;
  const Secrets& secrets_;
  const Files& files_;
  llm::Models& models_;
  projections::SessionQueries queries_;
  Elsewhere on_worker_;
  std::shared_ptr<Inbox> inbox_;

  // Of the worker

  std::unique_ptr<projections::SearchIndex> words_, vectors_;
  std::string model_;          ///< whose vectors these are; empty: nobody makes any
  std::size_t dimension_ = 0;  ///< 0: there are none yet
  std::unordered_map<projections::DocumentId, Indexed> documents_;
  std::size_t with_vector_ = 0;  ///< of the documents
  std::set<std::pair<Micros, projections::DocumentId>> by_age_;
  std::size_t bytes_ = 0;
  std::unordered_map<FileId, projections::DocumentId> file_documents_;
  projections::DocumentId last_file_document_ = 0;  ///< they count down, and none is used again
  std::priority_queue<Unread> unread_;
  std::set<std::pair<Micros, FileId>> unread_files_;  ///< by age
  bool begun_ = false, left_out_ = false;

  std::deque<projections::DocumentId> to_embed_;
  bool embedding_ = false;
  std::size_t batch_ = defaults::kMaxEmbeddingTexts;
  std::chrono::milliseconds retry_delay_ = defaults::kEmbeddingRetryDelay;
  Micros embed_not_before_ = 0;

  std::atomic<std::size_t> indexed_{0}, waiting_{0};
  std::atomic<std::uint64_t> embedded_{0}, failed_{0};
};

}  // namespace troupe::actors
