#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "engine/bayes/discretise.hpp"
#include "engine/bayes/discretise_cut.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::vector<double> sorted_values(std::span<const double> values) {
  std::vector<double> out;
  for (const double v : values)
    if (!std::isnan(v)) out.push_back(v);
  std::sort(out.begin(), out.end());
  return out;
}

void check_bands(std::int32_t bands) {
  if (bands < 1) throw bad_input(fmt::format("{} bands are asked for", bands), "ask for at least one");
}

std::optional<double> number_of(std::string_view text) {
  double value = 0.0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

constexpr const char* any_number = "any";

}  // namespace

double cut_between(double below, double above) {
  const double middle = below + (above - below) / 2.0;
  for (int digits = 1; digits < 17; ++digits) {
    const std::string text = fmt::format("{:.{}e}", middle, digits - 1);
    double rounded = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    if (rounded > below && rounded <= above) return rounded == 0.0 ? 0.0 : rounded;  // never -0
  }
  return above;
}

Cuts quantile_cuts(std::span<const double> values, std::int32_t bands) {
  check_bands(bands);
  const std::vector<double> sorted = sorted_values(values);
  const auto n = static_cast<std::int64_t>(sorted.size());
  Cuts cuts;
  for (std::int64_t k = 1; k < bands && n > 0; ++k) {
    const auto first = std::lower_bound(sorted.begin(), sorted.end(), sorted[static_cast<std::size_t>(n * k / bands)]);
    if (first == sorted.begin()) continue;  // nothing lies below it
    const double cut = cut_between(*(first - 1), *first);
    if (cuts.empty() || cut > cuts.back()) cuts.push_back(cut);
  }
  return cuts;
}

Cuts width_cuts(std::span<const double> values, std::int32_t bands) {
  check_bands(bands);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double v : values)
    if (!std::isnan(v)) {
      low = std::min(low, v);
      high = std::max(high, v);
    }
  Cuts cuts;
  for (std::int32_t k = 1; k < bands && low < high; ++k) {
    const double cut = low + (high - low) * (static_cast<double>(k) / bands);
    if (cut > low && cut <= high && (cuts.empty() || cut > cuts.back())) cuts.push_back(cut);
  }
  return cuts;
}

std::int32_t band_of(const Cuts& cuts, double value) {
  return static_cast<std::int32_t>(std::upper_bound(cuts.begin(), cuts.end(), value) - cuts.begin());
}

std::vector<std::string> band_names(const Cuts& cuts) {
  if (cuts.empty()) return {any_number};
  std::vector<std::string> names{fmt::format("<{}", cuts.front())};
  for (std::size_t k = 1; k < cuts.size(); ++k) names.push_back(fmt::format("{}..{}", cuts[k - 1], cuts[k]));
  names.push_back(fmt::format(">={}", cuts.back()));
  return names;
}

std::optional<Cuts> cuts_of(const std::vector<std::string>& states) {
  if (states.size() == 1 && states.front() == any_number) return Cuts();
  if (states.size() < 2 || !states.front().starts_with('<') || !states.back().starts_with(">=")) return std::nullopt;
  Cuts cuts;
  for (std::size_t k = 0; k + 1 < states.size(); ++k) {
    const std::string& name = states[k];
    const std::size_t dots = name.find("..");
    if (k > 0 && dots == std::string::npos) return std::nullopt;
    const std::optional<double> upper = number_of(std::string_view(name).substr(k == 0 ? 1 : dots + 2));
    if (!upper || (!cuts.empty() && !(*upper > cuts.back()))) return std::nullopt;
    if (k > 0 && number_of(std::string_view(name).substr(0, dots)) != cuts.back()) return std::nullopt;
    cuts.push_back(*upper);
  }
  if (number_of(std::string_view(states.back()).substr(2)) != cuts.back()) return std::nullopt;
  return cuts;
}

}  // namespace footfall
