#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "kernels/device/team.hpp"

namespace footfall {

/// What a stage did to a chunk.
struct Load {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

/// How a stage spent its time, and on how much.
struct StageTime {
  std::string stage;
  double busy = 0.0;      ///< seconds of work
  double waiting = 0.0;   ///< seconds without work: nothing to do, nowhere to put it, or another stage had the team of threads
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

/// Adds what one thread does to the time of a stage.
class StageClock {
 public:
  explicit StageClock(StageTime& time) : time_(time) {}

  template <class What>
  auto wait(const What& what) {
    const auto began = std::chrono::steady_clock::now();
    auto result = what();
    time_.waiting += since(began);
    return result;
  }

  /// `what` returns its Load, or nothing.
  template <class What>
  std::optional<Load> work(const What& what) {
    const auto began = std::chrono::steady_clock::now();
    const double waited_before = Team::waited_seconds();
    const std::optional<Load> load = what();
    const double waited = Team::waited_seconds() - waited_before;
    time_.busy += since(began) - waited;
    time_.waiting += waited;
    if (load) {
      time_.rows += load->rows;
      time_.bytes += load->bytes;
    }
    return load;
  }

 private:
  [[nodiscard]] static double since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }

  StageTime& time_;
};

}  // namespace footfall
