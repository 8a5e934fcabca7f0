#include <algorithm>
#include <array>
#include <numeric>

#include "kernels/columns/column_loops.hpp"
#include "kernels/columns/cpu_columns.hpp"
#include "kernels/device/tiles.hpp"

namespace footfall {
namespace {

/// Constants that one tile keeps side by side.
constexpr std::int64_t block = 256;

/// The constants of columns [first, first + count), repeated `times` times, as arrays.
class BlockOfScales {
 public:
  BlockOfScales(View<const ColumnScale> fit, std::int64_t first, std::int64_t count, std::int64_t times) {
    for (std::int64_t i = 0; i < count * times; ++i) {
      const ColumnScale& scale = fit.data[first + i % count];
      const auto at = static_cast<std::size_t>(i);
      fill_[at] = scale.fill;
      mean_[at] = scale.mean;
      inverse_[at] = scale.inverse;
      low_[at] = scale.low;
      high_[at] = scale.high;
    }
    for (std::int64_t c = first; c < first + count; ++c) indicators_ = indicators_ || fit.data[c].indicator >= 0;
  }
  [[nodiscard]] ScaleArrays arrays() const { return {fill_.data(), mean_.data(), inverse_.data(), low_.data(), high_.data()}; }
  [[nodiscard]] bool has_indicators() const { return indicators_; }

 private:
  std::array<float, block> fill_, mean_, inverse_, low_, high_;
  bool indicators_ = false;
};

[[nodiscard]] bool any_indicator(View<const ColumnScale> fit) {
  return std::any_of(fit.data, fit.data + fit.size, [](const ColumnScale& scale) { return scale.indicator >= 0; });
}

void check(View<const ColumnScale> fit, MatrixView<float> out) {
  require(out.columns >= fit.size, "standardize: the output is narrower than the input");
  for (std::int64_t c = 0; c < fit.size; ++c)
    require(fit.data[c].indicator < out.columns, "standardize: an indicator column outside the output");
}

/// Floats of the widest vector.
constexpr std::int64_t widest = 16;
/// Bytes of an output that no cache near a core would keep until somebody reads it.
constexpr std::int64_t long_output = std::int64_t{32} << 20;

/// Rows whose constants lie side by side: as many as fit, and where that can be so many that their cells fill whole vectors.
[[nodiscard]] std::int64_t rows_together(std::int64_t columns) {
  const std::int64_t whole = widest / std::gcd(widest, columns), fitting = block / columns;
  return fitting >= whole ? fitting / whole * whole : fitting;
}

/// Rows [first, first + count) when nothing but the cells is written and rows lie end to end: several rows at once, so that narrow tables
/// fill the vectors too.
void standardize_dense(MatrixView<const float> in, View<const ColumnScale> fit, MatrixView<float> out, std::int64_t first,
                       std::int64_t count) {
  const std::int64_t together = rows_together(in.columns);
  const BlockOfScales scales(fit, 0, in.columns, together);
  const bool past_caches = in.data != out.data && out.rows * out.columns * static_cast<std::int64_t>(sizeof(float)) >= long_output;
  standardize_cells(in.data + first * in.stride, scales.arrays(), together * in.columns, out.data + first * out.stride, count * in.columns, past_caches);
}

void standardize_rows(MatrixView<const float> in, View<const ColumnScale> fit, MatrixView<float> out, std::int64_t first,
                      std::int64_t count) {
  std::array<float, block> missing;
  for (std::int64_t c = 0; c < in.columns; c += block) {
    const std::int64_t width = std::min(block, in.columns - c);
    const BlockOfScales scales(fit, c, width, 1);
    for (std::int64_t r = first; r < first + count; ++r) {
      float* const to = out.data + r * out.stride;
      standardize_row(in.data + r * in.stride + c, scales.arrays(), to + c, scales.has_indicators() ? missing.data() : nullptr, width);
      for (std::int64_t i = 0; scales.has_indicators() && i < width; ++i) {
        const std::int32_t indicator = fit.data[c + i].indicator;
        if (indicator >= 0) to[indicator] = missing[static_cast<std::size_t>(i)];
      }
    }
  }
}

}  // namespace

void CpuColumns::standardize(MatrixView<const float> in, View<const ColumnScale> fit, MatrixView<float> out, Stream& /*stream*/) {
  require_host(in, fit, out);
  require(in.rows == out.rows && fit.size == in.columns, "standardize: shapes do not fit");
  check(fit, out);
  if (in.empty()) return;
  const bool dense = in.dense() && out.dense() && out.columns == in.columns && in.columns <= block && !any_indicator(fit);
  // Whole vectors up to the end of each tile, so that the next one begins aligned.
  const std::int64_t tile = (16 * tile_of_width(in.columns) + widest - 1) / widest * widest;
  for_tiles(team_, in.rows, tile, [&](std::int64_t first, std::int64_t count) {
    if (dense) {
      standardize_dense(in, fit, out, first, count);
    } else {
      standardize_rows(in, fit, out, first, count);
    }
  });
}

void CpuColumns::standardize_columnar(View<const float> in, std::int64_t column_stride, std::int64_t rows, View<const ColumnScale> fit,
                                      MatrixView<float> out, Stream& /*stream*/) {
  require_host(in, fit, out);
  require(out.rows == rows && column_stride >= rows && (fit.size == 0 || in.size >= (fit.size - 1) * column_stride + rows),
          "standardize_columnar: shapes do not fit");
  check(fit, out);
  constexpr std::int64_t tall = 64;
  constexpr std::int64_t wide = 16;
  for_tiles(team_, rows, tall, [&](std::int64_t first, std::int64_t count) {
    std::array<std::array<float, tall>, wide> cells;  // a block in the order of the columns, written out in the order of the rows
    std::array<float, tall> missing;
    for (std::int64_t c = 0; c < fit.size; c += wide) {
      const std::int64_t width = std::min(wide, fit.size - c);
      for (std::int64_t i = 0; i < width; ++i) {
        const ColumnScale& scale = fit.data[c + i];
        standardize_run(in.data + (c + i) * column_stride + first, scale, cells[static_cast<std::size_t>(i)].data(),
                        scale.indicator >= 0 ? missing.data() : nullptr, count);
        for (std::int64_t r = 0; scale.indicator >= 0 && r < count; ++r) {
          out.data[(first + r) * out.stride + scale.indicator] = missing[static_cast<std::size_t>(r)];
        }
      }
      for (std::int64_t r = 0; r < count; ++r) {
        float* const to = out.data + (first + r) * out.stride + c;
        for (std::int64_t i = 0; i < width; ++i) to[i] = cells[static_cast<std::size_t>(i)][static_cast<std::size_t>(r)];
      }
    }
  });
}

}  // namespace footfall
