#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "kernels/columns/columns.hpp"
#include "kernels/columns/piecewise_math.hpp"
#include "tests/kernels/columns/table_fixture.hpp"

namespace footfall {
namespace {

using ColumnsTest = test::BackendTest;
using test::Extent;

TEST_F(ColumnsTest, SortedColumnsAscendWithTheMissingLast) {
  for (const Extent extent : {Extent{0, 2}, Extent{1, 1}, Extent{33, 5}, Extent{1025, 3}}) {
    const std::vector<float> cells = test::some_table(extent, 31);
    const Array<float> in = upload(cells, stream());
    Array<float> out(stream(), extent.rows * extent.columns);
    Array<std::int64_t> valid(stream(), extent.columns);
    backend().columns().sort_columns(in.matrix(extent.rows, extent.columns), out.view(), valid.view(), stream());
    const std::vector<float> sorted = download(out.view(), stream());
    const std::vector<std::int64_t> counts = download(valid.view(), stream());
    for (std::int64_t c = 0; c < extent.columns; ++c) {
      std::vector<float> expected;
      for (std::int64_t r = 0; r < extent.rows; ++r) {
        const float x = cells[static_cast<std::size_t>(r * extent.columns + c)];
        if (!std::isnan(x)) expected.push_back(x);
      }
      std::sort(expected.begin(), expected.end());
      ASSERT_EQ(counts[static_cast<std::size_t>(c)], static_cast<std::int64_t>(expected.size()));
      for (std::int64_t r = 0; r < extent.rows; ++r) {
        const float x = sorted[static_cast<std::size_t>(c * extent.rows + r)];
        if (r < static_cast<std::int64_t>(expected.size())) {
          ASSERT_EQ(x, expected[static_cast<std::size_t>(r)]) << "row " << r << ", column " << c;
        } else {
          ASSERT_TRUE(std::isnan(x)) << "row " << r << ", column " << c;
        }
      }
    }
  }
}

TEST_F(ColumnsTest, HistogramCountsCodesAndLeavesOthersOut) {
  for (const Extent extent : test::table_extents()) {
    test::Numbers numbers(32);
    constexpr std::int64_t states = 9;
    std::vector<std::int32_t> codes(static_cast<std::size_t>(extent.rows * extent.columns));
    std::vector<std::int64_t> expected(static_cast<std::size_t>(extent.columns * states), 5);
    for (std::size_t i = 0; i < codes.size(); ++i) {
      codes[i] = static_cast<std::int32_t>(numbers.below(states + 3)) - 2;  // -2, -1 and 9 are no states
      const std::int64_t column = static_cast<std::int64_t>(i) % extent.columns;
      if (codes[i] >= 0 && codes[i] < states) ++expected[static_cast<std::size_t>(column * states + codes[i])];
    }
    const Array<std::int32_t> in = upload(codes, stream());
    Array<std::int64_t> counts = upload(std::vector<std::int64_t>(expected.size(), 5), stream());  // counts are added to what is there
    backend().columns().histogram(in.matrix(extent.rows, extent.columns), states, counts.view(), stream());
    EXPECT_EQ(download(counts.view(), stream()), expected) << extent.rows << " x " << extent.columns;
  }
}

TEST_F(ColumnsTest, HistogramOfManyStates) {
  constexpr std::int64_t states = 20000;
  constexpr std::int64_t rows = 3000;
  test::Numbers numbers(33);
  std::vector<std::int32_t> codes(rows);
  std::vector<std::int64_t> expected(states, 0);
  for (std::int32_t& code : codes) ++expected[static_cast<std::size_t>(code = static_cast<std::int32_t>(numbers.below(states)))];
  const Array<std::int32_t> in = upload(codes, stream());
  Array<std::int64_t> counts = upload(std::vector<std::int64_t>(states, 0), stream());
  backend().columns().histogram(in.matrix(rows, 1), states, counts.view(), stream());
  EXPECT_EQ(download(counts.view(), stream()), expected);
}

/// Ascending knots with equal ones among them.
std::vector<float> some_knots(std::int64_t columns, std::int64_t points, test::Numbers& numbers) {
  std::vector<float> knots(static_cast<std::size_t>(columns * points));
  for (std::int64_t c = 0; c < columns; ++c) {
    float at = -8.0F;
    for (std::int64_t j = 0; j < points; ++j) {
      knots[static_cast<std::size_t>(c * points + j)] = at;
      if (j % 4 != 2) at += static_cast<float>(numbers.next() + 1.5);
    }
  }
  return knots;
}

/// A cell's bits are those of piecewise_math.hpp wherever it lies: in a vector of rows or behind the last one, on a knot or beyond all of them.
TEST_F(ColumnsTest, InterpolateGivesTheBitsOfOneCell) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> cells = {std::numeric_limits<float>::quiet_NaN(), -infinity, infinity, -1.0F, -0.999F, 0.0F, 0.25F, 0.3F, 1.0F, 1.001F, 7.0F, -7.0F, 0.5F};
  for (const std::int64_t points : {1, 2, 3, 8, 500})
    for (const std::int64_t rows : {1, 15, 16, 53})
      for (const std::int64_t columns : {1, 3}) {
        std::vector<float> knots, values, table, expected;
        for (std::int64_t i = 0; i < columns * points; ++i) {
          const auto j = static_cast<float>(i % points);
          knots.push_back(i % points % 3 == 2 ? knots.back() : j / static_cast<float>(points) * 2.0F - 1.0F);   // every third knot twice
          values.push_back(j * j - 3.0F * j);
        }
        for (std::int64_t i = 0; i < rows * columns; ++i) table.push_back(cells[static_cast<std::size_t>(i * 7 + i / 5) % cells.size()]);
        for (std::int64_t i = 0; i < rows * columns; ++i)
          expected.push_back(interpolated(table[static_cast<std::size_t>(i)], knots.data() + i % columns * points, values.data() + i % columns * points, points, -5.0F));
        const Array<float> in = upload(table, stream()), knot_array = upload(knots, stream()), value_array = upload(values, stream());
        Array<float> out(stream(), rows * columns);
        backend().columns().interpolate(in.matrix(rows, columns), knot_array.matrix(columns, points), value_array.matrix(columns, points), -5.0F, out.matrix(rows, columns),
                                        stream());
        const std::vector<float> found = download(out.view(), stream());
        EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)), 0) << points << " points, " << rows << " x " << columns;
      }
}

