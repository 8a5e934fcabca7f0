#include "engine/bayes/learn_em.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "engine/bayes/inference.hpp"
#include "kernels/device/team.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t tiles = 16;   ///< of the cases, each with sums of its own: the order of additions does not depend on threads

/// Rows that are alike, and how many they are.
struct Case {
  Evidence evidence;
  double weight = 0.0;
};

std::vector<Case> cases_of(const CodedTable& table) {
  const auto n = static_cast<std::size_t>(table.rows), width = table.variables.size();
  const auto cell = [&](std::size_t v, std::size_t r) {
    const std::uint8_t code = table.codes[v * n + r];
    return code < table.variables[v].size() ? static_cast<std::int32_t>(code) : -1;
  };
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto compare = [&](std::size_t a, std::size_t b) {
    for (std::size_t v = 0; v < width; ++v)
      if (const std::int32_t x = cell(v, a), y = cell(v, b); x != y) return x < y ? -1 : 1;
    return 0;
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return compare(a, b) < 0; });
  std::vector<Case> cases;
  for (std::size_t i = 0; i < n; ++i) {
    if (i == 0 || compare(order[i - 1], order[i]) != 0) {
      cases.emplace_back();
      for (std::size_t v = 0; v < width; ++v) cases.back().evidence.states.push_back(cell(v, order[i]));
    }
    cases.back().weight += 1.0;
  }
  return cases;
}

using Counts = std::vector<std::vector<double>>;   ///< of each family, as its table

/// Expected family counts of one case after another.
class Expectation {
 public:
  Expectation(const Network& network, CaseInference inference, Counts& counts) : network_(network), inference_(std::move(inference)), counts_(counts) {}

  /// Returns ln P(the case's cells).
  double add(const Case& one) {
    Evidence evidence = one.evidence;
    Marginals marginals;
    if (!inference_.run(evidence, marginals)) throw failure("a row of the data became impossible while parameters were learned", "give --pseudo-count, so that no probability is 0");
    for (std::int32_t v = 0; v < network_.size(); ++v) spread(v, evidence, marginals, one.weight);
    return marginals.log_evidence;
  }

 private:
  /// Adds the weight over the combinations of a family's missing members: of one of them by its marginal, of more by P(first) P(others | first).
  void spread(std::int32_t v, Evidence& evidence, const Marginals& marginals, double weight) {
    std::int32_t open = -1, more = 0;
    const std::vector<std::int32_t>& parents = network_.families[static_cast<std::size_t>(v)].parents;
    const auto look = [&](std::int32_t member) {
      if (evidence.states[static_cast<std::size_t>(member)] >= 0) return;
      if (open < 0) open = member;
      ++more;
    };
    for (const std::int32_t p : parents) look(p);
    look(v);
    if (more == 0) {
      counts_[static_cast<std::size_t>(v)][entry(v, evidence)] += weight;
      return;
    }
    const std::vector<double> share = marginals.of[static_cast<std::size_t>(open)];
    for (std::size_t s = 0; s < share.size(); ++s) {
      if (!(share[s] > 0.0)) continue;
      evidence.states[static_cast<std::size_t>(open)] = static_cast<std::int32_t>(s);
      if (more == 1) {
        counts_[static_cast<std::size_t>(v)][entry(v, evidence)] += weight * share[s];
      } else {
        Marginals given;
        if (inference_.run(evidence, given)) spread(v, evidence, given, weight * share[s]);
      }
    }
    evidence.states[static_cast<std::size_t>(open)] = -1;
  }

  [[nodiscard]] std::size_t entry(std::int32_t v, const Evidence& evidence) const {
    std::size_t at = 0;
    const auto add_digit = [&](std::int32_t member) {
      at = at * static_cast<std::size_t>(network_.variables[static_cast<std::size_t>(member)].size()) + static_cast<std::size_t>(evidence.states[static_cast<std::size_t>(member)]);
    };
    for (const std::int32_t p : network_.families[static_cast<std::size_t>(v)].parents) add_digit(p);
    add_digit(v);
    return at;
  }

