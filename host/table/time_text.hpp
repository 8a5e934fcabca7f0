#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/table/table.hpp"

namespace footfall {

/// A moment that was read from text.
struct ParsedTime {
  std::int64_t microseconds = 0;  ///< since 1970-01-01, UTC
  TimeResolution resolution = TimeResolution::days;
};

/// Days since 1970-01-01 in the Gregorian calendar (proleptic); nothing for a day that does not exist. Years 1 to 9999.
[[nodiscard]] std::optional<std::int64_t> days_since_epoch(std::int64_t year, unsigned month, unsigned day);

/// ISO 8601: 2011-09-10, or with T or a blank and 08:26, 08:26:00, 08:26:00.123456; then nothing, Z or +02:00 (+0200, +02).
[[nodiscard]] std::optional<ParsedTime> parse_iso_time(std::string_view text);

/// 2011-09-10 for days, else 2011-09-10T08:26:00 with as many digits of the second as the resolution has.
[[nodiscard]] std::string format_time(std::int64_t microseconds, TimeResolution resolution);

/// Shortest text that reads back as the same number; whole numbers without a point.
[[nodiscard]] std::string show_number(double value);

/// A strptime format: %Y %y %m %d %e %j %H %I %M %S %f %p %b %B %h %a %A %z %Z(UTC, GMT, Z) %s %F %T %D %R %n %t %%. English names.
/// A blank in the format stands for any number of blanks. The whole text must match.
class TimeFormat {
 public:
  /// Error{bad_input} for a directive that it does not know, or a format without a day.
  explicit TimeFormat(std::string format);
  [[nodiscard]] std::optional<ParsedTime> parse(std::string_view text) const;
  [[nodiscard]] TimeResolution resolution() const noexcept { return resolution_; }
  [[nodiscard]] const std::string& text() const noexcept { return format_; }

 private:
  std::string format_;
  std::string expanded_;  // %F and its kin written out
  TimeResolution resolution_ = TimeResolution::days;
};

}  // namespace footfall
