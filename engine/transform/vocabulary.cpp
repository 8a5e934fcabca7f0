#include "engine/transform/vocabulary.hpp"

#include <algorithm>
#include <numeric>

namespace footfall {

std::vector<std::int32_t> Vocabulary::codes_of(const std::vector<std::string>& dictionary) const {
  std::vector<std::int32_t> codes;
  codes.reserve(dictionary.size());
  for (const std::string& word : dictionary) {
    const auto found = std::lower_bound(words.begin(), words.end(), word);
    codes.push_back(found != words.end() && *found == word ? static_cast<std::int32_t>(found - words.begin()) + 2 : unseen);
  }
  return codes;
}

Vocabulary fit_vocabulary(const std::string& name, const std::vector<std::string>& dictionary, const std::vector<std::int64_t>& counts,
                          std::int64_t least, std::int64_t most, CategoricalMissing policy) {
  std::vector<std::size_t> order(dictionary.size());
  std::iota(order.begin(), order.end(), 0U);
  std::erase_if(order, [&](std::size_t i) { return counts[i] < std::max<std::int64_t>(least, 1); });
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : dictionary[a] < dictionary[b];
  });
  if (static_cast<std::int64_t>(order.size()) > most) order.resize(static_cast<std::size_t>(most));
  Vocabulary vocabulary;
  vocabulary.name = name;
  for (const std::size_t i : order) vocabulary.words.push_back(dictionary[i]);
  const std::string most_frequent = vocabulary.words.empty() ? std::string() : vocabulary.words.front();
  std::sort(vocabulary.words.begin(), vocabulary.words.end());
  if (policy == CategoricalMissing::mode && !vocabulary.words.empty()) vocabulary.missing_code = vocabulary.codes_of({most_frequent}).front();
  return vocabulary;
}

}  // namespace footfall
