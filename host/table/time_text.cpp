#include "host/table/time_text.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day_length = 86'400 * second;

bool leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

unsigned days_in_month(std::int64_t year, unsigned month) {
  constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && leap(year) ? 29 : days[month - 1];
}

/// A cursor over text that takes numbers and letters from its front.
struct Cursor {
  std::string_view rest;

  [[nodiscard]] bool done() const { return rest.empty(); }
  [[nodiscard]] char front() const { return rest.empty() ? '\0' : rest.front(); }
  bool take(char c) {
    if (front() != c || rest.empty()) return false;
    rest.remove_prefix(1);
    return true;
  }
  void skip_blanks() {
    while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.front()))) rest.remove_prefix(1);
  }
  /// Between `least` and `most` digits.
  std::optional<std::int64_t> digits(std::size_t least, std::size_t most) {
    std::size_t n = 0;
    std::int64_t value = 0;
    while (n < most && n < rest.size() && rest[n] >= '0' && rest[n] <= '9') value = value * 10 + (rest[n++] - '0');
    if (n < least) return std::nullopt;
    rest.remove_prefix(n);
    return value;
  }
};

struct Fraction {
  std::int64_t microseconds = 0;
  TimeResolution resolution = TimeResolution::milliseconds;
};

/// Digits after the point of a second: microseconds, cut (not rounded) below.
std::optional<Fraction> take_fraction(Cursor& at) {
  std::size_t n = 0;
  std::int64_t value = 0;
  while (n < at.rest.size() && at.rest[n] >= '0' && at.rest[n] <= '9') {
    if (n < 6) value = value * 10 + (at.rest[n] - '0');
    ++n;
  }
  if (n == 0) return std::nullopt;
  at.rest.remove_prefix(n);
  for (std::size_t i = n; i < 6; ++i) value *= 10;
  return Fraction{value, n <= 3 ? TimeResolution::milliseconds : n <= 6 ? TimeResolution::microseconds : TimeResolution::nanoseconds};
}

/// +02:00, +0200, +02 or Z: the offset in microseconds that the local time is ahead of UTC.
std::optional<std::int64_t> take_zone(Cursor& at) {
  if (at.take('Z') || at.take('z')) return 0;
  const char sign = at.front();
  if (sign != '+' && sign != '-') return std::nullopt;
  at.rest.remove_prefix(1);
  const auto hours = at.digits(2, 2);
  if (!hours || *hours > 23) return std::nullopt;
  std::int64_t minutes = 0;
  const bool colon = at.take(':');
  if (const auto more = at.digits(2, 2)) {
    minutes = *more;
  } else if (colon) {
    return std::nullopt;
  }
  if (minutes > 59) return std::nullopt;
  const std::int64_t offset = (*hours * 3600 + minutes * 60) * second;
  return sign == '-' ? -offset : offset;
}

