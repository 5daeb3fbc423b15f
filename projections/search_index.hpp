// Documents (messages and files) ranked by likeness to a query: by their words, or by their meaning. In memory only, as
// texts are sealed on disk, and so must be what tells of them. Not thread-safe.
//
// Each collection has an index of its own, and a search looks into those it is given and no others: what is found, and
// how well it fits, depends on nothing that the asker may not read.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/session.hpp"

namespace troupe::projections {

/// A message's id (events::message_id), or a negative number that stands for a file.
using DocumentId = std::int64_t;

/// Documents of one kind that the same people may read.
struct Collection {
  enum class Of : std::uint8_t { messages, files, own_files, public_files };
  Of of = Of::messages;
  std::int64_t id = 0;  ///< the channel; of own_files, which are in no channel, the account; of public_files 0
  auto operator<=>(const Collection&) const = default;
};

/// What stands in an index, and what is looked for. Each index reads one of both.
struct Content {
  std::string_view text = {};
  std::span<const float> vector = {};  ///< of length 1
};

struct Hit {
  DocumentId id = 0;
  double similarity = 0;  ///< 0 to 1
};

class SearchIndex {
 public:
  virtual ~SearchIndex() = default;

  /// Replaces what stands there under the id.
  virtual void put(const Collection& collection, DocumentId id, const Content& content) = 0;
  virtual void erase(const Collection& collection, DocumentId id) = 0;

  /// The best first, none below the threshold. What stands in several collections may be there several times.
  virtual std::vector<Hit> search(const std::vector<Collection>& collections, const Content& query, double threshold,
                                  std::size_t limit) const = 0;
};

/// Ranks by words: BM25+ (Lv and Zhai 2011) over all collections searched, so that a word in a long file counts beside
/// the same one in a short message. Case, accents and width do not matter (Unicode NFKC casefolding without marks);
/// Chinese, Japanese and Korean are split into single characters and pairs. A document needs any of the query's words.
/// The similarity of the best document is the share of the query's weight that it holds (rare words weigh more), and that
/// of the others falls with their own: what Xapian calls a percentage.
std::unique_ptr<SearchIndex> make_full_text_index();

/// Ranks by the cosine between vectors, which is the similarity; a negative one counts as 0. Exact in collections of few
/// vectors, approximate in larger ones: a graph of neighbours (HNSW, arXiv:1603.09320).
std::unique_ptr<SearchIndex> make_vector_index(std::size_t dimension);

/// A text as the full-text index compares it.
std::string folded(std::string_view text);

/// Scaled to length 1; empty when the vector has no direction.
std::vector<float> normalized(std::vector<float> vector);

/// A vector as it is stored: IEEE 754 binary32, little-endian, one after another.
std::string bytes_of(std::span<const float> vector);
/// Empty when the bytes are no vector.
std::vector<float> vector_of(std::string_view bytes);

}  // namespace troupe::projections
