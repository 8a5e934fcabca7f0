// Scores of structures against published values and against a float64 statement of their definitions.
#include "engine/bayes/score.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/bayes/sample_file.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

/// The passengers of the Titanic by sex, class and survival, as their well-known training table counts them: 891 rows.
CodedTable titanic() {
  struct Group {
    std::uint8_t sex, cabin;
    int all, saved;
  };
  constexpr Group groups[] = {{0, 0, 94, 91}, {0, 1, 76, 70}, {0, 2, 144, 72}, {1, 0, 122, 45}, {1, 1, 108, 17}, {1, 2, 347, 47}};
  std::vector<std::vector<std::uint8_t>> columns(3);
  for (const Group& group : groups)
    for (int i = 0; i < group.all; ++i) {
      columns[0].push_back(group.sex);
      columns[1].push_back(group.cabin);
      columns[2].push_back(i < group.saved ? 1 : 0);
    }
  return test::table_of_columns(columns, {2, 3, 2});
}

/// Sums of a few thousand terms of size up to 1e3, each rounded to 1e-16 of it.
constexpr double rounding = 1e-8;

TEST(StructureScore, EqualsThePublishedValuesOfTheTitanic) {
  const test::CountedTable data(titanic());
  FamilyCounts counts(data.counts);
  const Structure model = {{}, {}, {0, 1}};  // sex -> survived <- class
  EXPECT_NEAR(structure_score({StructureScore::bdeu, 25.0}, model, counts), -1892.7383393910427, rounding);
  EXPECT_NEAR(structure_score({StructureScore::bic}, model, counts), -1896.7250012840179, rounding);
  EXPECT_NEAR(structure_score({StructureScore::k2}, model, counts), -1891.0630673606006, rounding);
}

/// ln of a rising factorial by its definition: a (a + 1) … (a + n - 1).
double rising(double a, std::int64_t n) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::log(a + static_cast<double>(i));
  return sum;
}

TEST(StructureScore, FollowsTheDefinitionOfAFamily) {
  const std::vector<std::int64_t> counts = {3, 0, 7, 1, 1, 1, 0, 0, 0, 20, 4, 0};  // four rows of parents, three states
  const std::int64_t n = 37;
  double likelihood = 0.0, bdeu = 0.0, k2 = 0.0;
  for (std::size_t row = 0; row < 12; row += 3) {
    const std::int64_t sum = counts[row] + counts[row + 1] + counts[row + 2];
    bdeu -= rising(6.0 / 4.0, sum);
    k2 -= rising(3.0, sum);
    for (std::size_t s = 0; s < 3; ++s) {
      if (counts[row + s] > 0) likelihood += static_cast<double>(counts[row + s]) * std::log(static_cast<double>(counts[row + s]) / static_cast<double>(sum));
      bdeu += rising(6.0 / 12.0, counts[row + s]);
      k2 += rising(1.0, counts[row + s]);
    }
  }
  EXPECT_NEAR(family_score({StructureScore::bic}, counts, 3, n), likelihood - 0.5 * std::log(37.0) * 8.0, 1e-11);
  EXPECT_NEAR(family_score({StructureScore::bdeu, 6.0}, counts, 3, n), bdeu, 1e-11);
  EXPECT_NEAR(family_score({StructureScore::k2}, counts, 3, n), k2, 1e-11);
}

TEST(StructureScore, IsThatOfAllRowsWhenAFamilyIsSeenInHalfOfThem) {
  const std::vector<std::int64_t> counts = {10, 5, 2, 13};
  const double seen = family_score({StructureScore::k2}, counts, 2, 30);
  EXPECT_NEAR(family_score({StructureScore::k2}, counts, 2, 60), 2.0 * seen, 1e-11);
  const double penalty = 0.5 * std::log(60.0) * 2.0, likelihood = family_score({StructureScore::bic}, counts, 2, 30) + 0.5 * std::log(30.0) * 2.0;
  EXPECT_NEAR(family_score({StructureScore::bic}, counts, 2, 60), 2.0 * likelihood - penalty, 1e-11);
}

TEST(MutualInformation, IsZeroWithoutDependenceAndTheEntropyOfACopy) {
  EXPECT_NEAR(mutual_information(std::vector<std::int64_t>{8, 16, 4, 8}, 2), 0.0, 1e-15);
  EXPECT_NEAR(mutual_information(std::vector<std::int64_t>{30, 0, 0, 10}, 2), -0.75 * std::log(0.75) - 0.25 * std::log(0.25), 1e-15);
  EXPECT_EQ(mutual_information(std::vector<std::int64_t>{0, 0, 0, 0}, 2), 0.0);
}

TEST(MutualInformation, GivenAThirdIsTheMeanOverItsStates) {
  const std::vector<std::int64_t> counts = {30, 0, 0, 10, 8, 16, 4, 8};  // a copy where c = 0, independent where c = 1
  const double copy = -0.75 * std::log(0.75) - 0.25 * std::log(0.25);
  EXPECT_NEAR(conditional_mutual_information(counts, 2, 2), copy * 40.0 / 76.0, 1e-15);
}

}  // namespace
}  // namespace footfall
