#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace footfall {

/// Without the blanks (space, tab, carriage return) at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

/// A whole number that fits 64 bits: an optional sign and digits, nothing else.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

/// The nearest double of a decimal number (1, -1.5, +.5, 1e-3), of inf and infinity. Numbers too large are infinite. No NaN, no
/// hexadecimal.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// A whole number, also when it is written as a float: 17850, 17850.0, 1e3.
[[nodiscard]] std::optional<std::int64_t> parse_whole(std::string_view text);

/// The whole number that a double holds exactly, if it does.
[[nodiscard]] std::optional<std::int64_t> whole_number(double value);

/// true or false in any case.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// A cell in a message: cut after 40 bytes, control characters and broken UTF-8 as question marks.
[[nodiscard]] std::string show_cell(std::string_view text);

/// The cells that mean "nothing".
class MissingTokens {
 public:
  explicit MissingTokens(const std::vector<std::string>& tokens);
  [[nodiscard]] bool contains(std::string_view cell) const {
    if (cell.empty()) return empty_;
    if (cell.size() > longest_) return false;
    for (const std::string& token : tokens_) {
      if (cell == token) return true;
    }
    return false;
  }

 private:
  std::vector<std::string> tokens_;
  std::size_t longest_ = 0;
  bool empty_ = false;
};

}  // namespace footfall
