#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/columns/column_loops_cpu.cpp"
#include "hwy/foreach_target.h"  // compiles what follows once for each instruction set

#include <algorithm>
#include <cstdint>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/columns/column_loops.hpp"
#include "kernels/columns/moments_math.hpp"
#include "kernels/columns/standardize_math.hpp"

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The first cell of each column that is there, else 0: what distances are measured from.
HWY_INLINE void find_shifts(MatrixView<const float> in, float* shift) {
  for (std::int64_t c = 0; c < in.columns; ++c) {
    shift[c] = 0.0F;
    for (std::int64_t r = 0; r < in.rows; ++r) {
      const float x = in.data[r * in.stride + c];
      if (x != x) continue;
      shift[c] = x;
      break;
    }
  }
}

/// What a tile's columns add up to, one entry a column.
struct TileSums {
  HWY_ALIGN float shift[moments_columns];
  HWY_ALIGN float missing[moments_columns];
  HWY_ALIGN float minimum[moments_columns];
  HWY_ALIGN float maximum[moments_columns];
  HWY_ALIGN double sum[moments_columns];
  HWY_ALIGN double squares[moments_columns];
};

/// Rows whose distances and squares are added in float32 before they go into the float64 sums: widening every cell takes half of the time.
constexpr std::int64_t short_sum = 8;

#if HWY_TARGET != HWY_SCALAR
/// Far enough ahead that memory has answered; rows that lie end to end are long on their way as it is.
constexpr std::int64_t rows_ahead = 64, dense_rows_ahead = 16;

/// A vector of float32 columns while rows are added to it.
struct ColumnSums {
  static constexpr hn::CappedTag<float, 16> f{};
  static constexpr hn::Half<decltype(f)> half{};
  static constexpr hn::Repartition<double, decltype(f)> d{};
  using F = hn::Vec<decltype(f)>;
  using D = hn::Vec<decltype(d)>;

  F shift, missing, minimum, maximum, short_distances, short_squares;
  D sum_low, sum_high, squares_low, squares_high;

  HWY_INLINE void load(const TileSums& sums, std::int64_t first) {
    const auto wide = static_cast<std::int64_t>(hn::Lanes(d));
    shift = hn::Load(f, sums.shift + first);
    missing = hn::Load(f, sums.missing + first);
    minimum = hn::Load(f, sums.minimum + first);
    maximum = hn::Load(f, sums.maximum + first);
    sum_low = hn::Load(d, sums.sum + first);
    sum_high = hn::Load(d, sums.sum + first + wide);
    squares_low = hn::Load(d, sums.squares + first);
    squares_high = hn::Load(d, sums.squares + first + wide);
    short_distances = short_squares = hn::Zero(f);
  }
  /// A missing cell counts as the shift, whose distance is 0.
  HWY_INLINE void add(F read) {
    const auto there = hn::Eq(read, read);
    const F x = hn::IfThenElse(there, read, shift);
    missing = hn::Add(missing, hn::IfThenZeroElse(there, hn::Set(f, 1.0F)));
    minimum = hn::Min(minimum, x);
    maximum = hn::Max(maximum, x);
    const F apart = hn::Sub(x, shift);
    short_distances = hn::Add(short_distances, apart);
    short_squares = hn::Add(short_squares, hn::Mul(apart, apart));
  }
  /// After at most `short_sum` rows.
  HWY_INLINE void widen() {
    sum_low = hn::Add(sum_low, hn::PromoteTo(d, hn::LowerHalf(half, short_distances)));
    sum_high = hn::Add(sum_high, hn::PromoteTo(d, hn::UpperHalf(half, short_distances)));
    squares_low = hn::Add(squares_low, hn::PromoteTo(d, hn::LowerHalf(half, short_squares)));
    squares_high = hn::Add(squares_high, hn::PromoteTo(d, hn::UpperHalf(half, short_squares)));
    short_distances = short_squares = hn::Zero(f);
  }
  HWY_INLINE void store(TileSums& sums, std::int64_t first) const {
    const auto wide = static_cast<std::int64_t>(hn::Lanes(d));
    hn::Store(missing, f, sums.missing + first);
    hn::Store(minimum, f, sums.minimum + first);
    hn::Store(maximum, f, sums.maximum + first);
    hn::Store(sum_low, d, sums.sum + first);
    hn::Store(sum_high, d, sums.sum + first + wide);
    hn::Store(squares_low, d, sums.squares + first);
    hn::Store(squares_high, d, sums.squares + first + wide);
  }
};

/// Adds rows to columns [first, first + a vector).
HWY_INLINE void sum_columns(MatrixView<const float> in, std::int64_t first, TileSums& sums) {
  ColumnSums column;
  column.load(sums, first);
  const std::int64_t left = in.columns - first;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(column.f));
  // A vector may reach into the rows that follow, not past the last cell of the matrix; what lanes beyond the columns hold is not looked
  // at.
  const std::int64_t cells = (in.rows - 1) * in.stride + in.columns - first;
  HWY_ALIGN float rest[16] = {};
  for (std::int64_t from = 0; from < in.rows; from += short_sum) {
    for (std::int64_t r = from; r < std::min(from + short_sum, in.rows); ++r) {
      const float* row = in.data + r * in.stride + first;
      hwy::Prefetch(row + rows_ahead * in.stride);
      if (r * in.stride + lanes > cells) {
        std::copy_n(row, std::min(left, lanes), rest);
        row = rest;
      }
      column.add(hn::LoadU(column.f, row));
    }
    column.widen();
  }
  column.store(sums, first);
}

