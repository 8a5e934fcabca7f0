// Exact inference against the enumeration of every combination of states, on made-up networks with and without zeros.
#include "engine/bayes/inference.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/error.hpp"
#include "tests/engine/bayes/random_network.hpp"

namespace footfall::test {
namespace {

// Up to 10 variables and 3 virtual observations: a product of some 20 numbers and sums of at most 4^10 of them, all positive. Rounding is at most
// (20 + log2 of the terms) u on either side, u = 1.1e-16, if sums were pairwise; plain sums of 1e6 terms of the reference lose up to sqrt(1e6) u = 1e-13.
constexpr double close = 1e-12;

struct Case {
  std::uint64_t seed = 0;
  double zeros = 0.0, observed = 0.0, virtual_share = 0.0;
};

Case case_of(int number) {
  const auto n = static_cast<std::uint64_t>(number);
  return {n + 1, number % 3 == 0 ? 0.0 : 0.15 * (number % 4), 0.1 * (number % 5), number % 2 == 0 ? 0.0 : 0.3};
}

class RandomNetwork : public ::testing::TestWithParam<int> {
 protected:
  RandomNetwork() {
    const Case c = case_of(GetParam());
    network = random_network(4 + static_cast<std::int32_t>(c.seed % 6), c.seed, c.zeros);
    graph = factor_graph(network);
    evidence = random_evidence(network.variables, c.seed + 1000, c.observed, c.virtual_share);
  }
  Network network;
  FactorGraph graph;
  Evidence evidence;
};

TEST_P(RandomNetwork, MarginalsAndEvidence) {
  const Enumeration expected = enumerate(graph, evidence);
  Team team(2);
  InferenceOptions options;
  options.team = &team;
  CaseInference cases(graph, options);
  Marginals of_case;
  if (expected.evidence == 0.0) {
    EXPECT_THROW((void)infer_marginals(graph, evidence, options), Error);
    EXPECT_THROW((void)log_evidence(graph, evidence), Error);
    EXPECT_FALSE(cases.run(evidence, of_case));
    return;
  }
  const Marginals actual = infer_marginals(graph, evidence, options);
  EXPECT_NEAR(actual.log_evidence, std::log(expected.evidence), close);
  EXPECT_NEAR(log_evidence(graph, evidence), std::log(expected.evidence), close);
  ASSERT_TRUE(cases.run({}, of_case));  // an earlier case leaves nothing behind
  ASSERT_TRUE(cases.run(evidence, of_case));
  EXPECT_NEAR(of_case.log_evidence, std::log(expected.evidence), close);
  for (std::size_t v = 0; v < graph.variables.size(); ++v)
    for (std::size_t s = 0; s < graph.variables[v].states.size(); ++s) {
      EXPECT_NEAR(actual.of[v][s], expected.marginals[v][s], close) << v << " " << s;
      EXPECT_NEAR(of_case.of[v][s], expected.marginals[v][s], close) << v << " " << s;
    }
}

TEST_P(RandomNetwork, JointOfThree) {
  const std::vector<std::int32_t> variables{2, 0, 3};
  const Enumeration expected = enumerate(graph, evidence, variables);
  if (expected.evidence == 0.0) {
    EXPECT_THROW((void)infer_joint(graph, evidence, variables), Error);
    return;
  }
  const Joint actual = infer_joint(graph, evidence, variables);
  EXPECT_NEAR(actual.log_evidence, std::log(expected.evidence), close);
  ASSERT_EQ(actual.table.size(), expected.joint.size());
  for (std::size_t i = 0; i < actual.table.size(); ++i) EXPECT_NEAR(actual.table[i], expected.joint[i], close);
}

TEST_P(RandomNetwork, MostProbableExplanation) {
  const Enumeration expected = enumerate(graph, evidence);
  if (expected.evidence == 0.0) {
    EXPECT_THROW((void)most_probable_explanation(graph, evidence), Error);
    return;
  }
  const Explanation actual = most_probable_explanation(graph, evidence);
  EXPECT_NEAR(actual.log_probability, std::log(expected.best), close);
  // Where two are equally probable either may be told; what is told must be worth what is claimed.
  EXPECT_NEAR(std::log(product_at(graph, evidence, actual.states)), std::log(expected.best), close);
}

TEST_P(RandomNetwork, WeightOfEvidenceIsTheChangeOfLogOdds) {
  const Enumeration with = enumerate(graph, evidence);
  std::int32_t target = 0;
  while (target < network.size() && (evidence.states[static_cast<std::size_t>(target)] >= 0 || network.variables[static_cast<std::size_t>(target)].size() < 2)) ++target;
  if (with.evidence == 0.0 || target == network.size()) GTEST_SKIP() << "no open variable";
  const auto odds = [](double p) { return std::log(p) - std::log1p(-p); };
  for (const WeightOfEvidence& each : weights_of_evidence(graph, evidence, target)) {
    Evidence rest = evidence;
    rest.states[static_cast<std::size_t>(each.variable)] = -1;
    const Enumeration without = enumerate(graph, rest);
    for (std::size_t s = 0; s < each.weights.size(); ++s) {
      const double before = without.marginals[static_cast<std::size_t>(target)][s], after = with.marginals[static_cast<std::size_t>(target)][s];
      EXPECT_NEAR(each.without[s], before, close);
      // The odds of the reference lose digits by 1 - p near 1.
      if (before > 1e-3 && before < 1.0 - 1e-3 && after > 1e-3 && after < 1.0 - 1e-3) {
        EXPECT_NEAR(each.weights[s], odds(after) - odds(before), 1e-9);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomNetwork, ::testing::Range(0, 40), [](const auto& one) { return std::to_string(one.param); });

TEST(Inference, NeverUnderflows) {
  // A hidden state that 5,000 children report on, each report with probability 1e-6 under one state and 1e-7 under the other: P(evidence) is about
  // 1e-30000, and each report is worth a factor of 10; half of them speak for either state, and one more for the first.
  Network network;
  network.variables.push_back({"h", {"a", "b"}});
  network.families.push_back({{}, {0.5, 0.5}});
  Evidence evidence;
  evidence.states.push_back(-1);
  for (int i = 0; i < 5001; ++i) {
    network.variables.push_back({"r" + std::to_string(i), {"rare", "common"}});
    const double a = i % 2 == 0 ? 1e-6 : 1e-7, b = i % 2 == 0 ? 1e-7 : 1e-6;
    network.families.push_back({{0}, {a, 1.0 - a, b, 1.0 - b}});
    evidence.states.push_back(0);
  }
  const FactorGraph graph = factor_graph(network);
  const Marginals actual = infer_marginals(graph, evidence);
  EXPECT_NEAR(actual.of[0][0], 10.0 / 11.0, 1e-9);
  // 0.5 * 10^-(6 * 2501 + 7 * 2500) * 1.1
  EXPECT_NEAR(actual.log_evidence, std::log(0.55) - (6.0 * 2501 + 7.0 * 2500) * std::log(10.0), 1e-7);
  CaseInference cases(graph);
  Marginals of_case;
  ASSERT_TRUE(cases.run(evidence, of_case));
  EXPECT_NEAR(of_case.of[0][0], 10.0 / 11.0, 1e-9);
  EXPECT_NEAR(of_case.log_evidence, actual.log_evidence, 1e-7);
}

TEST(Inference, TablesThatContradictEachOther) {
  // Factors that are each nearly certain of something else: no table of their product holds all of its entries in float64.
  FactorGraph graph;
  graph.variables = {{"x", {"0", "1"}}, {"y", {"0", "1"}}};
  for (const double tiny : {1e-200, 1e-220}) {
    graph.factors.push_back({{0, 1}, {1.0, tiny, tiny, tiny}});
    graph.factors.push_back({{0}, {tiny, 1.0}});
    graph.factors.push_back({{1}, {tiny, 1.0}});
  }
  // x = y = 0: 10^-840; x = y = 1: 10^-420; one of each: 10^-840.
  const Marginals actual = infer_marginals(graph, {});
  EXPECT_NEAR(actual.log_evidence / std::log(10.0), -420.0, 1e-9);
  EXPECT_NEAR(actual.of[0][1], 1.0, 1e-15);
  EXPECT_NEAR(actual.of[1][1], 1.0, 1e-15);
  EXPECT_EQ(most_probable_explanation(graph, {}).states, (std::vector<std::int32_t>{1, 1}));
}

TEST(Inference, WhatManySayIsNotLostWhenAsManyGainsay) {
  // 800 reports for one state, each worth a factor of 10, then 801 for the other: half of them alone are beyond float64. The odds are 1 to 10.
  Network network;
  network.variables.push_back({"h", {"a", "b"}});
  network.families.push_back({{}, {0.5, 0.5}});
  Evidence evidence;
  evidence.states.push_back(-1);
  for (int i = 0; i < 1601; ++i) {
    network.variables.push_back({"r" + std::to_string(i), {"rare", "common"}});
    const double a = i < 800 ? 1e-2 : 1e-3, b = i < 800 ? 1e-3 : 1e-2;
    network.families.push_back({{0}, {a, 1.0 - a, b, 1.0 - b}});
    evidence.states.push_back(0);
  }
  const FactorGraph graph = factor_graph(network);
  // 10^-(2 x 800 + 3 x 801) and 10 times that.
  const double expected = std::log(0.5 * 11.0) - (2.0 * 800 + 3.0 * 801) * std::log(10.0);
  const Marginals actual = infer_marginals(graph, evidence);
  EXPECT_NEAR(actual.of[0][0], 1.0 / 11.0, 1e-9);
  EXPECT_NEAR(actual.log_evidence, expected, 1e-7);
  CaseInference cases(graph);
  Marginals of_case;
  ASSERT_TRUE(cases.run(evidence, of_case));
  EXPECT_NEAR(of_case.of[0][0], 1.0 / 11.0, 1e-9);
  EXPECT_NEAR(of_case.log_evidence, expected, 1e-7);
  ASSERT_TRUE(cases.run({}, of_case));  // and the next case is an ordinary one again
  EXPECT_NEAR(of_case.log_evidence, 0.0, 1e-9);
  EXPECT_NEAR(of_case.of[1600][0], 0.5 * (1e-3 + 1e-2), 1e-12);
}

TEST(Inference, AGraphOfPartsAndVariablesWithoutFactors) {
  FactorGraph graph;
  graph.variables = {{"a", {"0", "1"}}, {"b", {"0", "1", "2"}}, {"c", {"0", "1"}}};
  graph.factors = {{{0}, {3.0, 1.0}}, {{}, {8.0}}, {{2}, {1.0, 1.0}}};
  const Marginals actual = infer_marginals(graph, {});
  EXPECT_NEAR(actual.of[0][0], 0.75, 1e-15);
  EXPECT_NEAR(actual.of[1][2], 1.0 / 3.0, 1e-15);
  EXPECT_NEAR(actual.log_evidence, std::log(4.0 * 3.0 * 2.0 * 8.0), 1e-14);
  CaseInference cases(graph);
  Marginals of_case;
  Evidence evidence;
  evidence.states = {-1, 1, -1};
  ASSERT_TRUE(cases.run(evidence, of_case));
  EXPECT_NEAR(of_case.log_evidence, std::log(4.0 * 2.0 * 8.0), 1e-14);
  EXPECT_NEAR(infer_marginals(graph, evidence).log_evidence, std::log(4.0 * 2.0 * 8.0), 1e-14);
}

/// A grid of binary variables: its width is its side.
FactorGraph grid(std::int32_t side) {
  FactorGraph graph;
  for (std::int32_t i = 0; i < side * side; ++i) graph.variables.push_back({"x" + std::to_string(i), {"0", "1"}});
  for (std::int32_t r = 0; r < side; ++r)
    for (std::int32_t c = 0; c < side; ++c) {
      if (c + 1 < side) graph.factors.push_back({{r * side + c, r * side + c + 1}, {1.5, 0.5, 0.25, 1.0}});
      if (r + 1 < side) graph.factors.push_back({{r * side + c, (r + 1) * side + c}, {0.75, 1.0, 2.0, 0.5}});
    }
  return graph;
}

TEST(Inference, RefusesWhatIsTooWideBeforeItRuns) {
  const FactorGraph graph = grid(40);
  try {
    (void)infer_marginals(graph, {});
    FAIL() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    const std::string message = error.what();
    EXPECT_NE(message.find("TiB of tables, and 8.0 GiB"), std::string::npos) << message;
    EXPECT_NE(message.find("--memory"), std::string::npos) << message;
  }
  InferenceOptions little;
  little.memory = 1000;
  EXPECT_THROW((void)infer_marginals(grid(8), {}, little), Error);
}

TEST(Inference, SameBitsForAnyNumberOfThreads) {
  const FactorGraph graph = grid(15);  // wide enough that tables are cut into tiles
  Team one(1), three(3);
  InferenceOptions a, b;
  a.team = &one;
  b.team = &three;
  const Marginals first = infer_marginals(graph, {}, a), second = infer_marginals(graph, {}, b), third = infer_marginals(graph, {});
  EXPECT_EQ(first.log_evidence, second.log_evidence);
  EXPECT_EQ(first.of, second.of);
  EXPECT_EQ(first.of, third.of);
}

TEST(Inference, RefusesEvidenceThatIsNone) {
  const FactorGraph graph = grid(2);
  Evidence evidence;
  evidence.states = {0};
  EXPECT_THROW((void)infer_marginals(graph, evidence), Error);
  evidence.states = {0, 2, -1, -1};
  EXPECT_THROW((void)infer_marginals(graph, evidence), Error);
  evidence.states.clear();
  evidence.likelihoods = {{0, {1.0}}};
  EXPECT_THROW((void)infer_marginals(graph, evidence), Error);
  evidence.likelihoods = {{0, {0.0, 0.0}}};
  EXPECT_THROW((void)infer_marginals(graph, evidence), Error);
  EXPECT_THROW((void)infer_joint(graph, {}, {1, 1}), Error);
}

}  // namespace
}  // namespace footfall::test
