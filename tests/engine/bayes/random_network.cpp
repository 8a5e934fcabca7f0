#include "tests/engine/bayes/random_network.hpp"

#include <algorithm>

#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

double unit(Numbers& numbers) { return (numbers.next() + 1.0) / 2.0; }

}  // namespace

Network random_network(std::int32_t variables, std::uint64_t seed, double zeros) {
  Numbers numbers(seed);
  Network network;
  for (std::int32_t v = 0; v < variables; ++v) {
    Variable variable{"v" + std::to_string(v), {}};
    const auto states = 1 + numbers.below(4);
    for (std::int64_t s = 0; s < states; ++s) variable.states.push_back("s" + std::to_string(s));
    network.variables.push_back(std::move(variable));
    Family family;
    std::size_t rows = 1;
    for (std::int64_t wanted = numbers.below(4); wanted > 0 && v > 0; --wanted) {
      const auto parent = static_cast<std::int32_t>(numbers.below(v));
      if (std::find(family.parents.begin(), family.parents.end(), parent) != family.parents.end()) continue;
      family.parents.push_back(parent);
      rows *= network.variables[static_cast<std::size_t>(parent)].states.size();
    }
    for (std::size_t row = 0; row < rows; ++row) {
      std::vector<double> values;
      double sum = 0.0;
      for (std::int64_t s = 0; s < states; ++s) {
        const double value = s > 0 && unit(numbers) < zeros ? 0.0 : 0.05 + unit(numbers);
        values.push_back(value);
        sum += value;
      }
      for (const double value : values) family.table.push_back(value / sum);
    }
    network.families.push_back(std::move(family));
  }
  check_network(network);
  return network;
}

Evidence random_evidence(const std::vector<Variable>& variables, std::uint64_t seed, double observed, double virtual_share) {
  Numbers numbers(seed);
  Evidence evidence;
  for (std::size_t v = 0; v < variables.size(); ++v) {
    evidence.states.push_back(unit(numbers) < observed ? static_cast<std::int32_t>(numbers.below(variables[v].size())) : -1);
    if (unit(numbers) >= virtual_share) continue;
    Likelihood likelihood{static_cast<std::int32_t>(v), {}};
    for (std::int32_t s = 0; s < variables[v].size(); ++s) likelihood.values.push_back(0.1 + 3.0 * unit(numbers));
    evidence.likelihoods.push_back(std::move(likelihood));
  }
  return evidence;
}

double product_at(const FactorGraph& graph, const Evidence& evidence, const std::vector<std::int32_t>& states) {
  double value = 1.0;
  for (std::size_t v = 0; v < states.size(); ++v)
    if (!evidence.states.empty() && evidence.states[v] >= 0 && evidence.states[v] != states[v]) return 0.0;
  for (const Factor& factor : graph.factors) {
    std::size_t index = 0;
    for (const std::int32_t v : factor.variables) index = index * graph.variables[static_cast<std::size_t>(v)].states.size() + static_cast<std::size_t>(states[static_cast<std::size_t>(v)]);
    value *= factor.values[index];
  }
  for (const Likelihood& each : evidence.likelihoods) value *= each.values[static_cast<std::size_t>(states[static_cast<std::size_t>(each.variable)])];
  return value;
}

Enumeration enumerate(const FactorGraph& graph, const Evidence& evidence, const std::vector<std::int32_t>& joint_of) {
  Enumeration out;
  std::size_t joint_size = 1;
  for (const std::int32_t v : joint_of) joint_size *= graph.variables[static_cast<std::size_t>(v)].states.size();
  out.joint.assign(joint_size, 0.0);
  for (const Variable& variable : graph.variables) out.marginals.emplace_back(variable.states.size(), 0.0);
  std::vector<std::int32_t> states(graph.variables.size(), 0);
  for (bool more = true; more;) {
    const double value = product_at(graph, evidence, states);
    out.evidence += value;
    out.best = std::max(out.best, value);
    for (std::size_t v = 0; v < states.size(); ++v) out.marginals[v][static_cast<std::size_t>(states[v])] += value;
    std::size_t index = 0;
    for (const std::int32_t v : joint_of) index = index * graph.variables[static_cast<std::size_t>(v)].states.size() + static_cast<std::size_t>(states[static_cast<std::size_t>(v)]);
    out.joint[index] += value;
    more = false;
    for (std::size_t v = states.size(); v-- > 0;) {
      if (++states[v] < graph.variables[v].size()) {
        more = true;
        break;
      }
      states[v] = 0;
    }
  }
  if (out.evidence > 0.0) {
    for (auto& marginal : out.marginals)
      for (double& value : marginal) value /= out.evidence;
    for (double& value : out.joint) value /= out.evidence;
  }
  return out;
}

}  // namespace footfall::test
