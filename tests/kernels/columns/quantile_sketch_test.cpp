#include "kernels/columns/quantile_sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/error.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

/// How far the value at share q lies from the ranks that q asks for.
double rank_distance(const std::vector<float>& sorted, float value, double q) {
  const double wanted = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
  const auto high = static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), value) - sorted.begin()) - 1.0;
  if (wanted < low) return low - wanted;
  return wanted > high ? wanted - high : 0.0;
}

std::vector<double> shares() {
  std::vector<double> q;
  for (int i = 0; i <= 100; ++i) q.push_back(i / 100.0);
  return q;
}

TEST(QuantileSketch, IsExactUpToItsCapacity) {
  test::Numbers numbers(1);
  for (const std::int64_t n : {1, 2, 3, 100, 1023, 1024}) {
    std::vector<float> values = numbers.floats(n);
    QuantileSketch sketch(1024);
    sketch.add(values);
    EXPECT_EQ(sketch.rank_error(), 0);
    std::sort(values.begin(), values.end());
    for (const double q : shares()) {
      const double rank = q * static_cast<double>(n - 1);
      const auto below = static_cast<std::size_t>(rank);
      const std::size_t above = std::min(below + 1, values.size() - 1);
      const double part = rank - static_cast<double>(below);
      const double expected = (1.0 - part) * static_cast<double>(values[below]) + part * static_cast<double>(values[above]);
      EXPECT_NEAR(sketch.quantile(q), expected, 1e-7) << n << " values, q " << q;  // one rounding to float32 of numbers below 1
    }
  }
}

TEST(QuantileSketch, StaysWithinTheBoundThatItStates) {
  test::Numbers numbers(2);
  for (const int shape : {0, 1, 2}) {  // spread evenly, heavy-tailed with ties, ascending
    std::vector<float> values = numbers.floats(200000);
    if (shape == 1) {
      for (float& value : values) value = std::round(std::exp(5.0F * value) * 4.0F);
    }
    if (shape == 2) std::sort(values.begin(), values.end());
    QuantileSketch sketch(512);
    sketch.add(values);
    EXPECT_EQ(sketch.count(), 200000);
    // The bound of the header: n log2(n / capacity) / capacity.
    EXPECT_GT(sketch.rank_error(), 0);
    EXPECT_LE(sketch.rank_error(), 200000.0 * std::log2(200000.0 / 512.0) / 512.0);
    std::sort(values.begin(), values.end());
    const std::vector<double> q = shares();
    const std::vector<float> answers = sketch.quantiles(q);
    for (std::size_t i = 0; i < q.size(); ++i) {
      // Interpolation between two neighbouring answers stays between their ranks, one apart.
      EXPECT_LE(rank_distance(values, answers[i], q[i]), static_cast<double>(sketch.rank_error()) + 1.0)
          << "shape " << shape << ", q " << q[i];
    }
    EXPECT_EQ(answers.front(), values.front());
    EXPECT_EQ(answers.back(), values.back());
  }
}

TEST(QuantileSketch, TheWayItIsCutIntoCallsChangesNothing) {
  test::Numbers numbers(3);
  const std::vector<float> values = numbers.floats(50001);
  QuantileSketch whole(256);
  whole.add(values);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{77}, std::size_t{4096}}) {
    QuantileSketch pieces(256);
    for (std::size_t first = 0; first < values.size(); first += piece) {
      pieces.add(std::span<const float>(values).subspan(first, std::min(piece, values.size() - first)));
    }
    EXPECT_EQ(pieces.rank_error(), whole.rank_error());
    EXPECT_EQ(pieces.quantiles(shares()), whole.quantiles(shares()));
  }
}

TEST(QuantileSketch, MergedSketchesKeepTheirBound) {
  test::Numbers numbers(4);
  std::vector<float> all;
  QuantileSketch sum(256);
  for (int part = 0; part < 40; ++part) {
    std::vector<float> values = numbers.floats(1 + numbers.below(3000));
    for (float& value : values) value += static_cast<float>(part % 7);
    QuantileSketch sketch(256);
    sketch.add(values);
    sum.merge(sketch);
    all.insert(all.end(), values.begin(), values.end());
  }
  sum.merge(QuantileSketch(256));
  EXPECT_EQ(sum.count(), static_cast<std::int64_t>(all.size()));
  EXPECT_LT(sum.rank_error(), sum.count() / 20);
  std::sort(all.begin(), all.end());
  for (const double q : shares()) EXPECT_LE(rank_distance(all, sum.quantile(q), q), static_cast<double>(sum.rank_error()) + 1.0) << q;
}

TEST(QuantileSketch, LeavesMissingCellsOutAndRefusesTheImpossible) {
  QuantileSketch sketch;
  EXPECT_THROW(static_cast<void>(sketch.quantile(0.5)), Error);
  sketch.add(std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(sketch.count(), 0);
  sketch.add(3.0F);
  sketch.add(4.0F);
  EXPECT_EQ(sketch.quantile(0.5), 3.5F);
  EXPECT_THROW(static_cast<void>(sketch.quantile(1.5)), Error);
  EXPECT_THROW(sketch.merge(QuantileSketch(16)), Error);
  EXPECT_THROW(QuantileSketch(3), Error);
}

}  // namespace
}  // namespace footfall
