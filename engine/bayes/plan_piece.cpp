#include "engine/bayes/plan_piece.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Offsets into the values of a piece when an odometer runs over `index`, then `scope`.
[[nodiscard]] std::vector<std::int64_t> table_strides(const Piece& piece, std::span<const std::int32_t> index, std::span<const std::int32_t> scope, const Radix& radix) {
  const auto cells = static_cast<std::int64_t>(radix.cells(piece.scope));
  std::vector<std::int64_t> strides;
  const std::vector<std::int64_t> own = strides_of(piece.index, radix, true);
  for (const std::int32_t variable : index) {
    const auto at = std::lower_bound(piece.index.begin(), piece.index.end(), variable);
    const bool has = at != piece.index.end() && *at == variable;
    strides.push_back(has ? own[static_cast<std::size_t>(at - piece.index.begin())] * cells : 0);
  }
  const std::vector<std::int64_t> inner = scope_strides(scope, piece.scope, radix);
  strides.insert(strides.end(), inner.begin(), inner.end());
  return strides;
}

[[nodiscard]] double product_at(std::span<const Piece* const> pieces, const Odometer& at) {
  double value = 1.0;
  for (std::size_t p = 0; p < pieces.size(); ++p) value *= pieces[p]->values[static_cast<std::size_t>(at.offset(p))];
  return value;
}

}  // namespace

Radix::Radix(const FactorGraph& graph, std::vector<Seen> seen) : seen_(std::move(seen)) {
  for (const Variable& variable : graph.variables) states_.push_back(variable.size());
}

double Radix::cells(std::span<const std::int32_t> scope) const {
  double count = 1.0;
  for (const std::int32_t variable : scope) count *= static_cast<double>(states(variable));
  return count;
}

double Radix::rows(std::span<const std::int32_t> index) const {
  double count = 1.0;
  for (const std::int32_t variable : index) count *= static_cast<double>(digits(variable));
  return count;
}