constexpr std::array<std::string_view, 12> months = {"january", "february", "march",     "april",   "may",      "june",
                                                     "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> weekdays = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

/// Index of the name, whole or by its first three letters, that the text begins with.
template <std::size_t N>
std::optional<unsigned> take_name(Cursor& at, const std::array<std::string_view, N>& names) {
  for (unsigned i = 0; i < N; ++i) {
    std::size_t n = 0;
    while (n < names[i].size() && n < at.rest.size() && std::tolower(static_cast<unsigned char>(at.rest[n])) == names[i][n]) ++n;
    if (n == names[i].size() || n >= 3) {
      at.rest.remove_prefix(n == names[i].size() ? n : 3);
      return i;
    }
  }
  return std::nullopt;
}

/// What the directives of a format have filled in.
struct Parts {
  std::int64_t year = 1970, hour = 0, minute = 0, second_of = 0, microseconds = 0, zone = 0;
  std::int64_t month = 1, day = 1, day_of_year = 0;
  std::optional<std::int64_t> epoch;
  bool twelve_hours = false, afternoon = false;
};

bool take_directive(char directive, Cursor& at, Parts& parts) {
  const auto number = [&at](std::int64_t& into, std::size_t most, std::int64_t low, std::int64_t high, std::size_t least = 1) {
    const auto value = at.digits(least, most);
    if (!value || *value < low || *value > high) return false;
    into = *value;
    return true;
  };
  switch (directive) {
    case 'Y': return number(parts.year, 4, 1, 9999, 4);
    case 'y':
      if (!number(parts.year, 2, 0, 99, 2)) return false;
      parts.year += parts.year < 69 ? 2000 : 1900;  // POSIX
      return true;
    case 'm': return number(parts.month, 2, 1, 12);
    case 'e': at.skip_blanks(); [[fallthrough]];
    case 'd': return number(parts.day, 2, 1, 31);
    case 'j': return number(parts.day_of_year, 3, 1, 366);
    case 'H': return number(parts.hour, 2, 0, 23);
    case 'I': parts.twelve_hours = true; return number(parts.hour, 2, 1, 12);
    case 'M': return number(parts.minute, 2, 0, 59);
    case 'S': return number(parts.second_of, 2, 0, 60);
    case 'f': {
      const auto fraction = take_fraction(at);
      if (fraction) parts.microseconds = fraction->microseconds;
      return fraction.has_value();
    }
    case 'p':
      if (at.rest.size() < 2 || std::tolower(static_cast<unsigned char>(at.rest[1])) != 'm') return false;
      if (const int c = std::tolower(static_cast<unsigned char>(at.rest[0])); c == 'p')
        parts.afternoon = true;
      else if (c != 'a')
        return false;
      at.rest.remove_prefix(2);
      return true;
    case 'b':
    case 'B':
    case 'h': {
      const auto month = take_name(at, months);
      if (month) parts.month = *month + 1;
      return month.has_value();
    }
    case 'a':
    case 'A': return take_name(at, weekdays).has_value();
    case 'z': {
      const auto zone = take_zone(at);
      if (zone) parts.zone = *zone;
      return zone.has_value();
    }
    case 'Z':
      for (const std::string_view name : {"UTC", "GMT", "Z"}) {
        if (at.rest.substr(0, name.size()) == name) return at.rest.remove_prefix(name.size()), true;
      }
      return false;
    case 's': {
      const bool negative = at.take('-');
      const auto value = at.digits(1, 12);
      if (value) parts.epoch = negative ? -*value : *value;
      return value.has_value();
    }
    case '%': return at.take('%');
    default: return false;
  }
}

std::optional<std::int64_t> assemble(const Parts& parts) {
  if (parts.epoch) return *parts.epoch * second + parts.microseconds;
  std::optional<std::int64_t> days;
  if (parts.day_of_year > 0) {
    if (parts.day_of_year == 366 && !leap(parts.year)) return std::nullopt;
    days = days_since_epoch(parts.year, 1, 1);
    if (days) *days += parts.day_of_year - 1;
  } else {
    days = days_since_epoch(parts.year, static_cast<unsigned>(parts.month), static_cast<unsigned>(parts.day));
  }
  if (!days) return std::nullopt;
  const std::int64_t hour = parts.twelve_hours ? parts.hour % 12 + (parts.afternoon ? 12 : 0) : parts.hour;
  return *days * day_length + (hour * 3600 + parts.minute * 60 + parts.second_of) * second + parts.microseconds - parts.zone;
}

}  // namespace

