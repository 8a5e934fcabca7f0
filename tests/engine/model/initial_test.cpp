// The values that training starts from.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "engine/model/architecture.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

Architecture model() {
  Architecture a;
  a.event_numbers = 5;
  a.event_words = {40};
  a.embedding = {8};
  a.hidden = {32, 16};
  a.profile_width = 20;
  a.layers = {24, 12};
  a.members = 4;
  a.heads.resize(2);
  a.heads[0].rate = 0.2;
  a.heads[1].kind = HeadKind::number;
  return a;
}

class Initial : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<float> at(const std::string& name) const {
    const Parameter& p = layout_.at(name);
    return {values_.begin() + p.offset, values_.begin() + p.offset + p.size()};
  }
  /// Values fill [-limit, limit] evenly: the largest comes close to it, the mean is 0 within four standard errors.
  void expect_uniform(const std::string& name, const std::vector<float>& values, double limit) const {
    double largest = 0.0, sum = 0.0;
    for (const float x : values) {
      largest = std::max(largest, std::abs(static_cast<double>(x)));
      sum += static_cast<double>(x);
    }
    const auto n = static_cast<double>(values.size());
    EXPECT_LE(largest, limit * (1.0 + 1e-6)) << name;
    EXPECT_GE(largest, limit * (1.0 - 10.0 / n)) << name;  // the chance of less is exp(-10)
    EXPECT_NEAR(sum / n, 0.0, 4.0 * limit / std::sqrt(3.0 * n)) << name;
  }

  Architecture spec_ = model();
  ParameterLayout layout_{spec_};
  std::vector<float> values_ = initial_parameters(spec_, layout_, 42);
};

TEST_F(Initial, InputWeightsAreGlorotUniform) {
  expect_uniform("layer 0", at("lstm.weight_ih_l0"), std::sqrt(6.0 / (4 * 32 + 13)));
  expect_uniform("layer 1", at("lstm.weight_ih_l1"), std::sqrt(6.0 / (4 * 16 + 32)));
  expect_uniform("embedding", at("events.embedding_0"), 0.05);
}

TEST_F(Initial, RecurrentWeightsAreOrthogonal) {
  for (const auto& [name, width] : {std::pair<const char*, std::size_t>{"lstm.weight_hh_l0", 32}, {"lstm.weight_hh_l1", 16}}) {
    const std::vector<float> w = at(name);
    for (std::size_t a = 0; a < width; ++a)
      for (std::size_t b = 0; b <= a; ++b) {
        double dot = 0.0;
        for (std::size_t r = 0; r < 4 * width; ++r) dot += static_cast<double>(w[r * width + a]) * static_cast<double>(w[r * width + b]);
        EXPECT_NEAR(dot, a == b ? 1.0 : 0.0, 1e-6) << name << " columns " << a << " and " << b;  // rounding to float32
      }
  }
}

TEST_F(Initial, OnlyTheForgetGateHasABias) {
  const std::vector<float> bias = at("lstm.bias_ih_l0");
  for (std::size_t i = 0; i < bias.size(); ++i) EXPECT_EQ(bias[i], i / 32 == 1 ? 1.0F : 0.0F) << i;
  for (const float x : at("lstm.bias_hh_l0")) EXPECT_EQ(x, 0.0F);
}

TEST_F(Initial, AGruStartsWithoutBias) {
  spec_.cell = Cell::gru;
  layout_ = ParameterLayout(spec_);
  values_ = initial_parameters(spec_, layout_, 42);
  for (const float x : at("gru.bias_ih_l0")) EXPECT_EQ(x, 0.0F);
}

TEST_F(Initial, LayersAreUniformByTheirFanInAndIgnoreTheStateAtFirst) {
  const std::vector<float> first = at("profile.0.weight");
  std::vector<float> beside;
  for (std::size_t r = 0; r < 24; ++r)
    for (std::size_t c = 0; c < 36; ++c) {
      if (c < 16) {
        EXPECT_EQ(first[r * 36 + c], 0.0F) << "the event state joins in as far as it helps";
      } else {
        beside.push_back(first[r * 36 + c]);
      }
    }
  expect_uniform("profile.0", beside, 1.0 / 6.0);
  expect_uniform("profile.1", at("profile.1.weight"), 1.0 / std::sqrt(24.0));
  expect_uniform("heads", at("heads.weight"), 1.0 / std::sqrt(12.0));
}

TEST_F(Initial, WithoutAProfileTheStateCountsFromTheStart) {
  spec_.profile_width = 0;
  layout_ = ParameterLayout(spec_);
  values_ = initial_parameters(spec_, layout_, 42);
  expect_uniform("profile.0", at("profile.0.weight"), 0.25);
}

TEST_F(Initial, MembersDifferBySignsInTheFirstLayerAlone) {
  const std::vector<float> signs = at("profile.0.member_input");
  for (const float x : signs) EXPECT_EQ(std::abs(x), 1.0F);
  EXPECT_EQ((std::set<float>(signs.begin(), signs.end())), (std::set<float>{-1.0F, 1.0F}));
  const std::size_t width = 36;
  for (std::size_t m = 1; m < 4; ++m)
    EXPECT_FALSE(std::equal(signs.begin(), signs.begin() + width, signs.begin() + static_cast<std::ptrdiff_t>(m * width)))
        << "member " << m << " sees what member 0 sees";
  for (const char* name : {"profile.0.member_output", "profile.1.member_input", "profile.1.member_output"})
    for (const float x : at(name)) EXPECT_EQ(x, 1.0F) << name;
  const std::vector<float> bias = at("profile.0.bias");
  for (std::size_t i = 24; i < bias.size(); ++i) EXPECT_EQ(bias[i], bias[i % 24]) << "members share their first bias";
}

TEST_F(Initial, ABinaryHeadStartsAtItsRate) {
  const std::vector<float> bias = at("heads.bias");
  for (std::size_t m = 0; m < 4; ++m) {
    EXPECT_NEAR(bias[2 * m], std::log(0.25), 1e-6);
    EXPECT_EQ(bias[2 * m + 1], 0.0F) << "a number starts at its mean";
  }
}

TEST_F(Initial, TheSeedDecides) {
  test::expect_same_bits(values_, initial_parameters(spec_, layout_, 42), "the same seed");
  EXPECT_NE(values_, initial_parameters(spec_, layout_, 43));
}

}  // namespace
}  // namespace footfall
