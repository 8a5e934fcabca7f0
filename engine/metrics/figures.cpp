#include "engine/metrics/figures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr double threshold = 0.5;

/// Indexes in ascending order of the values; ties keep their order.
std::vector<std::size_t> ascending(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

/// Ranks from 1, ties share the mean of their places.
std::vector<double> mean_ranks(std::span<const double> values) {
  const std::vector<std::size_t> order = ascending(values);
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = (static_cast<double>(begin + end) + 1.0) / 2.0;
    begin = end;
  }
  return ranks;
}

double sum_of(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

struct Confused {
  double true_positive = 0.0, false_positive = 0.0, false_negative = 0.0, right = 0.0;
};

double ratio(double a, double b) { return b > 0.0 ? a / b : 0.0; }

double f1_of(const Confused& c) { return ratio(2.0 * c.true_positive, 2.0 * c.true_positive + c.false_positive + c.false_negative); }

}  // namespace

double auroc(std::span<const double> prediction, std::span<const double> label) {
  const std::vector<double> ranks = mean_ranks(prediction);
  const double positives = sum_of(label), negatives = static_cast<double>(label.size()) - positives;
  if (positives == 0.0 || negatives == 0.0) return 0.5;
  double sum = 0.0;
  for (std::size_t i = 0; i < label.size(); ++i) sum += label[i] * ranks[i];
  return (sum - positives * (positives + 1.0) / 2.0) / (positives * negatives);
}

double average_precision(std::span<const double> prediction, std::span<const double> label) {
  const std::vector<std::size_t> order = ascending(prediction);
  const double positives = sum_of(label);
  if (positives == 0.0) return 0.0;
  double seen = 0.0, hits = 0.0, area = 0.0;
  for (std::size_t end = order.size(); end > 0;) {
    std::size_t begin = end;
    double gained = 0.0;
    while (begin > 0 && prediction[order[begin - 1]] == prediction[order[end - 1]]) gained += label[order[--begin]];
    seen += static_cast<double>(end - begin);
    hits += gained;
    area += hits / seen * gained / positives;
    end = begin;
  }
  return area;
}

double log_loss(std::span<const double> prediction, std::span<const double> label) {
  double sum = 0.0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    const double p = std::clamp(prediction[i], 1e-7, 1.0 - 1e-7);
    sum -= label[i] * std::log(p) + (1.0 - label[i]) * std::log1p(-p);
  }
  return ratio(sum, static_cast<double>(label.size()));
}

double lift_at_tenth(std::span<const double> prediction, std::span<const double> label) {
  const std::vector<std::size_t> order = ascending(prediction);
  const std::size_t n = order.size(), wanted = (n + 9) / 10;
  const double base = ratio(sum_of(label), static_cast<double>(n));
  if (base == 0.0) return 0.0;
  double hits = 0.0;
  std::size_t taken = 0;
  for (std::size_t end = n; end > 0 && taken < wanted;) {
    std::size_t begin = end;
    double gained = 0.0;
    while (begin > 0 && prediction[order[begin - 1]] == prediction[order[end - 1]]) gained += label[order[--begin]];
    const std::size_t tied = end - begin, use = std::min(tied, wanted - taken);
    hits += gained * static_cast<double>(use) / static_cast<double>(tied);
    taken += use;
    end = begin;
  }
  return hits / static_cast<double>(wanted) / base;
}

double calibration_error(std::span<const double> prediction, std::span<const double> label) {
  constexpr std::size_t bins = 10;
  const std::vector<std::size_t> order = ascending(prediction);
  const std::size_t n = order.size();
  double error = 0.0;
  for (std::size_t b = 0; b < bins; ++b) {
    double predicted = 0.0, there = 0.0;
    for (std::size_t i = n * b / bins; i < n * (b + 1) / bins; ++i) {
      predicted += prediction[order[i]];
      there += label[order[i]];
    }
    error += std::abs(predicted - there);
  }
  return ratio(error, static_cast<double>(n));
}

double spearman(std::span<const double> a, std::span<const double> b) {
  const std::vector<double> x = mean_ranks(a), y = mean_ranks(b);
  const double mean = (static_cast<double>(a.size()) + 1.0) / 2.0;
  double xy = 0.0, xx = 0.0, yy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : 0.0;
}

