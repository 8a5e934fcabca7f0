// LSTM and GRU stacks against the float64 reference, on the backend under test.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/device/team.hpp"
#include "tests/kernels/sequences/rnn_run.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

using Lengths = std::vector<std::int32_t>;

Lengths equal_lengths(std::int64_t batch, std::int32_t time) { return Lengths(static_cast<std::size_t>(batch), time); }

/// Lengths in no order, with the longest somewhere inside.
Lengths ragged_lengths(std::int64_t batch, std::int32_t time, std::uint64_t seed) {
  Numbers numbers(seed);
  Lengths lengths;
  for (std::int64_t b = 0; b < batch; ++b) lengths.push_back(static_cast<std::int32_t>(1 + numbers.below(time)));
  lengths[static_cast<std::size_t>(batch / 2)] = time;
  return lengths;
}

class RnnBackend : public BackendTest {
 protected:
  void check(const ProblemShape& shape, std::uint64_t seed) {
    const RnnProblem problem = make_problem(shape, seed);
    const RnnAnswer answer = solve(problem);
    {
      SCOPED_TRACE("training");
      expect_agreement(train_once(problem, backend(), stream()), answer, problem, true);
    }
    SCOPED_TRACE("scoring");
    expect_agreement(score_once(problem, backend(), stream()), answer, problem, false);
  }

  void check_edges(Cell cell) {
    for (const std::int64_t hidden : {1, 8, 64, 128, 200}) {
      SCOPED_TRACE("hidden " + std::to_string(hidden));
      // One number stands for the whole array when there is one unit: a seed for which c = f c0 + i g does not cancel.
      check({cell, 5, {hidden}, equal_lengths(1, 1)}, 15);
      check({cell, 1, {hidden}, equal_lengths(3, 4), false}, 12);
    }
    check({cell, 7, {24}, ragged_lengths(33, 9, 3)}, 13);
    check({cell, 33, {40}, ragged_lengths(18, 20, 4)}, 14);
  }

  void check_stacks(Cell cell) {
    check({cell, 6, {20, 8, 5}, ragged_lengths(33, 11, 5)}, 21);
    check({cell, 6, {128, 64}, ragged_lengths(5, 4, 6)}, 22);
    check({cell, 70, {1, 17}, ragged_lengths(70, 3, 7), false}, 23);
    check({cell, 2, {3, 2}, equal_lengths(300, 2)}, 24);
  }

  /// Parts that are not asked for change nothing of the others.
  void check_optional(Cell cell) {
    RnnProblem p = make_problem({cell, 4, {9, 6}, ragged_lengths(7, 6, 8), false}, 31);
    for (const int part : {0, 1, 2, 3}) {
      SCOPED_TRACE("without gradient " + std::to_string(part));
      RnnProblem less = p;
      if (part == 0) less.dy.clear();
      if (part == 1) less.dhn.clear();
      if (part == 2) less.dcn.clear();
      if (part == 3) less.dy.clear(), less.dcn.clear();
      expect_agreement(train_once(less, backend(), stream()), solve(less), less, true);
    }
  }
};

TEST_F(RnnBackend, lstm_edges) { check_edges(Cell::lstm); }
TEST_F(RnnBackend, gru_edges) { check_edges(Cell::gru); }
TEST_F(RnnBackend, lstm_stacks) { check_stacks(Cell::lstm); }
TEST_F(RnnBackend, gru_stacks) { check_stacks(Cell::gru); }
TEST_F(RnnBackend, lstm_optional_gradients) { check_optional(Cell::lstm); }
TEST_F(RnnBackend, gru_optional_gradients) { check_optional(Cell::gru); }

TEST_F(RnnBackend, lstm_without_outputs_or_states) {
  const RnnProblem p = make_problem({Cell::lstm, 4, {9, 6}, ragged_lengths(7, 6, 8)}, 41);
  const auto plan = backend().sequences().make_rnn(p.spec, stream());
  const Array<float> x = upload(std::vector<float>(p.x.begin(), p.x.end()), stream());
  const Array<float> w = upload(std::vector<float>(p.weights.begin(), p.weights.end()), stream());
  Array<float> hn(stream(), p.batch() * state_width(p.spec));
  RnnForward run;
  run.x = x.matrix(p.time * p.batch(), p.spec.input);
  run.lengths = view_of(p.lengths);
  run.weights = w.view();
  run.hn = hn.view();
  RnnProblem from_zero = p;
  from_zero.h0.clear();
  from_zero.c0.clear();
  const RnnAnswer answer = solve(from_zero);
  for (const bool training : {false, true}) {
    plan->forward(run, training, stream());
    expect_array(download(hn.view(), stream()), answer.hn, 1e-5, "hn");
  }
}

