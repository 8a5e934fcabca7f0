#include "host/table/state_codes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/bayes/discretise.hpp"
#include "host/table/cell.hpp"
#include "kernels/bayes/codes.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::size_t few_names = 24;

/// The state that stands for a truth value: named so in any case, else 1 or 0, else yes or no.
[[nodiscard]] std::uint8_t truth_code(const std::vector<std::string>& states, bool value) {
  for (std::size_t s = 0; s < states.size(); ++s)
    if (parse_boolean(states[s]) == value) return static_cast<std::uint8_t>(s);
  for (const char* name : {value ? "1" : "0", value ? "yes" : "no", value ? "Yes" : "No"}) {
    const auto at = std::find(states.begin(), states.end(), name);
    if (at != states.end()) return static_cast<std::uint8_t>(at - states.begin());
  }
  return unseen_code;
}

}  // namespace

StateCodes::Key StateCodes::key_of(std::string_view name) {
  Key key{0, name.size()};
  std::memcpy(&key.head, name.data(), std::min(name.size(), sizeof key.head));
  return key;
}

StateCodes::StateCodes(const std::vector<std::string>& states) : names_(states), cuts_(cuts_of(states)), true_(truth_code(states, true)), false_(truth_code(states, false)) {
  require(states.size() <= most_states, "a column of more than 254 states");
  for (std::size_t s = 0; s < names_.size(); ++s) {
    const auto code = static_cast<std::uint8_t>(s);
    if (names_.size() <= few_names) keys_.push_back(key_of(names_[s]));
    by_name_.emplace(names_[s], code);
    if (const std::optional<double> value = parse_number(names_[s])) by_value_.emplace_back(*value, code);
  }
  std::stable_sort(by_value_.begin(), by_value_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

std::uint8_t StateCodes::of_text(std::string_view cell) const {
  if (!keys_.empty()) {
    const Key key = key_of(cell);
    for (std::size_t s = 0; s < keys_.size(); ++s)
      if (keys_[s].head == key.head && keys_[s].length == key.length && (key.length <= sizeof key.head || names_[s] == cell)) return static_cast<std::uint8_t>(s);
  } else if (const auto found = by_name_.find(cell); found != by_name_.end()) {
    return found->second;
  }
  if (!cuts_ && by_value_.empty()) return unseen_code;
  const std::optional<double> value = parse_number(cell);
  return value ? of_number(*value) : unseen_code;
}

std::uint8_t StateCodes::of_number(double value) const {
  if (std::isnan(value)) return missing_code;
  if (cuts_) return static_cast<std::uint8_t>(band_of(*cuts_, value));
  const auto at = std::lower_bound(by_value_.begin(), by_value_.end(), value, [](const auto& entry, double wanted) { return entry.first < wanted; });
  return at != by_value_.end() && at->first == value ? at->second : unseen_code;
}

std::uint8_t StateCodes::of_integer(std::int64_t value) const {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  if (value > exact || value < -exact) return of_text(std::to_string(value));
  return of_number(static_cast<double>(value));
}

}  // namespace footfall