Figures binary_figures(std::span<const double> prediction, std::span<const double> label) {
  Confused c;
  double brier = 0.0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    const bool said = prediction[i] >= threshold, is = label[i] > 0.5;
    c.true_positive += said && is ? 1.0 : 0.0;
    c.false_positive += said && !is ? 1.0 : 0.0;
    c.false_negative += !said && is ? 1.0 : 0.0;
    c.right += said == is ? 1.0 : 0.0;
    brier += (prediction[i] - label[i]) * (prediction[i] - label[i]);
  }
  const auto n = static_cast<double>(label.size());
  return {{"n", n},
          {"positives", sum_of(label)},
          {"auroc", auroc(prediction, label)},
          {"auprc", average_precision(prediction, label)},
          {"log_loss", log_loss(prediction, label)},
          {"brier", ratio(brier, n)},
          {"accuracy", ratio(c.right, n)},
          {"precision", ratio(c.true_positive, c.true_positive + c.false_positive)},
          {"recall", ratio(c.true_positive, c.true_positive + c.false_negative)},
          {"f1", f1_of(c)},
          {"lift_at_10", lift_at_tenth(prediction, label)},
          {"calibration_error", calibration_error(prediction, label)}};
}

Figures number_figures(std::span<const double> prediction, std::span<const double> label) {
  const auto n = static_cast<double>(label.size());
  const double mean = ratio(sum_of(label), n);
  double absolute = 0.0, squares = 0.0, spread = 0.0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    absolute += std::abs(prediction[i] - label[i]);
    squares += (prediction[i] - label[i]) * (prediction[i] - label[i]);
    spread += (label[i] - mean) * (label[i] - mean);
  }
  return {{"n", n}, {"mae", ratio(absolute, n)}, {"rmse", std::sqrt(ratio(squares, n))}, {"r2", spread > 0.0 ? 1.0 - squares / spread : 0.0}, {"spearman", spearman(prediction, label)}};
}

std::vector<std::int64_t> confusion(std::span<const double> prediction, std::span<const double> label, std::int64_t classes) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes * classes));
  for (std::size_t i = 0; i < label.size(); ++i) {
    const auto row = prediction.subspan(i * static_cast<std::size_t>(classes), static_cast<std::size_t>(classes));
    const auto said = std::max_element(row.begin(), row.end()) - row.begin();
    ++counts[static_cast<std::size_t>(static_cast<std::int64_t>(label[i]) * classes + said)];
  }
  return counts;
}

Figures class_figures(std::span<const double> prediction, std::span<const double> label, std::int64_t classes) {
  const std::vector<std::int64_t> counts = confusion(prediction, label, classes);
  const auto n = static_cast<double>(label.size());
  double right = 0.0, f1 = 0.0, present = 0.0, loss = 0.0;
  for (std::int64_t k = 0; k < classes; ++k) {
    Confused c;
    for (std::int64_t j = 0; j < classes; ++j) {
      const auto of_k = static_cast<double>(counts[static_cast<std::size_t>(k * classes + j)]);
      const auto as_k = static_cast<double>(counts[static_cast<std::size_t>(j * classes + k)]);
      (j == k ? c.true_positive : c.false_negative) += of_k;
      if (j != k) c.false_positive += as_k;
    }
    right += c.true_positive;
    if (c.true_positive + c.false_negative + c.false_positive > 0.0) {
      f1 += f1_of(c);
      present += 1.0;
    }
  }
  for (std::size_t i = 0; i < label.size(); ++i)
    loss -= std::log(std::clamp(prediction[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(label[i])], 1e-7, 1.0 - 1e-7));
  return {{"n", n}, {"accuracy", ratio(right, n)}, {"macro_f1", ratio(f1, present)}, {"log_loss", ratio(loss, n)}};
}

double figure(const Figures& figures, const std::string& name) {
  for (const auto& [key, value] : figures)
    if (key == name) return value;
  throw failure("internal: there is no figure " + name, "please report this");
}

FoldedFigures over_folds(const std::vector<Figures>& folds) {
  FoldedFigures out;
  if (folds.empty()) return out;
  const auto k = static_cast<double>(folds.size());
  for (const auto& entry : folds.front()) {
    const std::string& name = entry.first;
    double sum = 0.0, squares = 0.0;
    for (const Figures& fold : folds) sum += figure(fold, name);
    if (name == "n" || name == "positives") {
      out.mean.emplace_back(name, sum);
      continue;
    }
    for (const Figures& fold : folds) squares += (figure(fold, name) - sum / k) * (figure(fold, name) - sum / k);
    out.mean.emplace_back(name, sum / k);
    if (folds.size() > 1) out.deviation.emplace_back(name, std::sqrt(squares / (k - 1.0)));
  }
  return out;
}

}  // namespace footfall
