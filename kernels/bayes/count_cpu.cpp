#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bayes/count_cpu.cpp"
#include "hwy/foreach_target.h"  // compiles what follows once for each instruction set

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "hwy/highway.h"
#include "kernels/bayes/count_loops.hpp"

HWY_BEFORE_NAMESPACE();
namespace footfall {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Rows whose indexes are computed before they are counted.
constexpr std::int64_t strip_rows = 1024;

/// The index of one row; rows that are left out get the entry behind the table.
template <class Index>
HWY_INLINE Index index_of_row(const CodeColumns& codes, const Cover& cover, std::int64_t row) {
  Index index = 0;
  bool there = true;
  for (const CoverColumn& column : cover.columns) {
    const std::int32_t code = std::min<std::int32_t>(codes.data[column.column * codes.stride + row], column.states);
    there = there && (cover.extended || code < column.states);
    index = static_cast<Index>(index + static_cast<Index>(code) * static_cast<Index>(column.stride));
  }
  return there ? index : static_cast<Index>(cover.size);
}

/// Indexes of rows [first, first + rows), at most strip_rows. Index is 16 bits wide where the table has room in it, so that a vector holds twice as many.
template <class Index>
HWY_INLINE void indexes_of_strip(const CodeColumns& codes, const Cover& cover, std::int64_t first, std::int64_t rows, Index* out) {
  const hn::ScalableTag<Index> wide;
  const hn::Rebind<std::uint8_t, decltype(wide)> narrow;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(wide));
  const auto outside = hn::Set(wide, static_cast<Index>(cover.size));
  std::int64_t r = 0;
  for (; r + lanes <= rows; r += lanes) {
    auto index = hn::Zero(wide);
    auto out_of_table = hn::MaskFromVec(hn::Zero(wide));
    for (const CoverColumn& column : cover.columns) {
      const auto states = hn::Set(narrow, static_cast<std::uint8_t>(column.states));
      const auto code = hn::Min(hn::LoadU(narrow, codes.data + column.column * codes.stride + first + r), states);
      const auto digit = hn::PromoteTo(wide, code);
      if (!cover.extended) out_of_table = hn::Or(out_of_table, hn::Eq(digit, hn::Set(wide, static_cast<Index>(column.states))));
      index = hn::Add(index, hn::Mul(digit, hn::Set(wide, static_cast<Index>(column.stride))));
    }
    if (!cover.extended) index = hn::IfThenElse(out_of_table, outside, index);
    hn::StoreU(index, wide, out + r);
  }
  for (; r < rows; ++r) out[r] = index_of_row<Index>(codes, cover, first + r);
}

/// Neighbouring rows often meet in one entry, whose counter then waits for itself; `copies` tables in turn keep them apart.
template <class Index, int copies>
HWY_INLINE void count_strips(const CodeColumns& codes, const Cover& cover, std::uint32_t* tables) {
  HWY_ALIGN Index index[strip_rows];
  const std::int64_t entries = cover.size + 1;
  for (std::int64_t first = 0; first < codes.rows; first += strip_rows) {
    const std::int64_t rows = std::min(strip_rows, codes.rows - first);
    indexes_of_strip(codes, cover, first, rows, index);
    std::int64_t r = 0;
    for (; r + copies <= rows; r += copies)
      for (int c = 0; c < copies; ++c) ++tables[c * entries + index[r + c]];
    for (; r < rows; ++r) ++tables[index[r]];
  }
}

/// A table that is too large for a copy of its own in every thread.
HWY_INLINE void count_in_place(const CodeColumns& codes, const Cover& cover, std::int64_t* totals) {
  HWY_ALIGN std::uint32_t index[strip_rows];
  for (std::int64_t first = 0; first < codes.rows; first += strip_rows) {
    const std::int64_t rows = std::min(strip_rows, codes.rows - first);
    indexes_of_strip(codes, cover, first, rows, index);
    for (std::int64_t r = 0; r < rows; ++r) std::atomic_ref(totals[index[r]]).fetch_add(1, std::memory_order_relaxed);
  }
}

void CountCover(const CodeColumns& codes, const Cover& cover, std::vector<std::uint32_t>& scratch, std::int64_t* totals) {
  const std::int64_t entries = cover.size + 1;
  if (entries > 2 * codes.rows && entries > shared_cover_entries) {
    count_in_place(codes, cover, totals);
    return;
  }
  const int copies = entries <= shared_cover_entries / 2 ? 4 : entries <= shared_cover_entries + 1 ? 2 : 1;
  scratch.assign(static_cast<std::size_t>(entries * copies), 0);
  if (entries > 0x10000) {
    count_strips<std::uint32_t, 1>(codes, cover, scratch.data());
  } else if (copies == 4) {
    count_strips<std::uint16_t, 4>(codes, cover, scratch.data());
  } else if (copies == 2) {
    count_strips<std::uint16_t, 2>(codes, cover, scratch.data());
  } else {
    count_strips<std::uint16_t, 1>(codes, cover, scratch.data());
  }
  for (std::int64_t i = 0; i < cover.size; ++i) {
    std::int64_t sum = 0;
    for (int c = 0; c < copies; ++c) sum += scratch[static_cast<std::size_t>(c * entries + i)];
    if (sum != 0) std::atomic_ref(totals[i]).fetch_add(sum, std::memory_order_relaxed);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace footfall
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace footfall {

HWY_EXPORT(CountCover);

void count_cover(const CodeColumns& codes, const Cover& cover, std::vector<std::uint32_t>& scratch, std::int64_t* totals) {
  HWY_DYNAMIC_DISPATCH(CountCover)(codes, cover, scratch, totals);
}

}  // namespace footfall
#endif
