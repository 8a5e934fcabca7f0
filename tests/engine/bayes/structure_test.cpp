// Structures: trees against all trees, hill climbing against the truth and against other programs, and what must never change.
#include "engine/bayes/structure.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <numeric>

#include "kernels/error.hpp"
#include "tests/engine/bayes/sample_file.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

/// Rows of five columns that depend on each other along a chain, with some noise.
CodedTable chain(std::int64_t rows, std::uint64_t seed) {
  test::Numbers numbers(seed);
  const std::vector<std::int32_t> states = {2, 3, 2, 4, 3};
  std::vector<std::vector<std::uint8_t>> columns(states.size());
  for (std::int64_t r = 0; r < rows; ++r) {
    std::int64_t before = numbers.below(2);
    for (std::size_t c = 0; c < states.size(); ++c) {
      before = numbers.below(10) < 6 ? before % states[c] : numbers.below(states[c]);
      columns[c].push_back(static_cast<std::uint8_t>(before));
    }
  }
  return test::table_of_columns(columns, states);
}

/// Mutual information from the rows themselves, by joint and marginal shares.
double information(const CodedTable& table, std::int32_t a, std::int32_t b, std::int32_t given, std::int32_t given_state) {
  double joint[4][4] = {}, of_a[4] = {}, of_b[4] = {}, n = 0.0;
  for (std::int64_t r = 0; r < table.rows; ++r) {
    const auto row = static_cast<std::size_t>(r);
    if (given >= 0 && table.column(given)[row] != given_state) continue;
    const std::uint8_t x = table.column(a)[row], y = table.column(b)[row];
    joint[x][y] += 1.0;
    of_a[x] += 1.0;
    of_b[y] += 1.0;
    n += 1.0;
  }
  double sum = 0.0;
  for (int x = 0; x < 4; ++x)
    for (int y = 0; y < 4; ++y)
      if (joint[x][y] > 0.0) sum += joint[x][y] / n * (std::log(joint[x][y] / n) - std::log(of_a[x] / n) - std::log(of_b[y] / n));
  return sum * n / static_cast<double>(table.rows);
}

double weight(const CodedTable& table, std::int32_t a, std::int32_t b, std::int32_t given) {
  if (given < 0) return information(table, a, b, -1, 0);
  double sum = 0.0;
  for (std::int32_t s = 0; s < table.variables[static_cast<std::size_t>(given)].size(); ++s) sum += information(table, a, b, given, s);
  return sum;
}

/// The largest total weight over every labelled tree of the nodes, by their Pruefer sequences (Cayley: n^(n-2) of them).
double heaviest_tree(const CodedTable& table, const std::vector<std::int32_t>& nodes, std::int32_t given) {
  const std::size_t n = nodes.size();
  double best = 0.0;
  std::vector<std::size_t> code(n - 2, 0);
  for (bool more = true; more;) {
    std::vector<int> degree(n, 1);
    for (const std::size_t c : code) ++degree[c];
    double total = 0.0;
    for (const std::size_t c : code)
      for (std::size_t leaf = 0; leaf < n; ++leaf)
        if (degree[leaf] == 1) {
          total += weight(table, nodes[leaf], nodes[c], given);
          --degree[leaf];
          --degree[c];
          break;
        }
    std::vector<std::size_t> rest;
    for (std::size_t v = 0; v < n; ++v)
      if (degree[v] == 1) rest.push_back(v);
    total += weight(table, nodes[rest[0]], nodes[rest[1]], given);
    best = std::max(best, total);
    more = false;
    for (std::size_t& digit : code) {
      if (++digit < n) {
        more = true;
        break;
      }
      digit = 0;
    }
  }
  return best;
}

TEST(ChowLiu, HasTheWeightOfTheHeaviestOfAllTrees) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const test::CountedTable data(chain(400, seed));
    const Structure tree = chow_liu_structure(data.counts, 2);
    double total = 0.0;
    std::size_t arcs = 0;
    for (std::size_t v = 0; v < tree.size(); ++v)
      for (const std::int32_t p : tree[v]) {
        total += weight(data.table, p, static_cast<std::int32_t>(v), -1);
        ++arcs;
      }
    EXPECT_EQ(arcs, 4U);
    EXPECT_TRUE(tree[2].empty());
    EXPECT_NEAR(total, heaviest_tree(data.table, {0, 1, 2, 3, 4}, -1), 1e-12);
  }
}

TEST(Tan, HasTheHeaviestTreeGivenTheTarget) {
  for (const std::uint64_t seed : {4, 5}) {
    const test::CountedTable data(chain(400, seed));
    const Structure tan = tan_structure(data.counts, 1);
    double total = 0.0;
    std::size_t arcs = 0;
    EXPECT_TRUE(tan[1].empty());
    for (const std::int32_t v : {0, 2, 3, 4}) {
      const std::vector<std::int32_t>& parents = tan[static_cast<std::size_t>(v)];
      EXPECT_EQ(std::count(parents.begin(), parents.end(), 1), 1);
      for (const std::int32_t p : parents)
        if (p != 1) {
          total += weight(data.table, p, v, 1);
          ++arcs;
        }
    }
    EXPECT_EQ(arcs, 3U);
    EXPECT_NEAR(total, heaviest_tree(data.table, {0, 2, 3, 4}, 1), 1e-12);
  }
}

