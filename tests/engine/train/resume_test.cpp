// A training that goes on from a state that was kept ends in the bits of one that was never stopped, wherever that was.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/train/toy.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using test::Toy;

class ResumeTest : public test::BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    toy_ = std::make_unique<Toy>(backend(), stream());
    toy_->architecture.dropout = 0.3F;  // whose draws must go on too
    spec_.epochs = 3;
    spec_.batch = 20;  // 72 examples: three whole batches and a smaller one
    spec_.learning_rate = 1e-2F;
    spec_.warm_up = 0.3;
    spec_.cosine = true;
    spec_.largest_norm = 1.0F;
    spec_.patience = 0;
  }
  /// Every state of a training.
  [[nodiscard]] std::vector<TrainingState> states(TrainingResult& result, bool validate = true) {
    std::vector<TrainingState> kept;
    TrainingHooks hooks;
    hooks.due = [] { return true; };
    hooks.keep = [&](const TrainingState& state) { kept.push_back(state); };
    result = toy_->train(spec_, validate, hooks);
    return kept;
  }
  void expect_same(const TrainingResult& a, const TrainingResult& b, const std::string& what) {
    test::expect_same_bits(a.parameters, b.parameters, what);
    EXPECT_EQ(a.best_epoch, b.best_epoch) << what;
    EXPECT_EQ(a.steps, b.steps) << what;
    EXPECT_EQ(a.padding, b.padding) << what;
    ASSERT_EQ(a.history.size(), b.history.size()) << what;
    for (std::size_t e = 0; e < a.history.size(); ++e) {
      EXPECT_EQ(a.history[e].epoch, b.history[e].epoch) << what;
      EXPECT_EQ(a.history[e].training, b.history[e].training) << what;
      EXPECT_EQ(a.history[e].validation, b.history[e].validation) << what;
      EXPECT_EQ(a.history[e].learning_rate, b.history[e].learning_rate) << what;
    }
  }
  void expect_all_to_end_alike(bool validate = true) {
    TrainingResult watched;
    const TrainingResult alone = toy_->train(spec_, validate);
    const std::vector<TrainingState> kept = states(watched, validate);
    expect_same(watched, alone, "keeping states");
    for (std::size_t i = 0; i < kept.size(); i += 1 + kept.size() / 8) {
      TrainingHooks hooks;
      hooks.from = &kept[i];
      expect_same(toy_->train(spec_, validate, hooks), alone, "from state " + std::to_string(i));
    }
  }
  [[nodiscard]] Toy& toy() { return *toy_; }

  TrainingSpec spec_;

 private:
  std::unique_ptr<Toy> toy_;
};

TEST_F(ResumeTest, AStateIsKeptAfterEachStep) {
  TrainingResult result;
  const std::vector<TrainingState> kept = states(result);
  ASSERT_EQ(kept.size(), 12U) << "three epochs of four batches";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].epoch, static_cast<std::int64_t>(i / 4 + 1));
    EXPECT_EQ(kept[i].batches, static_cast<std::int64_t>(i % 4 + 1));
    EXPECT_EQ(kept[i].so_far.history.size(), i / 4);
  }
  test::expect_same_bits(kept.back().parameters, result.parameters, "the last of them");
}

TEST_F(ResumeTest, EndsInTheSameBits) { expect_all_to_end_alike(); }
TEST_F(ResumeTest, EndsInTheSameBitsWithoutAValidationPart) { expect_all_to_end_alike(false); }

TEST_F(ResumeTest, RemembersTheBestEpochAndHowLongItWaited) {
  for (const std::int64_t e : toy().validation) {  // turned round, so that an early epoch is the best
    toy().labels[0][static_cast<std::size_t>(e)] = 1.0F - toy().labels[0][static_cast<std::size_t>(e)];
    toy().labels[1][static_cast<std::size_t>(e)] *= -1.0F;
  }
  spec_.epochs = 8;
  spec_.patience = 2;
  spec_.warm_up = 0.0;
  spec_.cosine = false;
  ASSERT_LT(toy().train(spec_).history.size(), 8U) << "it stops early";
  expect_all_to_end_alike();
}

TEST_F(ResumeTest, AStateOfAnotherModelIsRefused) {
  TrainingState other;
  other.parameters.resize(7);
  TrainingHooks hooks;
  hooks.from = &other;
  EXPECT_THROW(static_cast<void>(toy().train(spec_, true, hooks)), Error);
}

}  // namespace
}  // namespace footfall
