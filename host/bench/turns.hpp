#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/device/stream.hpp"

namespace footfall {

/// Seconds of one piece of work.
struct BenchTime {
  double wall = 0.0;     ///< by the clock of the host
  double kernel = 0.0;   ///< by the device's events
};

/// Runs `work` and waits for it.
[[nodiscard]] BenchTime time_once(Stream& stream, Timer& timer, const std::function<void()>& work);

/// The middle of several times, and how far they lie apart: the distance of the quartiles over the median.
struct BenchMiddle {
  double seconds = 0.0;
  double spread = 0.0;
};
[[nodiscard]] BenchMiddle middle(std::vector<double> seconds);

/// Times of several works that were run in turns, `repeats` rounds after one round that is not counted: a machine that is slow for a while is
/// slow for all of them.
[[nodiscard]] std::vector<std::vector<BenchTime>> in_turns(std::int64_t repeats, const std::vector<std::function<BenchTime()>>& works);

[[nodiscard]] BenchMiddle middle_wall(const std::vector<BenchTime>& times);
[[nodiscard]] BenchMiddle middle_kernel(const std::vector<BenchTime>& times);

}  // namespace footfall