#if HWY_TARGET <= HWY_AVX3
/// The same for two vectors, which 32 registers hold: whole rows of 32 columns are read in the order in which they lie.
HWY_INLINE void sum_column_pair(MatrixView<const float> in, std::int64_t first, TileSums& sums) {
  ColumnSums left, right;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(left.f));
  left.load(sums, first);
  right.load(sums, first + lanes);
  const std::int64_t ahead = (in.stride == in.columns ? dense_rows_ahead : rows_ahead) * in.stride;
  const auto add_rows = [&](std::int64_t from, std::int64_t count) HWY_ATTR {
    for (std::int64_t r = from; r < from + count; ++r) {
      const float* const row = in.data + r * in.stride + first;
      hwy::Prefetch(row + ahead);
      hwy::Prefetch(row + ahead + lanes);
      left.add(hn::LoadU(left.f, row));
      right.add(hn::LoadU(left.f, row + lanes));
    }
    left.widen();
    right.widen();
  };
  const std::int64_t whole = in.rows / short_sum * short_sum;
  for (std::int64_t from = 0; from < whole; from += short_sum) add_rows(from, short_sum);
  if (whole < in.rows) add_rows(whole, in.rows - whole);
  left.store(sums, first);
  right.store(sums, first + lanes);
}
#endif
HWY_INLINE std::int64_t columns_at_once() { return static_cast<std::int64_t>(hn::Lanes(hn::CappedTag<float, 16>())); }
#else
HWY_INLINE void sum_columns(MatrixView<const float> in, std::int64_t first, TileSums& sums) {
  const float shift = sums.shift[first];
  for (std::int64_t from = 0; from < in.rows; from += short_sum) {
    float distances = 0.0F, squares = 0.0F;
    for (std::int64_t r = from; r < std::min(from + short_sum, in.rows); ++r) {
      const float read = in.data[r * in.stride + first];
      const float x = is_missing(read) ? shift : read;
      if (is_missing(read)) sums.missing[first] += 1.0F;
      sums.minimum[first] = std::min(sums.minimum[first], x);
      sums.maximum[first] = std::max(sums.maximum[first], x);
      const float apart = x - shift;
      distances += apart;
      squares += apart * apart;
    }
    sums.sum[first] += distances;
    sums.squares[first] += squares;
  }
}
HWY_INLINE std::int64_t columns_at_once() { return 1; }
#endif

/// Whether float32 has lost more than roundings: squares that it cannot hold, or a shift so far out that the difference of both sums is small
/// beside them. With the bound of 16, m2 is right to 16 times the roundings of a short sum.
HWY_INLINE bool is_coarse(const TileSums& sums, std::int64_t c, double count) {
  constexpr double smallest = 1e-25, largest = 1e37;   // 4096 squares that became 0 are at most 5e-35 together
  const double squares = sums.squares[c];
  if (squares == 0.0) return sums.minimum[c] != sums.maximum[c];
  return !(squares > smallest && squares < largest) || (squares - sums.sum[c] * (sums.sum[c] / count)) * 16.0 < squares;
}

/// Sums of one column anew, all in float64.
HWY_INLINE void sum_in_float64(MatrixView<const float> in, std::int64_t c, TileSums& sums) {
  sums.sum[c] = sums.squares[c] = 0.0;
  for (std::int64_t r = 0; r < in.rows; ++r) {
    const float x = in.data[r * in.stride + c];
    if (is_missing(x)) continue;
    const double apart = static_cast<double>(x) - static_cast<double>(sums.shift[c]);
    sums.sum[c] += apart;
    sums.squares[c] += apart * apart;
  }
}

/// What the sums of a tile say of its columns.
HWY_INLINE void finish(MatrixView<const float> in, TileSums& sums, Moments* out) {
  for (std::int64_t c = 0; c < in.columns; ++c) {
    const auto missing = static_cast<std::int64_t>(sums.missing[c]);  // at most tile_rows, which float32 counts exactly
    const Moments none;
    const bool any = missing < in.rows;
    if (any && is_coarse(sums, c, static_cast<double>(in.rows - missing))) sum_in_float64(in, c, sums);
    out[c] = moments_of_sums(static_cast<double>(sums.shift[c]), in.rows - missing, missing, sums.sum[c], sums.squares[c],
                             any ? static_cast<double>(sums.minimum[c]) : none.minimum,
                             any ? static_cast<double>(sums.maximum[c]) : none.maximum);
  }
}

