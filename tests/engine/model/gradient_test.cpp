// Forward and backward of whole networks against a float64 statement of the model and its central differences.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/engine/model/reference_network.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using test::DeviceRun;
using test::Learned;
using test::ReferenceNetwork;
using test::SmallData;

struct Case {
  std::string name;
  Architecture spec;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

HeadSpec head(HeadKind kind) {
  HeadSpec out;
  out.kind = kind;
  if (kind == HeadKind::classes) out.classes = {"a", "b", "c"};
  return out;
}

Architecture everything() {
  Architecture a;
  a.event_numbers = 2;
  a.event_indicators = 1;
  a.event_words = {5, 3};
  a.embedding = {3, 2};
  a.hidden = {3, 2};
  a.profile_width = 3;
  a.layers = {4, 3};
  a.members = 3;
  a.dropout = 0.3F;
  a.state_dropout = 0.4F;
  a.heads = {head(HeadKind::binary), head(HeadKind::classes), head(HeadKind::number)};
  return a;
}

std::vector<Case> cases() {
  std::vector<Case> all = {{"Everything", everything()}};
  Architecture a = everything();
  a.cell = Cell::gru;
  a.members = 1;
  a.layers = {5};
  all.push_back({"GruWithoutMembers", a});
  a = everything();
  a.profile_width = 0;
  a.layers = {};
  a.members = 1;
  a.dropout = 0.0F;
  all.push_back({"LstmAlone", a});
  a.embedding = {};
  a.event_words = {};
  a.state_dropout = 0.0F;
  a.heads = {head(HeadKind::binary)};
  all.push_back({"SeedShape", a});
  a = everything();
  a.event_numbers = a.event_indicators = 0;
  a.event_words = a.embedding = a.hidden = {};
  all.push_back({"ProfileAlone", a});
  a.layers = {};
  a.members = 1;
  a.dropout = 0.0F;
  all.push_back({"LinearRegression", a});
  return all;
}

/// Five examples; the batch takes four of them out of order, the longest sequences first.
SmallData data_for(const Architecture& spec) {
  SmallData data;
  test::Numbers numbers(11);
  data.length = {3, 2, 1, 4, 3};
  std::int64_t rows = 0;
  for (const std::int32_t length : data.length) {
    data.first.push_back(rows);
    rows += length;
  }
  if (spec.has_events()) {
    data.event_number = numbers.floats(rows * spec.event_numbers, 3.0);
    data.event_number[1] = data.event_number[7] = std::numeric_limits<float>::quiet_NaN();
    data.scale = {{0.0F, 0.5F, 0.8F, -1.5F, 1.5F, -1}, {0.3F, -0.2F, 0.5F, -10.0F, 10.0F, 2}};
    for (std::int64_t i = 0; i < rows; ++i)
      for (const std::int64_t words : spec.event_words) data.event_code.push_back(static_cast<std::int32_t>(numbers.below(words)));
  }
  data.profile = numbers.floats(5 * spec.profile_width, 2.0);
  for (const HeadSpec& target : spec.heads) {
    std::vector<float> labels;
    for (int i = 0; i < 5; ++i) {
      if (target.kind == HeadKind::binary) labels.push_back(static_cast<float>(i % 2));
      if (target.kind == HeadKind::classes) labels.push_back(static_cast<float>(i % 3));
      if (target.kind == HeadKind::number) labels.push_back(static_cast<float>(numbers.next()));
    }
    if (target.kind != HeadKind::binary) labels[2] = std::numeric_limits<float>::quiet_NaN();
    data.labels.push_back(labels);
  }
  data.batch = {3, 4, 0, 2};
  return data;
}

class WholeNetwork : public test::BackendTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    BackendTest::SetUp();
    layout_ = std::make_unique<ParameterLayout>(spec_);
    data_ = data_for(spec_);
    test::Numbers numbers(23);
    parameters_ = numbers.floats(layout_->size(), 0.9);
  }

  /// The factors that a place's dropout multiplies with, from the operation itself on ones.
  [[nodiscard]] std::vector<float> mask(std::int64_t rows, std::int64_t columns, const DropoutSpec& dropout) {
    Array<float> ones = upload(std::vector<float>(static_cast<std::size_t>(rows * columns), 1.0F), stream());
    const Array<std::int64_t> ids = upload(data_.batch, stream());
    const Array<StepState> state = upload(std::vector<StepState>{data_.state}, stream());
    backend().layers().dropout(ones.matrix(rows, columns), dropout, ids.view(), state.view(), stream());
    return download(ones.view(), stream());
  }
  [[nodiscard]] ReferenceNetwork reference() {
    ReferenceNetwork::Masks masks;
    if (spec_.has_events() && spec_.state_dropout > 0.0F)
      masks["state"] = mask(data_.size(), spec_.state_width(), {spec_.state_dropout, data_.seed, 255});
    for (std::size_t l = 0; l < spec_.layers.size() && spec_.dropout > 0.0F; ++l)
      masks[std::to_string(l)] =
          mask(spec_.members * data_.size(), spec_.layers[l], {spec_.dropout, data_.seed, static_cast<std::uint32_t>(l)});
    return {spec_, *layout_, data_, masks};
  }

  Architecture spec_ = GetParam().spec;
  std::unique_ptr<ParameterLayout> layout_;
  SmallData data_;
  std::vector<float> parameters_;
};

