#pragma once

#include <cstdint>

#include "kernels/columns/columns.hpp"
#include "kernels/device/array.hpp"

namespace footfall {

/// Columns that moments_of_tile takes at once.
constexpr std::int64_t moments_columns = 32;

/// Moments of at most `Columns::tile_rows` rows of at most `moments_columns` columns. Distances and squares of eight rows are added in float32, those
/// sums in float64, all in ascending order of the rows: the bits are the same for every instruction set and however the columns are grouped. Off by
/// at most 8 2^-24 of the spread (mean) and 416 2^-24 of itself (m2); columns whose squares leave float32, or whose first cell lies far from the rest, are
/// summed in float64.
void moments_of_tile(MatrixView<const float> in, Moments* out);

/// The constants of ColumnScale, one array each. n entries.
struct ScaleArrays {
  const float *fill, *mean, *inverse, *low, *high;
};
/// out = the standardized cells of one row; where `missing` is not nullptr it gains 1 where a cell is missing, else 0. `in` may be `out`.
void standardize_row(const float* in, const ScaleArrays& fit, float* out, float* missing, std::int64_t n);
/// The same for `n` cells of rows that lie end to end: the constants are those of `period` cells and begin anew behind them. `past_caches`: the
/// output is not read again soon, so its lines need not be fetched before they are written; for long outputs only.
void standardize_cells(const float* in, const ScaleArrays& fit, std::int64_t period, float* out, std::int64_t n, bool past_caches);
/// The same for a run of one column.
void standardize_run(const float* in, const ColumnScale& fit, float* out, float* missing, std::int64_t n);

}  // namespace footfall
