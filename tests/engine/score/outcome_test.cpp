// From a network's outputs to what a user reads: probabilities, amounts, temperatures, deciles.
#include "engine/score/outcome.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace footfall {
namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

HeadSpec head_of(HeadKind kind) {
  HeadSpec head;
  head.kind = kind;
  if (kind == HeadKind::classes) head.classes = {"a", "b", "c"};
  return head;
}

TEST(Outcome, ABinaryHeadIsReadFromItsColumn) {
  const std::vector<float> outputs = {9, 0.25F, 9, 9, 0.75F, 9};
  const Outcome out = outcome_of(head_of(HeadKind::binary), outputs, 3, 1);
  EXPECT_EQ(out.prediction, (std::vector<double>{0.25, 0.75}));
  EXPECT_TRUE(out.probabilities.empty() && out.likeliest.empty());
}

TEST(Outcome, ATemperatureSharpensLogits) {
  HeadSpec head = head_of(HeadKind::binary);
  head.inverse_temperature = 2.0;
  const Outcome out = outcome_of(head, std::vector<float>{0.25F, 0.5F, 0.75F}, 1, 0);
  EXPECT_NEAR(out.prediction[0], 0.1, 1e-9) << "odds 1 : 3 squared";
  EXPECT_NEAR(out.prediction[1], 0.5, 1e-9);
  EXPECT_NEAR(out.prediction[2], 0.9, 1e-9);
}

TEST(Outcome, ASharpenedCertaintyStaysFinite) {
  HeadSpec head = head_of(HeadKind::binary);
  head.inverse_temperature = 5.0;
  const Outcome out = outcome_of(head, std::vector<float>{0.0F, 1.0F}, 1, 0);
  EXPECT_GE(out.prediction[0], 0.0);
  EXPECT_LT(out.prediction[0], 1e-6);
  EXPECT_LE(out.prediction[1], 1.0);
  EXPECT_GT(out.prediction[1], 1.0 - 1e-6);
}

