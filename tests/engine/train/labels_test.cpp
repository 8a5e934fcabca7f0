// Labels as the loss wants them, the figures of a head, and the losses that early stopping looks at.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/train/trainer.hpp"

namespace footfall {
namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

HeadSpec number_head() {
  HeadSpec head;
  head.kind = HeadKind::number;
  return head;
}

TEST(FitHead, ANumberIsStandardizedByItsSignedLogarithm) {
  HeadSpec head = number_head();
  const std::vector<float> labels = {0.0F, 7.0F, -1.0F, unknown, 1e6F};
  fit_head(head, labels, std::vector<std::int64_t>{0, 1, 2, 3});
  const double values[] = {0.0, std::log(8.0), -std::log(2.0)};
  const double mean = (values[0] + values[1] + values[2]) / 3;
  double square = 0.0;
  for (const double v : values) square += (v - mean) * (v - mean) / 3;
  EXPECT_NEAR(head.center, mean, 1e-7);
  EXPECT_NEAR(head.spread, std::sqrt(square), 1e-7);
  const std::vector<float> wanted = loss_labels(head, labels);
  EXPECT_NEAR(wanted[2], (-std::log(2.0) - mean) / std::sqrt(square), 1e-6);
  EXPECT_TRUE(std::isnan(wanted[3]));
}

TEST(FitHead, EqualNumbersHaveASpreadOfOne) {
  HeadSpec head = number_head();
  fit_head(head, std::vector<float>{5, 5, 5}, std::vector<std::int64_t>{0, 1, 2});
  EXPECT_EQ(head.spread, 1.0);
}

TEST(FitHead, ABinaryRateStaysInsideItsBounds) {
  HeadSpec head;
  fit_head(head, std::vector<float>{1, 0, 0, unknown, 1}, std::vector<std::int64_t>{0, 1, 2, 3});
  EXPECT_DOUBLE_EQ(head.rate, 1.0 / 3);
  fit_head(head, std::vector<float>{0, 0, 0, 0}, std::vector<std::int64_t>{0, 1, 2, 3});
  EXPECT_DOUBLE_EQ(head.rate, 0.5 / 4) << "its logit must be finite";
  HeadSpec untouched;
  fit_head(untouched, std::vector<float>{unknown}, std::vector<std::int64_t>{0});
  EXPECT_EQ(untouched.rate, 0.5);
}

TEST(LossLabels, BinaryAndClassStayAsTheyAre) {
  const std::vector<float> labels = {0, 1, 2};
  HeadSpec head;
  EXPECT_EQ(loss_labels(head, labels), labels);
  head.kind = HeadKind::classes;
  EXPECT_EQ(loss_labels(head, labels), labels);
}

TEST(PredictionLosses, MeanOverKnownLabelsHeadByHead) {
  Architecture spec;
  spec.heads = {HeadSpec{}, HeadSpec{}, number_head()};
  spec.heads[1].kind = HeadKind::classes;
  spec.heads[1].classes = {"a", "b"};
  const std::vector<float> predictions = {0.25F, 0.5F,  0.5F,  1.0F,  //
                                          0.5F,  0.25F, 0.75F, 2.0F,  //
                                          1.0F,  0.0F,  1.0F,  3.0F};
  const std::vector<std::vector<float>> labels = {{9, 0, 1, 1}, {9, 1, 0, unknown}, {9, 0, unknown, 1}};
  const std::vector<double> losses = prediction_losses(spec, predictions, std::vector<std::int64_t>{1, 2, 3}, labels);
  EXPECT_NEAR(losses[0], (-std::log(0.75) - std::log(0.5)) / 3, 1e-6);  // and a sure hit, which costs 1e-7
  EXPECT_NEAR(losses[1], (-std::log(0.5) - std::log(0.25)) / 2, 1e-6);
  EXPECT_NEAR(losses[2], (0.5 * 1.0 + 0.5 * 4.0) / 2, 1e-6);
}

TEST(PredictionLosses, ASureMissIsBounded) {
  Architecture spec;
  spec.heads.resize(1);
  const std::vector<double> losses = prediction_losses(spec, std::vector<float>{0.0F}, std::vector<std::int64_t>{0}, {{1.0F}});
  EXPECT_NEAR(losses[0], -std::log(1e-7), 1e-9);
}

}  // namespace
}  // namespace footfall
