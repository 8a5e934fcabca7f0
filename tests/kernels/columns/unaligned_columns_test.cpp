// A range of columns of a wider table: its rows begin at any multiple of 4 bytes, where no wider access may.

#include <gtest/gtest.h>

#include "tests/kernels/columns/table_fixture.hpp"

namespace footfall {
namespace {

class UnalignedColumnsTest : public test::BackendTest {};

TEST_F(UnalignedColumnsTest, MomentsAreThoseOfTheColumnsAlone) {
  constexpr std::int64_t rows = 100, wide = 7, first = 1, columns = 4;
  const std::vector<float> table = test::some_table({rows, wide}, 5);
  std::vector<float> alone;
  for (std::int64_t r = 0; r < rows; ++r) alone.insert(alone.end(), table.begin() + r * wide + first, table.begin() + r * wide + first + columns);
  const auto moments_of = [&](MatrixView<const float> in) {
    Array<Moments> state = upload(std::vector<Moments>(columns), stream());
    backend().columns().moments(in, state.view(), stream());
    return download(state.view(), stream());
  };
  const Array<float> in_table = upload(table, stream());
  const Array<float> dense = upload(alone, stream());
  const std::vector<Moments> there = moments_of(in_table.matrix(rows, wide).column_range(first, columns));
  const std::vector<Moments> here = moments_of(dense.matrix(rows, columns));
  for (std::size_t c = 0; c < columns; ++c) {
    EXPECT_EQ(there[c].count, here[c].count);
    EXPECT_EQ(there[c].missing, here[c].missing);
    EXPECT_EQ(there[c].mean, here[c].mean);
    EXPECT_EQ(there[c].m2, here[c].m2);
  }
}

}  // namespace
}  // namespace footfall
