#include "engine/bayes/plan_writer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Products stay above 2^-120, float32's smallest normal number being 2^-126.
constexpr double lowest = -120.0;
/// What a rescale leaves at least in a row that is not done again in float64 (RescaleLimits), and at most.
constexpr double lower_rescaled = -40.0;
constexpr double upper_rescaled = 1.0;
constexpr double highest = 100.0;

[[nodiscard]] double sum_of(const std::vector<Piece>& pieces, double Piece::*bound) {
  double sum = 0.0;
  for (const Piece& piece : pieces) sum += piece.*bound;
  return sum;
}

}  // namespace

std::int32_t PlanWriter::input_of(std::int32_t variable) {
  const auto at = std::find(inputs_.begin(), inputs_.end(), variable);
  if (at != inputs_.end()) return static_cast<std::int32_t>(at - inputs_.begin());
  inputs_.push_back(variable);
  plan_.inputs.push_back({request_.columns[static_cast<std::size_t>(variable)], static_cast<std::int32_t>(radix_.states(variable))});
  return static_cast<std::int32_t>(inputs_.size()) - 1;
}

std::int32_t PlanWriter::table_of(const Piece& piece) {
  const std::size_t at = plan_.values.size();
  if (static_cast<double>(at + piece.values.size()) * sizeof(double) > static_cast<double>(request_.memory) ||
      at + piece.values.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw bad_input(fmt::format("the tables of the posterior need more than {} MiB", request_.memory >> 20), "give --memory more, or observe more variables");
  }
  if (piece.lower < lowest - lower_rescaled) plan_.wide = true;
  plan_.values.insert(plan_.values.end(), piece.values.begin(), piece.values.end());
  return static_cast<std::int32_t>(at);
}

std::int32_t PlanWriter::take_slots(std::int64_t count) {
  for (auto run = free_.begin(); run != free_.end(); ++run) {
    if (run->count < count) continue;
    const std::int32_t first = run->first;
    run->first += static_cast<std::int32_t>(count);
    run->count -= static_cast<std::int32_t>(count);
    if (run->count == 0) free_.erase(run);
    return first;
  }
  if (plan_.slots + count > std::numeric_limits<std::int32_t>::max()) throw bad_input("a row of this posterior needs more than 8 GiB", "observe more variables");
  const std::int32_t first = plan_.slots;
  plan_.slots += static_cast<std::int32_t>(count);
  return first;
}

void PlanWriter::give_back(const Piece& piece) {
  if (piece.constant()) return;
  const Run run{piece.slot, static_cast<std::int32_t>(radix_.cells(piece.scope))};
  auto at = std::find_if(free_.begin(), free_.end(), [&](const Run& other) { return other.first > run.first; });
  at = free_.insert(at, run);
  if (at + 1 != free_.end() && at->first + at->count == (at + 1)->first) {
    at->count += (at + 1)->count;
    free_.erase(at + 1);
  }
  if (at != free_.begin() && (at - 1)->first + (at - 1)->count == at->first) {
    (at - 1)->count += at->count;
    free_.erase(at);
  }
}

Piece PlanWriter::evidence(std::int32_t variable) {
  Piece piece;
  piece.scope = {variable};
  piece.slot = take_slots(radix_.states(variable));
  plan_.steps.push_back({PlanOp::evidence, piece.slot, static_cast<std::int32_t>(radix_.states(variable)), input_of(variable), 0, 1, 0});
  return piece;
}

void PlanWriter::add_gather(const Piece& piece, std::int32_t to, PlanOp op) {
  const auto cells = static_cast<std::int64_t>(radix_.cells(piece.scope));
  const std::vector<std::int64_t> strides = strides_of(piece.index, radix_, true);
  PlanStep step{op, to, static_cast<std::int32_t>(cells), static_cast<std::int32_t>(plan_.terms.size()), static_cast<std::int32_t>(piece.index.size()), 1, table_of(piece)};
  for (std::size_t k = 0; k < piece.index.size(); ++k) plan_.terms.push_back({input_of(piece.index[k]), static_cast<std::int32_t>(strides[k] * cells)});
  plan_.steps.push_back(step);
}

Piece PlanWriter::gathered(const Piece& piece) { return gathered(std::vector<Piece>{piece}); }

Piece PlanWriter::gathered(const std::vector<Piece>& pieces) {
  Piece result;
  result.scope = pieces.front().scope;
  result.slot = take_slots(static_cast<std::int64_t>(radix_.cells(result.scope)));
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    if (p > 0 && result.lower + pieces[p].lower < lowest) rescale(result);
    add_gather(pieces[p], result.slot, p == 0 ? PlanOp::gather : PlanOp::multiply);
    result.lower += pieces[p].lower;
    result.upper += pieces[p].upper;
  }
  return result;
}

void PlanWriter::rescale(Piece& piece) {
  plan_.steps.push_back({PlanOp::rescale, piece.slot, static_cast<std::int32_t>(radix_.cells(piece.scope)), 0, 0, 1, 0});
  piece.lower = std::max(piece.lower - std::max(piece.upper, 0.0), lower_rescaled);
  piece.upper = upper_rescaled;
}

