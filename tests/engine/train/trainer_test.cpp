// What training promises: it learns, it stops, it restores the best, and its bits depend on nothing but the data and the seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/train/predict.hpp"
#include "kernels/error.hpp"
#include "tests/engine/train/toy.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using test::Toy;

double sum_of(const std::vector<double>& losses) {
  double sum = 0.0;
  for (const double loss : losses) sum += loss;
  return sum;
}

TrainingSpec brief(std::int64_t epochs = 3) {
  TrainingSpec spec;
  spec.epochs = epochs;
  spec.batch = 16;
  spec.learning_rate = 1e-2F;
  spec.patience = 0;
  return spec;
}

class TrainerTest : public test::BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    toy_ = std::make_unique<Toy>(backend(), stream());
  }
  [[nodiscard]] Toy& toy() { return *toy_; }
  [[nodiscard]] BatchPlan plan_of(const std::vector<std::int64_t>& rows, std::int64_t batch = 1024) {
    return plan_groups(toy().table.length, std::vector<std::vector<std::int64_t>>{rows}, batch);
  }

 private:
  std::unique_ptr<Toy> toy_;
};

TEST_F(TrainerTest, LearnsASeparableToy) {
  const TrainingResult result = toy().train(brief(12));
  ASSERT_EQ(result.history.size(), 12u);
  EXPECT_LT(sum_of(result.history.back().training), 0.5 * sum_of(result.history.front().training));
  const BatchPlan plan = plan_of(toy().validation);
  const std::vector<float> predicted = toy().predictions(result.parameters, plan);
  std::int64_t right = 0;
  for (std::size_t i = 0; i < plan.order.size(); ++i) {
    const bool positive = toy().labels[0][static_cast<std::size_t>(plan.order[i])] > 0.5F;
    right += (predicted[2 * i] > 0.5F) == positive && (predicted[2 * i + 1] > 0.0F) == positive ? 1 : 0;
  }
  EXPECT_GE(right, 23) << "of 24 customers that it never saw";
}

TEST_F(TrainerTest, BalancedClassesAreTakenBackToTheirRate) {
  // One label in eight is positive, whatever the features say: all that can be learnt is the rate.
  for (std::size_t e = 0; e < Toy::examples; ++e) toy().labels[0][e] = e % 8 == 3 ? 1.0F : 0.0F;
  HeadSpec& head = toy().architecture.heads[0];
  head.balanced = true;
  fit_head(head, toy().labels[0], toy().training);
  // 9 of 72: 72 / (2 * 63) and 72 / (2 * 9).
  ASSERT_EQ(head.weights, (std::vector<float>{4.0F / 7.0F, 4.0F}));
  TrainingSpec slow = brief(2);
  slow.learning_rate = 1e-4F;  // so that it does not learn the examples by heart
  std::vector<float> parameters = toy().train(slow).parameters;
  const auto mean_prediction = [&] {
    const std::vector<float> predicted = toy().predictions(parameters, plan_of(toy().training));
    double sum = 0.0;
    for (std::size_t i = 0; i < toy().training.size(); ++i) sum += predicted[2 * i];
    return sum / static_cast<double>(toy().training.size());
  };
  // The logits of an untrained profile encoder spread the predictions by a few hundredths around the bias.
  EXPECT_NEAR(mean_prediction(), 0.5, 0.06);
  take_weights_out(toy().architecture, toy().layout(), parameters);
  EXPECT_NEAR(mean_prediction(), 0.125, 0.03);
  EXPECT_TRUE(toy().architecture.heads[0].weights.empty());
}

TEST(ClassWeights, AreDividedOutOfTheOdds) {
  Architecture model;
  model.members = 2;
  model.profile_width = 1;
  model.heads.resize(2);
  model.heads[0].weights = {0.5F, 4.0F};
  model.heads[1].kind = HeadKind::classes;
  model.heads[1].classes = {"a", "b", "c"};
  model.heads[1].weights = {1.0F, 2.0F, 0.25F};
  const ParameterLayout layout(model);
  std::vector<float> parameters(static_cast<std::size_t>(layout.size()), 0.0F);
  take_weights_out(model, layout, parameters);
  const float* bias = parameters.data() + layout.at("heads.bias").offset;
  for (int m = 0; m < 2; ++m, bias += 4) {
    // float32 logarithms and exponentials of numbers below 10: 1e-6.
    EXPECT_NEAR(std::exp(bias[0]), 1.0 / 8.0, 1e-6);
    EXPECT_NEAR(std::exp(bias[1] - bias[2]), 2.0, 1e-6);
    EXPECT_NEAR(std::exp(bias[3] - bias[1]), 4.0, 1e-6);
  }
  EXPECT_TRUE(model.heads[1].weights.empty());
}