TEST(SpanningTree, GivesTiesToTheSmallerNode) {
  EXPECT_EQ(largest_spanning_tree(std::vector<double>(16, 1.0), 4, 0), (std::vector<std::int32_t>{-1, 0, 0, 0}));
  EXPECT_EQ(largest_spanning_tree(std::vector<double>(16, 1.0), 4, 3), (std::vector<std::int32_t>{3, 0, 0, -1}));
}

double climbed(const test::CountedTable& data, const ScoreSpec& score) {
  HillClimbSpec spec;
  spec.score = score;
  spec.max_parents = 8;
  return hill_climb(data.counts, spec).score;
}

/// Scores that other programs reached on these files (natural logarithm, the formulas of notes in score.hpp), each the best of hill climbing and tabu search:
/// pgmpy 1.1.2 HillClimbSearch and pyAgrum 3.3.1 greedy hill climbing and local search with tabu list (100, 15), structures scored by one and the same
/// independent scorer.
struct Reached {
  const char* name;
  double bic, bdeu10;
};
constexpr Reached others[] = {{"asia", -11111.350370516247, -11132.976952448582},
                              {"learning.test", -24006.734232498155, -23967.64962540107},
                              {"alarm", -219975.16982512132, -217811.09607547062}};

TEST(HillClimbSamples, ReachTheTruthAndWhatOthersReach) {
  const auto folder = test::bayesnets();
  if (!folder) GTEST_SKIP() << "FOOTFALL_DATA has no bayesnets";
  for (const Reached& other : others) {
    SCOPED_TRACE(other.name);
    const test::CountedTable data(test::read_sample(*folder / "samples" / (std::string(other.name) + ".csv")));
    const std::string truth = std::string(other.name) == "learning.test" ? "[A][C][F][B|A][D|A:C][E|B:F]" : test::true_structure(*folder, other.name);
    FamilyCounts counts(data.counts);
    const Structure known = test::structure_of(data.table, truth);
    const ScoreSpec bic{StructureScore::bic}, bdeu{StructureScore::bdeu, 10.0};
    const double reached_bic = climbed(data, bic), reached_bdeu = climbed(data, bdeu);
    EXPECT_GE(reached_bic, std::max(other.bic, structure_score(bic, known, counts)) - 1e-6);
    EXPECT_GE(reached_bdeu, std::max(other.bdeu10, structure_score(bdeu, known, counts)) - 1e-6);
  }
}

TEST(HillClimb, KeepsRequiredAndForbiddenArcsAndTheMostParents) {
  const test::CountedTable data(chain(1000, 6));
  HillClimbSpec spec;
  spec.max_parents = 1;
  spec.required = {{4, 0}};
  spec.forbidden = {{1, 2}, {2, 1}};
  const Structure learned = hill_climb(data.counts, spec).structure;
  EXPECT_EQ(learned[0], std::vector<std::int32_t>{4});
  for (const auto& parents : learned) EXPECT_LE(parents.size(), 1U);
  EXPECT_EQ(std::count(learned[2].begin(), learned[2].end(), 1), 0);
  EXPECT_EQ(std::count(learned[1].begin(), learned[1].end(), 2), 0);
}

TEST(HillClimb, RefusesArcsThatCannotBe) {
  const test::CountedTable data(chain(50, 7));
  HillClimbSpec circle, both, many;
  circle.required = {{0, 1}, {1, 2}, {2, 0}};
  both.required = {{0, 1}};
  both.forbidden = {{0, 1}};
  many.required = {{0, 3}, {1, 3}};
  many.max_parents = 1;
  for (const HillClimbSpec& spec : {circle, both, many}) EXPECT_THROW((void)hill_climb(data.counts, spec), Error);
}

TEST(HillClimb, DoesNotDependOnThreadsOrTheOrderOfRows) {
  CodedTable table = chain(2000, 8);
  CodedTable turned = table;
  for (std::int32_t c = 0; c < table.size(); ++c)
    std::reverse(turned.codes.begin() + c * table.rows, turned.codes.begin() + (c + 1) * table.rows);
  const test::CountedTable one(table, 1), three(turned, 3);
  const HillClimbResult a = hill_climb(one.counts, {}), b = hill_climb(three.counts, {});
  EXPECT_EQ(a.structure, b.structure);
  EXPECT_EQ(a.score, b.score);
  FamilyCounts counts(one.counts);
  EXPECT_NEAR(a.score, structure_score({}, a.structure, counts), 1e-9);
}

TEST(Structures, OfTwoVariablesAndOfTheTargetAlone) {
  const test::CountedTable data(test::table_of_columns({{0, 1, 1, 0}}, {2}));
  EXPECT_EQ(tan_structure(data.counts, 0), Structure(1));
  EXPECT_EQ(chow_liu_structure(data.counts), Structure(1));
  EXPECT_EQ(hill_climb(data.counts, {}).structure, Structure(1));
}

}  // namespace
}  // namespace footfall
