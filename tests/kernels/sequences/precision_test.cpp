// Recurrent layers with factors that may be rounded, and by other algorithms than the standard one, on the backend under test.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/error.hpp"
#include "tests/kernels/sequences/rnn_run.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

class RnnPrecision : public BackendTest {
 protected:
  RnnResult train_with(RnnProblem p, Precision precision, std::vector<RnnAlgorithm> algorithm = {}) {
    p.spec.precision = precision;
    p.spec.algorithm = std::move(algorithm);
    return train_once(p, backend(), stream());
  }

  void check_rounded(Cell cell) {
    const RnnProblem p = make_problem({cell, 9, {24, 16}, {6, 6, 5, 4, 4, 2, 1}}, 81);
    const RnnAnswer answer = solve(p);
    const RnnResult exact = train_with(p, Precision::float32);
    for (const auto& [precision, bits] : {std::pair{Precision::tf32, 11}, std::pair{Precision::bf16, 8}}) {
      SCOPED_TRACE(bits);
      const RnnResult rounded = train_with(p, precision);
      // Factors of `bits` significant bits are off by 2^-bits at most, a product of two by twice that. Errors of a sum's terms add up like
      // their root; over six steps, two layers and the way back each value has gone through some two dozen of them: 24 * 2^-bits of the
      // largest value, where a wrong gate or a lost term shows as a tenth of it or more.
      expect_agreement(rounded, answer, p, true, 24.0 * std::ldexp(1.0, -bits));
      if (on_cpu()) {
        expect_same_bits(rounded.y, exact.y, "y");
        expect_same_bits(rounded.dweights, exact.dweights, "dweights");
      } else {
        // The precision has reached the device: something was rounded.
        EXPECT_NE(rounded.y, exact.y);
        EXPECT_NE(rounded.dweights, exact.dweights);
      }
    }
  }
};

TEST_F(RnnPrecision, lstm_rounded_factors) { check_rounded(Cell::lstm); }
TEST_F(RnnPrecision, gru_rounded_factors) { check_rounded(Cell::gru); }

TEST_F(RnnPrecision, lstm_bf16_serves_optional_parts_and_smaller_batches) {
  RnnSpec spec{Cell::lstm, 4, {9, 6}, 7, 6, true, Precision::bf16};
  const auto plan = backend().sequences().make_rnn(spec, stream());
  for (const std::vector<std::int32_t>& lengths : {std::vector<std::int32_t>{6, 2, 4, 4, 1, 3, 5}, std::vector<std::int32_t>{3, 3}}) {
    RnnProblem p = make_problem({Cell::lstm, 4, {9, 6}, lengths, false}, 82);
    p.dy.clear();
    p.dcn.clear();
    expect_agreement(train_once(p, *plan, stream()), solve(p), p, true, 24.0 / 256.0);  // as above
  }
}

TEST_F(RnnPrecision, lstm_algorithms_agree) {
  using enum RnnAlgorithm;
  struct Case {
    std::vector<std::int64_t> hidden;
    std::vector<RnnAlgorithm> algorithm;
  };
  for (const Case& one : {Case{{128, 64}, {persistent, persistent_small}}, Case{{128}, {persistent_small}}, Case{{20}, {persistent_small}}}) {
    for (const std::vector<std::int32_t>& lengths : {std::vector<std::int32_t>(8, 5), std::vector<std::int32_t>{5, 4, 4, 1}}) {
      const RnnProblem p = make_problem({Cell::lstm, 6, one.hidden, lengths}, 83);
      RnnSpec asked = p.spec;
      asked.algorithm = one.algorithm;
      EXPECT_EQ(backend().sequences().has_algorithms(asked, stream()), !on_cpu());
      expect_agreement(train_with(p, Precision::float32, one.algorithm), solve(p), p, true);
    }
  }
}

TEST_F(RnnPrecision, lstm_algorithm_that_is_not_there_is_refused) {
  if (on_cpu()) GTEST_SKIP() << "the CPU has one algorithm and takes it";
  const RnnProblem p = make_problem({Cell::lstm, 6, {200}, {4, 4}}, 84);
  RnnSpec asked = p.spec;
  for (const RnnAlgorithm each : {RnnAlgorithm::persistent, RnnAlgorithm::persistent_small}) {
    asked.algorithm = {each};
    EXPECT_FALSE(backend().sequences().has_algorithms(asked, stream()));
    EXPECT_THROW((void)backend().sequences().make_rnn(asked, stream()), Error);
  }
  asked.algorithm = {RnnAlgorithm::standard};
  EXPECT_TRUE(backend().sequences().has_algorithms(asked, stream()));
}

}  // namespace
}  // namespace footfall::test
