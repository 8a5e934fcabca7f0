// The seed model (LSTM 128 -> LSTM 64 -> one logit) beside Keras' parameter count and a step of PyTorch.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/model/small_data.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using test::DeviceRun;
using test::Learned;

Architecture seed_architecture(std::int64_t features) {
  Architecture seed;
  seed.event_numbers = features;
  seed.hidden = {128, 64};
  seed.heads.emplace_back();
  return seed;
}

TEST(SeedModel, HasAsManyParametersAsKerasCounts) {
  // keras.layers.LSTM: 4 H (I + H + 1); Dense: in x out + out.
  for (const std::int64_t features : {1, 4, 7, 32}) {
    const std::int64_t keras = 4 * 128 * (features + 128 + 1) + 4 * 64 * (128 + 64 + 1) + 64 + 1;
    EXPECT_EQ(ParameterLayout(seed_architecture(features)).trained(), keras) << features;
  }
}

TEST(SeedModel, AGruHasAsManyAsKerasWithOneBias) {
  Architecture gru = seed_architecture(4);
  gru.cell = Cell::gru;
  EXPECT_EQ(ParameterLayout(gru).trained(), 3 * 128 * (4 + 128 + 1) + 3 * 64 * (128 + 64 + 1) + 65);
}

/// What PyTorch 2.15 gave for the same weights and batch: seed_model.py, run once.
struct {
  double loss_before = 0.684176505, loss_after = 0.630838633, gradient_norm = 0.624226979;
} constexpr torch;

/// The generator of seed_model.py.
std::vector<float> wave(std::int64_t count, double scale, double phase) {
  std::vector<float> values;
  for (std::int64_t k = 0; k < count; ++k) values.push_back(static_cast<float>(scale * std::sin(0.7 * static_cast<double>(k) + phase)));
  return values;
}

class SeedModelTest : public test::BackendTest {
 protected:
  static constexpr std::int64_t batch = 8, time = 6, features = 4;

  void fill(const std::string& name, double scale, double phase) {
    const Parameter& p = layout_.at(name);
    const std::vector<float> values = wave(p.size(), scale, phase);
    std::copy(values.begin(), values.end(), parameters_.begin() + p.offset);
  }

  void SetUp() override {
    BackendTest::SetUp();
    parameters_.assign(static_cast<std::size_t>(layout_.size()), 0.0F);
    for (int layer = 0; layer < 2; ++layer) {
      const std::string suffix = "_l" + std::to_string(layer);
      fill("lstm.weight_ih" + suffix, 0.3, 1.0 + 10 * layer);
      fill("lstm.weight_hh" + suffix, 0.1, 2.0 + 10 * layer);
      fill("lstm.bias_ih" + suffix, 0.5, 3.0 + 10 * layer);
    }
    fill("heads.weight", 0.5, 4.0);
    fill("heads.bias", 0.5, 5.0);
    data_.scale.assign(features, ColumnScale{});
    data_.event_number = wave(batch * time * features, 1.0, 0.0);
    data_.labels.emplace_back();
    for (std::int64_t i = 0; i < batch; ++i) {
      data_.first.push_back(i * time);
      data_.length.push_back(time);
      data_.labels[0].push_back(i % 3 == 0 ? 1.0F : 0.0F);
      data_.batch.push_back(i);
    }
    data_.state = {1, 1e-3F, 0.0F};
  }

  Architecture spec_ = seed_architecture(features);
  ParameterLayout layout_{spec_};
  std::vector<float> parameters_;
  test::SmallData data_;
};

TEST_F(SeedModelTest, lstm_LossAfterOneStepOfAdamEqualsPyTorch) {
  DeviceRun run(spec_, layout_, data_, backend(), stream());
  const Learned before = run.learn(parameters_);
  EXPECT_NEAR(before.loss[0], torch.loss_before, 1e-5);
  const std::vector<float> stepped = run.step();
  EXPECT_NEAR(run.learn(stepped).loss[0], torch.loss_after, 1e-5);
}

TEST_F(SeedModelTest, lstm_GradientIsAsLongAsPyTorchs) {
  const Learned learned = DeviceRun(spec_, layout_, data_, backend(), stream()).learn(parameters_);
  double square = 0.0;
  for (const Parameter& p : layout_.all())
    for (std::int64_t i = p.offset; i < p.offset + p.size() && p.rate > 0.0F; ++i)
      square += static_cast<double>(learned.gradient[static_cast<std::size_t>(i)]) *
                static_cast<double>(learned.gradient[static_cast<std::size_t>(i)]);
  EXPECT_NEAR(std::sqrt(square), torch.gradient_norm, 1e-5);
}

TEST_F(SeedModelTest, lstm_TheSecondBiasStaysZero) {
  DeviceRun run(spec_, layout_, data_, backend(), stream());
  static_cast<void>(run.learn(parameters_));
  const std::vector<float> stepped = run.step();
  for (const Parameter& p : layout_.all()) {
    const bool still = p.name.find("bias_hh") != std::string::npos;
    std::int64_t moved = 0;
    for (std::int64_t i = p.offset; i < p.offset + p.size(); ++i)
      moved += stepped[static_cast<std::size_t>(i)] != parameters_[static_cast<std::size_t>(i)] ? 1 : 0;
    // Adam's first step moves each parameter with a gradient by the learning rate.
    EXPECT_EQ(moved, still ? 0 : p.size()) << p.name;
  }
}

}  // namespace
}  // namespace footfall
