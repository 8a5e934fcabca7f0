#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace footfall {

/// A column of numbers, float32, NaN where the cell is missing.
struct NumberColumn {
  std::string name;
  std::vector<float> values;
};

/// A column of names as codes into its dictionary, -1 where the cell is missing. The dictionary is sorted, so codes do not depend on the
/// order of the input.
struct CategoryColumn {
  std::string name;
  std::vector<std::int32_t> codes;
  std::vector<std::string> dictionary;
};

/// The ids of customers: whole numbers or text, one kind for all.
struct CustomerIds {
  bool text = false;
  std::vector<std::int64_t> numbers;
  std::vector<std::string> names;

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(text ? names.size() : numbers.size()); }
  [[nodiscard]] std::string name(std::int64_t i) const {
    return text ? names[static_cast<std::size_t>(i)] : std::to_string(numbers[static_cast<std::size_t>(i)]);
  }
};

/// How the numbers of a time column are to be read.
struct Clock {
  bool steps = false;            ///< a step number; else microseconds since 1970-01-01 UTC
  std::int64_t resolution = 1;   ///< one unit of the source in these numbers: 1 for steps, 1'000'000 for seconds, 86'400'000'000 for days
};

inline constexpr std::int64_t microseconds_per_day = 86'400'000'000;

/// The events of every customer, oldest first; events of equal time in the order of the input. Columns of the same length.
struct Journeys {
  Clock clock;
  std::vector<std::int64_t> first;         ///< [customers + 1] event rows of customer i: first[i] .. first[i + 1]
  std::vector<std::int64_t> time;
  std::vector<double> amount;              ///< empty: the job names none; NaN: missing
  CategoryColumn type;                     ///< dictionary empty: the job names none
  CategoryColumn item;                     ///< likewise
  std::vector<NumberColumn> numeric;
  std::vector<CategoryColumn> categorical;

  [[nodiscard]] std::int64_t events() const { return static_cast<std::int64_t>(time.size()); }
};

/// The customer table, a row a customer of the base; `present` tells who is in it, the others' cells are missing.
struct Profiles {
  std::vector<std::uint8_t> present;
  std::vector<NumberColumn> numeric;
  std::vector<CategoryColumn> categorical;
};

/// A whole customer base in the order of DESIGN section 7: by partition, inside a partition by ascending id.
struct Base {
  static constexpr std::int32_t partitions = 256;

  CustomerIds ids;
  std::vector<std::int64_t> partition_first;  ///< [partitions + 1] the customers of each partition
  std::optional<Journeys> journeys;
  std::optional<Profiles> profiles;

  [[nodiscard]] std::int64_t customers() const { return ids.size(); }
};

/// The partition of a customer: a fixed 64-bit hash of the id (splitmix64 of a whole number; FNV-1a, then splitmix64, of text), its highest 8 bits.
[[nodiscard]] std::int32_t partition_of(std::int64_t id);
[[nodiscard]] std::int32_t partition_of(const std::string& id);

}  // namespace footfall
