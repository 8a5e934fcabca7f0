#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace footfall {

/// Cells of a column as the states of a variable, one byte each (kernels/bayes/codes.hpp): the state of that name; of states that are numbers the one of that
/// value ("1.0" is "1"); of states that are cut ranges ("<2.5", "2.5..7", ">=7") the one the number lies in. Anything else is an unseen value.
class StateCodes {
 public:
  /// At most 254 states.
  explicit StateCodes(const std::vector<std::string>& states);

  [[nodiscard]] std::uint8_t of_text(std::string_view cell) const;
  [[nodiscard]] std::uint8_t of_number(double value) const;   ///< NaN is missing
  [[nodiscard]] std::uint8_t of_integer(std::int64_t value) const;
  [[nodiscard]] std::uint8_t of_boolean(bool value) const { return value ? true_ : false_; }

 private:
  /// The first bytes and the length of a name, which tell most names apart.
  struct Key {
    std::uint64_t head;
    std::size_t length;
  };
  [[nodiscard]] static Key key_of(std::string_view name);

  std::vector<std::string> names_;
  std::vector<Key> keys_;   // of few names, which are looked through; else the map
  std::unordered_map<std::string_view, std::uint8_t> by_name_;
  std::vector<std::pair<double, std::uint8_t>> by_value_;   // ascending
  std::optional<std::vector<double>> cuts_;
  std::uint8_t true_, false_;
};

}  // namespace footfall
