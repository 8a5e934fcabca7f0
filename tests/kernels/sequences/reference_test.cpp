// The reference itself: its hand-written gradient against central differences of its own loss.
#include "tests/kernels/sequences/reference.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace footfall::test {
namespace {

/// Central differences with step e have an error of e^2 f''' / 6 + 1e-16 |f| / e: with e = 1e-5, values and derivatives of order 1 to 10
/// and some hundred terms this stays below 1e-8.
void expect_gradient(RnnProblem& p, std::vector<double>& values, const std::vector<double>& gradient, const char* what) {
  constexpr double e = 1e-5;
  ASSERT_EQ(values.size(), gradient.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double kept = values[i];
    values[i] = kept + e;
    const double above = loss(p);
    values[i] = kept - e;
    const double below = loss(p);
    values[i] = kept;
    ASSERT_NEAR(gradient[i], (above - below) / (2 * e), 1e-8 * (1 + std::abs(gradient[i]))) << what << " " << i;
  }
}

void check(Cell cell) {
  RnnProblem p = make_problem({cell, 3, {4, 2}, {4, 1, 3}}, 7);
  const RnnAnswer a = solve(p);
  expect_gradient(p, p.x, a.dx, "x");
  expect_gradient(p, p.weights, a.dweights, "weight");
  expect_gradient(p, p.h0, a.dh0, "initial state");
  if (cell == Cell::lstm) expect_gradient(p, p.c0, a.dc0, "initial cell state");
}

TEST(RnnReference, lstm_gradient_is_that_of_its_own_loss) { check(Cell::lstm); }
TEST(RnnReference, gru_gradient_is_that_of_its_own_loss) { check(Cell::gru); }

}  // namespace
}  // namespace footfall::test
