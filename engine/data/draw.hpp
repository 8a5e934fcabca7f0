#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <span>
#include <utility>

namespace footfall {

/// Random numbers for set-up work: the generator that the C++ standard fixes bit by bit, with distributions of our own because the
/// standard's are not fixed.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : bits_(seed) {}

  std::uint64_t bits() { return bits_(); }
  /// In [0, 1).
  double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }
  float within(double limit) { return static_cast<float>(limit * (2.0 * uniform() - 1.0)); }
  float sign() { return (bits_() >> 63) != 0 ? 1.0F : -1.0F; }
  /// Box and Muller 1958.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }
  /// A whole number in [0, n).
  std::uint64_t below(std::uint64_t n) { return static_cast<std::uint64_t>((static_cast<Wide>(bits_()) * n) >> 64); }

  template <class T>
  void shuffle(std::span<T> values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  std::mt19937_64 bits_;
};

}  // namespace footfall
