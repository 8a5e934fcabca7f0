// The CPU's recurrent cells: their activations, and the same answers from every instruction set that this processor has.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>

#include "kernels/sequences/rnn_tile.hpp"
#include "tests/kernels/sequences/rnn_run.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

class InstructionSets : public BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (!on_cpu()) GTEST_SKIP() << "instruction sets belong to the CPU backend";
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
    BackendTest::TearDown();
  }

  /// Calls `body` with each instruction set of this processor alone.
  template <class Body>
  void for_each_set(Body body) {
    int sets = 0;
    for (std::int64_t rest = hwy::SupportedTargets(); rest != 0; rest &= rest - 1) {
      const std::int64_t one = rest & ~(rest - 1);
      hwy::SetSupportedTargetsForTest(one);
      hwy::GetChosenTarget().DeInit();
      SCOPED_TRACE("instruction set " + std::string(hwy::TargetName(one)) + ", vectors of " + std::to_string(rnn_lanes()));
      body();
      ++sets;
      hwy::SetSupportedTargetsForTest(0);
    }
    EXPECT_GT(sets, 0);
  }
};

TEST_F(InstructionSets, lstm_and_gru_agree_with_the_reference) {
  for (const Cell cell : {Cell::lstm, Cell::gru}) {
    const RnnProblem p = make_problem({cell, 11, {21, 32, 3}, {9, 9, 7, 1, 3, 9, 2, 5, 5, 5, 5, 8, 9, 1, 1, 2, 3, 4, 5}}, 91);
    const RnnAnswer answer = solve(p);
    for_each_set([&] {
      expect_agreement(train_once(p, backend(), stream()), answer, p, true);
      expect_agreement(score_once(p, backend(), stream()), answer, p, false);
    });
  }
}

/// Every float of a thinned-out set over the whole range, and the ends.
TEST_F(InstructionSets, activations_have_their_stated_error) {
  std::vector<float> x = {
      0.0F, -0.0F, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), 1e-30F, -1e-40F, 9.02F, -9.02F, 1e30F};
  for (float v = 1e-6F; v < 30.0F; v *= 1.0007F) {
    x.push_back(v);
    x.push_back(-v);
  }
  std::vector<float> y(x.size());
  for_each_set([&] {
    rnn_tanh(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = std::tanh(static_cast<double>(x[i]));
      ASSERT_LE(std::abs(y[i] - expected), 4e-7 * std::abs(expected)) << "tanh of " << x[i];
      ASSERT_LE(std::abs(y[i]), 1.0F) << "tanh of " << x[i];
    }
    rnn_sigmoid(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_LE(std::abs(y[i] - 1.0 / (1.0 + std::exp(-static_cast<double>(x[i])))), 2.5e-7) << "sigmoid of " << x[i];
      ASSERT_GE(y[i], 0.0F) << "sigmoid of " << x[i];
      ASSERT_LE(y[i], 1.0F) << "sigmoid of " << x[i];
    }
    // A NaN of the data must not turn into a number.
    const float nan = std::nanf("");
    float out = 0;
    rnn_tanh(&nan, &out, 1);
    EXPECT_TRUE(std::isnan(out));
  });
}

}  // namespace
}  // namespace footfall::test
