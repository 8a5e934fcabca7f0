#pragma once

#include <cstdint>

#include "kernels/device/hd.hpp"

namespace footfall {

/// Four random words, or the counter that they are drawn from.
struct PhiloxWords {
  std::uint32_t word[4];
};

/// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"): the words that belong to a counter
/// under a key. It has no state, so a number depends on what it is for and never on who draws it.
[[nodiscard]] FOOTFALL_HD inline PhiloxWords philox(PhiloxWords counter, std::uint64_t key) {
  std::uint32_t key0 = static_cast<std::uint32_t>(key);
  std::uint32_t key1 = static_cast<std::uint32_t>(key >> 32);
  PhiloxWords c = counter;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = static_cast<std::uint64_t>(0xD2511F53U) * c.word[0];
    const std::uint64_t product1 = static_cast<std::uint64_t>(0xCD9E8D57U) * c.word[2];
    const std::uint32_t next0 = static_cast<std::uint32_t>(product1 >> 32) ^ c.word[1] ^ key0;
    const std::uint32_t next2 = static_cast<std::uint32_t>(product0 >> 32) ^ c.word[3] ^ key1;
    c.word[0] = next0;
    c.word[1] = static_cast<std::uint32_t>(product1);
    c.word[2] = next2;
    c.word[3] = static_cast<std::uint32_t>(product0);
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return c;
}

/// A word as a number in [0, 1): the multiples of 2^-24, each exact in float32.
[[nodiscard]] FOOTFALL_HD inline float unit_float(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24F; }

/// Two words as a number in [0, 1): the multiples of 2^-53, each exact in float64.
[[nodiscard]] FOOTFALL_HD inline double unit_double(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32) | low;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace footfall
