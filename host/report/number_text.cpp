#include "host/report/number_text.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace footfall {
namespace {

constexpr const char* narrow = "\u00a0";  // a blank at which no line breaks
constexpr const char* minus = "\u2212";

/// Decimals with commas between the thousands, and a real minus.
std::string grouped(double value, int decimals) {
  std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool negative = value < 0.0 && digits.find_first_not_of("0.") != std::string::npos;
  const std::size_t point = std::min(digits.find('.'), digits.size());
  for (std::size_t at = point; at > 3; at -= 3) digits.insert(at - 3, ",");
  return (negative ? minus : "") + digits;
}

/// Decimals that a step needs: 0.25 needs two.
int decimals_of(double step) {
  int decimals = 0;
  for (double s = step; decimals < 9 && std::abs(s - std::round(s)) > 1e-6 * std::max(1.0, std::abs(s)); s *= 10.0) ++decimals;
  return decimals;
}

}  // namespace

std::string count_text(std::int64_t count) { return grouped(static_cast<double>(count), 0); }

std::string ratio_text(double ratio) { return grouped(ratio, ratio < 9.95 ? 1 : 0) + "\u00d7"; }

std::string percent_text(double share) {
  const double percent = 100.0 * share, size = std::abs(percent);
  const int decimals = size == 0.0 || size >= 99.95 ? 0 : size >= 0.95 ? 1 : size >= 0.095 ? 2 : 3;
  return grouped(percent, decimals) + narrow + "%";
}

std::string figure_text(double value) {
  if (!std::isfinite(value)) return "\u2013";
  const double size = std::abs(value);
  if (size > 0.0 && size < 1e-6) return fmt::format("{:.1e}", value);
  if (size > 0.0 && size < 0.00095) return grouped(value, static_cast<int>(std::ceil(-std::log10(size))) + 1);
  return grouped(value, size < 9.9995 ? 3 : size < 99.95 ? 2 : size < 999.5 ? 1 : 0);
}

std::string seconds_text(double seconds) {
  if (seconds < 0.095) return fmt::format("{:.0f}{}ms", 1000.0 * seconds, narrow);
  if (seconds < 9.95) return fmt::format("{:.1f}{}s", seconds, narrow);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{}{}s", whole, narrow);
  if (whole < 3600) return fmt::format("{}{}min {}{}s", whole / 60, narrow, whole % 60, narrow);
  return fmt::format("{}{}h {}{}min", whole / 3600, narrow, whole % 3600 / 60, narrow);
}

std::string value_text(double value, Unit unit) {
  if (unit == Unit::percent) return percent_text(value);
  return unit == Unit::count ? count_text(std::llround(value)) : figure_text(value);
}

std::string tick_text(double value, double step, Unit unit) {
  if (unit == Unit::percent) return grouped(100.0 * value, decimals_of(100.0 * step)) + narrow + "%";
  if (step >= 1e9) return grouped(value / 1e9, decimals_of(step / 1e9)) + (value == 0.0 ? "" : std::string(narrow) + "bn");
  if (step >= 1e5) return grouped(value / 1e6, decimals_of(step / 1e6)) + (value == 0.0 ? "" : std::string(narrow) + "M");
  return grouped(value, decimals_of(step));
}

std::string counted(std::int64_t count, const std::string& singular, const std::string& plural) {
  return count_text(count) + narrow + (count == 1 ? singular : plural);
}

}  // namespace footfall
