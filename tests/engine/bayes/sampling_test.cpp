// Samples have the frequencies of the network, cells do not depend on how the rows are cut, and estimates are within their standard errors.
#include "engine/bayes/sampling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/bayes/inference.hpp"
#include "kernels/error.hpp"
#include "tests/engine/bayes/random_network.hpp"

namespace footfall::test {
namespace {

// Of some hundred frequencies that are compared none lies 5 standard errors away but with probability 6e-5; seeds are fixed, so a pass stays one.
constexpr double far = 5.0;

TEST(Sampling, FrequenciesAreTheMarginals) {
  const Network network = random_network(9, 3, 0.2);
  const Marginals exact = infer_marginals(factor_graph(network), {});
  constexpr std::int64_t rows = 50000;
  std::vector<std::vector<std::int32_t>> codes;
  ForwardSampler(network, 11).draw(0, rows, codes);
  for (std::size_t v = 0; v < codes.size(); ++v)
    for (std::int32_t s = 0; s < network.variables[v].size(); ++s) {
      const double p = exact.of[v][static_cast<std::size_t>(s)];
      const auto count = static_cast<double>(std::count(codes[v].begin(), codes[v].end(), s));
      EXPECT_NEAR(count / rows, p, far * std::sqrt(p * (1.0 - p) / rows) + 1e-12) << v << " " << s;  // an impossible state never comes
    }
}

TEST(Sampling, ChildrenFollowTheirParents) {
  const Network network = random_network(9, 3, 0.0);
  std::vector<std::vector<std::int32_t>> codes;
  constexpr std::int64_t rows = 50000;
  ForwardSampler(network, 12).draw(0, rows, codes);
  std::size_t child = 0;
  while (network.families[child].parents.empty() || network.variables[child].size() < 2) ++child;
  const Family& family = network.families[child];
  std::vector<double> counts(family.table.size(), 0.0);
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    std::size_t index = 0;
    for (const std::int32_t parent : family.parents) index = index * network.variables[static_cast<std::size_t>(parent)].states.size() + static_cast<std::size_t>(codes[static_cast<std::size_t>(parent)][row]);
    counts[index * network.variables[child].states.size() + static_cast<std::size_t>(codes[child][row])] += 1.0;
  }
  const std::size_t size = network.variables[child].states.size();
  for (std::size_t row = 0; row < counts.size(); row += size) {
    double total = 0.0;
    for (std::size_t s = 0; s < size; ++s) total += counts[row + s];
    for (std::size_t s = 0; s < size && total > 0.0; ++s) {
      const double p = family.table[row + s];
      EXPECT_NEAR(counts[row + s] / total, p, far * std::sqrt(p * (1.0 - p) / total));
    }
  }
}

TEST(Sampling, ACellDependsOnItsRowAlone) {
  const Network network = random_network(7, 5, 0.2);
  const ForwardSampler sampler(network, 4);
  Team team(3);
  std::vector<std::vector<std::int32_t>> whole, part;
  sampler.draw(0, 5000, whole, &team);
  sampler.draw(1234, 777, part);
  for (std::size_t v = 0; v < whole.size(); ++v)
    for (std::size_t row = 0; row < 777; ++row) ASSERT_EQ(part[v][row], whole[v][row + 1234]);
}

TEST(Sampling, EstimatesAreWithinTheirErrors) {
  int checked = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const Network network = random_network(9, seed, 0.1);
    const Evidence evidence = random_evidence(network.variables, seed + 50, 0.3, 0.2);
    const Enumeration exact = enumerate(factor_graph(network), evidence);
    if (exact.evidence < 1e-4) continue;
    Team team(2);
    const WeightedEstimate estimate = weigh_samples(network, evidence, 40000, seed, &team);
    const WeightedEstimate again = weigh_samples(network, evidence, 40000, seed);
    EXPECT_EQ(estimate.of, again.of);
    EXPECT_EQ(estimate.standard_error, again.standard_error);
    EXPECT_NEAR(estimate.log_evidence, std::log(exact.evidence), far * estimate.log_evidence_error + 1e-12);
    EXPECT_GT(estimate.effective_samples, 100.0);
    EXPECT_LE(estimate.effective_samples, 40000.0 * (1.0 + 1e-12));
    for (std::size_t v = 0; v < exact.marginals.size(); ++v)
      for (std::size_t s = 0; s < exact.marginals[v].size(); ++s) {
        // A rare state that was hardly drawn has no trustworthy error: one sample more or less is allowed.
        EXPECT_NEAR(estimate.of[v][s], exact.marginals[v][s], far * estimate.standard_error[v][s] + 10.0 / estimate.effective_samples) << seed << " " << v;
        ++checked;
      }
  }
  EXPECT_GT(checked, 50);
}

TEST(Sampling, TheStandardErrorIsTheSpread) {
  // Over 200 seeds the estimates of one probability scatter by their standard error: the ratio of variances is a chi-square over its 199 degrees,
  // 1 +- 5 x sqrt(2 / 199) = 1 +- 0.5.
  const Network network = random_network(6, 2, 0.0);
  Evidence evidence;
  evidence.states.assign(6, -1);
  std::size_t observed = 5;
  while (network.variables[observed].size() < 2) --observed;
  evidence.states[observed] = 1;
  std::size_t target = 0;
  while (network.variables[target].size() < 2) ++target;
  ASSERT_NE(target, observed);
  const double exact = infer_marginals(factor_graph(network), evidence).of[target][0];
  double scatter = 0.0, stated = 0.0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const WeightedEstimate estimate = weigh_samples(network, evidence, 500, seed);
    scatter += (estimate.of[target][0] - exact) * (estimate.of[target][0] - exact);
    stated += estimate.standard_error[target][0] * estimate.standard_error[target][0];
  }
  EXPECT_NEAR(scatter / stated, 1.0, 0.5);
}

TEST(Sampling, ImpossibleEvidenceIsAFailure) {
  Network network;
  network.variables = {{"a", {"x", "y"}}};
  network.families = {{{}, {1.0, 0.0}}};
  Evidence evidence;
  evidence.states = {1};
  EXPECT_THROW((void)weigh_samples(network, evidence, 100, 1), Error);
}

}  // namespace
}  // namespace footfall::test
