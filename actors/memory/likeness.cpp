#include "actors/memory/likeness.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "events/defaults.hpp"
#include "projections/search_index.hpp"

namespace troupe::actors {
namespace {

/// Scripts without spaces between words: Han, Kana and Hangul, by their blocks (Unicode 15, chapter 18).
bool is_cjk(utf8proc_int32_t c) {
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
         (c >= 0xac00 && c <= 0xd7af) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

bool is_of_a_word(utf8proc_int32_t c) {
  const auto category = utf8proc_category(c);
  return category <= UTF8PROC_CATEGORY_NO && category != UTF8PROC_CATEGORY_CN;  // letters, marks and numbers
}

bool is_digit(utf8proc_int32_t c) { return utf8proc_category(c) == UTF8PROC_CATEGORY_ND; }

void put_in_order(std::vector<std::uint64_t>& digests) {
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
}

bool has(const std::vector<std::uint64_t>& digests, std::uint64_t digest) {
  return std::binary_search(digests.begin(), digests.end(), digest);
}

}  // namespace

Words::Words(std::string_view text) {
  const std::string plain = projections::folded(text);
  std::string word, previous;  // `previous`: the character of a script without spaces that came just before
  bool has_digit = false, alone = false;
  const auto keep = [&](const std::string& what, bool number) {
    words_.push_back(std::hash<std::string>{}(what));
    if (number) numbers_.push_back(words_.back());
  };
  const auto end_word = [&] {
    if (!word.empty()) keep(word, has_digit);
    word.clear();
    has_digit = false;
  };
  const auto end_pairs = [&] {
    if (alone) keep(previous, false);
    previous.clear();
    alone = false;
  };
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(plain.data());
  for (auto left = static_cast<utf8proc_ssize_t>(plain.size()); left > 0;) {
    utf8proc_int32_t c = 0;
    const auto size = utf8proc_iterate(at, left, &c);
    if (size <= 0) break;
    const std::string character(reinterpret_cast<const char*>(at), static_cast<std::size_t>(size));
    at += size;
    left -= size;
    if (is_cjk(c)) {
      end_word();
      if (!previous.empty()) keep(previous + character, false);
      alone = previous.empty();
      previous = character;
      continue;
    }
    end_pairs();
    if (!is_of_a_word(c)) {
      end_word();
      continue;
    }
    word += character;
    has_digit = has_digit || is_digit(c);
  }
  end_word();
  end_pairs();
  put_in_order(words_);
  put_in_order(numbers_);
}

double likeness(const Words& a, const Words& b) {
  const auto& x = a.all();
  const auto& y = b.all();
  if (x.empty() && y.empty()) return 0;
  std::size_t common = 0;
  for (std::size_t i = 0, j = 0; i < x.size() && j < y.size();) {
    if (x[i] == y[j]) ++common;
    const bool forward = x[i] <= y[j];
    j += y[j] <= x[i];
    i += forward;
  }
  return 2.0 * static_cast<double>(common) / static_cast<double>(x.size() + y.size());
}

double cosine(std::span<const float> a, std::span<const float> b) {
  if (a.empty() || a.size() != b.size()) return 0;
  double product = 0;
  for (std::size_t i = 0; i < a.size(); ++i) product += static_cast<double>(a[i]) * b[i];
  return product;
}

bool nearly_same(const ComparedFact& a, const ComparedFact& b) {
  // One that may be told elsewhere than the other would take it there.
  if (a.category != b.category || a.group != b.group || a.by_admin != b.by_admin) return false;
  if (a.words.numbers() != b.words.numbers()) return false;
  return likeness(a.words, b.words) >= defaults::kNearlySameWords ||
         cosine(a.vector, b.vector) >= defaults::kNearlySameVectors;
}

std::vector<Merging> mergings(std::vector<ComparedFact> facts) {
  std::sort(facts.begin(), facts.end(), [](const ComparedFact& a, const ComparedFact& b) {
    return std::tie(b.updated_at, b.id) < std::tie(a.updated_at, a.id);
  });
  std::vector<Merging> found;
  std::vector<bool> gone(facts.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (gone[i]) continue;
    Merging merging{facts[i].id, {}};
    for (std::size_t j = i + 1; j < facts.size(); ++j) {
      if (gone[j] || !nearly_same(facts[i], facts[j])) continue;
      gone[j] = true;
      merging.absorbed.push_back(facts[j].id);
    }
    if (!merging.absorbed.empty()) found.push_back(std::move(merging));
  }
  return found;
}

std::vector<double> relevance(const Words& question, const std::vector<const Words*>& texts) {
  std::map<std::uint64_t, double> weights;
  double whole = 0;
  for (const auto word : question.all()) {
    const auto with =
        std::count_if(texts.begin(), texts.end(), [&](const Words* text) { return has(text->all(), word); });
    if (with > 0)
      whole += weights[word] = std::log(1 + static_cast<double>(texts.size()) / (static_cast<double>(with) + 0.5));
  }
  std::vector<double> shares;
  for (const Words* text : texts) {
    double share = 0;
    for (const auto& [word, weight] : weights)
      if (has(text->all(), word)) share += weight;
    shares.push_back(whole > 0 ? share / whole : 0);
  }
  return shares;
}

}  // namespace troupe::actors
