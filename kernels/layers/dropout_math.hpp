#pragma once

#include <cstdint>

#include "kernels/device/hd.hpp"
#include "kernels/device/random.hpp"

namespace footfall {

/// Limits of what the counter below holds.
constexpr std::uint32_t dropout_layers = 256;
constexpr std::int64_t dropout_members = 256;
constexpr std::int64_t dropout_columns = std::int64_t{4} << 16;

/// The words of columns 4 * group .. 4 * group + 3. Counter, low word first: id (64 bits), step (its low 32 bits), then layer in the upper
/// 8 bits, member in the next 8, and the group of four columns in the lower 16.
[[nodiscard]] FOOTFALL_HD inline PhiloxWords dropout_words(std::uint64_t seed, std::int64_t id, std::uint64_t step, std::uint32_t layer,
                                                           std::int64_t member, std::int64_t group) {
  PhiloxWords counter{};
  counter.word[0] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
  counter.word[1] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id) >> 32);
  counter.word[2] = static_cast<std::uint32_t>(step);
  counter.word[3] = (layer << 24) | (static_cast<std::uint32_t>(member) << 16) | static_cast<std::uint32_t>(group);
  return philox(counter, seed);
}

/// A unit is kept when its number is not below the probability; `kept` is 1 / (1 - probability).
[[nodiscard]] FOOTFALL_HD inline float dropped(float x, std::uint32_t word, float probability, float kept) {
  return unit_float(word) < probability ? 0.0F : x * kept;
}

}  // namespace footfall
