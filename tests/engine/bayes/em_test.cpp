// Expectation and maximisation: complete data give counts, the objective never falls, and cells missing at random do not bend the answer.
#include "engine/bayes/learn_em.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/error.hpp"
#include "tests/engine/bayes/sample_file.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

constexpr double truth_b[2][2] = {{0.9, 0.1}, {0.3, 0.7}};   // P(b | a)

/// a -> b, (a, b) -> c; cells go missing with the share `gone`.
CodedTable sample(std::int64_t rows, double gone, std::uint64_t seed) {
  test::Numbers numbers(seed);
  const auto uniform = [&] { return (numbers.next() + 1.0) / 2.0; };
  std::vector<std::vector<std::uint8_t>> columns(3);
  for (std::int64_t r = 0; r < rows; ++r) {
    const int a = uniform() < 0.4 ? 1 : 0, b = uniform() < truth_b[a][1] ? 1 : 0;
    const int c = uniform() < 0.6 ? a + b : static_cast<int>(numbers.below(3));
    for (const auto& [column, value] : {std::pair<std::size_t, int>{0, a}, {1, b}, {2, c}})
      columns[column].push_back(uniform() < gone ? missing_code : static_cast<std::uint8_t>(value));
  }
  return test::table_of_columns(columns, {2, 2, 3});
}

const Structure structure = {{}, {0}, {0, 1}};

TEST(Em, OfCompleteRowsIsTheCount) {
  test::CountedTable data(sample(500, 0.0, 1));
  for (const ParameterSpec& prior : {ParameterSpec{}, {Prior::bdeu, 4.0}, {Prior::dirichlet, 0.5}}) {
    EmSpec spec;
    spec.prior = prior;
    const EmResult em = learn_em(data.counts, structure, spec, data.backend->team());
    const Network counted = learn_parameters(data.counts, structure, prior);
    EXPECT_TRUE(em.converged);
    for (std::size_t v = 0; v < 3; ++v) EXPECT_EQ(em.network.families[v].table, counted.families[v].table);
  }
}

/// ln P of a row's cells by summing the joint distribution over what is missing.
double row_likelihood(const Network& n, const CodedTable& table, std::size_t r) {
  double sum = 0.0;
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 2; ++b)
      for (int c = 0; c < 3; ++c) {
        const int state[3] = {a, b, c};
        bool fits = true;
        for (std::int32_t v = 0; v < 3; ++v) fits = fits && (table.column(v)[r] == missing_code || table.column(v)[r] == state[v]);
        if (fits)
          sum += n.families[0].table[static_cast<std::size_t>(a)] * n.families[1].table[static_cast<std::size_t>(a * 2 + b)] * n.families[2].table[static_cast<std::size_t>((a * 2 + b) * 3 + c)];
      }
  return std::log(sum);
}

TEST(Em, NeverLowersTheObjectiveAndTellsTheLikelihood) {
  test::CountedTable data(sample(800, 0.35, 2));
  for (const ParameterSpec& prior : {ParameterSpec{}, {Prior::bdeu, 10.0}, {Prior::dirichlet, 1.0}}) {
    EmSpec spec;
    spec.prior = prior;
    const EmResult em = learn_em(data.counts, structure, spec, data.backend->team());
    ASSERT_GT(em.objective.size(), 3U);
    for (std::size_t i = 1; i < em.objective.size(); ++i) EXPECT_GE(em.objective[i], em.objective[i - 1] - 1e-9);
    EXPECT_TRUE(em.converged);
    double likelihood = 0.0;
    for (std::size_t r = 0; r < 800; ++r) likelihood += row_likelihood(em.network, data.table, r);
    EXPECT_NEAR(em.log_likelihood, likelihood, 1e-8);  // 800 logarithms of size 2, each rounded to 1e-15 and summed
  }
}

TEST(Em, OneStepIsTheExpectedCountByEnumeration) {
  test::CountedTable data(sample(60, 0.4, 3));
  EmSpec spec;
  spec.most_iterations = 1;
  const EmResult em = learn_em(data.counts, structure, spec, data.backend->team());
  const Network start = learn_parameters(data.counts, structure, {Prior::dirichlet, 1.0});
  double expected[2][2] = {};
  for (std::size_t r = 0; r < 60; ++r) {
    double weight[2][2] = {}, sum = 0.0;
    for (int a = 0; a < 2; ++a)
      for (int b = 0; b < 2; ++b) {
        if ((data.table.column(0)[r] != missing_code && data.table.column(0)[r] != a) || (data.table.column(1)[r] != missing_code && data.table.column(1)[r] != b)) continue;
        const std::uint8_t c = data.table.column(2)[r];
        weight[a][b] = start.families[0].table[static_cast<std::size_t>(a)] * start.families[1].table[static_cast<std::size_t>(a * 2 + b)] *
                       (c == missing_code ? 1.0 : start.families[2].table[static_cast<std::size_t>((a * 2 + b) * 3 + c)]);
        sum += weight[a][b];
      }
    for (int a = 0; a < 2; ++a)
      for (int b = 0; b < 2; ++b) expected[a][b] += weight[a][b] / sum;
  }
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 2; ++b)
      EXPECT_NEAR(em.network.families[1].table[static_cast<std::size_t>(a * 2 + b)], expected[a][b] / (expected[a][0] + expected[a][1]), 1e-12);
}

TEST(Em, FindsTheTruthBehindMissingCells) {
  test::CountedTable data(sample(6000, 0.3, 4));
  const EmResult em = learn_em(data.counts, structure, {}, data.backend->team());
  // About 4,000 rows tell of a row of P(b | a): four standard errors are 0.03.
  for (int a = 0; a < 2; ++a) EXPECT_NEAR(em.network.families[1].table[static_cast<std::size_t>(a * 2 + 1)], truth_b[a][1], 0.03);
}

TEST(Em, DoesNotDependOnThreadsOrTheOrderOfRows) {
  CodedTable table = sample(300, 0.3, 5), turned = table;
  for (std::int32_t c = 0; c < 3; ++c) std::reverse(turned.codes.begin() + c * 300, turned.codes.begin() + (c + 1) * 300);
  test::CountedTable one(table, 1), three(turned, 3);
  const EmResult a = learn_em(one.counts, structure, {}, one.backend->team()), b = learn_em(three.counts, structure, {}, three.backend->team());
  EXPECT_EQ(a.objective, b.objective);
  for (std::size_t v = 0; v < 3; ++v) EXPECT_EQ(a.network.families[v].table, b.network.families[v].table);
}

TEST(Em, RefusesBackOff) {
  test::CountedTable data(sample(20, 0.3, 6));
  EmSpec spec;
  spec.prior = {Prior::back_off, 5.0};
  EXPECT_THROW((void)learn_em(data.counts, structure, spec, data.backend->team()), Error);
}

}  // namespace
}  // namespace footfall