TEST_F(ColumnsTest, InterpolateFollowsItsKnots) {
  for (const std::int64_t points : {1, 2, 9}) {
    for (const Extent extent : {Extent{0, 3}, Extent{1, 1}, Extent{33, 5}, Extent{1025, 3}}) {
      test::Numbers numbers(34);
      const std::vector<float> knots = some_knots(extent.columns, points, numbers);
      const std::vector<float> values = numbers.floats(extent.columns * points, 3.0);
      std::vector<float> cells = numbers.floats(extent.rows * extent.columns, 12.0);
      for (std::size_t i = 0; i < cells.size(); i += 7) cells[i] = knots[i % knots.size()];  // on a knot of some column
      for (std::size_t i = 3; i < cells.size(); i += 11) cells[i] = test::missing_cell();
      std::vector<double> expected(cells.size());
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::size_t column = i % static_cast<std::size_t>(extent.columns);
        const float* const knot = knots.data() + column * static_cast<std::size_t>(points);
        const float* const value = values.data() + column * static_cast<std::size_t>(points);
        const float x = cells[i];
        if (std::isnan(x)) {
          expected[i] = -5.0;
        } else if (x < knot[0]) {
          expected[i] = static_cast<double>(value[0]);
        } else {
          std::int64_t j = points - 1;
          while (knot[j] > x) --j;  // the last knot that is not above x
          expected[i] = static_cast<double>(value[j]);
          if (j + 1 < points) {
            const double width = static_cast<double>(knot[j + 1]) - static_cast<double>(knot[j]);
            expected[i] += (static_cast<double>(x) - static_cast<double>(knot[j])) / width *
                           (static_cast<double>(value[j + 1]) - static_cast<double>(value[j]));
          }
        }
      }
      const Array<float> in = upload(cells, stream());
      const Array<float> knot_array = upload(knots, stream());
      const Array<float> value_array = upload(values, stream());
      Array<float> out(stream(), extent.rows * extent.columns);
      backend().columns().interpolate(in.matrix(extent.rows, extent.columns), knot_array.matrix(extent.columns, points),
                                      value_array.matrix(extent.columns, points), -5.0F, out.matrix(extent.rows, extent.columns), stream());
      // Values up to 3 and steps between them up to 6; differences, quotient, product and sum are rounded once each: 6 * 2^-24 of 6 each.
      test::expect_close(download(out.view(), stream()), expected, {6.0 * 6.0 * 0x1p-24, 0.0}, std::to_string(points) + " points");
    }
  }
}

