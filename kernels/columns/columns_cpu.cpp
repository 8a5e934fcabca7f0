#include <algorithm>
#include <array>

#include "kernels/columns/column_loops.hpp"
#include "kernels/columns/cpu_columns.hpp"
#include "kernels/columns/moments_math.hpp"
#include "kernels/columns/piecewise_math.hpp"
#include "kernels/device/tiles.hpp"

namespace footfall {
namespace {

/// Tiles of rows and columns whose moments wait on the stack until they are merged in order.
constexpr std::int64_t units_of_a_round = 128;

template <class T>
void gather(Team& team, MatrixView<const T> in, View<const std::int64_t> rows, MatrixView<T> out) {
  require_host(in, rows, out);
  require(rows.size == out.rows && in.columns == out.columns, "gather_rows: shapes do not fit");
  if (out.empty()) return;
  for_tiles(team, out.rows, tile_of_width(out.columns), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) {
      const std::int64_t row = rows.data[i];
      require(row >= 0 && row < in.rows, "gather_rows: a row number outside the matrix");
      std::copy_n(in.data + row * in.stride, in.columns, out.data + i * out.stride);
    }
  });
}

}  // namespace

void CpuColumns::moments(MatrixView<const float> in, View<Moments> state, Stream& /*stream*/) {
  require_host(in, state);
  require(state.size == in.columns, "moments: one entry of the state a column");
  if (in.empty()) return;
  const std::int64_t blocks = (in.columns + moments_columns - 1) / moments_columns;
  const std::int64_t units = (in.rows + tile_rows - 1) / tile_rows * blocks;
  std::array<std::array<Moments, moments_columns>, units_of_a_round> part;
  for (std::int64_t from = 0; from < units; from += units_of_a_round) {
    const std::int64_t here = std::min(units_of_a_round, units - from);
    const auto width = [&](std::int64_t unit) { return std::min(moments_columns, in.columns - unit % blocks * moments_columns); };
    for_tiles(team_, here, 1, [&](std::int64_t index, std::int64_t /*one*/) {
      const std::int64_t unit = from + index;
      const std::int64_t row = unit / blocks * tile_rows;
      const MatrixView<const float> rows = in.row_range(row, std::min(tile_rows, in.rows - row));
      moments_of_tile(rows.column_range(unit % blocks * moments_columns, width(unit)), part[static_cast<std::size_t>(index)].data());
    });
    for (std::int64_t index = 0; index < here; ++index) {
      const std::int64_t unit = from + index;
      Moments* const to = state.data + unit % blocks * moments_columns;
      for (std::int64_t c = 0; c < width(unit); ++c) {
        to[c] = merge_moments(to[c], part[static_cast<std::size_t>(index)][static_cast<std::size_t>(c)]);
      }
    }
  }
}

void CpuColumns::sort_columns(MatrixView<const float> in, View<float> out, View<std::int64_t> valid, Stream& /*stream*/) {
  require_host(in, out, valid);
  require(out.size >= in.rows * in.columns && valid.size >= in.columns, "sort_columns: shapes do not fit");
  for_tiles(team_, in.columns, 1, [&](std::int64_t c, std::int64_t /*one*/) {
    float* const first = out.data + c * in.rows;
    float* const last = first + in.rows;
    for (std::int64_t r = 0; r < in.rows; ++r) first[r] = in.data[r * in.stride + c];
    float* const missing = std::partition(first, last, [](float x) { return x == x; });
    std::sort(first, missing);
    valid.data[c] = missing - first;
  });
}

void CpuColumns::histogram(MatrixView<const std::int32_t> codes, std::int64_t states, View<std::int64_t> counts, Stream& /*stream*/) {
  require_host(codes, counts);
  require(counts.size >= codes.columns * states, "histogram: shapes do not fit");
  constexpr std::int64_t block = 16;  // a cache line of codes
  for_tiles(team_, codes.columns, block, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t r = 0; r < codes.rows; ++r) {
      for (std::int64_t c = first; c < first + count; ++c) {
        const std::int64_t code = codes.data[r * codes.stride + c];
        if (code >= 0 && code < states) ++counts.data[c * states + code];
      }
    }
  });
}

void CpuColumns::piecewise_encode(MatrixView<const float> in, MatrixView<const float> edges, MatrixView<float> out, Stream& /*stream*/) {
  require_host(in, edges, out);
  const std::int64_t bins = edges.columns - 1;
  require(in.columns == 0 || bins >= 1, "piecewise_encode: no bins");
  require(in.rows == out.rows && edges.rows == in.columns && out.columns == in.columns * std::max<std::int64_t>(bins, 0),
          "piecewise_encode: shapes do not fit");
  for_tiles(team_, in.rows, tile_of_width(out.columns), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t r = first; r < first + count; ++r) {
      for (std::int64_t c = 0; c < in.columns; ++c) {
        const float x = in.data[r * in.stride + c];
        const float* const edge = edges.data + c * edges.stride;
        float* const to = out.data + r * out.stride + c * bins;
        for (std::int64_t j = 0; j < bins; ++j) to[j] = piecewise_entry(x, edge[j], edge[j + 1]);
      }
    }
  });
}

void CpuColumns::gather_rows(MatrixView<const float> in, View<const std::int64_t> rows, MatrixView<float> out, Stream& /*stream*/) {
  gather(team_, in, rows, out);
}

void CpuColumns::gather_rows(MatrixView<const std::int32_t> in, View<const std::int64_t> rows, MatrixView<std::int32_t> out,
                             Stream& /*stream*/) {
  gather(team_, in, rows, out);
}

std::unique_ptr<Columns> make_cpu_columns(Team& team) { return std::make_unique<CpuColumns>(team); }

}  // namespace footfall
