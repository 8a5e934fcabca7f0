// The mix of two predictions: its weights lose least, and never fall below zero.
#include "engine/score/blend.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double logit(double p) { return std::log(p / (1.0 - p)); }

struct Sample {
  Outcome first, second;
  std::vector<float> labels;
};

/// Two views of one logit, each with noise of its own; the second says `sure` times too much.
Sample sample_of(double first_noise, double second_noise, double sure, std::uint64_t seed) {
  test::Numbers numbers(seed);
  Sample out;
  for (int i = 0; i < 3000; ++i) {
    const double x = 3.0 * numbers.next();
    out.first.prediction.push_back(sigmoid(x + first_noise * numbers.next()));
    out.second.prediction.push_back(sigmoid(sure * (x + second_noise * numbers.next())));
    out.labels.push_back(i % 100 == 3 ? std::numeric_limits<float>::quiet_NaN() : numbers.next() < 2.0 * sigmoid(x) - 1.0 ? 1.0F : 0.0F);
  }
  return out;
}

double loss_of(const Sample& s, double first, double second) {
  double sum = 0.0;
  for (std::size_t i = 0; i < s.labels.size(); ++i) {
    if (std::isnan(s.labels[i])) continue;
    const double p = sigmoid(first * logit(s.first.prediction[i]) + second * logit(s.second.prediction[i]));
    sum -= std::log(s.labels[i] > 0.0F ? p : 1.0 - p);
  }
  return sum;
}

TEST(Blend, WeightsLoseLeast) {
  const Sample s = sample_of(1.0, 1.0, 2.0, 1);
  const BlendWeights best = fit_blend(s.first, s.second, s.labels);
  const double least = loss_of(s, best.first, best.second);
  for (const double a : {-0.01, 0.0, 0.01})
    for (const double b : {-0.01, 0.0, 0.01}) EXPECT_GE(loss_of(s, best.first + a, best.second + b), least - 1e-9);
  EXPECT_LT(best.second, best.first);  // the one that says too much is heard less
  const Outcome mixed = blend(s.first, s.second, best);
  for (std::size_t i = 0; i < 50; ++i)
    EXPECT_NEAR(logit(mixed.prediction[i]), best.first * logit(s.first.prediction[i]) + best.second * logit(s.second.prediction[i]), 1e-9);
}

TEST(Blend, GivesNoWeightBelowZero) {
  Sample s = sample_of(0.5, 0.5, 1.0, 2);
  for (double& p : s.second.prediction) p = 1.0 - p;  // says the opposite
  s.second.prediction.front() = 1.0;                  // and is certain once
  const BlendWeights best = fit_blend(s.first, s.second, s.labels);
  EXPECT_EQ(best.second, 0.0);
  EXPECT_GT(best.first, 0.5);
}

TEST(Blend, OfClassesMixesLogarithms) {
  Outcome a, b;
  a.probabilities = {0.7, 0.2, 0.1, 0.1, 0.1, 0.8};
  b.probabilities = {0.2, 0.7, 0.1, 0.3, 0.3, 0.4};
  a.prediction = {0.7, 0.8};
  b.prediction = {0.7, 0.4};
  a.likeliest = {0, 2};
  b.likeliest = {1, 2};
  const Outcome mixed = blend(a, b, {0.5, 2.0});
  double sum = 0.0;
  for (std::size_t c = 0; c < 3; ++c) sum += std::sqrt(a.probabilities[c]) * b.probabilities[c] * b.probabilities[c];
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(mixed.probabilities[c], std::sqrt(a.probabilities[c]) * b.probabilities[c] * b.probabilities[c] / sum, 1e-12);
  EXPECT_EQ(mixed.likeliest, (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(mixed.prediction[0], mixed.probabilities[1]);
}

TEST(Blend, OfFewLabelsIsTheMeanOfTheLogits) {
  Outcome one;
  one.prediction = {0.3, 0.6};
  EXPECT_EQ(fit_blend(one, one, std::vector<float>{1.0F, 0.0F}), (BlendWeights{0.5, 0.5}));
}

}  // namespace
}  // namespace footfall