std::optional<std::int64_t> days_since_epoch(std::int64_t year, unsigned month, unsigned day) {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
  // Days from the civil calendar with the year beginning in March, so that the leap day is its last.
  const std::int64_t y = year - (month <= 2 ? 1 : 0);
  const std::int64_t era = y / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (static_cast<std::int64_t>(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::optional<ParsedTime> parse_iso_time(std::string_view text) {
  Cursor at{text};
  const auto year = at.digits(4, 4);
  if (!year || !at.take('-')) return std::nullopt;
  const auto month = at.digits(2, 2);
  if (!month || !at.take('-')) return std::nullopt;
  const auto day = at.digits(2, 2);
  if (!day) return std::nullopt;
  const auto days = days_since_epoch(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day));
  if (!days) return std::nullopt;
  ParsedTime out{*days * day_length, TimeResolution::days};
  if (at.done()) return out;
  if (!at.take('T') && !at.take(' ') && !at.take('t')) return std::nullopt;
  const auto hour = at.digits(2, 2);
  if (!hour || *hour > 23 || !at.take(':')) return std::nullopt;
  const auto minute = at.digits(2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  out.resolution = TimeResolution::seconds;
  out.microseconds += (*hour * 3600 + *minute * 60) * second;
  if (at.take(':')) {
    const auto seconds = at.digits(2, 2);
    if (!seconds || *seconds > 60) return std::nullopt;  // 60: a leap second
    out.microseconds += *seconds * second;
    if (at.take('.') || at.take(',')) {
      const auto fraction = take_fraction(at);
      if (!fraction) return std::nullopt;
      out.microseconds += fraction->microseconds;
      out.resolution = fraction->resolution;
    }
  }
  if (at.done()) return out;
  at.take(' ');
  if (at.rest == "UTC") return out;
  const auto zone = take_zone(at);
  if (!zone || !at.done()) return std::nullopt;
  out.microseconds -= *zone;
  return out;
}

std::string format_time(std::int64_t microseconds, TimeResolution resolution) {
  std::int64_t days = microseconds / day_length;
  if (microseconds % day_length < 0) --days;
  const std::int64_t of_day = microseconds - days * day_length;
  // The inverse of days_since_epoch.
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t doe = shifted - era * 146'097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t day = doy - (153 * mp + 2) / 5 + 1;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  std::string out = fmt::format("{:04}-{:02}-{:02}", year, month, day);
  if (resolution == TimeResolution::days && of_day == 0) return out;
  const std::int64_t seconds = of_day / second, fraction = of_day % second;
  out += fmt::format("T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (resolution == TimeResolution::milliseconds) return out + fmt::format(".{:03}", fraction / 1000);
  if (resolution == TimeResolution::microseconds || resolution == TimeResolution::nanoseconds || fraction != 0)
    out += fmt::format(".{:06}", fraction);
  return out;
}

std::string show_number(double value) {
  std::array<char, 64> buffer{};
  const bool whole = std::floor(value) == value && std::abs(value) < 1e15;
  const auto end = whole ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<std::int64_t>(value)).ptr
                         : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return std::string(buffer.data(), end);
}

TimeFormat::TimeFormat(std::string format) : format_(std::move(format)) {
  bool has_day = false;
  const std::string_view known = "YymdejHIMSfpbBhaAzZsFTDRnt%";
  for (std::size_t i = 0; i < format_.size(); ++i) {
    if (format_[i] != '%') {
      expanded_.push_back(format_[i]);
      continue;
    }
    const char directive = ++i < format_.size() ? format_[i] : '\0';
    if (directive == '\0' || known.find(directive) == std::string_view::npos) {
      throw bad_input(
          fmt::format("time_format \"{}\" holds %{}, which is unknown", format_, directive == '\0' ? "" : std::string(1, directive)),
          "use strptime's directives, such as \"%Y-%m-%d %H:%M:%S\", \"%d/%m/%Y\" or \"%Y%m%d\"");
    }
    if (std::string_view("dejsFD").find(directive) != std::string_view::npos) has_day = true;
    if (std::string_view("SsT").find(directive) != std::string_view::npos && resolution_ == TimeResolution::days)
      resolution_ = TimeResolution::seconds;
    if (std::string_view("HIMR").find(directive) != std::string_view::npos && resolution_ == TimeResolution::days)
      resolution_ = TimeResolution::seconds;
    if (directive == 'f') resolution_ = TimeResolution::microseconds;
    switch (directive) {
      case 'F': expanded_ += "%Y-%m-%d"; break;
      case 'T': expanded_ += "%H:%M:%S"; break;
      case 'R': expanded_ += "%H:%M"; break;
      case 'D': expanded_ += "%m/%d/%y"; break;
      case 'n':
      case 't': expanded_ += ' '; break;
      default: expanded_ += {'%', directive};
    }
  }
  if (!has_day && expanded_.find("%m") == std::string::npos && expanded_.find("%Y") == std::string::npos) {
    throw bad_input(fmt::format("time_format \"{}\" holds no date", format_),
                    "use strptime's directives, such as \"%Y-%m-%d %H:%M:%S\" or \"%Y%m%d\"");
  }
}

std::optional<ParsedTime> TimeFormat::parse(std::string_view text) const {
  Cursor at{text};
  Parts parts;
  for (std::size_t i = 0; i < expanded_.size(); ++i) {
    const char c = expanded_[i];
    if (c == '%') {
      if (!take_directive(expanded_[++i], at, parts)) return std::nullopt;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      at.skip_blanks();
    } else if (!at.take(c)) {
      return std::nullopt;
    }
  }
  const auto moment = at.done() ? assemble(parts) : std::nullopt;
  if (!moment) return std::nullopt;
  return ParsedTime{*moment, resolution_};
}

}  // namespace footfall
