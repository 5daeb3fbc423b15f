#include "http/router.hpp"

#include <boost/container/static_vector.hpp>

namespace troupe::http {
namespace {

/// More than any route has: a longer path needs no walk.
constexpr std::size_t kMaxSegments = 16;

using Segments = boost::container::static_vector<std::string_view, kMaxSegments + 1>;

Segments split(std::string_view path) {
  Segments segments;
  if (path.empty() || path.front() != '/') return segments;
  for (path.remove_prefix(1); segments.size() <= kMaxSegments;) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == path.npos) break;
    path.remove_prefix(slash + 1);
  }
  return segments;
}

bool is_parameter(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

}  // namespace

Expected<void> Router::add(const Route& route) {
  Node* node = &root_;
  for (const auto segment : split(route.pattern)) {
    auto& next = is_parameter(segment) ? node->parameter : node->literals[std::string(segment)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  const auto [at, added] = node->methods.emplace(route.method, &route);
  if (!added)
    return fail(Errc::conflict, "two routes collide: " + at->second->method + " " + at->second->pattern + " (" +
                                    at->second->tag + ") and " + route.method + " " + route.pattern + " (" + route.tag +
                                    ")");
  return {};
}

const Router::Node* Router::walk(const Node& node, std::span<const std::string_view> segments) const {
  if (segments.empty()) return node.methods.empty() ? nullptr : &node;
  const auto rest = segments.subspan(1);
  if (const auto it = node.literals.find(segments.front()); it != node.literals.end())
    if (const Node* found = walk(*it->second, rest)) return found;
  return node.parameter ? walk(*node.parameter, rest) : nullptr;
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  Segments segments = split(path);
  if (segments.empty() || segments.size() > kMaxSegments) return match;
  boost::container::static_vector<std::string, kMaxSegments> decoded;
  for (auto& segment : segments) {
    if (segment.find('%') != segment.npos) {
      auto plain = percent_decode(segment);
      if (!plain) return match;
      segment = decoded.emplace_back(std::move(*plain));
    }
    if (segment.empty() || segment == "." || segment == "..") return match;
  }
  const Node* node = walk(root_, {segments.data(), segments.size()});
  if (!node) return match;
  const auto found = node->methods.find(method == "HEAD" ? "GET" : method);
  if (found == node->methods.end()) {
    for (const auto& [name, route] : node->methods) match.allowed.push_back(name);
    return match;
  }
  match.route = found->second;
  const auto names = split(match.route->pattern);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (is_parameter(names[i])) match.parameters.emplace_back(names[i].substr(1, names[i].size() - 2), segments[i]);
  return match;
}

}  // namespace troupe::http
