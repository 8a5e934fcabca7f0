#include "engine/bayes/contraction.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cfenv>
#include <cmath>
#include <limits>

#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t wanted_row = 64, longest_row = 1024, most_near = 1024;
/// Products below it get the long way: as good as never, since inputs have entries near 1.
constexpr double too_small = 0x1p-800;
constexpr double tile_work = 0x1p17;
constexpr std::int64_t most_tiles = 256, most_partial_entries = 4096;

}  // namespace

/// Where the loops stand: pointers into the inputs.
struct Contraction::Walk {
  std::vector<const double*> at;       ///< [inputs] for the current outer and rest indexes
  std::vector<const double*> row;      ///< [by_row_]
  std::array<double, longest_row> products;
};

Contraction::Contraction(const std::vector<std::int32_t>& sizes, const std::vector<std::vector<std::int32_t>>& inputs, const std::vector<std::int32_t>& out)
    : inputs_(inputs.size()) {
  lay_out(sizes, inputs, out);
}

void Contraction::lay_out(const std::vector<std::int32_t>& sizes, const std::vector<std::vector<std::int32_t>>& inputs, const std::vector<std::int32_t>& out) {
  std::vector<std::int32_t> variables = out;
  std::vector<bool> seen(sizes.size(), false);
  for (const std::int32_t v : out) seen[static_cast<std::size_t>(v)] = true;
  out_dimensions_ = out.size();
  // The reduced variables in the order of the largest input that has them, so that its entries are read one after the other.
  std::vector<std::size_t> by_length(inputs.size());
  for (std::size_t k = 0; k < inputs.size(); ++k) by_length[k] = k;
  std::stable_sort(by_length.begin(), by_length.end(), [&](std::size_t a, std::size_t b) { return inputs[a].size() > inputs[b].size(); });
  for (const std::size_t k : by_length)
    for (const std::int32_t v : inputs[k])
      if (!seen[static_cast<std::size_t>(v)]) {
        seen[static_cast<std::size_t>(v)] = true;
        variables.push_back(v);
      }
  std::vector<std::int32_t> place(sizes.size(), -1);
  for (const std::int32_t v : variables) {
    place[static_cast<std::size_t>(v)] = static_cast<std::int32_t>(all_.size());
    all_.push_back({sizes[static_cast<std::size_t>(v)], std::vector<std::int64_t>(inputs_, 0), 0});
    work_ *= sizes[static_cast<std::size_t>(v)];
  }
  const auto lay = [&](const std::vector<std::int32_t>& scope, const auto& set) {
    std::int64_t stride = 1;
    for (std::size_t d = scope.size(); d-- > 0;) {
      Dimension& dimension = all_[static_cast<std::size_t>(place[static_cast<std::size_t>(scope[d])])];
      set(dimension, stride);
      stride *= dimension.size;
    }
  };
  for (std::size_t k = 0; k < inputs_; ++k) lay(inputs[k], [k](Dimension& dimension, std::int64_t stride) { dimension.strides[k] = stride; });
  lay(out, [](Dimension& dimension, std::int64_t stride) { dimension.out = stride; });

  // The innermost loop runs over trailing variables of the result, or of the reduced ones when those make the longer row.
  const auto trailing = [&](std::size_t begin, std::size_t end) {
    std::size_t first = end;
    std::int64_t length = 1;
    while (first > begin && length < wanted_row && length * all_[first - 1].size <= longest_row) length *= all_[--first].size;
    return std::pair(first, length);
  };
  const auto [first_out, out_row] = trailing(0, out_dimensions_);
  const auto [first_rest, rest_row] = trailing(out_dimensions_, all_.size());
  row_is_out_ = out_row >= rest_row || out_row >= wanted_row;
  row_ = row_is_out_ ? out_row : rest_row;
  const auto at = [&](std::size_t i) { return all_.begin() + static_cast<std::ptrdiff_t>(i); };
  const std::vector<Dimension> row(at(row_is_out_ ? first_out : first_rest), at(row_is_out_ ? out_dimensions_ : all_.size()));
  outer_.assign(at(0), at(row_is_out_ ? first_out : out_dimensions_));
  rest_.assign(at(out_dimensions_), at(row_is_out_ ? all_.size() : first_rest));
  // The fast ones of the other reduced variables have their offsets written down.
  std::vector<Dimension> near;
  while (!rest_.empty() && near_count_ * rest_.back().size <= most_near) {
    near_count_ *= rest_.back().size;
    near.insert(near.begin(), rest_.back());
    rest_.pop_back();
  }
  near_offsets_.assign(static_cast<std::size_t>(near_count_) * inputs_, 0);
  for (std::int64_t i = 0; i < near_count_; ++i) {
    std::int64_t left = i;
    for (std::size_t d = near.size(); d-- > 0; left /= near[d].size)
      for (std::size_t k = 0; k < inputs_; ++k) near_offsets_[static_cast<std::size_t>(i) * inputs_ + k] += left % near[d].size * near[d].strides[k];
  }
  for (const Dimension& dimension : outer_) outer_count_ *= dimension.size;
  for (const Dimension& dimension : rest_) rest_count_ *= dimension.size;
  for (std::size_t d = 0; d < out_dimensions_; ++d) out_entries_ *= all_[d].size;
  for (std::size_t k = 0; k < inputs_; ++k) {
    bool varies = false;
    for (const Dimension& dimension : near) varies = varies || (dimension.strides[k] != 0 && dimension.size > 1);
    bool in_row = false;
    for (const Dimension& dimension : row) in_row = in_row || (dimension.strides[k] != 0 && dimension.size > 1);
    if (in_row) {
      by_row_.push_back({k, {}});
    } else if (varies) {
      by_near_.push_back(k);
    } else {
      once_.push_back(k);
    }
  }
  sort_inputs(row);
}

