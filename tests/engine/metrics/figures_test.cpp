// Each figure against its definition, written out over all pairs or all places, in float64 and in another way than the library goes.
// Tolerance: sums of at most 200 terms of order 1 differ by their order of addition alone, below 200 x 2^-53 x 200 < 1e-11.

#include "engine/metrics/figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "kernels/error.hpp"
#include "tests/engine/metrics/cases.hpp"

namespace footfall {
namespace {

using testing::Case;

constexpr double close = 1e-11;

/// Mann and Whitney: over all pairs of a positive and a negative.
double auroc_by_pairs(const Case& c) {
  double won = 0.0, pairs = 0.0;
  for (std::size_t i = 0; i < c.label.size(); ++i)
    for (std::size_t j = 0; j < c.label.size(); ++j) {
      if (c.label[i] != 1.0 || c.label[j] != 0.0) continue;
      pairs += 1.0;
      won += c.prediction[i] > c.prediction[j] ? 1.0 : c.prediction[i] == c.prediction[j] ? 0.5 : 0.0;
    }
  return won / pairs;
}

/// For every distinct threshold: precision times what the threshold adds to recall.
double average_precision_by_thresholds(const Case& c) {
  std::map<double, int, std::greater<>> thresholds;
  for (const double p : c.prediction) thresholds[p] = 0;
  const double positives = std::count(c.label.begin(), c.label.end(), 1.0);
  double area = 0.0, before = 0.0;
  for (const auto& [t, unused] : thresholds) {
    double named = 0.0, hits = 0.0;
    for (std::size_t i = 0; i < c.label.size(); ++i)
      if (c.prediction[i] >= t) {
        named += 1.0;
        hits += c.label[i];
      }
    area += hits / named * (hits - before) / positives;
    before = hits;
  }
  return area;
}

/// The expected rate among the first ceil(n / 10) when customers of equal prediction are in random order: each counts by its chance to be
/// in.
double lift_by_chances(const Case& c) {
  const auto n = static_cast<double>(c.label.size());
  const double places = std::ceil(n / 10.0 - 1e-12);
  double hits = 0.0, positives = 0.0;
  for (std::size_t i = 0; i < c.label.size(); ++i) {
    double above = 0.0, equal = 0.0;
    for (const double p : c.prediction) {
      above += p > c.prediction[i] ? 1.0 : 0.0;
      equal += p == c.prediction[i] ? 1.0 : 0.0;
    }
    hits += c.label[i] * std::clamp((places - above) / equal, 0.0, 1.0);
    positives += c.label[i];
  }
  return hits / places / (positives / n);
}

TEST(Figures, AurocIsTheShareOfPairsInOrder) {
  for (const Case& c : testing::binary_cases()) EXPECT_NEAR(auroc(c.prediction, c.label), auroc_by_pairs(c), close) << c.label.size();
}

TEST(Figures, AurocOfEqualPredictionsIsAHalf) {
  const std::vector<double> same(7, 0.25), label = {0, 1, 1, 0, 0, 1, 0};
  EXPECT_EQ(auroc(same, label), 0.5);
}

TEST(Figures, AurocOfOneClassIsAHalf) {
  const std::vector<double> p = {0.1, 0.9}, ones = {1, 1}, zeros = {0, 0};
  EXPECT_EQ(auroc(p, ones), 0.5);
  EXPECT_EQ(auroc(p, zeros), 0.5);
}

TEST(Figures, AveragePrecisionAddsUpOverThresholds) {
  for (const Case& c : testing::binary_cases())
    EXPECT_NEAR(average_precision(c.prediction, c.label), average_precision_by_thresholds(c), close);
}

TEST(Figures, LiftSharesPlacesAmongTies) {
  for (const Case& c : testing::binary_cases())
    EXPECT_NEAR(lift_at_tenth(c.prediction, c.label), lift_by_chances(c), close) << c.label.size();
}

TEST(Figures, LiftTakesTheCeilingOfATenth) {
  // 11 customers: the first two places count. One of them is positive, of 2 positives in all: (1 / 2) / (2 / 11).
  std::vector<double> prediction(11), label(11);
  std::iota(prediction.begin(), prediction.end(), 0.0);
  label[9] = label[0] = 1.0;
  EXPECT_NEAR(lift_at_tenth(prediction, label), 0.5 / (2.0 / 11.0), close);
}

TEST(Figures, LogLossClipsCertainPredictions) {
  const std::vector<double> wrong = {0.0, 1.0}, label = {1.0, 0.0};
  EXPECT_NEAR(log_loss(wrong, label), -std::log(1e-7), 1e-8);  // log1p(-(1 - 1e-7)) loses 7 of 16 digits of its argument
  const std::vector<double> right = {1.0, 0.0};
  EXPECT_NEAR(log_loss(right, label), 1e-7, 1e-12);
  const std::vector<double> half = {0.5, 0.5};
  EXPECT_NEAR(log_loss(half, label), std::log(2.0), close);
}

TEST(Figures, CalibrationErrorIsOverTenBinsOfEqualCount) {
  for (const std::size_t n : {10U, 23U, 100U, 200U}) {
    const Case c = testing::binary_case(static_cast<std::uint32_t>(n), n, 0);
    std::vector<std::pair<double, double>> sorted;
    for (std::size_t i = 0; i < n; ++i) sorted.emplace_back(c.prediction[i], c.label[i]);
    std::sort(sorted.begin(), sorted.end());
    double error = 0.0;
    std::size_t used = 0;
    for (std::size_t b = 0; b < 10; ++b) {
      // The b-th bin ends after floor(n (b + 1) / 10) customers, so that sizes differ by one at most.
      const std::size_t end = n * (b + 1) / 10;
      double p = 0.0, y = 0.0;
      const auto size = static_cast<double>(end - used);
      for (; used < end; ++used) {
        p += sorted[used].first / size;
        y += sorted[used].second / size;
      }
      error += size / static_cast<double>(n) * std::abs(p - y);
    }
    EXPECT_NEAR(calibration_error(c.prediction, c.label), error, close) << n;
  }
}

TEST(Figures, CalibrationErrorOfTheRateIsThatOfItsBins) {
  // A hundred customers called 0.5 in an order where the first fifty are positive: within a bin all labels are equal, 0.5 away.
  std::vector<double> half(100, 0.5), label(100);
  std::fill_n(label.begin(), 50, 1.0);
  EXPECT_NEAR(calibration_error(half, label), 0.5, close);
}

/// Pearson's correlation of ranks, each rank counted out: 1 + those below + half of those equal, itself not counted.
double spearman_by_counting(const std::vector<double>& a, const std::vector<double>& b) {
  const auto ranks = [](const std::vector<double>& v) {
    std::vector<double> out;
    for (const double x : v) {
      double rank = 0.5;
      for (const double y : v) rank += y < x ? 1.0 : y == x ? 0.5 : 0.0;
      out.push_back(rank);
    }
    return out;
  };
  const std::vector<double> x = ranks(a), y = ranks(b);
  const auto n = static_cast<double>(a.size());
  double sx = 0.0, sy = 0.0, sxx = 0.0, syy = 0.0, sxy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sx += x[i];
    sy += y[i];
    sxx += x[i] * x[i];
    syy += y[i] * y[i];
    sxy += x[i] * y[i];
  }
  return (n * sxy - sx * sy) / std::sqrt((n * sxx - sx * sx) * (n * syy - sy * sy));
}

TEST(Figures, SpearmanRanksTiesByTheirMean) {
  std::mt19937 random(5);
  for (const std::size_t n : {3U, 10U, 150U})
    for (const int levels : {3, 1000}) {
      std::vector<double> a, b;
      for (std::size_t i = 0; i < n; ++i) {
        a.push_back(static_cast<double>(static_cast<int>(random() % static_cast<unsigned>(levels))));
        b.push_back(a.back() + static_cast<double>(static_cast<int>(random() % 3U)));
      }
      a[0] = -1.0;  // neither side is constant
      b[0] = -5.0;
      EXPECT_NEAR(spearman(a, b), spearman_by_counting(a, b), 1e-10) << n << " " << levels;  // the textbook form cancels n^4 / n^3 digits
    }
}

TEST(Figures, SpearmanOfAConstantIsZero) {
  const std::vector<double> flat(4, 2.0), rising = {1, 2, 3, 4};
  EXPECT_EQ(spearman(flat, rising), 0.0);
}

TEST(Figures, BinaryCountsAtOneHalf) {
  //                                    tp   fp   fn   tn   tp (0.5 is called positive)
  const std::vector<double> prediction = {0.9, 0.8, 0.2, 0.1, 0.5}, label = {1, 0, 1, 0, 1};
  const Figures f = binary_figures(prediction, label);
  EXPECT_EQ(figure(f, "n"), 5.0);
  EXPECT_EQ(figure(f, "positives"), 3.0);
  EXPECT_NEAR(figure(f, "accuracy"), 3.0 / 5.0, close);
  EXPECT_NEAR(figure(f, "precision"), 2.0 / 3.0, close);
  EXPECT_NEAR(figure(f, "recall"), 2.0 / 3.0, close);
  EXPECT_NEAR(figure(f, "f1"), 2.0 / 3.0, close);
  EXPECT_NEAR(figure(f, "brier"), (0.01 + 0.64 + 0.64 + 0.01 + 0.25) / 5.0, close);
}

TEST(Figures, PrecisionIsZeroWhenNobodyIsNamed) {
  const std::vector<double> prediction = {0.1, 0.2}, label = {1, 0};
  const Figures f = binary_figures(prediction, label);
  EXPECT_EQ(figure(f, "precision"), 0.0);
  EXPECT_EQ(figure(f, "f1"), 0.0);
}

TEST(Figures, NumbersAgainstTheMeanOfTheLabels) {
  const std::vector<double> prediction = {1, 2, 4}, label = {2, 2, 8};  // mean 4, spread 4 + 4 + 16, squares 1 + 0 + 16
  const Figures f = number_figures(prediction, label);
  EXPECT_NEAR(figure(f, "mae"), 5.0 / 3.0, close);
  EXPECT_NEAR(figure(f, "rmse"), std::sqrt(17.0 / 3.0), close);
  EXPECT_NEAR(figure(f, "r2"), 1.0 - 17.0 / 24.0, close);
}

TEST(Figures, ClassesByTheLikeliest) {
  // Three classes; said: 0, 1, 1 (a tie of 1 and 2 goes to the smaller), 2. True: 0, 1, 2, 2.
  const std::vector<double> p = {0.6, 0.3, 0.1, 0.2, 0.5, 0.3, 0.2, 0.4, 0.4, 0.0, 0.1, 0.9}, label = {0, 1, 2, 2};
  EXPECT_EQ(confusion(p, label, 3), (std::vector<std::int64_t>{1, 0, 0, 0, 1, 0, 0, 1, 1}));
  const Figures f = class_figures(p, label, 3);
  EXPECT_NEAR(figure(f, "accuracy"), 0.75, close);
  EXPECT_NEAR(figure(f, "macro_f1"), (1.0 + 2.0 / 3.0 + 2.0 / 3.0) / 3.0, close);
  EXPECT_NEAR(figure(f, "log_loss"), -(std::log(0.6) + std::log(0.5) + std::log(0.4) + std::log(0.9)) / 4.0, close);
}

TEST(Figures, ClassesThatNobodyIsAreNoPartOfMacroF1) {
  const std::vector<double> p = {0.9, 0.1, 0.0, 0.1, 0.9, 0.0}, label = {0, 1};
  EXPECT_NEAR(figure(class_figures(p, label, 3), "macro_f1"), 1.0, close);
}

TEST(Figures, FoldsAreAveragedAndCountsAddUp) {
  const std::vector<Figures> folds = {{{"n", 10}, {"positives", 3}, {"auroc", 0.7}},
                                      {{"n", 11}, {"positives", 4}, {"auroc", 0.8}},
                                      {{"n", 10}, {"positives", 2}, {"auroc", 0.6}}};
  const FoldedFigures all = over_folds(folds);
  EXPECT_EQ(figure(all.mean, "n"), 31.0);
  EXPECT_EQ(figure(all.mean, "positives"), 9.0);
  EXPECT_NEAR(figure(all.mean, "auroc"), 0.7, close);
  EXPECT_NEAR(figure(all.deviation, "auroc"), 0.1, close);  // sqrt((0 + 0.01 + 0.01) / 2)
  EXPECT_EQ(all.deviation.size(), 1U);
}

TEST(Figures, OneFoldHasNoDeviation) {
  EXPECT_TRUE(over_folds({{{"n", 10}, {"auroc", 0.7}}}).deviation.empty());
  EXPECT_TRUE(over_folds({}).mean.empty());
}

TEST(Figures, AnAbsentFigureIsAFault) { EXPECT_THROW(static_cast<void>(figure({{"n", 1}}, "auroc")), Error); }

}  // namespace
}  // namespace footfall
