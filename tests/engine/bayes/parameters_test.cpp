// Parameters equal, to the bit, shares that are counted here row by row.
#include <gtest/gtest.h>

#include "engine/bayes/learn.hpp"
#include "tests/engine/bayes/sample_file.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

constexpr std::uint8_t missing = missing_code;

/// 700 rows of three columns with some cells missing; the last state of column 2 and one row of its parents are never seen.
CodedTable sample() {
  test::Numbers numbers(9);
  std::vector<std::vector<std::uint8_t>> columns(3);
  for (int r = 0; r < 700; ++r) {
    const auto a = static_cast<std::uint8_t>(numbers.below(3)), b = static_cast<std::uint8_t>(a == 2 ? numbers.below(2) : numbers.below(3));
    columns[0].push_back(numbers.below(9) == 0 ? missing : a);
    columns[1].push_back(numbers.below(9) == 0 ? missing : b);
    columns[2].push_back(numbers.below(9) == 0 ? missing : static_cast<std::uint8_t>((a + b + numbers.below(2)) % 3));
  }
  return test::table_of_columns(columns, {3, 3, 4});
}

/// Rows with these states of columns 0, 1, 2; missing stands for any state that is there.
double seen(const CodedTable& table, int a, int b, int c, bool all_three) {
  double n = 0.0;
  for (std::size_t r = 0; r < static_cast<std::size_t>(table.rows); ++r) {
    const int cell[3] = {table.column(0)[r], table.column(1)[r], table.column(2)[r]};
    if (all_three && (cell[0] == missing || cell[1] == missing || cell[2] == missing)) continue;
    if ((a < 0 || cell[0] == a) && (b < 0 || cell[1] == b) && (c < 0 || cell[2] == c)) n += 1.0;
  }
  return n;
}

TEST(Parameters, EqualAnIndependentCountExactly) {
  const test::CountedTable data(sample());
  const Structure structure = {{}, {}, {0, 1}};
  const Network likely = learn_parameters(data.counts, structure, {});
  const Network bdeu = learn_parameters(data.counts, structure, {Prior::bdeu, 10.0});
  const Network dirichlet = learn_parameters(data.counts, structure, {Prior::dirichlet, 2.0});
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) {
      const double row = seen(data.table, a, b, -1, true);
      for (int c = 0; c < 4; ++c) {
        const double cell = seen(data.table, a, b, c, true);
        const auto at = static_cast<std::size_t>((a * 3 + b) * 4 + c);
        EXPECT_EQ(likely.families[2].table[at], row > 0 ? cell / row : 0.25);
        EXPECT_DOUBLE_EQ(bdeu.families[2].table[at], (cell + 10.0 / 36.0) / (row + 10.0 / 9.0));
        EXPECT_DOUBLE_EQ(dirichlet.families[2].table[at], (cell + 2.0) / (row + 8.0));
      }
    }
  double there = 0.0;
  for (int a = 0; a < 3; ++a) there += seen(data.table, a, -1, -1, false);
  for (int a = 0; a < 3; ++a) EXPECT_EQ(likely.families[0].table[static_cast<std::size_t>(a)], seen(data.table, a, -1, -1, false) / there);
  EXPECT_EQ(seen(data.table, 2, 2, -1, true), 0.0);  // the row that is uniform
}

TEST(Parameters, BackOffGoesFromTheLastParentDown) {
  const test::CountedTable data(sample());
  const Network network = learn_parameters(data.counts, {{}, {}, {0, 1}}, {Prior::back_off, 7.0});
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < 4; ++c) {
        const double alone = (seen(data.table, -1, -1, c, true) + 0.25) / (seen(data.table, -1, -1, -1, true) + 1.0);
        const double given_a = (seen(data.table, a, -1, c, true) + 7.0 * alone) / (seen(data.table, a, -1, -1, true) + 7.0);
        const double given_both = (seen(data.table, a, b, c, true) + 7.0 * given_a) / (seen(data.table, a, b, -1, true) + 7.0);
        EXPECT_DOUBLE_EQ(network.families[2].table[static_cast<std::size_t>((a * 3 + b) * 4 + c)], given_both);
      }
}

TEST(Parameters, KeepTheOrderOfTheParents) {
  const test::CountedTable data(sample());
  const Network forward = learn_parameters(data.counts, {{}, {}, {0, 1}}, {}), back = learn_parameters(data.counts, {{}, {}, {1, 0}}, {});
  EXPECT_EQ(back.families[2].parents, (std::vector<std::int32_t>{1, 0}));
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      for (std::size_t c = 0; c < 4; ++c) EXPECT_EQ(forward.families[2].table[(a * 3 + b) * 4 + c], back.families[2].table[(b * 3 + a) * 4 + c]);
}

}  // namespace
}  // namespace footfall