/// Rescales operands, and multiplies some of them together before the others, until no product can fall below the normal numbers.
void PlanWriter::keep_in_range(std::vector<Piece>& operands) {
  const auto too_low = [&] { return sum_of(operands, &Piece::lower) < lowest || sum_of(operands, &Piece::upper) > highest; };
  for (Piece& piece : operands)
    if (too_low() && !piece.constant() && (piece.lower < lower_rescaled || piece.upper > upper_rescaled)) rescale(piece);
  while (too_low()) {
    const auto pair = smallest_pair(operands);
    if (!pair) return;   // a constant alone with one: within range, or the plan is wide
    join(operands, *pair);
    rescale(operands[pair->first]);
  }
}

/// The two slot operands over the smallest union.
std::optional<std::pair<std::size_t, std::size_t>> PlanWriter::smallest_pair(const std::vector<Piece>& operands) const {
  std::optional<std::pair<std::size_t, std::size_t>> best;
  double smallest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < operands.size(); ++i)
    for (std::size_t j = i + 1; j < operands.size(); ++j) {
      if (operands[i].constant() || operands[j].constant()) continue;
      const double size = radix_.cells(united(operands[i].scope, operands[j].scope));
      if (size >= smallest) continue;
      smallest = size;
      best = {i, j};
    }
  return best;
}

void PlanWriter::join(std::vector<Piece>& operands, std::pair<std::size_t, std::size_t> pair) {
  Piece both = contracted_at_once({operands[pair.first], operands[pair.second]}, std::nullopt);
  operands.erase(operands.begin() + static_cast<std::ptrdiff_t>(pair.second));
  operands[pair.first] = std::move(both);
}

/// Two operands over few states are multiplied once for each of those, rather than in every entry of the whole product.
void PlanWriter::multiply_small(std::vector<Piece>& operands) {
  std::vector<std::int32_t> all;
  for (const Piece& piece : operands) all = united(all, piece.scope);
  const double whole = radix_.cells(all);
  while (const auto pair = smallest_pair(operands)) {
    if (operands.size() < 3 || 2.0 * radix_.cells(united(operands[pair->first].scope, operands[pair->second].scope)) > whole) return;
    join(operands, *pair);
  }
}

Piece PlanWriter::contracted(std::vector<Piece> operands, std::optional<std::int32_t> summed) {
  std::stable_sort(operands.begin(), operands.end(), [](const Piece& a, const Piece& b) { return a.constant() && !b.constant(); });
  keep_in_range(operands);
  multiply_small(operands);
  return contracted_at_once(operands, summed);
}

Piece PlanWriter::contracted_at_once(const std::vector<Piece>& operands, std::optional<std::int32_t> summed) {
  Piece result;
  for (const Piece& piece : operands) result.scope = united(result.scope, piece.scope);
  std::vector<std::int32_t> order = result.scope;
  if (summed) {
    result.scope = without(result.scope, *summed);
    order = result.scope;
    order.push_back(*summed);
  }
  const double bytes = radix_.cells(order) * static_cast<double>(operands.size() * sizeof(std::int32_t));
  if (bytes + static_cast<double>(plan_.operands.size() * sizeof(std::int32_t)) > static_cast<double>(request_.memory)) {
    throw bad_input(fmt::format("exact posteriors of this target need {:.3g} GiB, more than the {} MiB that they may take", bytes / 1073741824.0, request_.memory >> 20),
                    "give --memory more, or observe more variables");
  }
  std::vector<std::int64_t> limits;
  for (const std::int32_t variable : order) limits.push_back(radix_.states(variable));
  std::vector<std::vector<std::int64_t>> strides;
  std::vector<std::int32_t> bases;
  for (const Piece& piece : operands) {
    strides.push_back(scope_strides(order, piece.scope, radix_));
    bases.push_back(piece.constant() ? table_of(piece) : piece.slot);
  }
  const auto cells = static_cast<std::int64_t>(radix_.cells(result.scope));
  result.slot = take_slots(cells);
  plan_.steps.push_back({PlanOp::contract, result.slot, static_cast<std::int32_t>(cells), static_cast<std::int32_t>(plan_.operands.size()),
                         static_cast<std::int32_t>(operands.size()), summed ? static_cast<std::int32_t>(radix_.states(*summed)) : 1, 0});
  Odometer at(limits, strides);
  do {
    for (std::size_t p = 0; p < operands.size(); ++p) {
      const auto place = static_cast<std::int32_t>(bases[p] + at.offset(p));
      plan_.operands.push_back(operands[p].constant() ? ~place : place);
    }
  } while (at.next());
  result.lower = sum_of(operands, &Piece::lower);
  result.upper = sum_of(operands, &Piece::upper) + (summed ? std::log2(static_cast<double>(radix_.states(*summed))) : 0.0);
  for (const Piece& piece : operands) give_back(piece);
  return result;
}

PosteriorPlan PlanWriter::finish(const Piece& result, bool normalised, double log_scale) {
  plan_.result = result.slot;
  plan_.states = static_cast<std::int32_t>(radix_.states(request_.target));
  plan_.normalised = normalised;
  plan_.evidence = request_.evidence;
  plan_.log_scale = log_scale;
  return std::move(plan_);
}

}  // namespace footfall
