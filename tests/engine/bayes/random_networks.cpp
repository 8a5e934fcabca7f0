#include "tests/engine/bayes/random_networks.hpp"

#include <algorithm>
#include <cmath>

namespace footfall::test {

Network random_network(const NetworkShape& shape, Numbers& numbers) {
  Network network;
  network.name = "random";
  for (std::int32_t v = 0; v < shape.variables; ++v) {
    Variable variable;
    variable.name = "v" + std::to_string(v);
    const std::int64_t states = 2 + numbers.below(shape.most_states - 1);
    for (std::int64_t s = 0; s < states; ++s) variable.states.push_back("s" + std::to_string(s));
    network.variables.push_back(variable);
    Family family;
    for (std::int32_t p = v; p-- > 0;)
      if (static_cast<std::int32_t>(family.parents.size()) < shape.most_parents && numbers.below(3) == 0) family.parents.push_back(p);
    std::int64_t rows = 1;
    for (const std::int32_t parent : family.parents) rows *= network.variables[static_cast<std::size_t>(parent)].size();
    for (std::int64_t r = 0; r < rows; ++r) {
      std::vector<double> entries;
      for (std::int64_t s = 0; s < states; ++s) entries.push_back(0.5 * (numbers.next() + 1.0) < shape.zeros ? 0.0 : std::pow(0.51 + 0.5 * numbers.next(), shape.power));
      double sum = 0.0;
      for (const double entry : entries) sum += entry;
      if (sum == 0.0) sum = entries.front() = 1.0;
      for (const double entry : entries) family.table.push_back(entry / sum);
    }
    network.families.push_back(family);
  }
  return network;
}

std::vector<std::uint8_t> random_rows(const Network& network, std::int64_t rows, double missing, double unseen, Numbers& numbers) {
  std::vector<std::uint8_t> codes;
  for (const Variable& variable : network.variables)
    for (std::int64_t r = 0; r < rows; ++r) {
      const double draw = 0.5 * (numbers.next() + 1.0);
      const auto state = static_cast<std::uint8_t>(numbers.below(variable.size()));
      codes.push_back(draw < missing ? missing_code : draw < missing + unseen ? unseen_code : state);
    }
  return codes;
}

Enumerated enumerate(const Network& network, std::int32_t target, const std::vector<std::uint8_t>& row) {
  const std::size_t count = network.variables.size();
  std::vector<std::int32_t> state(count, 0);
  std::vector<std::size_t> open;
  for (std::size_t v = 0; v < count; ++v) {
    if (static_cast<std::int32_t>(v) == target || row[v] >= network.variables[v].size())
      open.push_back(v);
    else
      state[v] = row[v];
  }
  Enumerated result;
  result.posterior.assign(static_cast<std::size_t>(network.variables[static_cast<std::size_t>(target)].size()), 0.0);
  double total = 0.0;
  for (bool more = true; more;) {
    double joint = 1.0;
    for (std::size_t v = 0; v < count; ++v) {
      std::size_t at = 0;
      for (const std::int32_t parent : network.families[v].parents)
        at = at * static_cast<std::size_t>(network.variables[static_cast<std::size_t>(parent)].size()) + static_cast<std::size_t>(state[static_cast<std::size_t>(parent)]);
      joint *= network.families[v].table[at * static_cast<std::size_t>(network.variables[v].size()) + static_cast<std::size_t>(state[v])];
    }
    result.posterior[static_cast<std::size_t>(state[static_cast<std::size_t>(target)])] += joint;
    total += joint;
    more = false;
    for (const std::size_t v : open) {
      if (++state[v] < network.variables[v].size()) {
        more = true;
        break;
      }
      state[v] = 0;
    }
  }
  result.log_evidence = std::log(total);
  for (double& entry : result.posterior) entry = total > 0.0 ? entry / total : 0.0;
  return result;
}

}  // namespace footfall::test
