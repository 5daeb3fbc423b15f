#include <utf8proc.h>
#include <xapian.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "events/defaults.hpp"
#include "projections/search_index.hpp"

namespace troupe::projections {
namespace {

/// The words of a text as Xapian terms, with how often each is there. Documents and queries are taken apart alike.
Xapian::Document words_of(std::string_view text) {
  Xapian::Document document;
  Xapian::TermGenerator generator;
  generator.set_flags(Xapian::TermGenerator::FLAG_CJK_NGRAM);
  generator.set_document(document);
  generator.index_text_without_positions(folded(text));
  return document;
}

/// Xapian's backend in memory only marks what is deleted, so a shard is copied when most of it is.
class Shard {
 public:
  void put(DocumentId id, std::string_view text) {
    erase(id);
    Xapian::Document document = words_of(text);
    document.set_data(std::to_string(id));
    documents_[id] = {database_.add_document(document), text.size()};
    live_bytes_ += text.size();
  }

  void erase(DocumentId id) {
    const auto at = documents_.find(id);
    if (at == documents_.end()) return;
    database_.delete_document(at->second.in_database);
    live_bytes_ -= at->second.bytes;
    deleted_bytes_ += at->second.bytes;
    documents_.erase(at);
    if (deleted_bytes_ > live_bytes_ + defaults::kMaxDeletedTextBytes) compact();
  }

  bool empty() const { return documents_.empty(); }
  const Xapian::Database& database() const { return database_; }

 private:
  static Xapian::WritableDatabase in_memory() {
    return Xapian::WritableDatabase(std::string(), Xapian::DB_BACKEND_INMEMORY);
  }

  void compact() {
    Xapian::WritableDatabase fresh = in_memory();
    for (auto& [id, document] : documents_)
      document.in_database = fresh.add_document(database_.get_document(document.in_database));
    database_ = fresh;
    deleted_bytes_ = 0;
  }

  struct Known {
    Xapian::docid in_database = 0;
    std::size_t bytes = 0;  ///< of its text
  };

  Xapian::WritableDatabase database_ = in_memory();
  std::map<DocumentId, Known> documents_;
  std::size_t live_bytes_ = 0, deleted_bytes_ = 0;
};

class FullTextIndex final : public SearchIndex {
 public:
  void put(const Collection& collection, DocumentId id, const Content& content) override try {
    shards_[collection].put(id, content.text);
  } catch (const Xapian::Error&) {
    // None is known that all this could cause. Should there be one, the text is not found.
  }

  void erase(const Collection& collection, DocumentId id) override {
    const auto shard = shards_.find(collection);
    if (shard == shards_.end()) return;
    shard->second.erase(id);
    if (shard->second.empty()) shards_.erase(shard);
  }

  std::vector<Hit> search(const std::vector<Collection>& collections, const Content& query, double threshold,
                          std::size_t limit) const override try {
    Xapian::Database searched;
    for (const Collection& collection : collections)
      if (const auto shard = shards_.find(collection); shard != shards_.end())
        searched.add_database(shard->second.database());
    const Xapian::Document words = words_of(query.text);
    if (searched.get_doccount() == 0 || words.termlist_count() == 0) return {};
    Xapian::Enquire enquire(searched);
    enquire.set_query(Xapian::Query(Xapian::Query::OP_OR, words.termlist_begin(), words.termlist_end()));
    enquire.set_weighting_scheme(Xapian::BM25PlusWeight());
    enquire.set_cutoff(static_cast<int>(std::lround(threshold * 100)));
    const Xapian::MSet matches = enquire.get_mset(0, static_cast<Xapian::doccount>(limit));
    std::vector<Hit> hits;
    for (auto match = matches.begin(); match != matches.end(); ++match) {
      const std::string id = match.get_document().get_data();
      hits.push_back({std::stoll(id), match.get_percent() / 100.0});
    }
    return hits;
  } catch (const Xapian::Error&) {
    return {};
  }

 private:
  std::map<Collection, Shard> shards_;
};

}  // namespace

std::unique_ptr<SearchIndex> make_full_text_index() { return std::make_unique<FullTextIndex>(); }

std::string folded(std::string_view text) {
  constexpr int kOptions =
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE;
  utf8proc_uint8_t* mapped = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &mapped, static_cast<utf8proc_option_t>(kOptions));
  if (size < 0) return std::string(text);  // no UTF-8: compared as it is
  std::string result(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  std::free(mapped);
  return result;
}

}  // namespace troupe::projections
