#include <algorithm>
#include <array>

#include "kernels/device/tiles.hpp"
#include "kernels/layers/cpu_layers.hpp"
#include "kernels/layers/product.hpp"
#include "kernels/layers/row_loops.hpp"

namespace footfall {
namespace {

/// Columns that one thread sums over all rows; the sums fit on its stack.
constexpr std::int64_t column_block = 64;

void add_column_sums(Team& team, MatrixView<const float> a, View<float> sums) {
  for_tiles(team, a.columns, column_block, [&](std::int64_t first, std::int64_t count) {
    std::array<double, column_block> sum{};
    sum_rows(a.column_range(first, count), sum.data());
    for (std::int64_t c = 0; c < count; ++c) sums.data[first + c] += static_cast<float>(sum[static_cast<std::size_t>(c)]);
  });
}

}  // namespace

void CpuLayers::linear(MatrixView<const float> x, MatrixView<const float> w, View<const float> b, Activation activation,
                       MatrixView<float> y, Precision /*precision*/, Stream& /*stream*/) {
  require_host(x, w, b, y);
  require(x.rows == y.rows && x.columns == w.columns && w.rows == y.columns && (b.empty() || b.size == y.columns),
          "linear: shapes do not fit");
  if (b.empty() && activation == Activation::none) return multiply(team_, plain(x), transposed(w), 0.0F, y);
  const auto finish = [&](MatrixView<float> tile, std::int64_t first_column) {
    const float* const bias = b.empty() ? nullptr : b.data + first_column;
    for (std::int64_t r = 0; r < tile.rows; ++r) add_bias_and_activate(tile.data + r * tile.stride, bias, tile.columns, activation);
  };
  multiply(team_, plain(x), transposed(w), 0.0F, y, std::cref(finish));
}

void CpuLayers::linear_backward(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> y, Activation activation,
                                MatrixView<float> dy, MatrixView<float> dx, MatrixView<float> dw, View<float> db, Precision /*precision*/,
                                Stream& /*stream*/) {
  require_host(x, w, y, dy, dx, dw, db);
  require(dy.columns == w.rows, "linear_backward: dy and w do not fit");
  if (activation != Activation::none) {
    require(y.rows == dy.rows && y.columns == dy.columns, "linear_backward: y and dy do not fit");
    for_tiles(team_, dy.rows, tile_of_width(dy.columns), [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t r = first; r < first + count; ++r)
        undo_activation(dy.data + r * dy.stride, y.data + r * y.stride, dy.columns, activation);
    });
  }
  if (!dw.empty()) {
    require(x.rows == dy.rows, "linear_backward: x and dy do not fit");
    multiply(team_, transposed(dy), plain(x), 1.0F, dw);
  }
  if (!db.empty()) {
    require(db.size == dy.columns, "linear_backward: db and dy do not fit");
    add_column_sums(team_, dy, db);
  }
  if (!dx.empty()) multiply(team_, plain(dy), plain(w), 0.0F, dx);
}

void CpuLayers::copy_matrix(MatrixView<const float> in, MatrixView<float> out, Stream& /*stream*/) {
  require_host(in, out);
  require(in.rows == out.rows && in.columns == out.columns, "copy_matrix: shapes differ");
  if (out.empty()) return;
  for_tiles(team_, out.rows, tile_of_width(out.columns), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t r = first; r < first + count; ++r) std::copy_n(in.data + r * in.stride, in.columns, out.data + r * out.stride);
  });
}

void CpuLayers::add_matrix(MatrixView<const float> in, MatrixView<float> out, Stream& /*stream*/) {
  require_host(in, out);
  require(in.rows == out.rows && in.columns == out.columns, "add_matrix: shapes differ");
  if (out.empty()) return;
  for_tiles(team_, out.rows, tile_of_width(out.columns), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t r = first; r < first + count; ++r) add_row(in.data + r * in.stride, out.data + r * out.stride, in.columns);
  });
}

std::unique_ptr<Layers> make_cpu_layers(Team& team) { return std::make_unique<CpuLayers>(team); }

}  // namespace footfall