TEST_F(TrainerTest, TwoRunsGiveTheSameBits) {
  const TrainingResult a = toy().train(brief()), b = toy().train(brief());
  test::expect_same_bits(a.parameters, b.parameters, "parameters");
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_EQ(a.history[e].training, b.history[e].training);
    EXPECT_EQ(a.history[e].validation, b.history[e].validation);
  }
}

TEST_F(TrainerTest, TheNumberOfThreadsChangesNoBit) {
  if (!test::on_cpu()) GTEST_SKIP() << "threads compute on the CPU alone";
  const std::vector<float> here = toy().train(brief()).parameters;
  for (const int threads : {1, 3}) {
    const std::unique_ptr<Backend> other = make_backend({}, {.threads = threads, .graphs = true});
    const std::unique_ptr<Stream> there = other->make_stream();
    test::expect_same_bits(Toy(*other, *there).train(brief()).parameters, here, std::to_string(threads) + " threads");
  }
}

TEST_F(TrainerTest, GraphsChangeNoBit) {
  const std::unique_ptr<Backend> other = make_backend(backend().device(), {.threads = 2, .graphs = false});
  const std::unique_ptr<Stream> there = other->make_stream();
  test::expect_same_bits(Toy(*other, *there).train(brief()).parameters, toy().train(brief()).parameters, "parameters");
}

TEST_F(TrainerTest, TheSeedMatters) {
  TrainingSpec spec = brief(1);
  const std::vector<float> before = toy().train(spec).parameters;
  spec.seed = 43;
  EXPECT_NE(toy().train(spec).parameters, before);
}

TEST_F(TrainerTest, TheValidationPartDoesNotTouchTheWeights) {
  const std::vector<float> alone = toy().train(brief(2), false).parameters;
  test::expect_same_bits(toy().train(brief(2)).parameters, alone, "parameters");
  for (const std::int64_t e : toy().validation) toy().labels[0][static_cast<std::size_t>(e)] = std::numeric_limits<float>::quiet_NaN();
  test::expect_same_bits(toy().train(brief(2)).parameters, alone, "parameters without its labels");
}

TEST_F(TrainerTest, EarlyStoppingRestoresTheBest) {
  // Validation labels are turned round, so what is learnt makes them worse: the best epoch is an early one.
  for (const std::int64_t e : toy().validation) {
    toy().labels[0][static_cast<std::size_t>(e)] = 1.0F - toy().labels[0][static_cast<std::size_t>(e)];
    toy().labels[1][static_cast<std::size_t>(e)] *= -1.0F;
  }
  TrainingSpec spec = brief(10);
  spec.patience = 2;
  const TrainingResult result = toy().train(spec);
  const auto best = std::min_element(result.history.begin(), result.history.end(), [](const EpochRecord& a, const EpochRecord& b) {
    return sum_of(a.validation) < sum_of(b.validation);
  });
  EXPECT_EQ(result.best_epoch, best->epoch);
  EXPECT_EQ(result.history.size(), static_cast<std::size_t>(best->epoch + 2)) << "it waits for two epochs";
  const BatchPlan plan = plan_of(toy().validation);
  EXPECT_EQ(prediction_losses(toy().architecture, toy().predictions(result.parameters, plan), plan.order, toy().labels), best->validation);
  spec = brief(static_cast<std::int64_t>(best->epoch));
  test::expect_same_bits(toy().train(spec).parameters, result.parameters, "the weights of that epoch");
}

TEST_F(TrainerTest, WithoutPatienceTheLastEpochCounts) {
  const TrainingResult result = toy().train(brief());
  EXPECT_EQ(result.best_epoch, 3);
  EXPECT_EQ(result.history.back().validation.size(), 2u);
  const TrainingResult alone = toy().train(brief(), false);
  EXPECT_EQ(alone.best_epoch, 3);
  EXPECT_TRUE(alone.history.back().validation.empty());
}

TEST_F(TrainerTest, TheRateWarmsUpAndFallsAlongACosine) {
  TrainingSpec spec = brief(4);
  spec.batch = 20;  // 72 examples: four steps an epoch
  spec.warm_up = 0.5;
  spec.cosine = true;
  const TrainingResult result = toy().train(spec, false);
  for (const EpochRecord& record : result.history) {
    const double t = static_cast<double>(record.epoch) / 4.0;
    const double expected = 1e-2 * std::min(1.0, t / 0.5) * (1.0 + std::cos(std::numbers::pi * t)) / 2.0;
    EXPECT_NEAR(record.learning_rate, expected, 1e-9) << record.epoch;
  }
}

TEST_F(TrainerTest, StepsAndPaddingAreCounted) {
  const TrainingResult result = toy().train(brief(), false);
  std::int64_t steps = 0;
  for (const std::int64_t e : toy().training) steps += toy().table.length[static_cast<std::size_t>(e)];
  EXPECT_EQ(result.steps, 3 * steps);
  EXPECT_GE(result.padding, 0.0);
  EXPECT_LT(result.padding, 0.2) << "batches hold sequences of like length";
}

