#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace footfall {

struct CurvePoint {
  double x = 0.0, y = 0.0;

  bool operator==(const CurvePoint&) const = default;
};

/// Points from the highest threshold to the lowest, one a distinct prediction, so ties are one straight piece. Labels 0 or 1.
using Curve = std::vector<CurvePoint>;

/// x: share of the negatives called positive, y: share of the positives found; from (0, 0) to (1, 1). Its area by trapezoids is auroc().
/// Empty when one class is absent.
[[nodiscard]] Curve roc_curve(std::span<const double> prediction, std::span<const double> label);

/// x: share of the positives found (recall), y: share of positives among those called positive (precision). The first point stands at
/// recall 0 with the precision of the highest threshold. Empty without positives.
[[nodiscard]] Curve precision_recall_curve(std::span<const double> prediction, std::span<const double> label);

/// x: share of the customers taken, highest predictions first, y: share of the sum of the labels among them; from (0, 0) to (1, 1). Labels
/// may be amounts. Empty when they sum to nothing or less.
[[nodiscard]] Curve gain_curve(std::span<const double> prediction, std::span<const double> label);

/// y / x of the gain curve at x = 1/steps, 2/steps … 1: how many times more of the labels' sum the first x of the customers hold than as
/// many drawn at random. Starts where x is a whole customer at least.
[[nodiscard]] Curve lift_curve(std::span<const double> prediction, std::span<const double> label, std::int64_t steps = 100);

/// A straight piece of a curve read at x; the ends beyond it.
[[nodiscard]] double value_at(const Curve& curve, double x);

/// Area under a curve by trapezoids.
[[nodiscard]] double area_under(const Curve& curve);

/// A bin of predictions of equal count, lowest first.
struct CalibrationBin {
  std::int64_t n = 0;
  double predicted = 0.0, actual = 0.0;  ///< means of predictions and labels
};
/// The bins whose distances make calibration_error(): bin b holds places n b / bins .. n (b + 1) / bins of the ascending predictions. Empty
/// bins are left out.
[[nodiscard]] std::vector<CalibrationBin> calibration_bins(std::span<const double> prediction, std::span<const double> label,
                                                           std::int64_t bins = 10);

/// The range in which a rate that was seen as `share` of n lies with 95 % confidence (Wilson 1927).
struct Interval {
  double low = 0.0, high = 1.0;
};
[[nodiscard]] Interval wilson_interval(double share, std::int64_t n);

/// The curve with points left out that lie nearer than `step` (in both directions) to the one before; the ends stay.
[[nodiscard]] Curve thinned(const Curve& curve, double step);

}  // namespace footfall
