#include "engine/bayes/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "kernels/device/random.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// A number in [0, 1) for one cell.
double cell_number(std::int64_t row, std::int32_t variable, std::uint64_t seed) {
  const auto r = static_cast<std::uint64_t>(row);
  const PhiloxWords words = philox({{static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(r >> 32), static_cast<std::uint32_t>(variable), 0x6261796eU}}, seed);
  return unit_double(words.word[0], words.word[1]);
}

/// Running sums of each row; those behind the last state with a probability are 1, so that rounding never draws an impossible one.
std::vector<double> running_sums(const std::vector<double>& table, std::int32_t size) {
  std::vector<double> out(table.size());
  for (std::size_t row = 0; row < table.size(); row += static_cast<std::size_t>(size)) {
    double sum = 0.0;
    std::size_t last = row;
    for (std::size_t i = row; i < row + static_cast<std::size_t>(size); ++i) {
      out[i] = sum += table[i];
      if (table[i] > 0.0) last = i;
    }
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(last), out.begin() + static_cast<std::ptrdiff_t>(row) + size, 1.0);
  }
  return out;
}

std::int32_t pick(const double* sums, std::int32_t size, double number) {
  std::int32_t state = 0;
  while (state + 1 < size && number >= sums[state]) ++state;
  return state;
}

/// What some samples add up to, in units of exp(log_scale).
struct Sums {
  double log_scale = -std::numeric_limits<double>::infinity();
  double weight = 0.0, squares = 0.0;
  std::vector<std::vector<double>> of, squares_of;   ///< [variables][states]

  explicit Sums(const std::vector<Variable>& variables) {
    for (const Variable& variable : variables) of.emplace_back(variable.states.size(), 0.0);
    squares_of = of;
  }

  void rescale(double log_new) {
    const double by = std::exp(log_scale - log_new), by_square = by * by;
    log_scale = log_new;
    weight *= by;
    squares *= by_square;
    for (auto& values : of)
      for (double& value : values) value *= by;
    for (auto& values : squares_of)
      for (double& value : values) value *= by_square;
  }

  void add(double log_weight, const std::vector<std::int32_t>& states) {
    if (log_weight == -std::numeric_limits<double>::infinity()) return;
    if (log_weight > log_scale) rescale(log_weight);
    const double w = std::exp(log_weight - log_scale);
    weight += w;
    squares += w * w;
    for (std::size_t v = 0; v < states.size(); ++v) {
      of[v][static_cast<std::size_t>(states[v])] += w;
      squares_of[v][static_cast<std::size_t>(states[v])] += w * w;
    }
  }

  void add(Sums& other) {
    if (other.weight == 0.0) return;
    const double scale = std::max(log_scale, other.log_scale);
    rescale(scale);
    other.rescale(scale);
    weight += other.weight;
    squares += other.squares;
    for (std::size_t v = 0; v < of.size(); ++v)
      for (std::size_t s = 0; s < of[v].size(); ++s) {
        of[v][s] += other.of[v][s];
        squares_of[v][s] += other.squares_of[v][s];
      }
  }
};

}  // namespace

ForwardSampler::ForwardSampler(const Network& network, std::uint64_t seed) : order_(topological_order(network)), seed_(seed) {
  for (std::size_t v = 0; v < network.variables.size(); ++v) {
    sizes_.push_back(network.variables[v].size());
    parents_.push_back(network.families[v].parents);
    cumulative_.push_back(running_sums(network.families[v].table, sizes_.back()));
  }
}

void ForwardSampler::draw(std::int64_t first, std::int64_t rows, std::vector<std::vector<std::int32_t>>& codes, Team* team) const {
  codes.resize(sizes_.size());
  for (auto& column : codes) column.resize(static_cast<std::size_t>(rows));
  constexpr std::int64_t tile_rows = 1024;
  const auto work = [&](std::int64_t tile, int) {
    for (const std::int32_t variable : order_) {
      const auto v = static_cast<std::size_t>(variable);
      for (std::int64_t row = tile * tile_rows; row < std::min(rows, (tile + 1) * tile_rows); ++row) {
        std::size_t index = 0;
        for (const std::int32_t parent : parents_[v])
          index = index * static_cast<std::size_t>(sizes_[static_cast<std::size_t>(parent)]) + static_cast<std::size_t>(codes[static_cast<std::size_t>(parent)][static_cast<std::size_t>(row)]);
        codes[v][static_cast<std::size_t>(row)] = pick(&cumulative_[v][index * static_cast<std::size_t>(sizes_[v])], sizes_[v], cell_number(first + row, variable, seed_));
      }
    }
  };
  const std::int64_t tiles = (rows + tile_rows - 1) / tile_rows;
  if (team != nullptr) return team->run(tiles, work);
  for (std::int64_t tile = 0; tile < tiles; ++tile) work(tile, 0);
}

