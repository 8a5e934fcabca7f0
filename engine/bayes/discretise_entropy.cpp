#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <queue>

#include "engine/bayes/discretise.hpp"
#include "engine/bayes/discretise_cut.hpp"

namespace footfall {
namespace {

struct Labelled {
  double value = 0.0;
  std::int32_t label = 0;
};

/// n H(counts), in bits.
double weighted_entropy(const std::vector<std::int64_t>& counts, std::int64_t n) {
  double sum = 0.0;
  for (const std::int64_t c : counts)
    if (c > 0) sum += static_cast<double>(c) * std::log2(static_cast<double>(n) / static_cast<double>(c));
  return sum;
}

std::int64_t classes_in(const std::vector<std::int64_t>& counts) {
  return std::count_if(counts.begin(), counts.end(), [](std::int64_t c) { return c > 0; });
}

struct Range {
  std::size_t first = 0, end = 0;
};

class EntropySplit {
 public:
  EntropySplit(const std::vector<Labelled>& rows, std::int32_t classes) : rows_(rows), classes_(static_cast<std::size_t>(classes)) {}

  /// The first row of the upper part, or nothing when no cut pays for its description.
  [[nodiscard]] std::optional<std::size_t> best(const Range& range) const {
    const auto n = static_cast<std::int64_t>(range.end - range.first);
    if (n < 2) return std::nullopt;
    std::vector<std::int64_t> all(classes_), low(classes_), high;
    for (std::size_t i = range.first; i < range.end; ++i) ++all[static_cast<std::size_t>(rows_[i].label)];
    const double whole = weighted_entropy(all, n);
    high = all;
    double least = 0.0;
    std::optional<std::size_t> at;
    std::vector<std::int64_t> best_low, best_high;
    for (std::size_t i = range.first; i + 1 < range.end; ++i) {
      ++low[static_cast<std::size_t>(rows_[i].label)];
      --high[static_cast<std::size_t>(rows_[i].label)];
      if (rows_[i].value == rows_[i + 1].value) continue;
      const auto below = static_cast<std::int64_t>(i + 1 - range.first);
      const double parts = weighted_entropy(low, below) + weighted_entropy(high, n - below);
      if (at && parts >= least) continue;
      least = parts;
      at = i + 1;
      best_low = low;
      best_high = high;
    }
    if (!at) return std::nullopt;
    const auto below = static_cast<std::int64_t>(*at - range.first);
    const double size = static_cast<double>(n), low_part = weighted_entropy(best_low, below), high_part = weighted_entropy(best_high, n - below);
    const double described = std::log2(std::pow(3.0, static_cast<double>(classes_in(all))) - 2.0) -
                             (static_cast<double>(classes_in(all)) * whole / size - static_cast<double>(classes_in(best_low)) * low_part / static_cast<double>(below) -
                              static_cast<double>(classes_in(best_high)) * high_part / static_cast<double>(n - below));
    return whole - least > std::log2(size - 1.0) + described ? at : std::nullopt;
  }

 private:
  const std::vector<Labelled>& rows_;
  std::size_t classes_;
};

}  // namespace

Cuts entropy_cuts(std::span<const double> values, std::span<const std::int32_t> labels, std::int32_t classes, std::int32_t most) {
  std::vector<Labelled> rows;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i]) && labels[i] >= 0) rows.push_back({values[i], labels[i]});
  // Ties by label: the result must not depend on the order of the rows.
  std::sort(rows.begin(), rows.end(), [](const Labelled& a, const Labelled& b) { return a.value != b.value ? a.value < b.value : a.label < b.label; });
  const EntropySplit split(rows, classes);
  std::queue<Range> open;
  open.push({0, rows.size()});
  Cuts cuts;
  while (!open.empty() && static_cast<std::int32_t>(cuts.size()) < most) {
    const Range range = open.front();
    open.pop();
    const std::optional<std::size_t> at = split.best(range);
    if (!at) continue;
    cuts.push_back(cut_between(rows[*at - 1].value, rows[*at].value));
    open.push({range.first, *at});
    open.push({*at, range.end});
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace footfall
