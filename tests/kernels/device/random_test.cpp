#include "kernels/device/random.hpp"

#include <gtest/gtest.h>

namespace footfall {
namespace {

/// The known answers of the authors' Random123 distribution (kat_vectors, philox4x32, 10 rounds).
TEST(Philox, PublishedVectors) {
  struct Known {
    PhiloxWords counter;
    std::uint64_t key;
    PhiloxWords answer;
  };
  const Known all[] = {
      {{{0U, 0U, 0U, 0U}}, 0U, {{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}}},
      {{{0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU}}, 0xffffffffffffffffU, {{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}}},
      {{{0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}}, 0x299f31d0a4093822U, {{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}}},
  };
  for (const Known& known : all) {
    const PhiloxWords words = philox(known.counter, known.key);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(words.word[i], known.answer.word[i]) << i;
  }
}

TEST(Philox, UnitNumbersLieInTheirRange) {
  EXPECT_EQ(unit_float(0U), 0.0F);
  EXPECT_EQ(unit_float(0xffffffffU), 1.0F - 0x1p-24F);
  EXPECT_EQ(unit_float(0x80000000U), 0.5F);
  EXPECT_EQ(unit_double(0U, 0U), 0.0);
  EXPECT_EQ(unit_double(0xffffffffU, 0xffffffffU), 1.0 - 0x1p-53);
}

TEST(Philox, MeansAndVariancesAreThoseOfTheUniform) {
  // 400,000 draws: the mean has a standard deviation of 0.2887 / sqrt(4e5) = 4.6e-4, the mean square of 0.298 / sqrt(4e5) = 4.7e-4; five of
  // each.
  double sum = 0.0;
  double squares = 0.0;
  constexpr std::uint32_t calls = 100000;
  for (std::uint32_t i = 0; i < calls; ++i) {
    const PhiloxWords words = philox({{i, 0U, 7U, 0U}}, 12345U);
    for (const std::uint32_t word : words.word) {
      const double u = static_cast<double>(unit_float(word));
      sum += u;
      squares += u * u;
    }
  }
  EXPECT_NEAR(sum / (4.0 * calls), 0.5, 2.3e-3);
  EXPECT_NEAR(squares / (4.0 * calls), 1.0 / 3.0, 2.4e-3);
}

}  // namespace
}  // namespace footfall
