#include "engine/bayes/join_tree.hpp"

#include <algorithm>

namespace footfall {
namespace {

constexpr std::size_t most_children = 3;
/// A node between may be larger than the separators it joins only up to here; large ones cost more memory than they save time.
constexpr double largest_between = 4096.0;

}  // namespace

JoinTree::JoinTree(const FactorGraph& graph, const Elimination& elimination) {
  for (const Variable& variable : graph.variables) sizes_.push_back(variable.size());
  rank_.assign(sizes_.size(), 0);
  for (std::size_t i = 0; i < elimination.order.size(); ++i) rank_[static_cast<std::size_t>(elimination.order[i])] = static_cast<std::int32_t>(i);
  merge(elimination);
  place_factors(graph);
  split_wide_nodes();
  order();
}

void JoinTree::sort(std::vector<std::int32_t>& scope) const {
  std::sort(scope.begin(), scope.end(), [this](std::int32_t a, std::int32_t b) { return rank_[static_cast<std::size_t>(a)] < rank_[static_cast<std::size_t>(b)]; });
}

double JoinTree::entries(const std::vector<std::int32_t>& scope) const {
  double entries = 1.0;
  for (const std::int32_t v : scope) entries *= sizes_[static_cast<std::size_t>(v)];
  return entries;
}

/// One node a variable, its clique; its parent is where the first of the others is summed out. A parent that has nothing else than the
/// separator lies inside its child and is taken in by it.
void JoinTree::merge(const Elimination& elimination) {
  const std::size_t count = elimination.order.size();
  std::vector<std::int32_t> taken_by(count, -1);   // by rank
  std::vector<std::vector<std::int32_t>> separators(count), scopes(count);
  const auto holder = [&](std::int32_t i) {
    while (taken_by[static_cast<std::size_t>(i)] >= 0) i = taken_by[static_cast<std::size_t>(i)];
    return i;
  };
  for (std::size_t i = 0; i < count; ++i) {
    scopes[i] = elimination.cliques[i];
    sort(scopes[i]);
    separators[i].assign(scopes[i].begin() + 1, scopes[i].end());
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (taken_by[i] >= 0) continue;
    while (!separators[i].empty()) {
      const auto parent = static_cast<std::size_t>(rank_[static_cast<std::size_t>(separators[i][0])]);
      if (taken_by[parent] >= 0 || scopes[parent].size() != separators[i].size()) break;
      taken_by[parent] = static_cast<std::int32_t>(i);
      separators[i] = separators[parent];
    }
  }
  std::vector<std::int32_t> number(count, -1);
  for (std::size_t i = 0; i < count; ++i)
    if (taken_by[i] < 0) {
      number[i] = static_cast<std::int32_t>(nodes_.size());
      nodes_.push_back({-1, {}, scopes[i], separators[i], {}});
    }
  home_.assign(count, -1);
  for (std::size_t i = 0; i < count; ++i) home_[static_cast<std::size_t>(elimination.order[i])] = number[static_cast<std::size_t>(holder(static_cast<std::int32_t>(i)))];
  for (std::size_t n = 0; n < nodes_.size(); ++n)
    if (!nodes_[n].separator.empty()) {
      nodes_[n].parent = home_[static_cast<std::size_t>(nodes_[n].separator[0])];
      nodes_[static_cast<std::size_t>(nodes_[n].parent)].children.push_back(static_cast<std::int32_t>(n));
    }
}

void JoinTree::place_factors(const FactorGraph& graph) {
  for (std::size_t f = 0; f < graph.factors.size(); ++f) {
    std::vector<std::int32_t> scope = graph.factors[f].variables;
    if (scope.empty()) continue;
    sort(scope);
    nodes_[static_cast<std::size_t>(home_[static_cast<std::size_t>(scope[0])])].factors.push_back(static_cast<std::int32_t>(f));
  }
}

/// A message to one of k children multiplies those of the k - 1 others, so the work grows with k squared. Nodes between, over what two children
/// share with the node, make it grow with k.
void JoinTree::split_wide_nodes() {
  const std::size_t count = nodes_.size();
  for (std::size_t n = 0; n < count; ++n) {
    for (bool joined = true; joined && nodes_[n].children.size() > most_children;) {
      joined = false;
      std::vector<std::int32_t> children = nodes_[n].children, kept;
      std::sort(children.begin(), children.end(), [this](std::int32_t a, std::int32_t b) {
        const auto& x = nodes_[static_cast<std::size_t>(a)].separator;
        const auto& y = nodes_[static_cast<std::size_t>(b)].separator;
        return x != y ? x < y : a < b;
      });
      for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
        const auto a = static_cast<std::size_t>(children[i]), b = static_cast<std::size_t>(children[i + 1]);
        std::vector<std::int32_t> scope = nodes_[a].separator;
        for (const std::int32_t v : nodes_[b].separator)
          if (std::find(scope.begin(), scope.end(), v) == scope.end()) scope.push_back(v);
        sort(scope);
        if (entries(scope) > std::max(largest_between, std::max(entries(nodes_[a].separator), entries(nodes_[b].separator)))) {
          kept.push_back(children[i]);
          kept.push_back(children[i + 1]);
          continue;
        }
        joined = true;
        const auto between = static_cast<std::int32_t>(nodes_.size());
        nodes_.push_back({static_cast<std::int32_t>(n), {children[i], children[i + 1]}, scope, scope, {}});
        nodes_[a].parent = nodes_[b].parent = between;
        kept.push_back(between);
      }
      if (children.size() % 2 == 1) kept.push_back(children.back());
      nodes_[n].children = std::move(kept);
    }
  }
}

void JoinTree::order() {
  std::vector<std::int32_t> stack;
  for (std::size_t n = 0; n < nodes_.size(); ++n)
    if (nodes_[n].parent < 0) stack.push_back(static_cast<std::int32_t>(n));
  while (!stack.empty()) {
    const std::int32_t n = stack.back();
    stack.pop_back();
    upward_.push_back(n);
    for (const std::int32_t child : nodes_[static_cast<std::size_t>(n)].children) stack.push_back(child);
  }
  std::reverse(upward_.begin(), upward_.end());
}

double JoinTree::message_bytes() const {
  double up = 0.0, extra = 0.0;
  for (const Node& node : nodes_) {
    up += entries(node.separator);
    double down = 0.0;
    for (const std::int32_t child : node.children) down += entries(nodes_[static_cast<std::size_t>(child)].separator);
    extra = std::max(extra, down);
  }
  return 8.0 * (up + extra);
}

double JoinTree::largest_node() const {
  double largest = 1.0;
  for (const Node& node : nodes_) largest = std::max(largest, entries(node.scope));
  return largest;
}

}  // namespace footfall
