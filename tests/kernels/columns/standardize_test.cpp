#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "kernels/columns/columns.hpp"
#include "tests/kernels/columns/table_fixture.hpp"

namespace footfall {
namespace {

using ColumnsTest = test::BackendTest;
using test::Extent;

/// Fits of different kinds; every `every`-th column has an indicator, placed from column `from` of the output on.
std::vector<ColumnScale> some_fit(std::int64_t columns, std::int64_t every, std::int64_t from) {
  std::vector<ColumnScale> fit(static_cast<std::size_t>(columns));
  std::int64_t next = from;
  for (std::int64_t c = 0; c < columns; ++c) {
    ColumnScale& scale = fit[static_cast<std::size_t>(c)];
    scale.mean = c % 3 == 1 ? 1e6F : 0.5F;
    scale.fill = scale.mean + 0.25F * static_cast<float>(c % 4);
    scale.inverse = 0.125F + 0.01F * static_cast<float>(c % 11);
    if (c % 2 == 0) scale.low = -0.5F;
    if (c % 4 == 0) scale.high = 0.75F;
    if (every > 0 && c % every == 0) scale.indicator = static_cast<std::int32_t>(next++);
  }
  return fit;
}

/// float64 of the contract. float32 rounds the difference and the product once each: 2 * 2^-24 of the result, whatever was cancelled
/// before, as the difference of two float32 is rounded once from its exact value.
std::vector<double> reference(const std::vector<float>& cells, Extent extent, const std::vector<ColumnScale>& fit, std::int64_t width,
                              double untouched) {
  std::vector<double> out(static_cast<std::size_t>(extent.rows * width), untouched);
  for (std::int64_t r = 0; r < extent.rows; ++r) {
    for (std::int64_t c = 0; c < extent.columns; ++c) {
      const ColumnScale& scale = fit[static_cast<std::size_t>(c)];
      const auto x = static_cast<double>(cells[static_cast<std::size_t>(r * extent.columns + c)]);
      const double value =
          ((std::isnan(x) ? static_cast<double>(scale.fill) : x) - static_cast<double>(scale.mean)) * static_cast<double>(scale.inverse);
      out[static_cast<std::size_t>(r * width + c)] =
          std::min(std::max(value, static_cast<double>(scale.low)), static_cast<double>(scale.high));
      if (scale.indicator >= 0) out[static_cast<std::size_t>(r * width + scale.indicator)] = std::isnan(x) ? 1.0 : 0.0;
    }
  }
  return out;
}

constexpr test::Tolerance two_roundings{0.0, 0x1p-22};
constexpr float before = -77.0F;

TEST_F(ColumnsTest, StandardizeFillsScalesClipsAndMarks) {
  for (const Extent extent : test::table_extents()) {
    const std::vector<float> cells = test::some_table(extent, 21);
    for (const std::int64_t every : {0, 1, 3}) {
      const std::int64_t indicators = every == 0 ? 0 : (extent.columns + every - 1) / every;
      const std::int64_t width = extent.columns + indicators + (every == 3 ? 2 : 0);  // with two columns that nobody writes
      const std::vector<ColumnScale> fit = some_fit(extent.columns, every, extent.columns);
      const Array<float> in = upload(cells, stream());
      const Array<ColumnScale> scale = upload(fit, stream());
      Array<float> out = upload(std::vector<float>(static_cast<std::size_t>(extent.rows * width), before), stream());
      backend().columns().standardize(in.matrix(extent.rows, extent.columns), scale.view(), out.matrix(extent.rows, width), stream());
      test::expect_close(download(out.view(), stream()), reference(cells, extent, fit, width, static_cast<double>(before)), two_roundings,
                         std::to_string(extent.rows) + " x " + std::to_string(extent.columns));
    }
  }
}

/// A long output is written past the caches, a short one is not: a cell's bits must not tell.
TEST_F(ColumnsTest, StandardizeOfALongTableGivesTheBitsOfItsPieces) {
  if (!test::on_cpu()) GTEST_SKIP() << "the emulated device is slow, and writes one way only";
  constexpr std::int64_t cells = (std::int64_t{32} << 20) / 4;
  for (const std::int64_t columns : {1, 7, 32, 100}) {
    const std::int64_t rows = cells / columns + 37;
    std::vector<float> table(static_cast<std::size_t>(rows * columns));
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = i % 19 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(i % 1013) - 500.0F;
    std::vector<ColumnScale> scales(static_cast<std::size_t>(columns));
    for (std::size_t c = 0; c < scales.size(); ++c) scales[c] = {static_cast<float>(c), 3.0F + static_cast<float>(c), 0.37F, -40.0F, 40.0F, -1};
    Array<float> whole(stream(), rows * columns), pieces(stream(), rows * columns);   // aligned as the vectors of every instruction set
    const MatrixView<const float> in(view_of(std::as_const(table)), rows, columns);
    const MatrixView<float> out = pieces.matrix(rows, columns);
    backend().columns().standardize(in, view_of(std::as_const(scales)), whole.matrix(rows, columns), stream());
    for (std::int64_t first = 0; first < rows; first += 100'003) {
      const std::int64_t count = std::min<std::int64_t>(100'003, rows - first);
      backend().columns().standardize(in.row_range(first, count), view_of(std::as_const(scales)), out.row_range(first, count), stream());
    }
    EXPECT_EQ(std::memcmp(whole.view().data, pieces.view().data, static_cast<std::size_t>(rows * columns) * sizeof(float)), 0) << columns;
  }
}

TEST_F(ColumnsTest, StandardizeInPlace) {
  const Extent extent{777, 5};
  const std::vector<float> cells = test::some_table(extent, 22);
  const std::vector<ColumnScale> fit = some_fit(5, 0, 0);
  Array<float> values = upload(cells, stream());
  const Array<ColumnScale> scale = upload(fit, stream());
  backend().columns().standardize(values.matrix(777, 5), scale.view(), values.matrix(777, 5), stream());
  test::expect_close(download(values.view(), stream()), reference(cells, extent, fit, 5, 0.0), two_roundings, "in place");
}

TEST_F(ColumnsTest, StandardizeColumnarGivesTheBitsOfRowMajor) {
  for (const Extent extent : test::table_extents()) {
    const std::vector<float> cells = test::some_table(extent, 23);
    const std::int64_t stride = extent.rows + 3;
    std::vector<float> columnar(static_cast<std::size_t>(stride * extent.columns), test::missing_cell());
    for (std::int64_t r = 0; r < extent.rows; ++r) {
      for (std::int64_t c = 0; c < extent.columns; ++c)
        columnar[static_cast<std::size_t>(c * stride + r)] = cells[static_cast<std::size_t>(r * extent.columns + c)];
    }
    const std::int64_t width = 2 * extent.columns;
    const Array<ColumnScale> scale = upload(some_fit(extent.columns, 1, extent.columns), stream());
    const Array<float> by_column = upload(columnar, stream());
    const Array<float> by_row = upload(cells, stream());
    Array<float> a(stream(), extent.rows * width);
    Array<float> b(stream(), extent.rows * width);
    backend().columns().standardize_columnar(by_column.view(), stride, extent.rows, scale.view(), a.matrix(extent.rows, width), stream());
    backend().columns().standardize(by_row.matrix(extent.rows, extent.columns), scale.view(), b.matrix(extent.rows, width), stream());
    test::expect_same_bits(download(a.view(), stream()), download(b.view(), stream()), std::to_string(extent.rows) + " rows");
  }
}

TEST_F(ColumnsTest, StandardizeGivesEveryBackendTheSameBits) {
  // Subtraction, product and comparisons are exact operations of IEEE 754, so the CPU's answer is the answer.
  const Extent extent{1025, 5};
  const std::vector<float> cells = test::some_table(extent, 24);
  const std::vector<ColumnScale> fit = some_fit(5, 2, 5);
  const auto answer = [&](Backend& on, Stream& s) {
    const Array<float> in = upload(cells, s);
    const Array<ColumnScale> scale = upload(fit, s);
    Array<float> out(s, 1025 * 8);
    on.columns().standardize(in.matrix(1025, 5), scale.view(), out.matrix(1025, 8), s);
    return download(out.view(), s);
  };
  test::expect_same_for_any_team(answer);
  const std::unique_ptr<Backend> cpu = make_backend(Device{});
  const std::unique_ptr<Stream> host = cpu->make_stream();
  test::expect_same_bits(answer(backend(), stream()), answer(*cpu, *host), "against the CPU");
}

}  // namespace
}  // namespace footfall
