#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace footfall {

/// What happens to a cell that is missing.
enum class NumericMissing : std::uint8_t { mean, median, mode, zero, interpolate, drop };
enum class CategoricalMissing : std::uint8_t { own, mode, drop };

/// The codes of a category column inside a model: 0 is missing, 1 is a word that the fit did not see or found rare, 2 + i is words[i].
struct Vocabulary {
  static constexpr std::int32_t missing = 0;
  static constexpr std::int32_t unseen = 1;

  std::string name;
  std::vector<std::string> words;   ///< sorted
  std::int32_t missing_code = missing;  ///< where a missing cell goes: `missing`, or the code of the most frequent word

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(words.size()) + 2; }

  /// Model code of each word of a dictionary.
  [[nodiscard]] std::vector<std::int32_t> codes_of(const std::vector<std::string>& dictionary) const;
};

/// Keeps the words that occur at least `least` times, of those the `most` most frequent (ties: the smaller word). counts [dictionary].
[[nodiscard]] Vocabulary fit_vocabulary(const std::string& name, const std::vector<std::string>& dictionary, const std::vector<std::int64_t>& counts,
                                        std::int64_t least, std::int64_t most, CategoricalMissing policy);

}  // namespace footfall
