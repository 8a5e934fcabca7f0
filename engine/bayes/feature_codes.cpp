#include "engine/bayes/feature_codes.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/bayes/discretise.hpp"
#include "kernels/device/team.hpp"

namespace footfall {
namespace {

std::int32_t place_of(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<std::int32_t>(found - names.begin());
}

/// The number that a state writes; NaN, which equals no cell, where it writes none.
double number_of(const std::string& state) {
  double value = 0.0;
  const auto [end, problem] = std::from_chars(state.data(), state.data() + state.size(), value);
  return problem == std::errc() && end == state.data() + state.size() ? value : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

FeatureCodes::FeatureCodes(const std::vector<Variable>& variables, std::int32_t target, const ExampleTable& table, const Dictionaries& dictionaries) {
  for (std::size_t v = 0; v < variables.size(); ++v) {
    Reader reader;
    const Variable& variable = variables[v];
    if (static_cast<std::int32_t>(v) != target) {
      reader.word = place_of(table.profile_codes, variable.name);
      if (reader.word < 0) reader.number = place_of(table.profile_numbers, variable.name);
    }
    if (reader.word >= 0)
      for (const std::string& word : *dictionaries.profile[static_cast<std::size_t>(reader.word)]) {
        const std::int32_t state = place_of(variable.states, word);
        reader.code_of_word.push_back(state < 0 ? unseen_code : static_cast<std::uint8_t>(state));
      }
    if (reader.number >= 0) {
      const std::optional<Cuts> cuts = cuts_of(variable.states);
      reader.banded = cuts.has_value();
      if (cuts) reader.cuts = *cuts;
      for (std::size_t s = 0; s < variable.states.size() && !cuts; ++s) reader.cuts.push_back(number_of(variable.states[s]));
    }
    columns_.push_back(reader.word >= 0 || reader.number >= 0 ? static_cast<std::int32_t>(v) : -1);
    readers_.push_back(std::move(reader));
  }
}

std::uint8_t FeatureCodes::Reader::code(const ExampleTable& table, std::int64_t row) const {
  if (word >= 0) {
    const std::int32_t cell = table.profile_code[static_cast<std::size_t>(row) * table.profile_codes.size() + static_cast<std::size_t>(word)];
    return cell < 0 ? missing_code : code_of_word[static_cast<std::size_t>(cell)];
  }
  if (number < 0) return missing_code;
  const double cell = table.profile_number[static_cast<std::size_t>(row) * table.profile_numbers.size() + static_cast<std::size_t>(number)];
  if (std::isnan(cell)) return missing_code;
  if (banded) return static_cast<std::uint8_t>(band_of(cuts, cell));
  const auto state = std::find(cuts.begin(), cuts.end(), cell);
  return state == cuts.end() ? unseen_code : static_cast<std::uint8_t>(state - cuts.begin());
}

void FeatureCodes::encode(const ExampleTable& table, std::span<const std::int64_t> rows, std::vector<std::uint8_t>& codes, Team& team) const {
  codes.resize(readers_.size() * rows.size());
  team.run(static_cast<std::int64_t>(readers_.size()), [&](std::int64_t v, int) {
    const Reader& reader = readers_[static_cast<std::size_t>(v)];
    std::uint8_t* out = codes.data() + static_cast<std::size_t>(v) * rows.size();
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = reader.code(table, rows[i]);
  });
}

}  // namespace footfall
