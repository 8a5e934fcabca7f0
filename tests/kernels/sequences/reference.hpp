#pragma once

#include <cstdint>
#include <vector>

#include "kernels/sequences/sequences.hpp"

namespace footfall::test {

/// A stack, a batch and the gradients that come from above: everything that a training pass reads, in float64.
/// Loss: sum(y * dy) + sum(hn * dhn) + sum(cn * dcn).
struct RnnProblem {
  RnnSpec spec;
  std::int64_t time = 0;
  std::vector<std::int32_t> lengths;  // [batch]
  std::vector<double> x;              // [time, batch, input]
  std::vector<double> weights;        // as RnnSpec tells
  std::vector<double> h0, c0;         // may be empty
  std::vector<double> dy, dhn, dcn;   // may be empty

  [[nodiscard]] std::int64_t batch() const { return static_cast<std::int64_t>(lengths.size()); }
};

struct RnnAnswer {
  std::vector<double> y, hn, cn;
  std::vector<double> dx, dh0, dc0, dweights;  // dx is zero past a sequence's length
};

/// Forward and backward as the equations of Hochreiter and Schmidhuber (with the forget gate of Gers) and of Cho et al. (reset gate after
/// the product) have it: one sequence, one step, one unit at a time.
[[nodiscard]] RnnAnswer solve(const RnnProblem& problem);
[[nodiscard]] double loss(const RnnProblem& problem);

/// A problem of pseudo-random numbers. Weights have torch's scale, 1 / sqrt(hidden).
struct ProblemShape {
  Cell cell = Cell::lstm;
  std::int64_t input = 1;
  std::vector<std::int64_t> hidden;
  std::vector<std::int32_t> lengths;
  bool initial_states = true;
};
[[nodiscard]] RnnProblem make_problem(const ProblemShape& shape, std::uint64_t seed);

}  // namespace footfall::test