std::vector<std::int32_t> united(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  std::vector<std::int32_t> all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

std::vector<std::int32_t> without(std::span<const std::int32_t> all, std::int32_t variable) {
  std::vector<std::int32_t> rest;
  std::remove_copy(all.begin(), all.end(), std::back_inserter(rest), variable);
  return rest;
}

bool holds(std::span<const std::int32_t> all, std::int32_t variable) { return std::binary_search(all.begin(), all.end(), variable); }

Odometer::Odometer(std::vector<std::int64_t> limits, std::vector<std::vector<std::int64_t>> strides)
    : limits_(std::move(limits)), strides_(std::move(strides)), digits_(limits_.size(), 0), offsets_(strides_.size(), 0) {}

bool Odometer::next() {
  for (std::size_t k = limits_.size(); k-- > 0;) {
    if (++digits_[k] < limits_[k]) {
      for (std::size_t t = 0; t < strides_.size(); ++t) offsets_[t] += strides_[t][k];
      return true;
    }
    digits_[k] = 0;
    for (std::size_t t = 0; t < strides_.size(); ++t) offsets_[t] -= strides_[t][k] * (limits_[k] - 1);
  }
  return false;
}

std::vector<std::int64_t> strides_of(std::span<const std::int32_t> all, const Radix& radix, bool digits) {
  std::vector<std::int64_t> strides(all.size());
  std::int64_t stride = 1;
  for (std::size_t k = all.size(); k-- > 0;) {
    strides[k] = stride;
    stride *= digits ? radix.digits(all[k]) : radix.states(all[k]);
  }
  return strides;
}

std::vector<std::int64_t> scope_strides(std::span<const std::int32_t> order, std::span<const std::int32_t> scope, const Radix& radix) {
  const std::vector<std::int64_t> own = strides_of(scope, radix, false);
  std::vector<std::int64_t> strides;
  for (const std::int32_t variable : order) {
    const auto at = std::lower_bound(scope.begin(), scope.end(), variable);
    const bool has = at != scope.end() && *at == variable;
    strides.push_back(has ? own[static_cast<std::size_t>(at - scope.begin())] : 0);
  }
  return strides;
}

Piece piece_of(const Factor& factor, const Radix& radix) {
  Piece piece;
  for (const std::int32_t variable : factor.variables) (radix.seen(variable) == Seen::always ? piece.index : piece.scope).push_back(variable);
  std::sort(piece.index.begin(), piece.index.end());
  std::sort(piece.scope.begin(), piece.scope.end());
  std::vector<std::int32_t> order = piece.index;
  order.insert(order.end(), piece.scope.begin(), piece.scope.end());
  const std::vector<std::int64_t> own = strides_of(factor.variables, radix, false);
  std::vector<std::int64_t> limits;
  std::vector<std::int64_t> from;
  for (const std::int32_t variable : order) {
    limits.push_back(radix.states(variable));
    from.push_back(own[static_cast<std::size_t>(std::find(factor.variables.begin(), factor.variables.end(), variable) - factor.variables.begin())]);
  }
  Odometer at(limits, {from});
  do {
    piece.values.push_back(factor.values[static_cast<std::size_t>(at.offset(0))]);
  } while (at.next());
  return piece;
}

Piece product(std::span<const Piece* const> pieces, const Radix& radix) {
  Piece result;
  for (const Piece* piece : pieces) {
    result.index = united(result.index, piece->index);
    result.scope = united(result.scope, piece->scope);
  }
  std::vector<std::int64_t> limits;
  for (const std::int32_t variable : result.index) limits.push_back(radix.digits(variable));
  for (const std::int32_t variable : result.scope) limits.push_back(radix.states(variable));
  std::vector<std::vector<std::int64_t>> strides;
  for (const Piece* piece : pieces) strides.push_back(table_strides(*piece, result.index, result.scope, radix));
  Odometer at(limits, strides);
  do {
    result.values.push_back(product_at(pieces, at));
  } while (at.next());
  return result;
}

Piece summed_out(std::span<const Piece* const> pieces, std::int32_t variable, const Radix& radix) {
  std::vector<std::int32_t> index;
  Piece result;
  for (const Piece* piece : pieces) {
    index = united(index, piece->index);
    result.scope = united(result.scope, piece->scope);
  }
  result.scope = without(result.scope, variable);
  const bool maybe = radix.seen(variable) == Seen::maybe;
  result.index = index;
  if (maybe) result.index = united(index, std::span(&variable, 1));
  std::vector<std::int32_t> inner = result.scope;
  inner.push_back(variable);  // fastest: its states are summed one after the other
  std::vector<std::int64_t> limits;
  for (const std::int32_t each : index) limits.push_back(radix.digits(each));
  for (const std::int32_t each : inner) limits.push_back(radix.states(each));
  std::vector<std::vector<std::int64_t>> strides;
  for (const Piece* piece : pieces) {
    // `inner` is not sorted, which scope_strides does not ask for.
    strides.push_back(table_strides(*piece, index, inner, radix));
  }
  std::vector<std::int64_t> to = table_strides(result, index, result.scope, radix);
  to.push_back(0);
  const auto cells = static_cast<std::int64_t>(radix.cells(result.scope));
  std::int64_t own = 0;  // of the variable in the result's index
  if (maybe) {
    const std::vector<std::int64_t> all = strides_of(result.index, radix, true);
    own = all[static_cast<std::size_t>(std::lower_bound(result.index.begin(), result.index.end(), variable) - result.index.begin())] * cells;
  }
  strides.push_back(to);
  result.values.assign(static_cast<std::size_t>(radix.rows(result.index) * radix.cells(result.scope)), 0.0);
  const std::int64_t states = radix.states(variable);
  Odometer at(limits, strides);
  std::int64_t state = 0;
  do {
    const double value = product_at(pieces, at);
    const std::int64_t place = at.offset(pieces.size());
    if (maybe) result.values[static_cast<std::size_t>(place + state * own)] = value;
    result.values[static_cast<std::size_t>(place + (maybe ? states * own : 0))] += value;
    state = state + 1 == states ? 0 : state + 1;
  } while (at.next());
  return result;
}

double scale_piece(Piece& piece) {
  double largest = 0.0;
  double smallest = std::numeric_limits<double>::infinity();
  for (const double value : piece.values) {
    largest = std::max(largest, value);
    if (value > 0.0) smallest = std::min(smallest, value);
  }
  piece.upper = 0.0;
  piece.lower = 0.0;
  if (largest == 0.0) return 0.0;
  int exponent = 0;
  static_cast<void>(std::frexp(largest, &exponent));
  for (double& value : piece.values) value = std::ldexp(value, -exponent);
  piece.lower = std::log2(smallest) - exponent;
  return exponent * std::log(2.0);
}

void scale_rows(Piece& piece, const Radix& radix) {
  const auto cells = static_cast<std::size_t>(radix.cells(piece.scope));
  for (std::size_t first = 0; first < piece.values.size(); first += cells) {
    const auto begin = piece.values.begin() + static_cast<std::ptrdiff_t>(first);
    const double largest = *std::max_element(begin, begin + static_cast<std::ptrdiff_t>(cells));
    int exponent = 0;
    static_cast<void>(std::frexp(largest, &exponent));
    for (std::size_t i = first; i < first + cells; ++i) piece.values[i] = std::ldexp(piece.values[i], -exponent);
  }
  static_cast<void>(scale_piece(piece));
}

}  // namespace footfall
