#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/bayes/coded_table.hpp"
#include "engine/features/examples.hpp"
#include "engine/transform/transform.hpp"

namespace footfall {

class Team;

/// How the variables of a network read the profile columns of an example table: a variable is the column of its name, a number by its bands, a word or a
/// whole number by its state. A cell that no state holds is 0xFE, a missing one 0xFF.
class FeatureCodes {
 public:
  /// `target` is no feature, whatever columns there are. `columns` names the table's columns, not their order in it, so that any table with them will do.
  FeatureCodes(const std::vector<Variable>& variables, std::int32_t target, const ExampleTable& table, const Dictionaries& dictionaries);

  /// Of each variable itself where a column has its name, -1 where none has.
  [[nodiscard]] const std::vector<std::int32_t>& columns() const { return columns_; }

  /// Codes of these rows of the table (raw, as build_examples left it), column-major, a column a variable; those without a column are missing.
  void encode(const ExampleTable& table, std::span<const std::int64_t> rows, std::vector<std::uint8_t>& codes, Team& team) const;

 private:
  struct Reader {
    std::int32_t number = -1, word = -1;            ///< which column of the table
    bool banded = false;
    std::vector<double> cuts;                       ///< where banded; else the number of each state
    std::vector<std::uint8_t> code_of_word;         ///< [dictionary]
    [[nodiscard]] std::uint8_t code(const ExampleTable& table, std::int64_t row) const;
  };

  std::vector<Reader> readers_;
  std::vector<std::int32_t> columns_;
};

}  // namespace footfall
