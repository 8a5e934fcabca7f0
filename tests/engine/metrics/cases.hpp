#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace footfall::testing {

/// Predictions with labels that follow them, as a sorted-by-nothing list. `levels` > 0 rounds predictions to so many values, for ties.
struct Case {
  std::vector<double> prediction, label;
};

inline Case binary_case(std::uint32_t seed, std::size_t n, int levels, double rate = 0.3) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  Case out;
  for (std::size_t i = 0; i < n; ++i) {
    double p = uniform(random);
    if (levels > 0) p = static_cast<double>(static_cast<int>(p * levels)) / levels;
    out.prediction.push_back(p);
    out.label.push_back(uniform(random) < 2.0 * rate * p ? 1.0 : 0.0);
  }
  out.label.front() = 1.0;  // both kinds are there
  out.label.back() = 0.0;
  return out;
}

/// Many sizes, with few ties, many and all.
inline std::vector<Case> binary_cases() {
  std::vector<Case> cases;
  std::uint32_t seed = 1;
  for (const std::size_t n : {2U, 3U, 9U, 10U, 11U, 57U, 200U})
    for (const int levels : {0, 1, 2, 5, 20}) cases.push_back(binary_case(seed++, n, levels));
  return cases;
}

}  // namespace footfall::testing
