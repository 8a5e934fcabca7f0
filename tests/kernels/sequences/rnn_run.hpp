#pragma once

#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "tests/kernels/sequences/reference.hpp"

namespace footfall::test {

/// What a backend makes of a problem, in the arrays of RnnAnswer.
struct RnnResult {
  std::vector<float> y, hn, cn, dx, dh0, dc0, dweights;
};

/// Forward (as in training) and backward. Empty parts of the problem are given as empty views.
[[nodiscard]] RnnResult train_once(const RnnProblem& problem, Backend& backend, Stream& stream);
/// The same with a plan of the caller's, whose batch and time may be larger than the problem's.
[[nodiscard]] RnnResult train_once(const RnnProblem& problem, Rnn& plan, Stream& stream);
/// Forward without keeping anything for backward: y, hn and cn only.
[[nodiscard]] RnnResult score_once(const RnnProblem& problem, Backend& backend, Stream& stream);

/// max |a - b| <= 1e-5 max |b| for each array, which is what the project promises against published vectors. float32 sums of a few hundred
/// terms and activations good to 4e-7 leave a few 1e-6. `relative` may be widened where a test says why.
void expect_agreement(const RnnResult& result, const RnnAnswer& answer, const RnnProblem& problem, bool gradients, double relative = 1e-5);
void expect_array(const std::vector<float>& a, const std::vector<double>& b, double relative, const std::string& what);

}  // namespace footfall::test
