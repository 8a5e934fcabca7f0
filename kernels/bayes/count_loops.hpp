#pragma once

#include <cstdint>
#include <vector>

#include "kernels/bayes/codes.hpp"
#include "kernels/bayes/count_cover.hpp"

namespace footfall {

/// A part of a table whose counts fit 32 bits and are gathered by one thread.
inline constexpr std::int64_t count_part_rows = std::int64_t{1} << 18;

/// Adds the rows of `codes` (at most count_part_rows) to `totals`, cover.size + 1 entries that other threads add to as well. `scratch` is the
/// calling thread's own, of any size.
void count_cover(const CodeColumns& codes, const Cover& cover, std::vector<std::uint32_t>& scratch, std::int64_t* totals);

}  // namespace footfall
