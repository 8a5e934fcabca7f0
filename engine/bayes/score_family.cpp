#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/bayes/score.hpp"

namespace footfall {
namespace {

/// ln Gamma without the global that std::lgamma writes.
double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

double likelihood(std::span<const std::int64_t> counts, std::size_t states) {
  double sum = 0.0;
  for (std::size_t row = 0; row < counts.size(); row += states) {
    std::int64_t n = 0;
    for (std::size_t s = 0; s < states; ++s) n += counts[row + s];
    for (std::size_t s = 0; s < states; ++s)
      if (counts[row + s] > 0) sum += static_cast<double>(counts[row + s]) * std::log(static_cast<double>(counts[row + s]) / static_cast<double>(n));
  }
  return sum;
}

/// ln of the marginal likelihood with `prior` pseudo-counts a cell.
double marginal_likelihood(std::span<const std::int64_t> counts, std::size_t states, double prior) {
  const double of_row = prior * static_cast<double>(states), empty_row = log_gamma(of_row), empty_cell = log_gamma(prior);
  double sum = 0.0;
  for (std::size_t row = 0; row < counts.size(); row += states) {
    std::int64_t n = 0;
    for (std::size_t s = 0; s < states; ++s) {
      const std::int64_t c = counts[row + s];
      n += c;
      if (c > 0) sum += log_gamma(prior + static_cast<double>(c)) - empty_cell;
    }
    if (n > 0) sum += empty_row - log_gamma(of_row + static_cast<double>(n));
  }
  return sum;
}

}  // namespace

double family_score(const ScoreSpec& spec, std::span<const std::int64_t> counts, std::int32_t states, std::int64_t n) {
  const std::int64_t seen = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const double scale = seen > 0 ? static_cast<double>(n) / static_cast<double>(seen) : 0.0;
  const auto width = static_cast<std::size_t>(states);
  const double rows = static_cast<double>(counts.size() / width);
  switch (spec.score) {
    case StructureScore::bic:
      return scale * likelihood(counts, width) - 0.5 * std::log(static_cast<double>(n)) * rows * (static_cast<double>(states) - 1.0);
    case StructureScore::bdeu:
      return scale * marginal_likelihood(counts, width, spec.equivalent_sample_size / static_cast<double>(counts.size()));
    case StructureScore::k2:
      return scale * marginal_likelihood(counts, width, 1.0);
  }
  return 0.0;
}

double structure_score(const ScoreSpec& spec, const std::vector<std::vector<std::int32_t>>& parents, FamilyCounts& counts) {
  std::vector<FamilyKey> families;
  for (std::size_t v = 0; v < parents.size(); ++v) {
    families.push_back({static_cast<std::int32_t>(v), parents[v]});
    std::sort(families.back().parents.begin(), families.back().parents.end());
  }
  counts.want(families);
  double sum = 0.0;
  for (const FamilyKey& family : families) sum += family_score(spec, counts.of(family), counts.table().variables[static_cast<std::size_t>(family.child)].size(), counts.table().rows);
  return sum;
}

double mutual_information(std::span<const std::int64_t> counts, std::int32_t states_b) {
  return conditional_mutual_information(counts, static_cast<std::int32_t>(counts.size()) / states_b, states_b);
}

double conditional_mutual_information(std::span<const std::int64_t> counts, std::int32_t states_a, std::int32_t states_b) {
  const auto a = static_cast<std::size_t>(states_a), b = static_cast<std::size_t>(states_b);
  const std::int64_t all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  double sum = 0.0;
  std::vector<std::int64_t> of_a(a), of_b(b);
  for (std::size_t first = 0; first < counts.size(); first += a * b) {
    std::fill(of_a.begin(), of_a.end(), 0);
    std::fill(of_b.begin(), of_b.end(), 0);
    std::int64_t n = 0;
    for (std::size_t i = 0; i < a; ++i)
      for (std::size_t j = 0; j < b; ++j) {
        const std::int64_t c = counts[first + i * b + j];
        of_a[i] += c;
        of_b[j] += c;
        n += c;
      }
    for (std::size_t i = 0; i < a; ++i)
      for (std::size_t j = 0; j < b; ++j) {
        const auto c = static_cast<double>(counts[first + i * b + j]);
        if (c > 0.0) sum += c * std::log(c * static_cast<double>(n) / (static_cast<double>(of_a[i]) * static_cast<double>(of_b[j])));
      }
  }
  return all > 0 ? std::max(0.0, sum / static_cast<double>(all)) : 0.0;
}

}  // namespace footfall
