#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace footfall {

/// Named figures in the order in which they are shown.
using Figures = std::vector<std::pair<std::string, double>>;

/// Area under the ROC curve (Mann and Whitney 1947, ties count half). 0.5 when one class is absent.
[[nodiscard]] double auroc(std::span<const double> prediction, std::span<const double> label);
/// Average precision: sum over thresholds of precision x gain in recall; equal predictions are one threshold.
[[nodiscard]] double average_precision(std::span<const double> prediction, std::span<const double> label);
/// Natural, predictions clipped to [1e-7, 1 - 1e-7].
[[nodiscard]] double log_loss(std::span<const double> prediction, std::span<const double> label);
/// Rate among the ceil(n / 10) highest predictions over the base rate; those that tie with the last one share its places.
[[nodiscard]] double lift_at_tenth(std::span<const double> prediction, std::span<const double> label);
/// Sum over 10 bins of equal count, in order of the prediction, of share x |mean prediction - rate|.
[[nodiscard]] double calibration_error(std::span<const double> prediction, std::span<const double> label);
/// Rank correlation (Spearman 1904) with mean ranks for ties; 0 when one side is constant.
[[nodiscard]] double spearman(std::span<const double> a, std::span<const double> b);

/// n, positives, auroc, auprc, log_loss, brier, accuracy, precision, recall, f1 (threshold 0.5), lift_at_10, calibration_error. Labels 0 or 1.
[[nodiscard]] Figures binary_figures(std::span<const double> prediction, std::span<const double> label);
/// n, mae, rmse, r2 (against the mean of these labels), spearman.
[[nodiscard]] Figures number_figures(std::span<const double> prediction, std::span<const double> label);
/// n, accuracy, macro_f1, log_loss. prediction [n, classes] probabilities, row-major.
[[nodiscard]] Figures class_figures(std::span<const double> prediction, std::span<const double> label, std::int64_t classes);
/// [classes, classes] counts, rows true, columns predicted (the likeliest, ties to the smaller class).
[[nodiscard]] std::vector<std::int64_t> confusion(std::span<const double> prediction, std::span<const double> label, std::int64_t classes);

/// Figures of several folds: unweighted means, n and positives summed, calibration_error pooled by the caller; and standard deviations (n - 1).
struct FoldedFigures {
  Figures mean, deviation;
};
[[nodiscard]] FoldedFigures over_folds(const std::vector<Figures>& folds);

[[nodiscard]] double figure(const Figures& figures, const std::string& name);

}  // namespace footfall
