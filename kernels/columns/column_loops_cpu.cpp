#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/columns/column_loops_cpu.cpp"
#include "hwy/foreach_target.h"  // compiles what follows once for each instruction set

#include <algorithm>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"
#include "kernels/columns/column_loops.hpp"
#include "kernels/columns/moments_math.hpp"
#include "kernels/columns/standardize_math.hpp"

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::ScalableTag<double>;
using HalfFloats = hn::Rebind<float, Doubles>;
using Wide = hn::Vec<Doubles>;

/// What the rows of a tile add up to in each column of a vector.
struct Sums {
  Wide shift, count, missing, sum, squares, minimum, maximum;
};

/// One row of a vector's columns. The first cell that is there is what distances are measured from.
HWY_INLINE void add_row(Sums& s, Wide x) {
  const Doubles d;
  const Wide one = hn::Set(d, 1.0);
  const auto there = hn::Eq(x, x);
  const auto first = hn::And(there, hn::Eq(s.count, hn::Zero(d)));
  s.shift = hn::IfThenElse(first, x, s.shift);
  s.count = hn::Add(s.count, hn::IfThenElseZero(there, one));
  s.missing = hn::Add(s.missing, hn::IfThenZeroElse(there, one));
  const Wide apart = hn::IfThenElseZero(there, hn::Sub(x, s.shift));
  s.sum = hn::Add(s.sum, apart);
  s.squares = hn::Add(s.squares, hn::Mul(apart, apart));
  s.minimum = hn::IfThenElse(hn::Lt(x, s.minimum), x, s.minimum);
  s.maximum = hn::IfThenElse(hn::Gt(x, s.maximum), x, s.maximum);
}

HWY_INLINE Sums no_sums() {
  const Doubles d;
  const Wide zero = hn::Zero(d);
  const double infinity = std::numeric_limits<double>::infinity();
  return {zero, zero, zero, zero, zero, hn::Set(d, infinity), hn::Set(d, -infinity)};
}

/// Lanes of the sums, one column each, as moments.
HWY_INLINE void give_out(const Sums& s, Moments* out, std::int64_t columns) {
  constexpr std::int64_t most = HWY_MAX_BYTES / sizeof(double);
  HWY_ALIGN double lane[7][most];
  const Doubles d;
  hn::Store(s.shift, d, lane[0]);
  hn::Store(s.count, d, lane[1]);
  hn::Store(s.missing, d, lane[2]);
  hn::Store(s.sum, d, lane[3]);
  hn::Store(s.squares, d, lane[4]);
  hn::Store(s.minimum, d, lane[5]);
  hn::Store(s.maximum, d, lane[6]);
  for (std::int64_t c = 0; c < columns; ++c) {
    out[c] = moments_of_sums(lane[0][c], static_cast<std::int64_t>(lane[1][c]), static_cast<std::int64_t>(lane[2][c]), lane[3][c], lane[4][c], lane[5][c],
                             lane[6][c]);
  }
}

void MomentsOfTile(MatrixView<const float> in, Moments* out) {
  const Doubles d;
  const HalfFloats f;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t c = 0;
  for (; c + 2 * lanes <= in.columns; c += 2 * lanes) {  // two vectors hide each other's latency
    Sums a = no_sums();
    Sums b = no_sums();
    for (std::int64_t r = 0; r < in.rows; ++r) {
      const float* const row = in.data + r * in.stride + c;
      add_row(a, hn::PromoteTo(d, hn::LoadU(f, row)));
      add_row(b, hn::PromoteTo(d, hn::LoadU(f, row + lanes)));
    }
    give_out(a, out + c, lanes);
    give_out(b, out + c + lanes, lanes);
  }
  for (; c < in.columns; c += lanes) {
    const std::int64_t left = std::min(lanes, in.columns - c);
    Sums s = no_sums();
    HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)] = {};
    for (std::int64_t r = 0; r < in.rows; ++r) {
      const float* const row = in.data + r * in.stride + c;
      for (std::int64_t i = 0; i < left; ++i) rest[i] = row[i];
      add_row(s, hn::PromoteTo(d, hn::Load(f, rest)));
    }
    give_out(s, out + c, left);
  }
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
HWY_EXPORT(StandardizeRun);

void moments_of_tile(MatrixView<const float> in, Moments* out) { HWY_DYNAMIC_DISPATCH(MomentsOfTile)(in, out); }
void standardize_row(const float* in, const ScaleArrays& fit, float* out, float* missing, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(StandardizeRow)(in, fit, out, missing, n);
}
void standardize_run(const float* in, const ColumnScale& fit, float* out, float* missing, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(StandardizeRun)(in, fit, out, missing, n);
}

}  // namespace footfall
#endif
