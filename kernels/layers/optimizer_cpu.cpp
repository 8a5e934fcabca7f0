#include <algorithm>

#include "kernels/device/tiles.hpp"
#include "kernels/layers/adam_math.hpp"
#include "kernels/layers/cpu_layers.hpp"
#include "kernels/layers/row_loops.hpp"

namespace footfall {
namespace {

/// Parameters that one thread takes at once.
constexpr std::int64_t parameter_tile = 8192;
constexpr std::int64_t norm_tile = 16384;

}  // namespace

void CpuLayers::squared_norm(View<const float> values, View<double> out, Stream& /*stream*/) {
  require_host(values, out);
  require(out.size >= 1, "squared_norm: nowhere to write");
  out.data[0] = sum_over_tiles(team_, values.size, norm_tile,
                               [&](std::int64_t first, std::int64_t count) { return sum_of_squares(values.data + first, count); });
}

void CpuLayers::adam(View<float> w, View<const float> g, View<float> m, View<float> v, View<const ParameterRange> ranges,
                     const AdamSpec& spec, View<const StepState> state, View<const double> norm2, Stream& /*stream*/) {
  require_host(w, g, m, v, ranges, state, norm2);
  require(g.size == w.size && m.size == w.size && v.size == w.size && state.size >= 1, "adam: shapes do not fit");
  require(state.data[0].step >= 1, "adam: steps count from 1");
  require(state.data[0].largest_norm <= 0.0F || norm2.size >= 1, "adam: clipping without a norm");
  const AdamStep step = adam_step(spec, state.data[0], norm2.data);
  const ParameterRange* const end = ranges.data + ranges.size;
  for_tiles(team_, w.size, parameter_tile, [&](std::int64_t first, std::int64_t count) {
    const std::int64_t last = first + count;
    const ParameterRange* range =
        std::lower_bound(ranges.data, end, first, [](const ParameterRange& r, std::int64_t at) { return r.first + r.count <= at; });
    for (; range != end && range->first < last; ++range) {
      const std::int64_t from = std::max(first, range->first);
      const std::int64_t to = std::min(last, range->first + range->count);
      if (range->rate == 0.0F || to <= from) continue;
      adam_run(step, range->rate, range->decay, g.data + from, w.data + from, m.data + from, v.data + from, to - from);
    }
  });
}

}  // namespace footfall
