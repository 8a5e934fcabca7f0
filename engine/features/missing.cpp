#include "engine/features/missing.hpp"

#include <algorithm>
#include <cmath>

namespace footfall {

bool is_dropped(const Journeys& journeys, const FeatureSpec& spec, std::size_t event) {
  const auto no_number = [&](const NumberColumn& column) { return std::isnan(column.values[event]); };
  const auto no_word = [&](const CategoryColumn& column) { return column.codes[event] < 0; };
  if (spec.drop_numbers && std::any_of(journeys.numeric.begin(), journeys.numeric.end(), no_number)) return true;
  return spec.drop_words && std::any_of(journeys.categorical.begin(), journeys.categorical.end(), no_word);
}

std::vector<float> interpolated_cells(const Journeys& journeys, const std::vector<float>& column, const std::vector<std::size_t>& events) {
  std::vector<float> cells;
  for (const std::size_t event : events) cells.push_back(column[event]);
  const std::size_t n = cells.size();
  std::size_t known = n;  // the last cell that was there
  for (std::size_t i = 0; i <= n; ++i) {
    if (i < n && std::isnan(cells[i])) continue;
    if (i == n && known == n) break;
    for (std::size_t j = known == n ? 0 : known + 1; j < i; ++j) {
      if (known == n || i == n) {
        cells[j] = cells[known == n ? i : known];
        continue;
      }
      const auto from = static_cast<double>(journeys.time[events[known]]), to = static_cast<double>(journeys.time[events[i]]);
      const double share = to > from ? (static_cast<double>(journeys.time[events[j]]) - from) / (to - from) : 0.5;
      cells[j] = static_cast<float>(cells[known] + share * (static_cast<double>(cells[i]) - cells[known]));
    }
    known = i;
  }
  return cells;
}

}  // namespace footfall
