#pragma once

#include <cstdint>
#include <limits>

#include "kernels/device/array.hpp"

namespace footfall {

/// What one pass over a column tells. Merging is Chan's: (Chan, Golub, LeVeque 1983, eq. 2.1).
struct Moments {
  std::int64_t count = 0;    ///< cells that are there
  std::int64_t missing = 0;  ///< cells that are NaN
  double mean = 0.0;
  double m2 = 0.0;  ///< sum of squared distances from the mean
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
};

/// How one column is standardized: out = clamp(((isnan(x) ? fill : x) - mean) * inverse, low, high).
struct ColumnScale {
  float fill = 0.0F;
  float mean = 0.0F;
  float inverse = 1.0F;
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  std::int32_t indicator = -1;  ///< the column of the output that gets 1 where the cell was missing, else 0; -1: none
};

/// Operations on the columns of a table, [rows, columns] float32, NaN a missing cell.
class Columns {
 public:
  /// Rows that are summed as one: a chunk's first row must be a multiple of it, so that no chunk size changes a bit.
  static constexpr std::int64_t tile_rows = 4096;

  virtual ~Columns() = default;

  /// Adds the moments of a chunk to `state` (one entry a column, on the device). Tiles of `tile_rows` rows are summed as distances
  /// from a cell, in float64 (a processor adds eight at a time in float32: column_loops.hpp), and merged in ascending order, so chunks that are multiples of the tile leave the same bits as one
  /// large chunk, on any number of threads. Infinite cells are counted as they are (mean and m2 then are not finite: the host reports them).
  /// Cost: one read of each cell.
  virtual void moments(MatrixView<const float> in, View<Moments> state, Stream& stream) = 0;

  /// Fused imputation, scaling, clipping and indicator columns, in one read and one write of each cell.
  /// in   [rows, columns], NaN is missing
  /// fit  one entry a column, on the device
  /// out  [rows, at least columns]; column c of `in` goes to column c, indicators where `fit` says; may be `in` when there is no indicator
  virtual void standardize(MatrixView<const float> in, View<const ColumnScale> fit, MatrixView<float> out, Stream& stream) = 0;

  /// Column-major input of the same operation: column c is the run in[c * column_stride, rows). For tables that come from columnar files.
  virtual void standardize_columnar(View<const float> in, std::int64_t column_stride, std::int64_t rows, View<const ColumnScale> fit, MatrixView<float> out,
                                    Stream& stream) = 0;

  /// Sorts each column of a chunk, missing cells last (set-up work, not for the hot loop; Thrust on the device). in [rows, columns];
  /// out column-major: column c at out[c * rows, rows); valid[c] the number of cells that are there.
  virtual void sort_columns(MatrixView<const float> in, View<float> out, View<std::int64_t> valid, Stream& stream) = 0;

  /// Adds to counts[c * states + code] the cells of each code column; codes < 0 or >= states go nowhere. codes [rows, columns].
  virtual void histogram(MatrixView<const std::int32_t> codes, std::int64_t states, View<std::int64_t> counts, Stream& stream) = 0;

  /// Piecewise-linear map of each column through its own knots (for quantile normal scores): y = values[c][j] + (x - knots[c][j]) *
  /// slope between neighbours, constant outside; knots ascend, equal knots take the later value; NaN gives `missing`. knots, values [columns, points].
  virtual void interpolate(MatrixView<const float> in, MatrixView<const float> knots, MatrixView<const float> values, float missing, MatrixView<float> out,
                           Stream& stream) = 0;

  /// Piecewise-linear encoding (Gorishniy et al. 2022, eq. 1): column c becomes bins numbers, entry j is clamp((x - edge_j) / (edge_{j+1} - edge_j), 0, 1);
  /// an empty bin (equal edges) is 1 from its edge on; NaN gives zeros. edges [columns, bins + 1]; out [rows, columns * bins].
  virtual void piecewise_encode(MatrixView<const float> in, MatrixView<const float> edges, MatrixView<float> out, Stream& stream) = 0;

  /// out[i] = in[rows[i]] for whole rows; row numbers on the device. The three kinds that batches are made of.
  virtual void gather_rows(MatrixView<const float> in, View<const std::int64_t> rows, MatrixView<float> out, Stream& stream) = 0;
  virtual void gather_rows(MatrixView<const std::int32_t> in, View<const std::int64_t> rows, MatrixView<std::int32_t> out, Stream& stream) = 0;
};

/// Chan's merge: what both sides saw together. An empty side leaves the other unchanged.
[[nodiscard]] Moments merged(const Moments& a, const Moments& b);

}  // namespace footfall