void MomentsOfTile(MatrixView<const float> in, Moments* out) {
  TileSums sums{};
  find_shifts(in, sums.shift);
  std::copy_n(sums.shift, moments_columns, sums.minimum);
  std::copy_n(sums.shift, moments_columns, sums.maximum);
  // A few rows at a time, so that the second vector of columns finds them in the first cache.
  constexpr std::int64_t few = 128;
#if HWY_TARGET <= HWY_AVX3
  if (in.columns == moments_columns) {
    sum_column_pair(in, 0, sums);
    return finish(in, sums, out);
  }
#endif
  for (std::int64_t r = 0; r < in.rows; r += few) {
    const MatrixView<const float> rows = in.row_range(r, std::min(few, in.rows - r));
    for (std::int64_t c = 0; c < in.columns; c += columns_at_once()) sum_columns(rows, c, sums);
  }
  finish(in, sums, out);
}

using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

/// standardize_math.hpp, lane by lane.
HWY_INLINE Vec scaled(Vec x, Vec fill, Vec mean, Vec inverse, Vec low, Vec high) {
  const Vec filled = hn::IfThenElse(hn::Eq(x, x), x, fill);
  const Vec value = hn::Mul(hn::Sub(filled, mean), inverse);
  const Vec above = hn::IfThenElse(hn::Lt(value, low), low, value);
  return hn::IfThenElse(hn::Gt(above, high), high, above);
}
HWY_INLINE Vec missing_flag(Vec x) { return hn::IfThenZeroElse(hn::Eq(x, x), hn::Set(Floats(), 1.0F)); }

void StandardizeRow(const float* in, const ScaleArrays& fit, float* out, float* missing, std::int64_t n) {
  const Floats d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Vec x = hn::LoadU(d, in + i);
    if (missing != nullptr) hn::StoreU(missing_flag(x), d, missing + i);
    hn::StoreU(scaled(x, hn::LoadU(d, fit.fill + i), hn::LoadU(d, fit.mean + i), hn::LoadU(d, fit.inverse + i), hn::LoadU(d, fit.low + i),
                      hn::LoadU(d, fit.high + i)),
               d, out + i);
  }
  for (; i < n; ++i) {
    const float x = in[i];
    if (missing != nullptr) missing[i] = is_missing(x) ? 1.0F : 0.0F;
    out[i] = standardized(x, ColumnScale{fit.fill[i], fit.mean[i], fit.inverse[i], fit.low[i], fit.high[i], -1});
  }
}

void StandardizeCells(const float* in, const ScaleArrays& fit, std::int64_t period, float* out, std::int64_t n, bool past_caches) {
  const Floats d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const bool streams = past_caches && period % lanes == 0 && reinterpret_cast<std::uintptr_t>(out) % (static_cast<std::uintptr_t>(lanes) * sizeof(float)) == 0;
  for (std::int64_t first = 0; first < n; first += period) {
    const std::int64_t cells = std::min(period, n - first);
    if (!streams || cells < period) {
      StandardizeRow(in + first, fit, out + first, nullptr, cells);
      continue;
    }
    for (std::int64_t i = 0; i < period; i += lanes) {
      hn::Stream(scaled(hn::LoadU(d, in + first + i), hn::LoadU(d, fit.fill + i), hn::LoadU(d, fit.mean + i), hn::LoadU(d, fit.inverse + i),
                        hn::LoadU(d, fit.low + i), hn::LoadU(d, fit.high + i)),
                 d, out + first + i);
    }
  }
  if (streams) hwy::FlushStream();
}

void StandardizeRun(const float* in, const ColumnScale& fit, float* out, float* missing, std::int64_t n) {
  const Floats d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const Vec fill = hn::Set(d, fit.fill);
  const Vec mean = hn::Set(d, fit.mean);
  const Vec inverse = hn::Set(d, fit.inverse);
  const Vec low = hn::Set(d, fit.low);
  const Vec high = hn::Set(d, fit.high);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const Vec x = hn::LoadU(d, in + i);
    if (missing != nullptr) hn::StoreU(missing_flag(x), d, missing + i);
    hn::StoreU(scaled(x, fill, mean, inverse, low, high), d, out + i);
  }
  for (; i < n; ++i) {
    const float x = in[i];
    if (missing != nullptr) missing[i] = is_missing(x) ? 1.0F : 0.0F;
    out[i] = standardized(x, fit);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace footfall {

HWY_EXPORT(MomentsOfTile);
HWY_EXPORT(StandardizeRow);
HWY_EXPORT(StandardizeCells);
HWY_EXPORT(StandardizeRun);

void moments_of_tile(MatrixView<const float> in, Moments* out) { HWY_DYNAMIC_DISPATCH(MomentsOfTile)(in, out); }
void standardize_row(const float* in, const ScaleArrays& fit, float* out, float* missing, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(StandardizeRow)(in, fit, out, missing, n);
}
void standardize_cells(const float* in, const ScaleArrays& fit, std::int64_t period, float* out, std::int64_t n, bool past_caches) {
  HWY_DYNAMIC_DISPATCH(StandardizeCells)(in, fit, period, out, n, past_caches);
}
void standardize_run(const float* in, const ColumnScale& fit, float* out, float* missing, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(StandardizeRun)(in, fit, out, missing, n);
}

}  // namespace footfall
#endif