TEST_F(ColumnsTest, PiecewiseEncodingIsGorishniysEquationOne) {
  for (const std::int64_t bins : {1, 2, 8}) {
    for (const Extent extent : {Extent{0, 3}, Extent{1, 1}, Extent{33, 5}, Extent{1025, 2}}) {
      test::Numbers numbers(35);
      const std::vector<float> edges = some_knots(extent.columns, bins + 1, numbers);
      std::vector<float> cells = numbers.floats(extent.rows * extent.columns, 12.0);
      for (std::size_t i = 0; i < cells.size(); i += 5) cells[i] = edges[i % edges.size()];
      for (std::size_t i = 3; i < cells.size(); i += 11) cells[i] = test::missing_cell();
      if (cells.size() > 4) cells[4] = std::numeric_limits<float>::infinity();
      std::vector<double> expected;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const float* const edge = edges.data() + i % static_cast<std::size_t>(extent.columns) * static_cast<std::size_t>(bins + 1);
        for (std::int64_t j = 0; j < bins; ++j) {
          const auto x = static_cast<double>(cells[i]);
          const auto low = static_cast<double>(edge[j]);
          const auto high = static_cast<double>(edge[j + 1]);
          if (std::isnan(x)) {
            expected.push_back(0.0);
          } else if (low == high) {
            expected.push_back(x >= low ? 1.0 : 0.0);
          } else {
            expected.push_back(std::clamp((x - low) / (high - low), 0.0, 1.0));
          }
        }
      }
      const Array<float> in = upload(cells, stream());
      const Array<float> edge_array = upload(edges, stream());
      Array<float> out(stream(), extent.rows * extent.columns * bins);
      backend().columns().piecewise_encode(in.matrix(extent.rows, extent.columns), edge_array.matrix(extent.columns, bins + 1),
                                           out.matrix(extent.rows, extent.columns * bins), stream());
      // Two differences and a quotient of at most 1, rounded once each.
      test::expect_close(download(out.view(), stream()), expected, {0.0, 3.0 * 0x1p-24}, std::to_string(bins) + " bins");
    }
  }
}

TEST_F(ColumnsTest, GatherTakesWholeRowsOfWiderTables) {
  for (const Extent extent : {Extent{1, 1}, Extent{33, 5}, Extent{500, 32}, Extent{40, 300}}) {
    test::Numbers numbers(36);
    const std::int64_t stride = extent.columns + 3;
    const std::vector<float> cells = numbers.floats(extent.rows * stride);
    std::vector<std::int32_t> codes(cells.size());
    std::iota(codes.begin(), codes.end(), 0);
    for (const std::int64_t wanted : {0, 1, 31, 200}) {
      std::vector<std::int64_t> rows(static_cast<std::size_t>(wanted));
      for (std::int64_t& row : rows) row = numbers.below(extent.rows);
      std::vector<double> expected;
      std::vector<std::int32_t> expected_codes;
      for (const std::int64_t row : rows) {
        for (std::int64_t c = 0; c < extent.columns; ++c) {
          expected.push_back(static_cast<double>(cells[static_cast<std::size_t>(row * stride + c)]));
          expected_codes.push_back(codes[static_cast<std::size_t>(row * stride + c)]);
        }
      }
      const Array<float> in = upload(cells, stream());
      const Array<std::int32_t> in_codes = upload(codes, stream());
      const Array<std::int64_t> index = upload(rows, stream());
      Array<float> out(stream(), wanted * extent.columns);
      Array<std::int32_t> out_codes(stream(), wanted * extent.columns);
      backend().columns().gather_rows(in.matrix(extent.rows, stride).column_range(0, extent.columns), index.view(),
                                      out.matrix(wanted, extent.columns), stream());
      backend().columns().gather_rows(in_codes.matrix(extent.rows, stride).column_range(0, extent.columns), index.view(),
                                      out_codes.matrix(wanted, extent.columns), stream());
      test::expect_close(download(out.view(), stream()), expected, {}, "gathered numbers");
      EXPECT_EQ(download(out_codes.view(), stream()), expected_codes);
    }
  }
}

}  // namespace
}  // namespace footfall
