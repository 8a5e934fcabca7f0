// The register tile of all products of recurrent layers, compiled once for each instruction set.
#if defined(FOOTFALL_PANEL_PRODUCT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef FOOTFALL_PANEL_PRODUCT_INL
#undef FOOTFALL_PANEL_PRODUCT_INL
#else
#define FOOTFALL_PANEL_PRODUCT_INL
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows of a register tile: with four vectors a row, 24 of AVX-512's (and NEON's) 32 registers or 12 of AVX2's 16 hold sums.
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
inline constexpr int kTileRows = 3;
#else
inline constexpr int kTileRows = 6;
#endif

/// sum[r][First + v] += over k < depth of a[r * a_row + k * a_step] * b[k * b_step + v * lanes ..), k ascending, one fma each.
template <int R, int V, int First, int W>
HWY_INLINE void multiply(const float* HWY_RESTRICT a, std::ptrdiff_t a_row, std::ptrdiff_t a_step, std::int64_t depth,
                         const float* HWY_RESTRICT b, std::ptrdiff_t b_step, hn::Vec<hn::ScalableTag<float>> (&sum)[R][W]) {
  const hn::ScalableTag<float> d;
  constexpr std::size_t lanes = hn::MaxLanes(d);
  using VF = hn::Vec<decltype(d)>;
  for (std::int64_t k = 0; k < depth; ++k) {
    if constexpr (V <= R) {
      VF right[V];
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) right[v] = hn::LoadU(d, b + v * lanes);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        const VF left = hn::Set(d, a[r * a_row]);
#pragma GCC unroll 8
        for (int v = 0; v < V; ++v) sum[r][First + v] = hn::MulAdd(left, right[v], sum[r][First + v]);
      }
    } else {
      VF left[R];
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) left[r] = hn::Set(d, a[r * a_row]);
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) {
        const VF right = hn::LoadU(d, b + v * lanes);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) sum[r][First + v] = hn::MulAdd(left[r], right, sum[r][First + v]);
      }
    }
    a += a_step;
    b += b_step;
  }
}

/// Rows of tile `block` of `blocks`, as even as can be.
struct RowBlocks {
  std::int64_t rows, blocks;
  explicit RowBlocks(std::int64_t count) : rows(count), blocks((count + kTileRows - 1) / kTileRows) {}
  std::int64_t first(std::int64_t block) const { return block * rows / blocks; }
};

/// Calls body.template run<R>(first row) for every register tile of `count` rows.
template <class Body>
HWY_INLINE void for_row_blocks(std::int64_t count, const Body& body) {
  const RowBlocks cut(count);
  for (std::int64_t block = 0; block < cut.blocks; ++block) {
    const std::int64_t first = cut.first(block);
    switch (cut.first(block + 1) - first) {
      case 1: body.template run<1>(first); break;
      case 2: body.template run<2>(first); break;
      case 3: body.template run<3>(first); break;
      case 4:
        if constexpr (kTileRows > 3) body.template run<4>(first);
        break;
      case 5:
        if constexpr (kTileRows > 3) body.template run<5>(first);
        break;
      default:
        if constexpr (kTileRows > 3) body.template run<6>(first);
        break;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#endif
