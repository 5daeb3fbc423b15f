// Finds the route of a request: a trie over path segments. Pure; memory and time are bounded by the length of the path.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/expected.hpp"
#include "http/route.hpp"

namespace troupe::http {

class Router {
 public:
  struct Match {
    const Route* route = nullptr;  ///< null: no such path, or not with this method
    std::vector<std::pair<std::string_view, std::string>> parameters;
    std::vector<std::string> allowed;  ///< without a route: methods of the path; empty: no such path
  };

  /// Routes must outlive the router. Errors: conflict (two routes with one method and pattern; both are named).
  Expected<void> add(const Route& route);

  /// `path` as sent. A literal segment wins over a parameter; empty, `.` and `..` segments match nothing.
  /// HEAD finds the GET route.
  Match find(std::string_view method, std::string_view path) const;

 private:
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::map<std::string, const Route*, std::less<>> methods;
  };

  const Node* walk(const Node& node, std::span<const std::string_view> segments) const;

  Node root_;
};

}  // namespace troupe::http
