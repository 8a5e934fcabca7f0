#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/bayes/plan.hpp"

namespace footfall {

/// A factor on its way through elimination: a table of constants, or slots that a step fills for each row.
///
/// Of a constant one, values[i * cells + s]: i counts the digits of the `index` variables, s the states of the `scope` variables, both mixed radix with
/// the last one fastest. A slot one has no index; its cells are slots [slot, slot + cells).
struct Piece {
  std::vector<std::int32_t> index;   ///< ascending
  std::vector<std::int32_t> scope;   ///< ascending
  std::vector<double> values;        ///< at most 1
  std::int32_t slot = -1;
  double lower = 0.0;                ///< log2 of a bound below every value that is not 0
  double upper = 0.0;                ///< log2 of a bound above every value

  [[nodiscard]] bool constant() const { return slot < 0; }
};

/// Sizes of variables in tables: states, and one digit more where a cell may be missing.
class Radix {
 public:
  Radix(const FactorGraph& graph, std::vector<Seen> seen);
  [[nodiscard]] std::int64_t states(std::int32_t variable) const { return states_[static_cast<std::size_t>(variable)]; }
  [[nodiscard]] std::int64_t digits(std::int32_t variable) const { return states(variable) + (seen(variable) == Seen::maybe ? 1 : 0); }
  [[nodiscard]] Seen seen(std::int32_t variable) const { return seen_[static_cast<std::size_t>(variable)]; }
  [[nodiscard]] double cells(std::span<const std::int32_t> scope) const;
  [[nodiscard]] double rows(std::span<const std::int32_t> index) const;

 private:
  std::vector<std::int64_t> states_;
  std::vector<Seen> seen_;
};

/// Of sorted lists.
[[nodiscard]] std::vector<std::int32_t> united(std::span<const std::int32_t> a, std::span<const std::int32_t> b);
[[nodiscard]] std::vector<std::int32_t> without(std::span<const std::int32_t> all, std::int32_t variable);
[[nodiscard]] bool holds(std::span<const std::int32_t> all, std::int32_t variable);

/// A factor with the variables that are always seen as its index.
[[nodiscard]] Piece piece_of(const Factor& factor, const Radix& radix);

/// The product of constant pieces.
[[nodiscard]] Piece product(std::span<const Piece* const> pieces, const Radix& radix);

/// The product of constant pieces summed over a scope variable. One that may be missing becomes part of the index: its digit says which state it is summed to, the
/// last that it is summed over all.
[[nodiscard]] Piece summed_out(std::span<const Piece* const> pieces, std::int32_t variable, const Radix& radix);

/// Divides by a power of two so that the largest value is at most 1, and sets the bounds; returns ln of the divisor. Nothing where all are 0.
[[nodiscard]] double scale_piece(Piece& piece);
/// Likewise for each index on its own, where only ratios inside a row matter.
void scale_rows(Piece& piece, const Radix& radix);

/// Strides of a mixed radix over `all` for the places of `inner`, last one fastest: entry k belongs to inner[k].
[[nodiscard]] std::vector<std::int64_t> strides_of(std::span<const std::int32_t> all, const Radix& radix, bool digits);

/// Counts through the states of variables, last one fastest, and keeps the offset into each of some tables.
class Odometer {
 public:
  /// limits: of each place. strides[t][k]: what place k adds to the offset of table t.
  Odometer(std::vector<std::int64_t> limits, std::vector<std::vector<std::int64_t>> strides);
  [[nodiscard]] std::int64_t offset(std::size_t table) const { return offsets_[table]; }
  /// False after the last one.
  bool next();

 private:
  std::vector<std::int64_t> limits_;
  std::vector<std::vector<std::int64_t>> strides_;
  std::vector<std::int64_t> digits_;
  std::vector<std::int64_t> offsets_;
};

/// Offsets into a table over `scope` when an odometer runs over `order`: 0 where a variable of the order is not in the scope.
[[nodiscard]] std::vector<std::int64_t> scope_strides(std::span<const std::int32_t> order, std::span<const std::int32_t> scope, const Radix& radix);

}  // namespace footfall
