// Examples that come to the device a few batches at a time give the bits of examples that all lie there, in trainings and predictions.
#include "engine/train/feed.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "engine/train/predict.hpp"
#include "tests/engine/train/toy.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using test::Toy;

class FeedTest : public test::BackendTest {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    toy_ = std::make_unique<Toy>(backend(), stream());
    toy_->architecture.dropout = 0.3F;  // whose draws must be those of the examples, wherever they lie
    toy_->architecture.state_dropout = 0.2F;
    spec_.epochs = 3;
    spec_.batch = 10;
    spec_.learning_rate = 1e-2F;
    spec_.patience = 0;
  }
  /// Trains by blocks of this size.
  [[nodiscard]] TrainingResult by_blocks(BlockSize size, const TrainingHooks& hooks = {}) {
    const TableSource source(toy_->raw);
    BlockFeed feed(source, toy_->words(), toy_->transform(), {}, size, backend(), stream());
    return toy_->train(spec_, feed, hooks);
  }
  void expect_same(const TrainingResult& a, const TrainingResult& b, const std::string& what) {
    test::expect_same_bits(a.parameters, b.parameters, what);
    EXPECT_EQ(a.steps, b.steps) << what;
    EXPECT_EQ(a.padding, b.padding) << what;
    ASSERT_EQ(a.history.size(), b.history.size()) << what;
    for (std::size_t e = 0; e < a.history.size(); ++e) {
      EXPECT_EQ(a.history[e].training, b.history[e].training) << what;
      EXPECT_EQ(a.history[e].validation, b.history[e].validation) << what;
    }
  }

  std::unique_ptr<Toy> toy_;
  TrainingSpec spec_;
};

TEST_F(FeedTest, BlocksOfAnySizeTrainToTheSameBits) {
  const TrainingResult resident = toy_->train(spec_);
  for (const BlockSize size : {BlockSize{24, 144}, BlockSize{37, 200}, BlockSize{1000, 10'000}})  // 24: the validation part is one batch
    expect_same(by_blocks(size), resident, std::to_string(size.examples));
}

TEST_F(FeedTest, WindowsOfAnEpochTrainToTheSameBitsToo) {
  const TrainingResult one_window = toy_->train(spec_);
  spec_.window = 25;  // two batches a window, 72 examples
  const TrainingResult resident = toy_->train(spec_);
  EXPECT_NE(resident.parameters, one_window.parameters) << "the order is another";
  expect_same(by_blocks({24, 144}), resident, "by blocks");
  TrainingHooks hooks;
  std::vector<TrainingState> kept;
  hooks.due = [] { return true; };
  hooks.keep = [&](const TrainingState& state) { kept.push_back(state); };
  static_cast<void>(by_blocks({24, 144}, hooks));
  ASSERT_EQ(kept.size(), 24U) << "three epochs of eight batches";
  for (std::size_t i = 0; i < kept.size(); i += 3) {
    TrainingHooks go_on;
    go_on.from = &kept[i];
    expect_same(by_blocks({24, 144}, go_on), resident, "from state " + std::to_string(i));
  }
}

TEST_F(FeedTest, ABatchLargerThanABlockIsRefused) { EXPECT_THROW(static_cast<void>(by_blocks({8, 1000})), Error); }

TEST(EpochWindows, HoldEveryExampleOnce) {
  std::vector<std::int64_t> examples(10'000);
  std::iota(examples.begin(), examples.end(), 5);
  const auto windows = epoch_windows(examples, 32, 3000, 7);
  ASSERT_EQ(windows.size(), 4U) << "of 2976 each, a multiple of the batch";
  std::set<std::int64_t> seen;
  for (std::size_t w = 0; w < windows.size(); ++w) {
    EXPECT_EQ(windows[w].size(), w < 3 ? 2976U : 1072U);
    seen.insert(windows[w].begin(), windows[w].end());
  }
  EXPECT_EQ(seen.size(), examples.size());
  EXPECT_EQ(*seen.begin(), 5);
  EXPECT_NE(epoch_windows(examples, 32, 3000, 8), windows);
  EXPECT_EQ(epoch_windows(examples, 32, 3000, 7), windows);
  EXPECT_EQ(epoch_windows(examples, 32, 10'000, 7), (std::vector<std::vector<std::int64_t>>{examples})) << "one window is the examples as they are";
}

}  // namespace
}  // namespace footfall