/// Which rows lie side by side in memory, and the offsets of those that do not.
void Contraction::sort_inputs(const std::vector<Dimension>& row) {
  for (RowInput& each : by_row_) {
    std::vector<std::int32_t> offsets(static_cast<std::size_t>(row_), 0);
    bool side_by_side = true;
    for (std::int64_t i = 0; i < row_; ++i) {
      std::int64_t left = i, offset = 0;
      for (std::size_t d = row.size(); d-- > 0; left /= row[d].size) offset += left % row[d].size * row[d].strides[each.input];
      require(offset <= std::numeric_limits<std::int32_t>::max(), "a row of a table is too long");
      offsets[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(offset);
      side_by_side = side_by_side && offset == i;
    }
    if (!side_by_side) each.offsets = std::move(offsets);
  }
  std::stable_sort(by_row_.begin(), by_row_.end(), [](const RowInput& a, const RowInput& b) { return a.offsets.empty() && !b.offsets.empty(); });
}

template <bool maximum>
void Contraction::reduce_rows(Walk& walk, double factor, double* out) const {
  const auto combine = [](double& into, double value) {
    if constexpr (maximum) {
      into = into < value ? value : into;
    } else {
      into += value;
    }
  };
  const std::int64_t row = row_;
  for (std::int64_t n = 0; n < near_count_; ++n) {
    const std::int64_t* offsets = &near_offsets_[static_cast<std::size_t>(n) * inputs_];
    double scalar = factor;
    for (const std::size_t k : by_near_) scalar *= walk.at[k][offsets[k]];
    if (scalar == 0.0) continue;
    for (std::size_t i = 0; i < by_row_.size(); ++i) walk.row[i] = walk.at[by_row_[i].input] + offsets[by_row_[i].input];
    if (row == 1) {  // only rows of length 1 have no variable, so no input varies along them
      combine(*out, scalar);
      continue;
    }
    double* const products = walk.products.data();
    if (by_row_.empty()) {
      std::fill_n(products, row, scalar);
    } else {
      const RowInput& first = by_row_[0];
      const double* const values = walk.row[0];
      if (first.offsets.empty()) {
        for (std::int64_t i = 0; i < row; ++i) products[i] = scalar * values[i];
      } else {
        const std::int32_t* const at = first.offsets.data();
        for (std::int64_t i = 0; i < row; ++i) products[i] = scalar * values[at[i]];
      }
    }
    for (std::size_t j = 1; j < by_row_.size(); ++j) {
      const double* const values = walk.row[j];
      if (by_row_[j].offsets.empty()) {
        for (std::int64_t i = 0; i < row; ++i) products[i] *= values[i];
      } else {
        const std::int32_t* const at = by_row_[j].offsets.data();
        for (std::int64_t i = 0; i < row; ++i) products[i] *= values[at[i]];
      }
    }
    if (row_is_out_) {
      for (std::int64_t i = 0; i < row; ++i) combine(out[i], products[i]);
    } else {
      for (std::int64_t i = 0; i < row; ++i) combine(*out, products[i]);
    }
  }
}

/// The rows [first, last) of the result, with the reduced indexes [first_rest, last_rest); `out` is the result's beginning.
template <bool maximum>
void Contraction::fill(std::span<const double* const> inputs, std::int64_t first, std::int64_t last, std::int64_t first_rest, std::int64_t last_rest, double* out) const {
  Walk walk;
  walk.at.assign(inputs.begin(), inputs.end());
  walk.row.resize(by_row_.size());
  const std::size_t outers = outer_.size(), rests = rest_.size();
  std::vector<std::int64_t> index(outers + rests, 0);
  const auto dimension = [&](std::size_t d) -> const Dimension& { return d < outers ? outer_[d] : rest_[d - outers]; };
  const auto move = [&](std::size_t d, std::int64_t steps) {
    index[d] += steps;
    const Dimension& moved = dimension(d);
    for (std::size_t k = 0; k < inputs_; ++k) walk.at[k] += steps * moved.strides[k];
    out += steps * moved.out;
  };
  const auto go_to = [&](std::size_t begin, std::size_t end, std::int64_t to) {
    for (std::size_t d = end; d-- > begin; to /= dimension(d).size) move(d, to % dimension(d).size - index[d]);
  };
  const auto advance = [&](std::size_t begin, std::size_t end) {
    for (std::size_t d = end; d-- > begin;) {
      if (index[d] + 1 < dimension(d).size) return move(d, 1);
      move(d, -index[d]);
    }
  };
  go_to(0, outers, first);
  for (std::int64_t o = first; o < last; ++o) {
    std::fill_n(out, row_is_out_ ? row_ : 1, 0.0);
    go_to(outers, outers + rests, first_rest);
    for (std::int64_t r = first_rest; r < last_rest; ++r) {
      double factor = 1.0;
      for (const std::size_t k : once_) factor *= *walk.at[k];
      if (factor != 0.0) reduce_rows<maximum>(walk, factor, out);
      if (r + 1 < last_rest) advance(outers, outers + rests);
    }
    if (o + 1 < last) advance(0, outers);
  }
}

/// Tiles are cut by the shape alone. A small result of a long reduction is made of partial results, added in the order of the tiles.
void Contraction::fill_in_tiles(std::span<const double* const> inputs, double* out, Reduction reduction, Team* team) const {
  const bool maximum = reduction == Reduction::maximum;
  const auto part = [&](std::int64_t first, std::int64_t last, std::int64_t first_rest, std::int64_t last_rest, double* to) {
    maximum ? fill<true>(inputs, first, last, first_rest, last_rest, to) : fill<false>(inputs, first, last, first_rest, last_rest, to);
  };
  const auto wanted = static_cast<std::int64_t>(std::min(work_ / tile_work, static_cast<double>(most_tiles)));
  if (wanted < 2) return part(0, outer_count_, 0, rest_count_, out);
  const auto run = [&](std::int64_t tiles, const auto& work) {
    if (team == nullptr) {
      for (std::int64_t tile = 0; tile < tiles; ++tile) work(tile);
      return;
    }
    // Each thread has flags of its own; what happens in a tile is told to the caller.
    std::atomic<bool> underflow{std::fetestexcept(FE_UNDERFLOW) != 0};
    team->run(tiles, [&](std::int64_t tile, int) {
      std::feclearexcept(FE_UNDERFLOW);
      work(tile);
      if (std::fetestexcept(FE_UNDERFLOW) != 0) underflow = true;
    });
    if (underflow) std::feraiseexcept(FE_UNDERFLOW);
  };
  if (rest_count_ >= wanted && outer_count_ < wanted && out_entries_ <= most_partial_entries) {
    std::vector<double> partial(static_cast<std::size_t>(wanted * out_entries_));
    run(wanted, [&](std::int64_t tile) { part(0, outer_count_, rest_count_ * tile / wanted, rest_count_ * (tile + 1) / wanted, &partial[static_cast<std::size_t>(tile * out_entries_)]); });
    std::fill_n(out, out_entries_, 0.0);
    for (std::size_t i = 0; i < partial.size(); ++i) {
      double& into = out[i % static_cast<std::size_t>(out_entries_)];
      into = maximum ? std::max(into, partial[i]) : into + partial[i];
    }
    return;
  }
  const std::int64_t tiles = std::min(wanted, outer_count_);
  run(tiles, [&](std::int64_t tile) { part(outer_count_ * tile / tiles, outer_count_ * (tile + 1) / tiles, 0, rest_count_, out); });
}

/// Calls take(o, inputs) for each combination of the result and the reduced variables, the reduced ones fastest.
template <class Take>
void Contraction::each_product(std::span<const double* const> inputs, const Take& take) const {
  std::vector<const double*> at(inputs.begin(), inputs.end());
  std::vector<std::int64_t> index(all_.size(), 0);
  std::int64_t reduced = 1;
  for (std::size_t d = out_dimensions_; d < all_.size(); ++d) reduced *= all_[d].size;
  for (std::int64_t o = 0; o < out_entries_; ++o)
    for (std::int64_t r = 0; r < reduced; ++r) {
      take(o, at);
      for (std::size_t d = all_.size(); d-- > 0;) {
        const std::int64_t step = index[d] + 1 < all_[d].size ? 1 : -index[d];
        index[d] += step;
        for (std::size_t k = 0; k < inputs_; ++k) at[k] += step * all_[d].strides[k];
        if (step > 0) break;
      }
    }
}

Contraction::Scale Contraction::fill_wide(std::span<const double* const> inputs, double* out, Reduction reduction) const {
  std::vector<long double> wide(static_cast<std::size_t>(out_entries_), 0.0L);
  each_product(inputs, [&](std::int64_t o, const std::vector<const double*>& at) {
    long double value = 1.0L;
    for (const double* each : at) value *= *each;
    long double& into = wide[static_cast<std::size_t>(o)];
    into = reduction == Reduction::maximum ? std::max(into, value) : into + value;
  });
  const long double largest = *std::max_element(wide.begin(), wide.end());
  if (largest == 0.0L) {
    std::fill_n(out, out_entries_, 0.0);
    return {0, true};
  }
  int exponent = 0;
  (void)std::frexp(largest, &exponent);
  for (std::int64_t o = 0; o < out_entries_; ++o) out[o] = static_cast<double>(std::ldexp(wide[static_cast<std::size_t>(o)], -exponent));
  return {exponent, false};
}

bool Contraction::run_logs(std::span<const double* const> inputs, double* out, Reduction reduction) const {
  constexpr double none = -std::numeric_limits<double>::infinity();
  // A sum is kept as its largest logarithm, in `out`, and the rest in units of that.
  std::vector<double> sums(static_cast<std::size_t>(out_entries_), 0.0);
  std::fill_n(out, out_entries_, none);
  each_product(inputs, [&](std::int64_t o, const std::vector<const double*>& at) {
    double value = 0.0;
    for (const double* each : at) value += *each;
    if (value == none) return;
    double& sum = sums[static_cast<std::size_t>(o)];
    if (value > out[o]) {
      sum = sum * std::exp(out[o] - value) + 1.0;
      out[o] = value;
    } else {
      sum += std::exp(value - out[o]);
    }
  });
  bool zero = true;
  for (std::int64_t o = 0; o < out_entries_; ++o) {
    zero = zero && out[o] == none;
    if (reduction == Reduction::sum && out[o] != none) out[o] += std::log(sums[static_cast<std::size_t>(o)]);
  }
  return zero;
}

Contraction::Scale Contraction::run(std::span<const double* const> inputs, double* out, Reduction reduction, Team* team) const {
  fill_in_tiles(inputs, out, reduction, team);
  const double largest = *std::max_element(out, out + out_entries_);
  if (largest < too_small) {
    for (const double* input : inputs) require(input != nullptr, "a table is missing");
    return fill_wide(inputs, out, reduction);
  }
  int exponent = 0;
  (void)std::frexp(largest, &exponent);
  if (exponent != 0) {
    const double scale = std::ldexp(1.0, -exponent);
    for (std::int64_t o = 0; o < out_entries_; ++o) out[o] *= scale;
  }
  return {exponent, false};
}

}  // namespace footfall