TEST_P(WholeNetwork, GradientIsTheCentralDifferenceOfTheLoss) {
  DeviceRun run(spec_, *layout_, data_, backend(), stream());
  const Learned learned = run.learn(parameters_);
  const ReferenceNetwork network = reference();
  std::vector<double> at(parameters_.begin(), parameters_.end());
  double total = 0.0;
  for (const double loss : learned.loss) total += loss;
  EXPECT_NEAR(total, network.loss(at), 1e-6 * (1.0 + total));
  constexpr double apart = 1e-5;  // error apart^2 of the third derivative, and 1e-16 / apart of rounding: both below 1e-9
  for (const Parameter& p : layout_->all()) {
    if (p.rate == 0.0F) continue;
    std::vector<double> expected;
    double largest = 0.0;
    for (std::int64_t i = p.offset; i < p.offset + p.size(); ++i) {
      double& value = at[static_cast<std::size_t>(i)];
      const double middle = value;
      value = middle + apart;
      const double above = network.loss(at);
      value = middle - apart;
      const double below = network.loss(at);
      value = middle;
      expected.push_back((above - below) / (2.0 * apart));
      largest = std::max(largest, std::abs(expected.back()));
    }
    EXPECT_GT(largest, 1e-6) << p.name << " does not move the loss, so this test says nothing of it";
    const auto from = learned.gradient.begin() + p.offset;
    // Some hundred roundings of 6e-8 on the way from the loss to a gradient, against the largest of its tensor.
    test::expect_close(std::vector<float>(from, from + p.size()), expected, {1e-5 * largest + 1e-8, 0.0}, p.name);
  }
}

TEST_P(WholeNetwork, PredictionsAreTheMembersMean) {
  DeviceRun run(spec_, *layout_, data_, backend(), stream());
  test::expect_close(run.predict(parameters_), reference().predictions({parameters_.begin(), parameters_.end()}), {2e-6, 2e-6},
                     "predictions");
}

TEST_P(WholeNetwork, ReplayedStepsFollowTheParameters) {
  DeviceRun run(spec_, *layout_, data_, backend(), stream());
  const Learned first = run.learn(parameters_), second = run.learn(parameters_);  // the second is recorded and replayed
  test::expect_same_bits(first.gradient, second.gradient, "gradient");
  EXPECT_EQ(first.loss, second.loss);
  std::vector<float> moved = parameters_;
  for (float& value : moved) value *= 0.9F;
  DeviceRun fresh(spec_, *layout_, data_, backend(), stream());
  const Learned replayed = run.learn(moved), direct = fresh.learn(moved);
  test::expect_same_bits(replayed.gradient, direct.gradient, "gradient after a change");
  EXPECT_EQ(replayed.loss, direct.loss);
  EXPECT_NE(replayed.loss, first.loss);
}

TEST_P(WholeNetwork, ArraysThatMoveAreRecordedAgain) {
  DeviceRun run(spec_, *layout_, data_, backend(), stream()), fresh(spec_, *layout_, data_, backend(), stream());
  static_cast<void>(run.learn(parameters_));
  static_cast<void>(run.learn(parameters_));
  std::vector<float> other = parameters_;
  for (const auto move : {&DeviceRun::move_parameters, &DeviceRun::move_gradient, &DeviceRun::move_loss}) {
    (run.*move)();
    for (float& value : other) value *= 0.9F;
    const Learned after = run.learn(other), direct = fresh.learn(other);
    test::expect_same_bits(after.gradient, direct.gradient, "gradient");
    EXPECT_EQ(after.loss, direct.loss);
  }
}

INSTANTIATE_TEST_SUITE_P(lstm, WholeNetwork, ::testing::ValuesIn(cases()), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace footfall
