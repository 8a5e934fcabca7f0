// Curves against counts at every threshold, and against the figures that are their areas. Tolerance as in figures_test.cpp.

#include "engine/metrics/curves.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "engine/metrics/figures.hpp"
#include "tests/engine/metrics/cases.hpp"

namespace footfall {
namespace {

using testing::Case;

constexpr double close = 1e-11;

struct Counts {
  double named = 0.0, hits = 0.0, positives = 0.0, n = 0.0;
};

/// Customers at or above each distinct prediction, highest first.
std::vector<Counts> at_thresholds(const Case& c) {
  std::set<double, std::greater<>> thresholds(c.prediction.begin(), c.prediction.end());
  std::vector<Counts> out;
  for (const double t : thresholds) {
    Counts k;
    for (std::size_t i = 0; i < c.label.size(); ++i) {
      k.n += 1.0;
      k.positives += c.label[i];
      if (c.prediction[i] < t) continue;
      k.named += 1.0;
      k.hits += c.label[i];
    }
    out.push_back(k);
  }
  return out;
}

void expect_curve(const Curve& curve, const Curve& wanted) {
  ASSERT_EQ(curve.size(), wanted.size());
  for (std::size_t i = 0; i < curve.size(); ++i) {
    EXPECT_NEAR(curve[i].x, wanted[i].x, close);
    EXPECT_NEAR(curve[i].y, wanted[i].y, close);
  }
}

TEST(Curves, RocCountsEveryThresholdAndHoldsTheAuroc) {
  for (const Case& c : testing::binary_cases()) {
    Curve wanted = {{0.0, 0.0}};
    for (const Counts& k : at_thresholds(c)) wanted.push_back({(k.named - k.hits) / (k.n - k.positives), k.hits / k.positives});
    const Curve curve = roc_curve(c.prediction, c.label);
    expect_curve(curve, wanted);
    EXPECT_NEAR(area_under(curve), auroc(c.prediction, c.label), close);
  }
}

TEST(Curves, PrecisionRecallCountsEveryThresholdAndHoldsTheAveragePrecision) {
  for (const Case& c : testing::binary_cases()) {
    Curve wanted;
    double area = 0.0, before = 0.0;
    for (const Counts& k : at_thresholds(c)) {
      if (wanted.empty()) wanted.push_back({0.0, k.hits / k.named});
      wanted.push_back({k.hits / k.positives, k.hits / k.named});
      area += (k.hits / k.positives - before) * k.hits / k.named;
      before = k.hits / k.positives;
    }
    expect_curve(precision_recall_curve(c.prediction, c.label), wanted);
    EXPECT_NEAR(area, average_precision(c.prediction, c.label), close);
  }
}

TEST(Curves, GainCountsEveryThreshold) {
  for (const Case& c : testing::binary_cases()) {
    Curve wanted = {{0.0, 0.0}};
    for (const Counts& k : at_thresholds(c)) wanted.push_back({k.named / k.n, k.hits / k.positives});
    expect_curve(gain_curve(c.prediction, c.label), wanted);
  }
}

TEST(Curves, GainTakesAmounts) {
  const std::vector<double> prediction = {3, 1, 2, 2}, amount = {50, 0, 30, 20};
  expect_curve(gain_curve(prediction, amount), {{0.0, 0.0}, {0.25, 0.5}, {0.75, 1.0}, {1.0, 1.0}});
}

TEST(Curves, LiftOfTheTenthIsTheFigure) {
  for (const std::size_t n : {10U, 200U})
    for (const int levels : {0, 1, 5}) {
      const Case c = testing::binary_case(static_cast<std::uint32_t>(n) + 7U, n, levels);
      const Curve lift = lift_curve(c.prediction, c.label, 10);
      ASSERT_EQ(lift.size(), 10U);
      EXPECT_NEAR(lift.front().y, lift_at_tenth(c.prediction, c.label), close);
      EXPECT_NEAR(lift.back().y, 1.0, close);
    }
}

TEST(Curves, LiftBeginsWithAWholeCustomer) {
  const Case c = testing::binary_case(3, 20, 0);
  EXPECT_NEAR(lift_curve(c.prediction, c.label, 100).front().x, 0.05, close);
}

TEST(Curves, NothingToDrawWithoutBothClasses) {
  const std::vector<double> p = {0.1, 0.2}, none = {0, 0}, all = {1, 1};
  EXPECT_TRUE(roc_curve(p, none).empty());
  EXPECT_TRUE(roc_curve(p, all).empty());
  EXPECT_TRUE(precision_recall_curve(p, none).empty());
  EXPECT_TRUE(gain_curve(p, none).empty());
  EXPECT_TRUE(lift_curve(p, none).empty());
  EXPECT_TRUE(gain_curve({}, {}).empty());
}

TEST(Curves, CalibrationBinsMakeTheFigure) {
  for (const std::size_t n : {4U, 10U, 23U, 200U})
    for (const int levels : {0, 3}) {
      const Case c = testing::binary_case(static_cast<std::uint32_t>(n) + 11U, n, levels);
      double error = 0.0;
      std::int64_t all = 0;
      double last = -1.0;
      for (const CalibrationBin& bin : calibration_bins(c.prediction, c.label)) {
        error += static_cast<double>(bin.n) / static_cast<double>(n) * std::abs(bin.predicted - bin.actual);
        all += bin.n;
        EXPECT_GE(bin.predicted, last - close);
        last = bin.predicted;
      }
      EXPECT_EQ(all, static_cast<std::int64_t>(n));
      EXPECT_NEAR(error, calibration_error(c.prediction, c.label), close);
    }
}

TEST(Curves, IntervalHoldsTheRatesThatTheTestWouldNotReject) {
  // Wilson's ends are where |share - p| = z sqrt(p (1 - p) / n); solved here by bisection.
  constexpr double z = 1.959963984540054;
  for (const double share : {0.0, 0.02, 0.4, 1.0})
    for (const std::int64_t n : {5, 120}) {
      const auto distance = [&](double p) { return std::abs(share - p) - z * std::sqrt(p * (1.0 - p) / static_cast<double>(n)); };
      const auto root = [&](double inside, double outside) {
        for (int i = 0; i < 200; ++i) {
          const double middle = (inside + outside) / 2.0;
          (distance(middle) <= 0.0 ? inside : outside) = middle;
        }
        return inside;
      };
      const Interval found = wilson_interval(share, n);
      EXPECT_NEAR(found.low, share > 0.0 ? root(share, 0.0) : 0.0, 1e-9);
      EXPECT_NEAR(found.high, share < 1.0 ? root(share, 1.0) : 1.0, 1e-9);
      EXPECT_LE(found.low, share + close);
      EXPECT_GE(found.high, share - close);
    }
}

TEST(Curves, ThinningKeepsTheEndsAndStaysNear) {
  const Case c = testing::binary_case(17, 5000, 0);
  const Curve whole = roc_curve(c.prediction, c.label), thin = thinned(whole, 0.01);
  EXPECT_LT(thin.size(), 210U);  // each step moves 0.01 in x or y, and both move up by 1 in all
  EXPECT_EQ(thin.front(), whole.front());
  EXPECT_EQ(thin.back(), whole.back());
  for (const CurvePoint& p : whole) {
    const auto near = [&](const CurvePoint& q) { return std::abs(p.x - q.x) < 0.01 && std::abs(p.y - q.y) < 0.01; };
    EXPECT_TRUE(std::any_of(thin.begin(), thin.end(), near));
  }
}

TEST(Curves, ReadBetweenPoints) {
  const Curve curve = {{0.0, 1.0}, {0.5, 2.0}, {1.0, 0.0}};
  EXPECT_EQ(value_at(curve, 0.25), 1.5);
  EXPECT_EQ(value_at(curve, 0.75), 1.0);
  EXPECT_EQ(value_at(curve, -1.0), 1.0);
  EXPECT_EQ(value_at(curve, 2.0), 0.0);
}

}  // namespace
}  // namespace footfall
