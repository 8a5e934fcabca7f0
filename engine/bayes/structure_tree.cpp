#include <algorithm>
#include <limits>

#include "engine/bayes/structure.hpp"

namespace footfall {
namespace {

/// Pairs (a < b) of the given variables, after `first` where there is one.
std::vector<std::vector<std::int32_t>> pair_sets(const std::vector<std::int32_t>& variables, std::int32_t first) {
  std::vector<std::vector<std::int32_t>> sets;
  for (std::size_t i = 0; i < variables.size(); ++i)
    for (std::size_t j = i + 1; j < variables.size(); ++j) {
      sets.emplace_back();
      if (first >= 0) sets.back().push_back(first);
      sets.back().push_back(variables[i]);
      sets.back().push_back(variables[j]);
    }
  return sets;
}

/// [n, n] of the variables: mutual information given `condition`, or without one when it is -1.
std::vector<double> pair_weights(const TableCounts& counts, const std::vector<std::int32_t>& variables, std::int32_t condition) {
  const std::vector<std::vector<std::int64_t>> tables = counts.count(pair_sets(variables, condition));
  const std::size_t n = variables.size();
  const auto states = [&](std::size_t i) { return counts.table().variables[static_cast<std::size_t>(variables[i])].size(); };
  std::vector<double> weights(n * n, 0.0);
  std::size_t next = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j)
      weights[i * n + j] = weights[j * n + i] = conditional_mutual_information(tables[next++], states(i), states(j));
  return weights;
}

}  // namespace

std::vector<std::int32_t> largest_spanning_tree(const std::vector<double>& weights, std::int32_t n, std::int32_t root) {
  const auto size = static_cast<std::size_t>(n);
  std::vector<std::int32_t> parent(size, -1);
  std::vector<double> best(size, -std::numeric_limits<double>::infinity());
  std::vector<bool> inside(size);
  std::size_t newest = static_cast<std::size_t>(root);
  for (std::size_t step = 1; step < size; ++step) {
    inside[newest] = true;
    std::size_t next = size;
    for (std::size_t v = 0; v < size; ++v) {
      if (inside[v]) continue;
      const double weight = weights[newest * size + v];
      // Of equal weights the smaller parent, whichever of both joined first.
      if (weight > best[v] || (weight == best[v] && static_cast<std::int32_t>(newest) < parent[v])) {
        best[v] = weight;
        parent[v] = static_cast<std::int32_t>(newest);
      }
      if (next == size || best[v] > best[next]) next = v;
    }
    newest = next;
  }
  return parent;
}

Structure naive_structure(std::int32_t variables, std::int32_t target) {
  Structure out(static_cast<std::size_t>(variables));
  for (std::int32_t v = 0; v < variables; ++v)
    if (v != target) out[static_cast<std::size_t>(v)] = {target};
  return out;
}

Structure chow_liu_structure(const TableCounts& counts, std::int32_t root) {
  const std::int32_t n = counts.table().size();
  std::vector<std::int32_t> all;
  for (std::int32_t v = 0; v < n; ++v) all.push_back(v);
  const std::vector<std::int32_t> parent = largest_spanning_tree(pair_weights(counts, all, -1), n, root);
  Structure out(static_cast<std::size_t>(n));
  for (std::size_t v = 0; v < out.size(); ++v)
    if (parent[v] >= 0) out[v] = {parent[v]};
  return out;
}

Structure tan_structure(const TableCounts& counts, std::int32_t target) {
  std::vector<std::int32_t> features;
  for (std::int32_t v = 0; v < counts.table().size(); ++v)
    if (v != target) features.push_back(v);
  Structure out = naive_structure(counts.table().size(), target);
  if (features.empty()) return out;
  const std::vector<std::int32_t> parent = largest_spanning_tree(pair_weights(counts, features, target), static_cast<std::int32_t>(features.size()), 0);
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (parent[i] < 0) continue;
    std::vector<std::int32_t>& of = out[static_cast<std::size_t>(features[i])];
    of.push_back(features[static_cast<std::size_t>(parent[i])]);
    std::sort(of.begin(), of.end());
  }
  return out;
}

}  // namespace footfall
