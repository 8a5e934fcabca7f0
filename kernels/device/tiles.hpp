#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>

#include "kernels/device/array.hpp"
#include "kernels/device/team.hpp"
#include "kernels/error.hpp"

namespace footfall {

/// Calls work(first, count) for the runs of `tile` values (the last may be shorter) that [0, total) is cut into. Nothing is allocated.
template <class Work>
void for_tiles(Team& team, std::int64_t total, std::int64_t tile, const Work& work) {
  const auto run = [&](std::int64_t index, int /*thread*/) { work(index * tile, std::min(tile, total - index * tile)); };
  team.run((total + tile - 1) / tile, std::cref(run));
}

/// The sum over all tiles of what work(first, count) returns, added in ascending order of the tiles.
template <class Work>
[[nodiscard]] double sum_over_tiles(Team& team, std::int64_t total, std::int64_t tile, const Work& work) {
  constexpr std::int64_t round = 256;
  std::array<double, round> part{};
  const std::int64_t tiles = (total + tile - 1) / tile;
  double sum = 0.0;
  for (std::int64_t from = 0; from < tiles; from += round) {
    const std::int64_t here = std::min(round, tiles - from);
    const auto run = [&](std::int64_t index, int /*thread*/) {
      const std::int64_t first = (from + index) * tile;
      part[static_cast<std::size_t>(index)] = work(first, std::min(tile, total - first));
    };
    team.run(here, std::cref(run));
    for (std::int64_t i = 0; i < here; ++i) sum += part[static_cast<std::size_t>(i)];
  }
  return sum;
}

/// Rows of a tile whose cells are handed to a thread at once: about as many as fit its first cache, a function of the width alone.
[[nodiscard]] inline std::int64_t tile_of_width(std::int64_t width) {
  constexpr std::int64_t cells = 16384;
  return std::max<std::int64_t>(1, cells / std::max<std::int64_t>(1, width));
}

/// Refuses views of a device's memory in an operation of the CPU; empty ones are fine.
template <class... Views>
void require_host(const Views&... views) {
  require(((views.data == nullptr || views.place == Place::host) && ...), "memory of another device in an operation of the CPU");
}

}  // namespace footfall