TEST_F(RnnBackend, lstm_plan_serves_smaller_batches_and_adds_gradients) {
  RnnSpec spec{Cell::lstm, 5, {12, 4}, 40, 12, true, Precision::float32};
  const auto plan = backend().sequences().make_rnn(spec, stream());
  for (const std::int64_t batch : {40, 1, 17}) {
    const RnnProblem p = make_problem({Cell::lstm, 5, {12, 4}, ragged_lengths(batch, 12 - static_cast<std::int32_t>(batch % 5), 9)}, 51);
    expect_agreement(train_once(p, *plan, stream()), solve(p), p, true);
  }

  RnnProblem p = make_problem({Cell::lstm, 5, {12, 4}, ragged_lengths(6, 5, 9), false}, 52);
  p.dy.clear();
  const Array<float> x = upload(std::vector<float>(p.x.begin(), p.x.end()), stream());
  const Array<float> w = upload(std::vector<float>(p.weights.begin(), p.weights.end()), stream());
  const Array<float> dhn = upload(std::vector<float>(p.dhn.begin(), p.dhn.end()), stream());
  const Array<float> dcn = upload(std::vector<float>(p.dcn.begin(), p.dcn.end()), stream());
  Array<float> dw = upload(std::vector<float>(p.weights.size(), 1.0F), stream());
  RnnBackward run;
  run.forward.x = x.matrix(p.time * p.batch(), p.spec.input);
  run.forward.lengths = view_of(p.lengths);
  run.forward.weights = w.view();
  run.dhn = dhn.view();
  run.dcn = dcn.view();
  run.dweights = dw.view();
  std::vector<double> expected(p.weights.size(), 1.0);
  const RnnAnswer answer = solve(p);
  for (int turn = 1; turn <= 2; ++turn) {
    plan->forward(run.forward, true, stream());
    plan->backward(run, stream());
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += answer.dweights[i];
    expect_array(download(dw.view(), stream()), expected, 1e-5, "dweights after turn " + std::to_string(turn));
  }
}

TEST_F(RnnBackend, lstm_runs_repeat_bit_for_bit) {
  const RnnProblem p = make_problem({Cell::lstm, 9, {33, 16}, ragged_lengths(50, 7, 10)}, 61);
  const RnnResult one = train_once(p, backend(), stream());
  const RnnResult two = train_once(p, backend(), stream());
  expect_same_bits(one.y, two.y, "y");
  expect_same_bits(one.cn, two.cn, "cn");
  expect_same_bits(one.dx, two.dx, "dx");
  expect_same_bits(one.dweights, two.dweights, "dweights");
}

/// Of the CPU alone: tiles depend on the batch, never on the team.
TEST_F(RnnBackend, lstm_and_gru_bits_do_not_depend_on_threads) {
  if (!on_cpu()) GTEST_SKIP() << "threads belong to the CPU backend";
  for (const Cell cell : {Cell::lstm, Cell::gru}) {
    const RnnProblem p = make_problem({cell, 9, {33, 16}, ragged_lengths(150, 7, 10)}, 62);
    const auto one = make_backend(Device{}, {1, true});
    const auto one_stream = one->make_stream();
    const RnnResult first = train_once(p, *one, *one_stream);
    for (const int threads : {2, 5}) {
      const auto more = make_backend(Device{}, {threads, true});
      const auto more_stream = more->make_stream();
      const RnnResult other = train_once(p, *more, *more_stream);
      expect_same_bits(first.y, other.y, "y");
      expect_same_bits(first.hn, other.hn, "hn");
      expect_same_bits(first.dx, other.dx, "dx");
      expect_same_bits(first.dh0, other.dh0, "dh0");
      expect_same_bits(first.dweights, other.dweights, "dweights");
    }
  }
}

TEST_F(RnnBackend, lstm_refuses_what_does_not_fit) {
  const RnnProblem p = make_problem({Cell::lstm, 3, {4}, {3, 2}}, 71);
  RnnSpec small = p.spec;
  small.max_batch = 1;
  EXPECT_THROW((void)train_once(p, *backend().sequences().make_rnn(small, stream()), stream()), Error);
  RnnSpec scoring = p.spec;
  scoring.training = false;
  EXPECT_THROW((void)train_once(p, *backend().sequences().make_rnn(scoring, stream()), stream()), Error);
  RnnProblem ended = p;
  ended.lengths = {3, 0};
  EXPECT_THROW((void)train_once(ended, backend(), stream()), Error);
  RnnProblem padded = p;
  padded.lengths = {2, 2};
  EXPECT_THROW((void)train_once(padded, backend(), stream()), Error);
  RnnSpec empty = p.spec;
  empty.hidden.clear();
  EXPECT_THROW((void)backend().sequences().make_rnn(empty, stream()), Error);
}

}  // namespace
}  // namespace footfall::test