WeightedEstimate weigh_samples(const Network& network, const Evidence& evidence, std::int64_t samples, std::uint64_t seed, Team* team) {
  check_evidence(network.variables, evidence);
  const std::vector<std::int32_t> order = topological_order(network);
  std::vector<std::vector<double>> sums;
  for (std::size_t v = 0; v < network.variables.size(); ++v) sums.push_back(running_sums(network.families[v].table, network.variables[v].size()));
  constexpr std::int64_t tile_samples = 4096;
  const std::int64_t tiles = (samples + tile_samples - 1) / tile_samples;
  const auto weigh = [&](std::int64_t tile, Sums& into) {
    std::vector<std::int32_t> states(network.variables.size(), 0);
    for (std::int64_t sample = tile * tile_samples; sample < std::min(samples, (tile + 1) * tile_samples); ++sample) {
      double log_weight = 0.0;
      for (const std::int32_t variable : order) {
        const auto v = static_cast<std::size_t>(variable);
        const std::int32_t size = network.variables[v].size();
        std::size_t index = 0;
        for (const std::int32_t parent : network.families[v].parents)
          index = index * network.variables[static_cast<std::size_t>(parent)].states.size() + static_cast<std::size_t>(states[static_cast<std::size_t>(parent)]);
        index *= static_cast<std::size_t>(size);
        states[v] = evidence.state(v);
        if (states[v] < 0) {
          states[v] = pick(&sums[v][index], size, cell_number(sample, variable, seed));
        } else {
          log_weight += std::log(network.families[v].table[index + static_cast<std::size_t>(states[v])]);
        }
      }
      for (const Likelihood& each : evidence.likelihoods) log_weight += std::log(each.values[static_cast<std::size_t>(states[static_cast<std::size_t>(each.variable)])]);
      into.add(log_weight, states);
    }
  };
  Sums all(network.variables);
  // Rounds of a fixed number of tiles bound the memory; they are added in order.
  constexpr std::int64_t round = 32;
  for (std::int64_t first = 0; first < tiles; first += round) {
    std::vector<Sums> parts(static_cast<std::size_t>(std::min(round, tiles - first)), Sums(network.variables));
    const auto work = [&](std::int64_t i, int) { weigh(first + i, parts[static_cast<std::size_t>(i)]); };
    if (team != nullptr) {
      team->run(static_cast<std::int64_t>(parts.size()), work);
    } else {
      for (std::size_t i = 0; i < parts.size(); ++i) work(static_cast<std::int64_t>(i), 0);
    }
    for (Sums& part : parts) all.add(part);
  }
  if (!(all.weight > 0.0))
    throw failure(fmt::format("none of {} samples agrees with the evidence", samples), "take more --samples, or leave out an observation; its probability may be 0");
  const auto n = static_cast<double>(samples);
  WeightedEstimate out;
  out.log_evidence = all.log_scale + std::log(all.weight / n);
  const double mean = all.weight / n;
  out.log_evidence_error = std::sqrt(std::max(0.0, all.squares / n - mean * mean) / n) / mean;
  out.effective_samples = all.weight * all.weight / all.squares;
  for (std::size_t v = 0; v < all.of.size(); ++v) {
    std::vector<double> estimates, errors;
    for (std::size_t s = 0; s < all.of[v].size(); ++s) {
      const double p = all.of[v][s] / all.weight;
      // sum of (w (1[x] - p))^2 = (1 - p)^2 sum of w^2 over x + p^2 sum of w^2 elsewhere
      const double inside = all.squares_of[v][s], outside = std::max(0.0, all.squares - inside);
      estimates.push_back(p);
      errors.push_back(std::sqrt((1.0 - p) * (1.0 - p) * inside + p * p * outside) / all.weight);
    }
    out.of.push_back(std::move(estimates));
    out.standard_error.push_back(std::move(errors));
  }
  return out;
}

}  // namespace footfall