/// The largest change of a parameter of this name.
double moved(const Toy& toy, const std::vector<float>& from, const std::vector<float>& to, const std::string& name) {
  const Parameter& p = toy.layout().at(name);
  double largest = 0.0;
  for (std::int64_t i = p.offset; i < p.offset + p.size(); ++i)
    largest = std::max(
        largest, std::abs(static_cast<double>(to[static_cast<std::size_t>(i)]) - static_cast<double>(from[static_cast<std::size_t>(i)])));
  return largest;
}

TEST_F(TrainerTest, ClippingReachesTheOptimizer) {
  // Adam divides a gradient by its own size plus 1e-8. Clipped to a norm of 1e-11 it is a thousandth of that, and so is the step.
  TrainingSpec spec = brief(1);
  const std::vector<float> initial = toy().initial();
  EXPECT_GT(moved(toy(), initial, toy().train(spec, false).parameters, "heads.weight"), 5e-3);
  spec.largest_norm = 1e-11F;
  EXPECT_LT(moved(toy(), initial, toy().train(spec, false).parameters, "heads.weight"), 1e-4);
}

TEST_F(TrainerTest, AdamCountsItsSteps) {
  // Two steps so small that the gradient stays what it was: with its bias corrected by the step, Adam moves a weight by the learning rate
  // each time.
  toy().architecture.dropout = 0.0F;
  TrainingSpec spec = brief(2);
  spec.batch = Toy::examples;
  spec.learning_rate = 1e-5F;
  const double far = moved(toy(), toy().initial(), toy().train(spec, false).parameters, "heads.weight");
  EXPECT_NEAR(far, 2e-5, 2e-7);  // rounding of a weight of 0.3: 3e-8
}

TEST_F(TrainerTest, EachStepHasDropoutOfItsOwn) {
  TrainingSpec spec = brief(2);
  spec.batch = Toy::examples;
  spec.learning_rate = 0.0F;
  const TrainingResult with = toy().train(spec, false);
  EXPECT_GT(std::abs(with.history[0].training[0] - with.history[1].training[0]), 1e-4);
  toy().architecture.dropout = 0.0F;
  const TrainingResult without = toy().train(spec, false);
  EXPECT_NEAR(without.history[0].training[0], without.history[1].training[0], 1e-6) << "only the order of the examples differs";
}

TEST_F(TrainerTest, WeightsDecayBiasesDoNot) {
  // Steps as good as none, so decay alone is left: five steps (72 examples by 16) of 1 - 0.01 * 10.
  TrainingSpec spec = brief(1);
  spec.largest_norm = 1e-20F;
  spec.weight_decay = 10.0F;
  const std::vector<float> initial = toy().initial(), after = toy().train(spec, false).parameters;
  const Parameter& p = toy().layout().at("profile.0.weight");
  std::vector<double> expected;
  for (std::int64_t i = p.offset; i < p.offset + p.size(); ++i)
    expected.push_back(static_cast<double>(initial[static_cast<std::size_t>(i)]) * std::pow(0.9, 5));
  test::expect_close({after.begin() + p.offset, after.begin() + p.offset + p.size()}, expected, {1e-7, 1e-5}, "profile.0.weight");
  for (const char* name : {"profile.0.bias", "heads.bias", "lstm.bias_ih_l0", "events.embedding_0"})
    EXPECT_LT(moved(toy(), initial, after, name), 1e-7) << name;
}

TEST_F(TrainerTest, ALossThatIsNotFiniteEndsTheJob) {
  TrainingSpec spec = brief(1);
  spec.learning_rate = 1e30F;
  try {
    static_cast<void>(toy().train(spec));
    FAIL() << "a loss beyond all bounds was taken";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.kind(), ErrorKind::failed);
    EXPECT_NE(std::string(problem.what()).find("learning_rate"), std::string::npos) << problem.what();
  }
}

TEST_F(TrainerTest, PredictionsFollowThePlan) {
  const BatchPlan plan = plan_of(toy().training, 7), whole = plan_of(toy().training);
  const std::vector<float> parameters = toy().initial();
  const std::vector<float> pieces = toy().predictions(parameters, plan), at_once = toy().predictions(parameters, whole);
  ASSERT_EQ(plan.order, whole.order);
  // Cut into other batches a prediction may change by the rounding of its sums.
  test::expect_close(pieces, {at_once.begin(), at_once.end()}, {1e-6, 1e-6}, "predictions by sevens");
}

TEST_F(TrainerTest, RoomInANetworkChangesNoPrediction) {
  const BatchPlan plan = plan_of(toy().training, 16);
  const std::vector<float> parameters = toy().initial();
  test::expect_same_bits(toy().predictions(parameters, plan, 9), toy().predictions(parameters, plan), "predictions");
}

}  // namespace
}  // namespace footfall
