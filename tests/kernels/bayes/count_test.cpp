#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/bayes/bayes.hpp"
#include "kernels/error.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using CountTest = test::BackendTest;

/// Column-major codes with cells that are missing, unseen, or beyond the states.
struct Codes {
  std::vector<std::uint8_t> cells;
  std::int64_t rows = 0;
  std::vector<std::int32_t> states;

  Codes(std::int64_t count, std::vector<std::int32_t> each, std::uint64_t seed) : rows(count), states(std::move(each)) {
    test::Numbers numbers(seed);
    for (const std::int32_t size : states)
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t draw = numbers.below(20);
        const auto code = static_cast<std::uint8_t>(numbers.below(size));
        cells.push_back(draw == 0 ? missing_code : draw == 1 ? unseen_code : draw == 2 ? static_cast<std::uint8_t>(size) : code);
      }
  }
  [[nodiscard]] std::int64_t columns() const { return static_cast<std::int64_t>(states.size()); }
  [[nodiscard]] std::uint8_t at(std::int64_t row, std::int32_t column) const { return cells[static_cast<std::size_t>(column * rows + row)]; }
};

/// A plain loop.
std::vector<std::vector<std::int64_t>> counted_by_hand(const Codes& codes, const ColumnSets& sets) {
  std::vector<std::vector<std::int64_t>> tables;
  for (const std::vector<std::int32_t>& set : sets) {
    std::int64_t size = 1;
    for (const std::int32_t column : set) size *= codes.states[static_cast<std::size_t>(column)];
    std::vector<std::int64_t> table(static_cast<std::size_t>(size), 0);
    for (std::int64_t r = 0; r < codes.rows; ++r) {
      std::int64_t index = 0;
      bool there = true;
      for (const std::int32_t column : set) {
        const std::int32_t state = codes.at(r, column);
        there = there && state < codes.states[static_cast<std::size_t>(column)];
        index = index * codes.states[static_cast<std::size_t>(column)] + state;
      }
      if (there) ++table[static_cast<std::size_t>(index)];
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

std::vector<std::vector<std::int64_t>> counted(Backend& backend, Stream& stream, const Codes& codes, const ColumnSets& sets) {
  const Array<std::uint8_t> there = upload(codes.cells, stream);
  const std::unique_ptr<Counter> counter = backend.bayes().make_counter(codes.states, sets, stream);
  counter->add(CodeColumns(there.view(), codes.rows, codes.columns()), stream);
  return counter->counts(stream);
}

ColumnSets all_pairs(std::int32_t columns) {
  ColumnSets sets;
  for (std::int32_t a = 0; a < columns; ++a)
    for (std::int32_t b = 0; b < columns; ++b)
      if (a != b) sets.push_back({a, b});
  return sets;
}

TEST_F(CountTest, PairsAreThoseOfAPlainLoop) {
  for (const std::int64_t rows : {0, 1, 31, 2500}) {
    const Codes codes(rows, {2, 3, 4, 2, 7, 3, 2, 2, 5, 3, 11, 254}, 71);
    EXPECT_EQ(counted(backend(), stream(), codes, all_pairs(12)), counted_by_hand(codes, all_pairs(12))) << rows << " rows";
  }
}

TEST_F(CountTest, FamiliesOfEverySize) {
  const Codes codes(3000, {2, 3, 4, 2, 7, 3, 60, 90, 5}, 72);
  // No column, one, few, many; the same set twice and in another order; tables above 4096, 12,287 and 65,536 entries.
  const ColumnSets sets = {{}, {4}, {8, 1}, {1, 8}, {8, 1}, {0, 1, 2, 3, 4, 5}, {6, 7}, {7, 6}, {6, 7, 1}, {6, 7, 8, 1, 0}, {0, 1, 2, 3, 4, 5, 8}};
  EXPECT_EQ(counted(backend(), stream(), codes, sets), counted_by_hand(codes, sets));
}

TEST_F(CountTest, ChunksInAnyOrderGiveTheSameCounts) {
  const Codes codes(2000, {2, 3, 4, 90, 80}, 73);
  const ColumnSets sets = {{0, 1}, {1, 2}, {3, 4}, {0, 1, 2}};
  const Array<std::uint8_t> there = upload(codes.cells, stream());
  const std::unique_ptr<Counter> counter = backend().bayes().make_counter(codes.states, sets, stream());
  const CodeColumns all(there.view(), codes.rows, codes.columns());
  for (const std::int64_t first : {1500, 0, 3, 1000}) {
    const std::int64_t end = first == 1500 ? 2000 : first == 0 ? 3 : first == 3 ? 1000 : 1500;
    counter->add(all.row_range(first, end - first), stream());
  }
  EXPECT_EQ(counter->counts(stream()), counted_by_hand(codes, sets));
}

TEST_F(CountTest, ManyRowsOfOneCombinationAreCountedExactly) {
  // Every row meets the same entry: the worst case of a histogram, and enough rows to cross the parts that are counted in 32 bits.
  const std::int64_t rows = test::on_cpu() ? 300001 : 40001;
  const std::vector<std::uint8_t> cells(static_cast<std::size_t>(2 * rows), 1);
  const Array<std::uint8_t> there = upload(cells, stream());
  const std::unique_ptr<Counter> counter = backend().bayes().make_counter({2, 3}, {{0, 1}}, stream());
  for (int i = 0; i < 3; ++i) counter->add(CodeColumns(there.view(), rows, 2), stream());
  EXPECT_EQ(counter->counts(stream()), (std::vector<std::vector<std::int64_t>>{{0, 0, 0, 0, 3 * rows, 0}}));
}

TEST_F(CountTest, SetsThatCannotBeCountedAreRefused) {
  EXPECT_THROW(static_cast<void>(backend().bayes().make_counter({2, 2}, {{0, 0}}, stream())), Error);
  EXPECT_THROW(static_cast<void>(backend().bayes().make_counter({2, 2}, {{2}}, stream())), Error);
  EXPECT_THROW(static_cast<void>(backend().bayes().make_counter({254, 254, 254, 254, 254}, {{0, 1, 2, 3, 4}}, stream())), Error);
}

}  // namespace
}  // namespace footfall
