#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/columns/interpolate_cpu.cpp"
#include "hwy/foreach_target.h"  // compiles what follows once for each instruction set

#include <cstdint>
#include <limits>

#include "hwy/highway.h"
#include "kernels/columns/cpu_columns.hpp"
#include "kernels/columns/piecewise_math.hpp"
#include "kernels/device/tiles.hpp"

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Whole = hn::RebindToSigned<Floats>;
using Vec = hn::Vec<Floats>;
using Places = hn::Vec<Whole>;

/// knots_up_to of piecewise_math.hpp for a vector of cells: every lane halves the same number of knots, so there is nothing to predict.
HWY_INLINE Places knots_up_to(const float* knots, std::int32_t points, Vec x) {
  const Floats d;
  const Whole w;
  Places low = hn::Zero(w);
  std::int32_t left = points;
  for (; left > 1; left -= left / 2) {
    const std::int32_t half = left / 2;
    const Vec knot = hn::GatherIndex(d, knots, hn::Add(low, hn::Set(w, half - 1)));
    low = hn::Add(low, hn::IfThenElseZero(hn::RebindMask(w, hn::Le(knot, x)), hn::Set(w, half)));
  }
  return hn::Add(low, hn::IfThenElseZero(hn::RebindMask(w, hn::Le(hn::GatherIndex(d, knots, low), x)), hn::Set(w, 1)));
}

/// interpolated of piecewise_math.hpp, lane by lane; points >= 2.
HWY_INLINE Vec interpolate(Vec x, const float* knots, const float* values, std::int32_t points, float missing) {
  const Floats d;
  const Whole w;
  const Places after = knots_up_to(knots, points, x);
  const Places j = hn::Min(hn::Max(hn::Sub(after, hn::Set(w, 1)), hn::Zero(w)), hn::Set(w, points - 2));
  const Places next = hn::Add(j, hn::Set(w, 1));
  const Vec knot = hn::GatherIndex(d, knots, j), value = hn::GatherIndex(d, values, j);
  const Vec slope = hn::Div(hn::Sub(hn::GatherIndex(d, values, next), value), hn::Sub(hn::GatherIndex(d, knots, next), knot));
  Vec y = hn::Add(value, hn::Mul(hn::Sub(x, knot), slope));
  y = hn::IfThenElse(hn::RebindMask(d, hn::Eq(after, hn::Zero(w))), hn::Set(d, values[0]), y);
  y = hn::IfThenElse(hn::RebindMask(d, hn::Eq(after, hn::Set(w, points))), hn::Set(d, values[points - 1]), y);
  return hn::IfThenElse(hn::Eq(x, x), y, hn::Set(d, missing));
}

/// Column by column, a vector of rows at once: a column's knots stay in the first cache, and so do the lines of the rows.
void InterpolateRows(MatrixView<const float> in, MatrixView<const float> knots, MatrixView<const float> values, float missing, MatrixView<float> out) {
  const Floats d;
  const Whole w;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto points = static_cast<std::int32_t>(knots.columns);
  const Places from = hn::Mul(hn::Iota(w, 0), hn::Set(w, static_cast<std::int32_t>(in.stride)));
  const Places to = hn::Mul(hn::Iota(w, 0), hn::Set(w, static_cast<std::int32_t>(out.stride)));
  std::int64_t r = 0;
  for (; r + lanes <= in.rows; r += lanes)
    for (std::int64_t c = 0; c < in.columns; ++c) {
      const Vec x = hn::GatherIndex(d, in.data + r * in.stride + c, from);
      const Vec y = interpolate(x, knots.data + c * knots.stride, values.data + c * values.stride, points, missing);
      hn::ScatterIndex(y, d, out.data + r * out.stride + c, to);
    }
  for (; r < in.rows; ++r)
    for (std::int64_t c = 0; c < in.columns; ++c)
      out.data[r * out.stride + c] = interpolated(in.data[r * in.stride + c], knots.data + c * knots.stride, values.data + c * values.stride, points, missing);
}

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace footfall {

HWY_EXPORT(InterpolateRows);

namespace {

constexpr std::int64_t widest = 16;                                  ///< floats of the widest vector
constexpr std::int64_t farthest = std::numeric_limits<std::int32_t>::max() / widest;   ///< a place inside a vector is a 32-bit number

}  // namespace

void CpuColumns::interpolate(MatrixView<const float> in, MatrixView<const float> knots, MatrixView<const float> values, float missing,
                             MatrixView<float> out, Stream& /*stream*/) {
  require_host(in, knots, values, out);
  require(in.rows == out.rows && in.columns == out.columns && knots.rows == in.columns && values.rows == in.columns &&
              values.columns == knots.columns && (in.columns == 0 || knots.columns > 0),
          "interpolate: shapes do not fit");
  if (in.empty()) return;
  const bool in_vectors = knots.columns >= 2 && knots.columns < farthest && in.stride < farthest && out.stride < farthest;
  // Whole vectors of rows to the end of each tile.
  const std::int64_t tile = (tile_of_width(in.columns * 8) + widest - 1) / widest * widest;
  for_tiles(team_, in.rows, tile, [&](std::int64_t first, std::int64_t count) {
    const MatrixView<const float> rows = in.row_range(first, count);
    const MatrixView<float> results = out.row_range(first, count);
    if (in_vectors) return HWY_DYNAMIC_DISPATCH(InterpolateRows)(rows, knots, values, missing, results);
    for (std::int64_t r = 0; r < count; ++r)
      for (std::int64_t c = 0; c < in.columns; ++c)
        results.data[r * out.stride + c] = interpolated(rows.data[r * in.stride + c], knots.data + c * knots.stride, values.data + c * values.stride, knots.columns, missing);
  });
}

}  // namespace footfall
#endif
