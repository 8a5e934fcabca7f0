#include "host/bench/turns.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "kernels/error.hpp"

namespace footfall {

BenchTime time_once(Stream& stream, Timer& timer, const std::function<void()>& work) {
  stream.synchronize();
  const auto began = std::chrono::steady_clock::now();
  timer.begin();
  work();
  timer.end();
  stream.synchronize();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return {wall, timer.seconds()};
}

BenchMiddle middle(std::vector<double> seconds) {
  require(!seconds.empty(), "the middle of no times");
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {  // between neighbours, as most statistics programs have quantiles
    const double place = share * static_cast<double>(seconds.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, seconds.size() - 1);
    return seconds[low] + (place - static_cast<double>(low)) * (seconds[high] - seconds[low]);
  };
  const double median = at(0.5);
  return {median, median > 0.0 ? (at(0.75) - at(0.25)) / median : 0.0};
}

std::vector<std::vector<BenchTime>> in_turns(std::int64_t repeats, const std::vector<std::function<BenchTime()>>& works) {
  std::vector<std::vector<BenchTime>> times(works.size());
  for (const auto& work : works) static_cast<void>(work());
  for (std::int64_t k = 0; k < repeats; ++k)
    for (std::size_t i = 0; i < works.size(); ++i) times[i].push_back(works[i]());
  return times;
}

BenchMiddle middle_wall(const std::vector<BenchTime>& times) {
  std::vector<double> seconds;
  for (const BenchTime& time : times) seconds.push_back(time.wall);
  return middle(std::move(seconds));
}

BenchMiddle middle_kernel(const std::vector<BenchTime>& times) {
  std::vector<double> seconds;
  for (const BenchTime& time : times) seconds.push_back(time.kernel);
  return middle(std::move(seconds));
}

}  // namespace footfall
