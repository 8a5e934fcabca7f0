#pragma once

#include <cstdint>
#include <string>

namespace footfall {

/// How a number of the report is written.
enum class Unit {
  number,   ///< as it is, as many digits as matter
  count,    ///< whole
  percent,  ///< a share of one
};

/// "12,330".
[[nodiscard]] std::string count_text(std::int64_t count);
/// "15.5 %" of 0.155; more digits where the share is tiny; no break before the sign.
[[nodiscard]] std::string percent_text(double share);
/// "3.3×".
[[nodiscard]] std::string ratio_text(double ratio);
/// Three decimals below ten, fewer above, thousands separated: "0.935", "12.3", "1,204".
[[nodiscard]] std::string figure_text(double value);
/// "0.03 s", "43 s", "2 min 5 s", "1 h 3 min".
[[nodiscard]] std::string seconds_text(double seconds);
[[nodiscard]] std::string value_text(double value, Unit unit);
/// A value of an axis whose ticks are `step` apart: digits enough to tell them apart, and "2 M" for millions.
[[nodiscard]] std::string tick_text(double value, double step, Unit unit);
/// "1 customer", "12,330 customers".
[[nodiscard]] std::string counted(std::int64_t count, const std::string& singular, const std::string& plural);

}  // namespace footfall
