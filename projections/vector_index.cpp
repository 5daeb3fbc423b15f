#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <unordered_map>

#include "events/defaults.hpp"
#include "projections/search_index.hpp"
#include "storage/coding.hpp"

namespace troupe::projections {
namespace {

using Graph = hnswlib::HierarchicalNSW<float>;
using Nearest = std::vector<std::pair<float, DocumentId>>;  ///< 1 - cosine, and whose

/// The graph's defaults of its paper for vectors of text; the search then looks at this many candidates at least.
constexpr std::size_t kCandidates = 100;

class Shard {
 public:
  void put(hnswlib::SpaceInterface<float>& space, DocumentId id, std::span<const float> vector) {
    if (!graph_) {
      exact_[id].assign(vector.begin(), vector.end());
      if (exact_.size() > defaults::kMaxExactVectors) build_graph(space);
      return;
    }
    if (graph_->cur_element_count == graph_->max_elements_) graph_->resizeIndex(graph_->max_elements_ * 2);
    graph_->addPoint(vector.data(), static_cast<hnswlib::labeltype>(id));
  }

  void erase(hnswlib::SpaceInterface<float>& space, DocumentId id) {
    if (!graph_) {
      exact_.erase(id);
      return;
    }
    const auto at = graph_->label_lookup_.find(static_cast<hnswlib::labeltype>(id));
    if (at == graph_->label_lookup_.end() || graph_->isMarkedDeleted(at->second)) return;
    graph_->markDeletedInternal(at->second);
    if (graph_->num_deleted_ * 2 > graph_->cur_element_count) drop_deleted(space);
  }

  bool empty() const { return graph_ ? graph_->num_deleted_ == graph_->cur_element_count : exact_.empty(); }

  void nearest(hnswlib::SpaceInterface<float>& space, std::span<const float> query, std::size_t count,
               Nearest& nearest) const {
    if (!graph_) {
      const auto distance = space.get_dist_func();
      for (const auto& [id, vector] : exact_)
        nearest.emplace_back(distance(query.data(), vector.data(), space.get_dist_func_param()), id);
      return;
    }
    for (auto found = graph_->searchKnn(query.data(), std::min<std::size_t>(count, graph_->cur_element_count));
         !found.empty(); found.pop())
      nearest.emplace_back(found.top().first, static_cast<DocumentId>(found.top().second));
  }

 private:
  static std::unique_ptr<Graph> graph_for(hnswlib::SpaceInterface<float>& space, std::size_t vectors) {
    auto graph = std::make_unique<Graph>(&space, std::max<std::size_t>(vectors * 2, defaults::kMaxExactVectors));
    graph->setEf(kCandidates);
    return graph;
  }

  void build_graph(hnswlib::SpaceInterface<float>& space) {
    graph_ = graph_for(space, exact_.size());
    for (const auto& [id, vector] : exact_) graph_->addPoint(vector.data(), static_cast<hnswlib::labeltype>(id));
    exact_.clear();
  }

  void drop_deleted(hnswlib::SpaceInterface<float>& space) {
    auto fresh = graph_for(space, graph_->cur_element_count - graph_->num_deleted_);
    for (const auto& [label, internal] : graph_->label_lookup_)
      if (!graph_->isMarkedDeleted(internal)) fresh->addPoint(graph_->getDataByInternalId(internal), label);
    graph_ = std::move(fresh);
  }

  std::unordered_map<DocumentId, std::vector<float>> exact_;  ///< while there is no graph
  std::unique_ptr<Graph> graph_;
};

class VectorIndex final : public SearchIndex {
 public:
  explicit VectorIndex(std::size_t dimension) : dimension_(dimension), space_(dimension) {}

  void put(const Collection& collection, DocumentId id, const Content& content) override {
    if (content.vector.size() == dimension_) shards_[collection].put(space_, id, content.vector);
  }

  void erase(const Collection& collection, DocumentId id) override {
    const auto shard = shards_.find(collection);
    if (shard == shards_.end()) return;
    shard->second.erase(space_, id);
    if (shard->second.empty()) shards_.erase(shard);
  }

  std::vector<Hit> search(const std::vector<Collection>& collections, const Content& query, double threshold,
                          std::size_t limit) const override {
    if (query.vector.size() != dimension_) return {};
    Nearest found;
    for (const Collection& collection : collections)
      if (const auto shard = shards_.find(collection); shard != shards_.end())
        shard->second.nearest(space_, query.vector, limit, found);
    std::sort(found.begin(), found.end());
    std::vector<Hit> hits;
    for (const auto& [distance, id] : found) {
      // To a millionth: beyond it is what single precision makes of equal vectors.
      const double similarity = std::clamp(std::round((1.0 - static_cast<double>(distance)) * 1e6) / 1e6, 0.0, 1.0);
      if (similarity < threshold || hits.size() == limit) break;
      hits.push_back({id, similarity});
    }
    return hits;
  }

 private:
  std::size_t dimension_;
  mutable hnswlib::InnerProductSpace space_;  ///< mutable: its getters are not const
  std::map<Collection, Shard> shards_;
};

}  // namespace

std::unique_ptr<SearchIndex> make_vector_index(std::size_t dimension) {
  return std::make_unique<VectorIndex>(dimension);
}

std::vector<float> normalized(std::vector<float> vector) {
  double squares = 0;
  for (const float x : vector) squares += static_cast<double>(x) * x;
  if (!(squares > 0) || !std::isfinite(squares)) return {};
  const double length = std::sqrt(squares);
  for (float& x : vector) x = static_cast<float>(x / length);
  return vector;
}

std::string bytes_of(std::span<const float> vector) {
  std::string bytes;
  bytes.reserve(vector.size() * 4);
  for (const float x : vector) storage::put_fixed32(bytes, std::bit_cast<std::uint32_t>(x));
  return bytes;
}

std::vector<float> vector_of(std::string_view bytes) {
  std::vector<float> vector;
  if (bytes.size() % 4 != 0) return vector;
  vector.reserve(bytes.size() / 4);
  for (; !bytes.empty(); bytes.remove_prefix(4))
    vector.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(storage::read_fixed(bytes.substr(0, 4)))));
  return vector;
}

}  // namespace troupe::projections
