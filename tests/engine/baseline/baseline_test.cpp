// The baselines against their definitions.
#include "engine/baseline/baseline.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace footfall {
namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
using Rows = std::vector<std::int64_t>;

HeadSpec head_of(HeadKind kind) {
  HeadSpec head;
  head.kind = kind;
  if (kind == HeadKind::classes) head.classes = {"a", "b", "c"};
  return head;
}

TEST(ConstantBaseline, IsTheTrainingRateOrMean) {
  const std::vector<float> labels = {1, 0, 0, unknown, 1, 1};
  const Outcome rate = constant_baseline(head_of(HeadKind::binary), labels, Rows{0, 1, 2, 3}, 2);
  ASSERT_EQ(rate.prediction.size(), 2u);
  EXPECT_DOUBLE_EQ(rate.prediction[1], 1.0 / 3);
  const Outcome mean = constant_baseline(head_of(HeadKind::number), std::vector<float>{10, -4, unknown}, Rows{0, 1, 2}, 1);
  EXPECT_DOUBLE_EQ(mean.prediction[0], 3.0);
}

TEST(ConstantBaseline, GivesEachClassItsShare) {
  const Outcome out = constant_baseline(head_of(HeadKind::classes), std::vector<float>{2, 2, 0, unknown}, Rows{0, 1, 2, 3}, 2);
  EXPECT_EQ(out.likeliest, (std::vector<std::int32_t>{2, 2}));
  ASSERT_EQ(out.probabilities.size(), 6u);
  EXPECT_DOUBLE_EQ(out.probabilities[3], 1.0 / 3);
  EXPECT_DOUBLE_EQ(out.probabilities[4], 0.0);
  EXPECT_DOUBLE_EQ(out.prediction[0], 2.0 / 3);
}

TEST(RecencyBaseline, ABinaryFitSolvesTheScoreEquations) {
  const std::vector<float> recency = {1, 2, 4, 8, 16, 32, 5, 9, unknown, 3}, labels = {1, 1, 0, 1, 0, 0, 1, 0, 1, unknown};
  const Rows all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, known = {0, 1, 2, 3, 4, 5, 6, 7};
  const Outcome out = recency_baseline(head_of(HeadKind::binary), labels, recency, all, all);
  // At the maximum residuals sum to the ridge's pull, alone and weighted by log1p(recency): two equations for two unknowns.
  double residual = 0.0, weighted = 0.0;
  for (const std::int64_t row : known) {
    const auto i = static_cast<std::size_t>(row);
    residual += static_cast<double>(labels[i]) - out.prediction[i];
    weighted += (static_cast<double>(labels[i]) - out.prediction[i]) * std::log1p(static_cast<double>(recency[i]));
  }
  const double x0 = std::log(2.0), x5 = std::log(33.0);
  const auto logit = [](double p) { return std::log(p / (1.0 - p)); };
  const double slope = (logit(out.prediction[5]) - logit(out.prediction[0])) / (x5 - x0), intercept = logit(out.prediction[0]) - slope * x0;
  EXPECT_LT(slope, -0.5) << "who bought lately buys again";
  EXPECT_NEAR(residual, 1e-3 * intercept, 1e-7);
  EXPECT_NEAR(weighted, 1e-3 * slope, 1e-7);
  EXPECT_DOUBLE_EQ(out.prediction[8], 5.0 / 9) << "without recency the training rate, of all known labels";
  EXPECT_NEAR(logit(out.prediction[9]), intercept + slope * std::log(4.0), 1e-6);  // the logarithm of a recency is taken in float32
}

TEST(RecencyBaseline, SeparableLabelsEnd) {
  const std::vector<float> recency = {1, 2, 3, 40, 50, 60}, labels = {1, 1, 1, 0, 0, 0};
  const Rows all = {0, 1, 2, 3, 4, 5};
  const Outcome out = recency_baseline(head_of(HeadKind::binary), labels, recency, all, all);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(out.prediction[i], static_cast<double>(labels[i]), 0.05) << i;
}

TEST(RecencyBaseline, ANumberLiesOnTheLeastSquaresLine) {
  std::vector<float> recency, labels;
  Rows all;
  for (int i = 0; i < 6; ++i) {
    recency.push_back(static_cast<float>(i * i));
    labels.push_back(
        static_cast<float>(std::expm1(4.0 - 0.5 * std::log1p(i * i))));  // log1p of the label is a line in log1p of the recency
    all.push_back(i);
  }
  recency.push_back(99.0F);
  labels.push_back(1e6F);  // not trained on
  all.push_back(6);
  const Outcome out = recency_baseline(head_of(HeadKind::number), labels, recency, Rows{0, 1, 2, 3, 4, 5}, all);
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_NEAR(out.prediction[i], static_cast<double>(labels[i]), 1e-4 * static_cast<double>(labels[i])) << i;
  EXPECT_NEAR(out.prediction[6], std::expm1(4.0 - 0.5 * std::log(100.0)), 1e-3);
}

TEST(RecencyBaseline, EqualRecencyGivesTheMean) {
  const std::vector<float> recency(4, 7.0F), labels = {1, 0, 0, 0};
  const Rows all = {0, 1, 2, 3};
  EXPECT_NEAR(recency_baseline(head_of(HeadKind::binary), labels, recency, all, all).prediction[0], 0.25, 1e-3);
  const Outcome nobody = recency_baseline(head_of(HeadKind::binary), labels, std::vector<float>(4, unknown), all, all);
  EXPECT_DOUBLE_EQ(nobody.prediction[2], 0.25);
}

TEST(RecencyBaseline, IsNotForClasses) {
  EXPECT_TRUE(
      recency_baseline(head_of(HeadKind::classes), std::vector<float>{0}, std::vector<float>{1}, Rows{0}, Rows{0}).prediction.empty());
}

TEST(LinearBaseline, IsTheModelWithoutEncoders) {
  Architecture model;
  model.event_numbers = 4;
  model.hidden = {8};
  model.layers = {16};
  model.members = 4;
  model.dropout = 0.2F;
  model.heads = {head_of(HeadKind::binary), head_of(HeadKind::classes)};
  model.heads[0].inverse_temperature = 1.7;
  const Architecture linear = linear_architecture(model, 10);
  EXPECT_FALSE(linear.has_events());
  EXPECT_EQ(linear.dropout, 0.0F);
  EXPECT_EQ(ParameterLayout(linear).trained(), 4 * 10 + 4) << "a weight an input and output, and a bias";
  EXPECT_EQ(linear.heads[0].inverse_temperature, 1.0);
}

}  // namespace
}  // namespace footfall
