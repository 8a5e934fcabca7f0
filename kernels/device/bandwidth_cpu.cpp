#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/device/bandwidth_cpu.cpp"
#include "hwy/foreach_target.h"  // compiles what follows once for each instruction set

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/device/bandwidth.hpp"
#include "kernels/device/tiles.hpp"

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Stores that go past the caches want their place aligned: both runs are told to be, their lengths but the last are multiples of a vector.
void CopyRun(const float* from, float* to, std::int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::Stream(hn::LoadU(d, from + i), d, to + i);
  hwy::FlushStream();
  for (; i < n; ++i) to[i] = from[i];
}

float ReadRun(const float* from, std::int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto a = hn::Zero(d), b = a, c = a, e = a;
  std::int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    a = hn::Add(a, hn::LoadU(d, from + i));
    b = hn::Add(b, hn::LoadU(d, from + i + lanes));
    c = hn::Add(c, hn::LoadU(d, from + i + 2 * lanes));
    e = hn::Add(e, hn::LoadU(d, from + i + 3 * lanes));
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
  for (; i < n; ++i) sum += from[i];
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace footfall {

HWY_EXPORT(CopyRun);
HWY_EXPORT(ReadRun);

namespace {

constexpr std::int64_t piece = std::int64_t{1} << 18;   // 1 MiB: long enough for the prefetcher, short enough to share out evenly
constexpr std::uintptr_t widest_vector = 64;

[[nodiscard]] bool is_aligned(const void* at) { return reinterpret_cast<std::uintptr_t>(at) % widest_vector == 0; }

}  // namespace

void copy_past_caches(Team& team, View<const float> from, View<float> to) {
  require_host(from, to);
  require(from.size == to.size, "a copy between arrays of different sizes");
  const bool aligned = is_aligned(to.data);
  for_tiles(team, to.size, piece, [&](std::int64_t first, std::int64_t count) {
    if (aligned) {
      HWY_DYNAMIC_DISPATCH(CopyRun)(from.data + first, to.data + first, count);
    } else {
      std::memcpy(to.data + first, from.data + first, static_cast<std::size_t>(count) * sizeof(float));
    }
  });
}

float read_all(Team& team, View<const float> from) {
  require_host(from);
  return static_cast<float>(sum_over_tiles(team, from.size, piece, [&](std::int64_t first, std::int64_t count) {
    return static_cast<double>(HWY_DYNAMIC_DISPATCH(ReadRun)(from.data + first, count));
  }));
}

}  // namespace footfall
#endif
