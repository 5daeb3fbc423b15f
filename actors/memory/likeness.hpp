// How alike two facts are, and how well a fact fits a question. Pure.
//
// Words are compared without case, accents and width (projections::folded); of Chinese, Japanese and Korean, which write
// no spaces, pairs of characters that stand side by side.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "events/memory.hpp"

namespace troupe::actors {

/// A text taken apart, to be compared with many others.
class Words {
 public:
  explicit Words(std::string_view text);

  /// Digests of the words, in order and each once.
  const std::vector<std::uint64_t>& all() const { return words_; }
  /// Those that hold a digit.
  const std::vector<std::uint64_t>& numbers() const { return numbers_; }
  bool operator==(const Words&) const = default;

 private:
  std::vector<std::uint64_t> words_, numbers_;
};

/// Twice what both have over what each has (Dice 1945): 0 to 1.
double likeness(const Words& a, const Words& b);

/// Of two vectors of length 1; 0 where their dimensions differ or one is missing.
double cosine(std::span<const float> a, std::span<const float> b);

/// A fact as it is compared.
struct ComparedFact {
  events::FactId id = 0;
  events::AccountId group = 0;
  std::string_view category;
  Micros updated_at = 0;
  Words words;
  std::vector<float> vector = {};  ///< of length 1; empty: it has none
  bool by_admin = false;           ///< an administrator wrote it, which decides where it may be told
};

/// The same category and group, of the same kind of author, the same numbers in both, and nearly the same words or meaning (kNearlySameWords,
/// kNearlySameVectors). Two texts that differ in a number say different things, however alike they are.
bool nearly_same(const ComparedFact& a, const ComparedFact& b);

/// Which facts say what a newer one says.
struct Merging {
  events::FactId kept = 0;
  std::vector<events::FactId> absorbed;
};
std::vector<Merging> mergings(std::vector<ComparedFact> facts);

/// For each text the share that it has of those words of the question that any of them has, by weight: a word that few of
/// the texts have weighs more (inverse document frequency). 0 to 1.
std::vector<double> relevance(const Words& question, const std::vector<const Words*>& texts);

}  // namespace troupe::actors
