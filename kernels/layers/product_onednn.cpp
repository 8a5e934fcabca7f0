#include <dnnl.h>
#include <omp.h>

#include <algorithm>
#include <new>

#include "kernels/device/team.hpp"
#include "kernels/error.hpp"
#include "kernels/layers/product.hpp"

namespace footfall {
namespace {

/// oneDNN shares a product out among OpenMP's threads; ours does that, so each thread of ours is a team of one to OpenMP.
void keep_library_on_this_thread() {
  thread_local const bool kept = [] {
    omp_set_num_threads(1);
    return true;
  }();
  static_cast<void>(kept);
}

[[nodiscard]] std::int64_t round_up(std::int64_t value, std::int64_t step) { return (value + step - 1) / step * step; }

/// Rows [first, first + count) of op(matrix).
[[nodiscard]] Factor rows_of(const Factor& f, std::int64_t first, std::int64_t count) {
  return {f.transposed ? f.matrix.column_range(first, count) : f.matrix.row_range(first, count), f.transposed};
}
[[nodiscard]] Factor columns_of(const Factor& f, std::int64_t first, std::int64_t count) {
  return {f.transposed ? f.matrix.row_range(first, count) : f.matrix.column_range(first, count), f.transposed};
}

void zero(MatrixView<float> c) {
  for (std::int64_t r = 0; r < c.rows; ++r) std::fill_n(c.data + r * c.stride, c.columns, 0.0F);
}

/// Multiply-adds of a tile that are worth handing to a thread: about 5 us on a core with AVX-512.
constexpr std::int64_t wanted_work = std::int64_t{1} << 19;
constexpr std::int64_t widest_tile = 512;

}  // namespace

ProductTiles product_tiles(std::int64_t rows, std::int64_t columns, std::int64_t depth) {
  const std::int64_t slices = (columns + widest_tile - 1) / widest_tile;
  const std::int64_t width = slices <= 1 ? std::max<std::int64_t>(columns, 1) : round_up((columns + slices - 1) / slices, 16);
  // Each tile packs its part of b again, so tiles of a tall product are taller.
  const std::int64_t shortest = std::clamp(round_up(rows / 32, 32), std::int64_t{32}, std::int64_t{256});
  const std::int64_t work = std::max<std::int64_t>(width * depth, 1);
  const std::int64_t height = std::clamp(round_up((wanted_work + work - 1) / work, 32), shortest, std::int64_t{4096});
  return {height, width};
}

void multiply(const Factor& a, const Factor& b, float beta, MatrixView<float> c) {
  require(a.rows() == c.rows && b.columns() == c.columns && a.columns() == b.rows(), "the factors of a product do not fit");
  if (c.empty()) return;
  const std::int64_t depth = a.columns();
  if (depth == 0) {
    if (beta == 0.0F) zero(c);
    return;
  }
  keep_library_on_this_thread();
  const dnnl_status_t status = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', c.rows, c.columns, depth, 1.0F, a.matrix.data,
                                          a.matrix.stride, b.matrix.data, b.matrix.stride, beta, c.data, c.stride);
  if (status == dnnl_out_of_memory) throw std::bad_alloc();
  if (status != dnnl_success)
    throw failure("oneDNN refused a matrix product (status " + std::to_string(static_cast<int>(status)) + ")", "please report this");
}

void multiply(Team& team, const Factor& a, const Factor& b, float beta, MatrixView<float> c, const ProductEpilogue& epilogue) {
  if (c.empty()) return;
  const ProductTiles cut = product_tiles(c.rows, c.columns, a.columns());
  const std::int64_t down = (c.rows + cut.rows - 1) / cut.rows;
  const std::int64_t across = (c.columns + cut.columns - 1) / cut.columns;
  team.run(down * across, [&](std::int64_t tile, int /*thread*/) {
    const std::int64_t row = tile / across * cut.rows;
    const std::int64_t column = tile % across * cut.columns;
    const std::int64_t height = std::min(cut.rows, c.rows - row);
    const std::int64_t width = std::min(cut.columns, c.columns - column);
    const MatrixView<float> part = c.row_range(row, height).column_range(column, width);
    multiply(rows_of(a, row, height), columns_of(b, column, width), beta, part);
    if (epilogue) epilogue(part, column);
  });
}

void multiply_large(Team& team, MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c) {
  const std::int64_t runs = std::min<std::int64_t>(4 * team.threads(), c.rows);  // a thread that is held up leaves its later runs to others
  team.run(runs, [&](std::int64_t run, int /*thread*/) {
    const std::int64_t first = run * c.rows / runs, count = (run + 1) * c.rows / runs - first;
    multiply(plain(a.row_range(first, count)), plain(b), 0.0F, c.row_range(first, count));
  });
}

}  // namespace footfall
