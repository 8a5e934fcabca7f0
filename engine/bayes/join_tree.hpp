#pragma once

#include <cstdint>
#include <vector>

#include "engine/bayes/contraction.hpp"
#include "engine/bayes/elimination.hpp"
#include "engine/bayes/network.hpp"

namespace footfall {

/// A cluster tree of a factor graph (Koller and Friedman 2009, chapter 10): nodes are sets of variables, each factor lies in one, and what two
/// neighbours share is their separator. Nodes are made from an elimination order; those that lie inside a neighbour are merged with it, and nodes
/// with many children get nodes between, so that no node has more than a few.
class JoinTree {
 public:
  struct Node {
    std::int32_t parent = -1;                ///< -1: a root, one for each part of the graph
    std::vector<std::int32_t> children;
    std::vector<std::int32_t> scope;         ///< variables in the order of every table: by their place in the elimination order
    std::vector<std::int32_t> separator;     ///< shared with the parent; of a root none
    std::vector<std::int32_t> factors;       ///< indexes of the graph's factors
  };

  JoinTree(const FactorGraph& graph, const Elimination& elimination);

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  /// Children before parents.
  [[nodiscard]] const std::vector<std::int32_t>& upward() const { return upward_; }
  /// Entries of a table over these variables; may be beyond any integer.
  [[nodiscard]] double entries(const std::vector<std::int32_t>& scope) const;
  /// Bytes that both passes hold at most: every message upward, and downward those of the nodes at work.
  [[nodiscard]] double message_bytes() const;
  [[nodiscard]] double largest_node() const;
  [[nodiscard]] const std::vector<std::int32_t>& sizes() const { return sizes_; }
  /// The variables of a scope in the order of the tree's tables.
  void sort(std::vector<std::int32_t>& scope) const;

 private:
  void merge(const Elimination& elimination);
  void place_factors(const FactorGraph& graph);
  void split_wide_nodes();
  void order();

  std::vector<std::int32_t> sizes_, rank_;
  std::vector<std::int32_t> home_;   ///< [variables] the node where it is summed out
  std::vector<Node> nodes_;
  std::vector<std::int32_t> upward_;
};

}  // namespace footfall
