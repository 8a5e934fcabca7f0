#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/columns/columns.hpp"
#include "tests/kernels/columns/table_fixture.hpp"

namespace footfall {
namespace {

using ColumnsTest = test::BackendTest;
using test::Extent;

/// Two passes in long double over one column.
Moments reference(const std::vector<float>& cells, Extent extent, std::int64_t column) {
  Moments m;
  long double sum = 0.0L;
  for (std::int64_t r = 0; r < extent.rows; ++r) {
    const auto x = static_cast<double>(cells[static_cast<std::size_t>(r * extent.columns + column)]);
    if (std::isnan(x)) {
      ++m.missing;
      continue;
    }
    ++m.count;
    sum += x;
    m.minimum = std::min(m.minimum, x);
    m.maximum = std::max(m.maximum, x);
  }
  if (m.count == 0) return m;
  const long double mean = sum / static_cast<long double>(m.count);
  long double m2 = 0.0L;
  for (std::int64_t r = 0; r < extent.rows; ++r) {
    const long double x = cells[static_cast<std::size_t>(r * extent.columns + column)];
    if (!std::isnan(x)) m2 += (x - mean) * (x - mean);
  }
  m.mean = static_cast<double>(mean);
  m.m2 = static_cast<double>(m2);
  return m;
}

/// Devices sum in float64: n cells lose at most n 2^-53 of the sum of what is added. Distances from a cell of the tile are at most the spread
/// w, so the mean is off by n 2^-53 w < 6e-13 w for 5000 rows, besides two roundings of its own size, and m2, after the difference of two sums
/// below n w^2, by 3 n 2^-53 n w^2. Both bounds are given a factor of 4 for the merges.
///
/// A processor adds eight cells in float32 first. A distance is off by u = 2^-24 of itself, a sum of eight by 7 u more, so a tile's mean is off by
/// 8 u w at most. A square is off by 3 u, with the sum 10 u of the squares S; the other part of m2 = S - (sum)^2 / n by 2 * 8 u S, for
/// (sum |d|)^2 <= n S. S is below 16 m2, else the tile is summed in float64, so m2 is off by 26 * 16 u m2. A merge squares the distance of two means,
/// which is below w and off by 16 u w: 32 u n w^2 for all of them.
void expect_moments(const Moments& actual, const Moments& expected, const std::string& where) {
  EXPECT_EQ(actual.count, expected.count) << where;
  EXPECT_EQ(actual.missing, expected.missing) << where;
  EXPECT_EQ(actual.minimum, expected.minimum) << where;
  EXPECT_EQ(actual.maximum, expected.maximum) << where;
  if (expected.count == 0) return;
  const auto n = static_cast<double>(expected.count);
  const double spread = expected.maximum - expected.minimum;
  const double unit = 0x1p-53, short_unit = test::on_cpu() ? 0x1p-24 : 0.0;
  const double merges = expected.count + expected.missing > Columns::tile_rows ? 32.0 * short_unit * n * spread * spread : 0.0;
  EXPECT_NEAR(actual.mean, expected.mean, 4.0 * (n * unit * spread + 2.0 * unit * std::abs(expected.mean)) + 8.0 * short_unit * spread) << where;
  EXPECT_NEAR(actual.m2, expected.m2, 12.0 * n * unit * n * spread * spread + 416.0 * short_unit * expected.m2 + merges) << where;
}

std::vector<Moments> moments_in_chunks(Backend& backend, Stream& stream, const std::vector<float>& cells, Extent extent,
                                       std::int64_t chunk) {
  const Array<float> in = upload(cells, stream);
  Array<Moments> state = upload(std::vector<Moments>(static_cast<std::size_t>(extent.columns)), stream);
  for (std::int64_t first = 0; first == 0 || first < extent.rows; first += chunk) {
    const MatrixView<const float> all = in.matrix(extent.rows, extent.columns);
    backend.columns().moments(all.row_range(first, std::min(chunk, extent.rows - first)), state.view(), stream);
  }
  return download(state.view(), stream);
}

void expect_same_moments(const Moments& a, const Moments& b, const std::string& where) {
  EXPECT_EQ(a.count, b.count) << where;
  EXPECT_EQ(a.missing, b.missing) << where;
  EXPECT_EQ(std::bit_cast<std::uint64_t>(a.mean), std::bit_cast<std::uint64_t>(b.mean)) << where;
  EXPECT_EQ(std::bit_cast<std::uint64_t>(a.m2), std::bit_cast<std::uint64_t>(b.m2)) << where;
  EXPECT_EQ(a.minimum, b.minimum) << where;
  EXPECT_EQ(a.maximum, b.maximum) << where;
}

TEST_F(ColumnsTest, MomentsAgreeWithTwoPasses) {
  for (const Extent extent : test::table_extents()) {
    const std::vector<float> cells = test::some_table(extent, 11);
    const std::vector<Moments> actual = moments_in_chunks(backend(), stream(), cells, extent, std::max<std::int64_t>(extent.rows, 1));
    for (std::int64_t c = 0; c < extent.columns; ++c) {
      expect_moments(actual[static_cast<std::size_t>(c)], reference(cells, extent, c),
                     std::to_string(extent.rows) + " rows, column " + std::to_string(c) + " of " + std::to_string(extent.columns));
    }
  }
}

TEST_F(ColumnsTest, MomentsAreTheSameBitsForAnyChunks) {
  const Extent extent{3 * Columns::tile_rows + 777, 5};
  const std::vector<float> cells = test::some_table(extent, 12);
  const std::vector<Moments> whole = moments_in_chunks(backend(), stream(), cells, extent, extent.rows);
  for (const std::int64_t tiles : {1, 2}) {
    const std::vector<Moments> cut = moments_in_chunks(backend(), stream(), cells, extent, tiles * Columns::tile_rows);
    for (std::size_t c = 0; c < whole.size(); ++c) expect_same_moments(whole[c], cut[c], "column " + std::to_string(c));
  }
}

TEST_F(ColumnsTest, MomentsOfAnOffsetKeepTheirDigits) {
  // 2^24 is where float32 has steps of 2: sums of squares would lose everything, distances from a cell lose nothing. Deviations are 0, 2
  // and 4.
  std::vector<float> cells;
  for (int i = 0; i < 999; ++i) cells.push_back(16777216.0F + 2.0F * static_cast<float>(i % 3));
  const std::vector<Moments> m = moments_in_chunks(backend(), stream(), cells, {999, 1}, 999);
  EXPECT_DOUBLE_EQ(m[0].mean, 16777218.0);
  EXPECT_DOUBLE_EQ(m[0].m2, 333.0 * 8.0);
}

TEST_F(ColumnsTest, MomentsOfWhatFloat32CannotSquare) {
  // Squares of the first are above its range, of the second below it; the third begins 10^4 deviations away from the rest, the fourth is
  // constant but for one cell.
  const Extent extent{1000, 4};
  test::Numbers numbers(14);
  std::vector<float> cells;
  for (std::int64_t r = 0; r < extent.rows; ++r) {
    cells.push_back(static_cast<float>(1e25 * numbers.next()));
    cells.push_back(static_cast<float>(1e-25 * numbers.next()));
    cells.push_back(r == 0 ? 1e4F : static_cast<float>(numbers.next()));
    cells.push_back(r == 500 ? 0x1p-70F : 0.0F);
  }
  const std::vector<Moments> actual = moments_in_chunks(backend(), stream(), cells, extent, extent.rows);
  for (std::int64_t c = 0; c < extent.columns; ++c) {
    const Moments expected = reference(cells, extent, c);
    EXPECT_GT(expected.m2, 0.0) << "column " << c;
    expect_moments(actual[static_cast<std::size_t>(c)], expected, "column " + std::to_string(c));
    // All of them are summed in float64: 1000 distances from a cell lose at most 4000 2^-53 = 4.4e-13 of S, and S is at most n m2.
    EXPECT_NEAR(actual[static_cast<std::size_t>(c)].m2 / expected.m2, 1.0, 1e-9) << "column " << c;
  }
}

TEST_F(ColumnsTest, InfiniteCellsShowInTheMoments) {
  std::vector<float> cells(100, 1.0F);
  cells[40] = std::numeric_limits<float>::infinity();
  const std::vector<Moments> m = moments_in_chunks(backend(), stream(), cells, {100, 1}, 100);
  EXPECT_EQ(m[0].count, 100);
  EXPECT_EQ(m[0].maximum, std::numeric_limits<double>::infinity());
  EXPECT_EQ(m[0].minimum, 1.0);
  EXPECT_FALSE(std::isfinite(m[0].mean));
  EXPECT_FALSE(std::isfinite(m[0].m2));
}

TEST(Moments, MergingIsChansAndAnEmptySideChangesNothing) {
  Moments a{2, 1, 1.5, 0.5, 1.0, 2.0};        // 1, 2
  const Moments b{3, 0, 5.0, 8.0, 3.0, 7.0};  // 3, 5, 7
  const Moments all = merged(a, b);           // 1, 2, 3, 5, 7: mean 3.6, squares of distances 6.76 + 2.56 + 0.36 + 1.96 + 11.56
  EXPECT_EQ(all.count, 5);
  EXPECT_EQ(all.missing, 1);
  EXPECT_NEAR(all.mean, 3.6, 1e-14);
  EXPECT_NEAR(all.m2, 23.2, 1e-13);
  EXPECT_EQ(all.minimum, 1.0);
  EXPECT_EQ(all.maximum, 7.0);
  expect_same_moments(merged(a, Moments{}), a, "empty right");
  expect_same_moments(merged(Moments{}, a), a, "empty left");
}

TEST(Moments, AreTheSameBitsForAnyTeam) {
  if (!test::on_cpu()) GTEST_SKIP() << "the team computes on the CPU only";
  const Extent extent{3 * Columns::tile_rows + 5, 37};
  const std::vector<float> cells = test::some_table(extent, 13);
  std::vector<Moments> first;
  for (const int threads : {1, 2, 3}) {
    const std::unique_ptr<Backend> backend = make_backend(Device{}, BackendOptions{threads, true});
    const std::unique_ptr<Stream> stream = backend->make_stream();
    const std::vector<Moments> now = moments_in_chunks(*backend, *stream, cells, extent, extent.rows);
    if (threads == 1) first = now;
    for (std::size_t c = 0; c < now.size(); ++c) expect_same_moments(first[c], now[c], "column " + std::to_string(c));
  }
}

}  // namespace
}  // namespace footfall