  const Network& network_;
  CaseInference inference_;
  Counts& counts_;
};

Counts empty_counts(const Network& network) {
  Counts out;
  for (const Family& family : network.families) out.emplace_back(family.table.size(), 0.0);
  return out;
}

struct Expected {
  Counts counts;
  double log_likelihood = 0.0;
};

Expected expect(const Network& network, const std::vector<Case>& cases, Team& team) {
  const CaseInference inference(factor_graph(network));
  std::vector<std::optional<Expectation>> workers(tiles);
  std::vector<Counts> counts(tiles, empty_counts(network));
  std::vector<double> likelihood(tiles);
  for (std::size_t t = 0; t < tiles; ++t) workers[t].emplace(network, inference.twin(), counts[t]);
  const auto n = static_cast<std::int64_t>(cases.size());
  team.run(tiles, [&](std::int64_t tile, int) {
    const auto t = static_cast<std::size_t>(tile);
    for (std::int64_t i = n * tile / tiles; i < n * (tile + 1) / tiles; ++i) {
      const Case& one = cases[static_cast<std::size_t>(i)];
      likelihood[t] += one.weight * workers[t]->add(one);
    }
  });
  Expected out{empty_counts(network), 0.0};
  for (std::size_t t = 0; t < tiles; ++t) {
    out.log_likelihood += likelihood[t];
    for (std::size_t v = 0; v < out.counts.size(); ++v)
      for (std::size_t i = 0; i < out.counts[v].size(); ++i) out.counts[v][i] += counts[t][v][i];
  }
  return out;
}

void maximise(Network& network, const Counts& counts, const ParameterSpec& prior) {
  for (std::size_t v = 0; v < counts.size(); ++v) {
    std::vector<std::int32_t> parent_states;
    for (const std::int32_t p : network.families[v].parents) parent_states.push_back(network.variables[static_cast<std::size_t>(p)].size());
    network.families[v].table = family_table(prior, std::span<const double>(counts[v]), network.variables[v].size(), parent_states);
  }
}

/// Pseudo-counts times logarithms of parameters.
double prior_term(const Network& network, const ParameterSpec& prior) {
  if (prior.prior == Prior::none) return 0.0;
  double sum = 0.0;
  for (const Family& family : network.families) {
    const double count = prior.prior == Prior::bdeu ? prior.weight / static_cast<double>(family.table.size()) : prior.weight;
    for (const double p : family.table) sum += count * std::log(p);
  }
  return sum;
}

}  // namespace

EmResult learn_em(const TableCounts& counts, const Structure& structure, const EmSpec& spec, Team& team) {
  if (spec.prior.prior == Prior::back_off) throw bad_input("expectation and maximisation goes with maximum likelihood, BDeu or Dirichlet pseudo-counts", "leave --back-off out");
  EmResult out;
  out.network = learn_parameters(counts, structure, {Prior::dirichlet, 1.0});
  const std::vector<Case> cases = cases_of(counts.table());
  const bool complete = std::all_of(cases.begin(), cases.end(), [](const Case& c) { return std::find(c.evidence.states.begin(), c.evidence.states.end(), -1) == c.evidence.states.end(); });
  while (static_cast<std::int32_t>(out.objective.size()) < spec.most_iterations) {
    const Expected expected = expect(out.network, cases, team);
    const double objective = expected.log_likelihood + prior_term(out.network, spec.prior);
    const bool small = !out.objective.empty() && objective - out.objective.back() < spec.tolerance * static_cast<double>(counts.table().rows);
    out.objective.push_back(objective);
    out.log_likelihood = expected.log_likelihood;
    out.converged = small || (complete && out.objective.size() > 1);
    if (out.converged) break;
    maximise(out.network, expected.counts, spec.prior);
  }
  return out;
}

}  // namespace footfall
