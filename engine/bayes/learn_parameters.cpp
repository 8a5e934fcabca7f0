#include <numeric>

#include "engine/bayes/learn.hpp"

namespace footfall {
namespace {

/// `prior` [states] of each row, or one for all rows; `weight` pseudo-rows of it.
void add_row(std::vector<double>& out, std::size_t row, const double* counts, std::size_t states, double weight, const double* prior) {
  double sum = weight;
  for (std::size_t s = 0; s < states; ++s) sum += counts[s];
  for (std::size_t s = 0; s < states; ++s)
    out[row * states + s] = sum > 0.0 ? (counts[s] + weight * prior[s]) / sum : 1.0 / static_cast<double>(states);
}

std::vector<double> with_even_prior(const std::vector<double>& counts, std::size_t states, double weight_of_row) {
  const std::vector<double> even(states, 1.0 / static_cast<double>(states));
  std::vector<double> out(counts.size());
  for (std::size_t row = 0; row * states < counts.size(); ++row) add_row(out, row, counts.data() + row * states, states, weight_of_row, even.data());
  return out;
}

std::vector<double> backed_off(double weight, const std::vector<double>& counts, std::size_t states, std::span<const std::int32_t> parent_states) {
  if (parent_states.empty()) return with_even_prior(counts, states, 1.0);
  const auto last = static_cast<std::size_t>(parent_states.back());
  std::vector<double> fewer(counts.size() / last);
  for (std::size_t row = 0; row * states < counts.size(); ++row)
    for (std::size_t s = 0; s < states; ++s) fewer[row / last * states + s] += counts[row * states + s];
  const std::vector<double> prior = backed_off(weight, fewer, states, parent_states.first(parent_states.size() - 1));
  std::vector<double> out(counts.size());
  for (std::size_t row = 0; row * states < counts.size(); ++row) add_row(out, row, counts.data() + row * states, states, weight, prior.data() + row / last * states);
  return out;
}

}  // namespace

std::vector<double> family_table(const ParameterSpec& spec, std::span<const double> counts, std::int32_t states, std::span<const std::int32_t> parent_states) {
  const auto width = static_cast<std::size_t>(states);
  const std::vector<double> cells(counts.begin(), counts.end());
  switch (spec.prior) {
    case Prior::none: return with_even_prior(cells, width, 0.0);
    case Prior::bdeu: return with_even_prior(cells, width, spec.weight * static_cast<double>(states) / static_cast<double>(counts.size()));
    case Prior::dirichlet: return with_even_prior(cells, width, spec.weight * static_cast<double>(states));
    case Prior::back_off: return backed_off(spec.weight, cells, width, parent_states);
  }
  return {};
}

std::vector<double> family_table(const ParameterSpec& spec, std::span<const std::int64_t> counts, std::int32_t states, std::span<const std::int32_t> parent_states) {
  return family_table(spec, std::vector<double>(counts.begin(), counts.end()), states, parent_states);
}

Network learn_parameters(const TableCounts& counts, const Structure& structure, const ParameterSpec& spec) {
  Network network;
  network.variables = counts.table().variables;
  std::vector<std::vector<std::int32_t>> sets;
  for (std::size_t v = 0; v < structure.size(); ++v) {
    sets.push_back(structure[v]);
    sets.back().push_back(static_cast<std::int32_t>(v));
  }
  const std::vector<std::vector<std::int64_t>> tables = counts.count(sets);
  for (std::size_t v = 0; v < structure.size(); ++v) {
    std::vector<std::int32_t> parent_states;
    for (const std::int32_t p : structure[v]) parent_states.push_back(network.variables[static_cast<std::size_t>(p)].size());
    network.families.push_back({structure[v], family_table(spec, tables[v], network.variables[v].size(), parent_states)});
  }
  return network;
}

}  // namespace footfall
