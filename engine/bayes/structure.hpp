#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/bayes/score.hpp"

namespace footfall {

/// The parents of each variable of a table, ascending. Every function here gives the same arcs for any number of threads and any order of the rows:
/// equal weights and equal scores go to the smaller variables.
using Structure = std::vector<std::vector<std::int32_t>>;

/// Every variable is a child of the target alone (naive Bayes).
[[nodiscard]] Structure naive_structure(std::int32_t variables, std::int32_t target);

/// The tree of largest total mutual information (Chow and Liu 1968), directed away from `root`. Pairs come from the rows where both are observed.
[[nodiscard]] Structure chow_liu_structure(const TableCounts& counts, std::int32_t root = 0);

/// Tree-augmented naive Bayes: each variable has the target and, but for the first, one parent of the tree of largest total mutual information given the
/// target (Friedman, Geiger and Goldszmidt 1997).
[[nodiscard]] Structure tan_structure(const TableCounts& counts, std::int32_t target);

/// Of a symmetric matrix of weights [n, n] the spanning tree of largest sum (Prim 1957): the parent of each node, -1 for `root`.
[[nodiscard]] std::vector<std::int32_t> largest_spanning_tree(const std::vector<double>& weights, std::int32_t n, std::int32_t root);

using Arc = std::pair<std::int32_t, std::int32_t>;   ///< from, to

struct HillClimbSpec {
  ScoreSpec score;
  std::int32_t max_parents = 4;
  std::vector<Arc> required, forbidden;
  std::int32_t tabu = 100;         ///< structures that are not visited again
  std::int32_t patience = 15;      ///< steps without a better structure before the search ends; 0: pure hill climbing
  std::int32_t restarts = 1000;    ///< arcs of the best structure that are turned round for another climb, at most
  std::int64_t largest_table = 1'000'000;  ///< entries of a family's counts: arcs that would need more are not tried
};

struct HillClimbResult {
  Structure structure;
  double score = 0.0;
  std::int32_t steps = 0;
  std::int64_t families = 0;   ///< counted
};

/// Adds, deletes or reverses one arc at a time, whichever gains most, beginning with the required arcs; where nothing gains it goes on with what loses least
/// and has not been visited (Glover 1986, as in Scutari 2010). Then each arc of the best structure in turn is reversed, the parents of its ends are chosen anew
/// (the neighbourhood of Grzegorczyk and Husmeier 2008) and the climb goes on from there, until no arc leads to a better structure. Returns the best one seen. Error{bad_input} when the required arcs
/// make a cycle, are forbidden too, or are more than max_parents.
[[nodiscard]] HillClimbResult hill_climb(const TableCounts& counts, const HillClimbSpec& spec);

}  // namespace footfall
