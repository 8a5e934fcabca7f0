#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/device/team.hpp"

namespace footfall {

/// What is done with the entries that fall together: their sum (marginals) or the largest of them (most probable explanation).
enum class Reduction { sum, maximum };

/// A product of tables with all variables but those of the result reduced: out(o) = sum or max over r of the product of in_k(o, r).
///
/// Tables are float64 with the last variable of their scope fastest. The loops are laid out once and run as often as wanted; a row of zeros
/// skips what is below it. The result is scaled by a power of two, which costs no digit, so that its largest entry is in [0.5, 1): chains of
/// contractions never underflow as long as their inputs are scaled so and no entry falls below 2^-1022 of the largest; one that does raises
/// FE_UNDERFLOW in the calling thread. Same bits for any number of threads.
class Contraction {
 public:
  /// `sizes` are the states of all variables; scopes name variables; a variable of `out` may be in no input.
  Contraction(const std::vector<std::int32_t>& sizes, const std::vector<std::vector<std::int32_t>>& inputs, const std::vector<std::int32_t>& out);

  struct Scale {
    std::int64_t exponent = 0;   ///< the true result is out x 2^exponent
    bool zero = false;           ///< every entry is 0
  };
  /// `out` has entries() numbers and overlaps no input. With a team a large contraction is cut into tiles for its threads.
  Scale run(std::span<const double* const> inputs, double* out, Reduction reduction = Reduction::sum, Team* team = nullptr) const;

  /// The same over natural logarithms (-infinity is 0), nothing scaled: for tables whose numbers lie further apart than float64's exponents. True when
  /// every entry is 0. Slow: tens of nanoseconds an entry of the product.
  bool run_logs(std::span<const double* const> inputs, double* out, Reduction reduction) const;

  [[nodiscard]] std::int64_t entries() const { return out_entries_; }
  /// Entries of the product, before it is reduced.
  [[nodiscard]] double work() const { return work_; }

 private:
  struct Dimension {
    std::int64_t size = 1;
    std::vector<std::int64_t> strides;   ///< [inputs]
    std::int64_t out = 0;
  };
  /// An input as the innermost loop sees it.
  struct RowInput {
    std::size_t input = 0;
    std::vector<std::int32_t> offsets;   ///< [row]; empty: entries lie side by side
  };
  struct Walk;

  void lay_out(const std::vector<std::int32_t>& sizes, const std::vector<std::vector<std::int32_t>>& inputs, const std::vector<std::int32_t>& out);
  void sort_inputs(const std::vector<Dimension>& row);
  template <bool maximum>
  void fill(std::span<const double* const> inputs, std::int64_t first, std::int64_t last, std::int64_t first_rest, std::int64_t last_rest, double* out) const;
  template <bool maximum>
  void reduce_rows(Walk& walk, double factor, double* out) const;
  template <class Take>
  void each_product(std::span<const double* const> inputs, const Take& take) const;
  void fill_in_tiles(std::span<const double* const> inputs, double* out, Reduction reduction, Team* team) const;
  /// The same in long double, whose range no product of a few float64 leaves. For when fill has come out too small to trust.
  Scale fill_wide(std::span<const double* const> inputs, double* out, Reduction reduction) const;

  std::size_t inputs_ = 0;
  std::vector<Dimension> outer_;        ///< variables of the result that are not in the row
  std::vector<Dimension> rest_;         ///< reduced variables, the slow ones
  std::vector<Dimension> all_;          ///< every dimension, those of the result first
  std::size_t out_dimensions_ = 0;      ///< of all_
  std::int64_t outer_count_ = 1, rest_count_ = 1, near_count_ = 1, row_ = 1, out_entries_ = 1;
  double work_ = 1.0;
  bool row_is_out_ = true;              ///< the row's variables are the result's; else they are reduced
  std::vector<std::size_t> once_;       ///< inputs that change with outer_ and rest_ alone
  std::vector<std::size_t> by_near_;    ///< inputs that are constant in a row
  std::vector<RowInput> by_row_;
  std::vector<std::int64_t> near_offsets_;   ///< [near_count_, inputs] of the fast reduced variables
};

}  // namespace footfall
