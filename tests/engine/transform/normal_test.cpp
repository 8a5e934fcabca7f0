// The normal quantile against the distribution function that it inverts.
#include "engine/transform/normal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace footfall {
namespace {

double normal_share(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

TEST(NormalQuantile, InvertsTheDistributionFunction) {
  // A step in x of 1e-9 at x changes the share by the density times 1e-9; the test asks for that accuracy in x.
  for (double p = 1e-7; p < 1.0; p = p < 0.01 ? p * 1.7 : p + 0.01) {
    const double x = normal_quantile(p), density = std::exp(-x * x / 2.0) / std::sqrt(2.0 * std::numbers::pi);
    EXPECT_NEAR(normal_share(x), p, 1e-9 * density + 1e-16) << p;
    EXPECT_NEAR(normal_quantile(1.0 - p), -x, 1e-8) << p;
  }
}

TEST(NormalQuantile, KnownValues) {
  EXPECT_NEAR(normal_quantile(0.5), 0.0, 1e-12);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-9);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167814, 1e-9);
}

}  // namespace
}  // namespace footfall