TEST(Outcome, AClassIsTheLikeliestWithItsProbability) {
  HeadSpec head = head_of(HeadKind::classes);
  const std::vector<float> outputs = {9, 0.25F, 0.5F, 0.25F, 9, 0.75F, 0.125F, 0.125F};
  const Outcome plain = outcome_of(head, outputs, 4, 1);
  EXPECT_EQ(plain.likeliest, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(plain.prediction, (std::vector<double>{0.5, 0.75}));
  EXPECT_EQ(plain.probabilities, (std::vector<double>{0.25, 0.5, 0.25, 0.75, 0.125, 0.125}));
  head.inverse_temperature = 2.0;
  const Outcome sharp = outcome_of(head, outputs, 4, 1);
  EXPECT_NEAR(sharp.probabilities[0], 1.0 / 6, 1e-9);
  EXPECT_NEAR(sharp.probabilities[1], 4.0 / 6, 1e-9);
  EXPECT_NEAR(sharp.probabilities[3], 36.0 / 38, 1e-9);
}

TEST(Outcome, ANumberGoesBackThroughItsSignedLogarithmAndSmear) {
  HeadSpec head = head_of(HeadKind::number);
  head.center = std::log(10.0);
  head.spread = 2.0;
  const Outcome out = outcome_of(head, std::vector<float>{0.0F, -3.0F}, 1, 0);
  EXPECT_NEAR(out.prediction[0], 9.0, 1e-9);
  EXPECT_NEAR(out.prediction[1], -(std::exp(6.0 - std::log(10.0)) - 1.0), 1e-9) << "a total of returns";
  head.smear = 1.5;
  EXPECT_NEAR(outcome_of(head, std::vector<float>{0.0F}, 1, 0).prediction[0], 13.5, 1e-9);
}

TEST(Deciles, TenthsOfTheFitThenAFunctionOfTheScoreAlone) {
  std::vector<double> predictions;
  for (int i = 0; i < 100; ++i) predictions.push_back((i * 37 % 100) / 100.0);
  const std::vector<double> boundaries = decile_boundaries(predictions);
  ASSERT_EQ(boundaries.size(), 9u);
  for (int k = 0; k < 9; ++k) EXPECT_DOUBLE_EQ(boundaries[static_cast<std::size_t>(k)], (90 - 10 * k) / 100.0);
  std::vector<int> count(11);
  for (const double p : predictions) ++count[static_cast<std::size_t>(decile_of(boundaries, p))];
  for (int d = 1; d <= 10; ++d) EXPECT_EQ(count[static_cast<std::size_t>(d)], 10) << d;
  EXPECT_EQ(decile_of(boundaries, 2.0), 1);
  EXPECT_EQ(decile_of(boundaries, -2.0), 10);
  for (double p = 0.0, before = 10; p <= 1.0; p += 0.001) {
    const int decile = decile_of(boundaries, p);
    EXPECT_LE(decile, before) << p;
    before = decile;
  }
}

TEST(Deciles, TheOrderOfCustomersChangesNoBoundary) {
  std::vector<double> predictions = {0.4, 0.1, 0.9, 0.3, 0.9, 0.2, 0.8, 0.5, 0.6, 0.7, 0.05, 0.35};
  const std::vector<double> boundaries = decile_boundaries(predictions);
  std::reverse(predictions.begin(), predictions.end());
  EXPECT_EQ(decile_boundaries(predictions), boundaries);
}

TEST(Deciles, EqualScoresShareADecile) {
  const std::vector<double> boundaries = decile_boundaries(std::vector<double>(50, 0.3));
  EXPECT_EQ(decile_of(boundaries, 0.3), 1);
  EXPECT_EQ(decile_of(boundaries, 0.29), 10);
  EXPECT_EQ(decile_boundaries({}).size(), 9u);
  EXPECT_EQ(decile_boundaries(std::vector<double>{0.2, 0.1}).size(), 9u) << "fewer customers than deciles";
}

TEST(Temperature, IsFoundWhereFittedAndTrueRatesAgree) {
  // At t = 2 odds of sqrt(3) become 3: three in four positive, and one in four on the other side. There the likelihood is greatest.
  const double p = std::sqrt(3.0) / (1.0 + std::sqrt(3.0));
  Outcome outcome;
  outcome.prediction = {p, p, p, p, 1 - p, 1 - p, 1 - p, 1 - p, 0.9};
  const std::vector<float> labels = {1, 1, 1, 0, 0, 0, 0, 1, unknown};
  EXPECT_NEAR(fit_inverse_temperature(outcome, labels), 2.0, 1e-6);
}

TEST(Temperature, OfClassesLikewise) {
  // Probabilities 2 : 1 : 1 become 4 : 1 : 1 at t = 2.
  Outcome outcome;
  std::vector<float> labels = {0, 0, 0, 0, 1, 2, unknown};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    outcome.likeliest.push_back(0);
    outcome.prediction.push_back(0.5);
    outcome.probabilities.insert(outcome.probabilities.end(), {0.5, 0.25, 0.25});
  }
  EXPECT_NEAR(fit_inverse_temperature(outcome, labels), 2.0, 1e-6);
}

TEST(Temperature, StaysInsideItsBounds) {
  Outcome outcome;
  outcome.prediction = {0.6, 0.4};
  EXPECT_NEAR(fit_inverse_temperature(outcome, std::vector<float>{1, 0}), 5.0, 1e-6) << "always right: as sharp as allowed";
  EXPECT_NEAR(fit_inverse_temperature(outcome, std::vector<float>{0, 1}), 0.2, 1e-6) << "always wrong: as blunt as allowed";
  EXPECT_EQ(fit_inverse_temperature(outcome, std::vector<float>{unknown, unknown}), 1.0);
}

TEST(Smear, MakesTheTotalsEqual) {
  Outcome outcome;
  outcome.prediction = {10, 20, 0, 1000};
  const std::vector<float> labels = {30, 10, 5, unknown};
  EXPECT_DOUBLE_EQ(fit_smear(outcome, labels), 1.5);
}

TEST(Smear, IsBoundedAndNeverTurnsASign) {
  Outcome outcome;
  outcome.prediction = {1};
  EXPECT_DOUBLE_EQ(fit_smear(outcome, std::vector<float>{100}), 4.0);
  EXPECT_DOUBLE_EQ(fit_smear(outcome, std::vector<float>{0.01F}), 0.25);
  EXPECT_DOUBLE_EQ(fit_smear(outcome, std::vector<float>{-3}), 1.0);
  EXPECT_DOUBLE_EQ(fit_smear(outcome, std::vector<float>{0}), 1.0);
  outcome.prediction = {-2};
  EXPECT_DOUBLE_EQ(fit_smear(outcome, std::vector<float>{-3}), 1.5) << "returns may outweigh sales";
}

}  // namespace
}  // namespace footfall
