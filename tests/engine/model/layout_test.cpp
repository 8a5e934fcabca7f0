// Where each parameter lies, how it is named and what the optimizer does with it.
#include <gtest/gtest.h>

#include <map>

#include "engine/model/architecture.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

Architecture full() {
  Architecture a;
  a.event_numbers = 5;
  a.event_indicators = 1;
  a.event_words = {10, 4};
  a.embedding = {3, 2};
  a.hidden = {7, 6};
  a.profile_width = 9;
  a.layers = {8, 4};
  a.members = 3;
  a.heads.resize(2);
  a.heads[1].kind = HeadKind::classes;
  a.heads[1].classes = {"a", "b", "c"};
  return a;
}

Shapes shapes_of(const ParameterLayout& layout) {
  Shapes shapes;
  for (const Parameter& p : layout.all()) shapes[p.name] = p.shape;
  return shapes;
}

TEST(Architecture, Widths) {
  const Architecture a = full();
  EXPECT_EQ(a.step_width(), 5 + 1 + 3 + 2);
  EXPECT_EQ(a.state_width(), 6);
  EXPECT_EQ(a.input_width(), 15);
  EXPECT_EQ(a.head_input(), 4);
  EXPECT_EQ(a.outputs(), 4);
  Architecture without = a;
  without.hidden = {};
  EXPECT_FALSE(without.has_events()) << "numbers alone make no encoder";
  EXPECT_EQ(without.input_width(), 9);
}

TEST(ParameterLayout, NamesAndShapesOfAWholeModel) {
  const Shapes expected = {{"events.embedding_0", {10, 3}},     {"events.embedding_1", {4, 2}},
                           {"lstm.weight_ih_l0", {28, 11}},     {"lstm.weight_hh_l0", {28, 7}},
                           {"lstm.bias_ih_l0", {28}},           {"lstm.bias_hh_l0", {28}},
                           {"lstm.weight_ih_l1", {24, 7}},      {"lstm.weight_hh_l1", {24, 6}},
                           {"lstm.bias_ih_l1", {24}},           {"lstm.bias_hh_l1", {24}},
                           {"profile.0.weight", {8, 15}},       {"profile.0.member_input", {3, 15}},
                           {"profile.0.member_output", {3, 8}}, {"profile.0.bias", {3, 8}},
                           {"profile.1.weight", {4, 8}},        {"profile.1.member_input", {3, 8}},
                           {"profile.1.member_output", {3, 4}}, {"profile.1.bias", {3, 4}},
                           {"heads.weight", {12, 4}},           {"heads.bias", {3, 4}}};
  EXPECT_EQ(shapes_of(ParameterLayout(full())), expected);
}

TEST(ParameterLayout, AGruHasThreeGates) {
  Architecture a = full();
  a.cell = Cell::gru;
  const ParameterLayout layout(a);
  EXPECT_EQ(layout.at("gru.weight_ih_l0").shape, (std::vector<std::int64_t>{21, 11}));
  EXPECT_EQ(layout.at("gru.bias_hh_l1").shape, (std::vector<std::int64_t>{18}));
  EXPECT_FALSE(layout.has("lstm.weight_ih_l0"));
}

TEST(ParameterLayout, APlainNetworkHasNoMembers) {
  Architecture a = full();
  a.members = 1;
  const ParameterLayout layout(a);
  EXPECT_FALSE(layout.has("profile.0.member_input"));
  EXPECT_FALSE(layout.has("profile.1.member_output"));
  EXPECT_EQ(layout.at("heads.weight").shape, (std::vector<std::int64_t>{4, 4}));
}

TEST(ParameterLayout, TheRecurrentStackIsOneRunAndOthersAreAligned) {
  const Architecture a = full();
  const ParameterLayout layout(a);
  std::int64_t end = 0;
  for (const Parameter& p : layout.all()) {
    EXPECT_GE(p.offset, end) << p.name << " overlaps what is before it";
    const bool inside = p.name.starts_with("lstm.") && p.name != "lstm.weight_ih_l0";
    if (inside) {
      EXPECT_EQ(p.offset, end) << p.name;
    } else {
      EXPECT_EQ(p.offset % 64, 0) << p.name;
    }
    end = p.offset + p.size();
  }
  EXPECT_EQ(layout.size(), end);
  const RnnSpec rnn{Cell::lstm, a.step_width(), a.hidden, 1, 1, false, Precision::float32};
  EXPECT_EQ(layout.at("lstm.bias_hh_l1").offset + 24 - layout.at("lstm.weight_ih_l0").offset, stack_weights(rnn));
}

TEST(ParameterLayout, RangesCoverTheRunOnceWithGapsAndTheSecondBiasAtRest) {
  const ParameterLayout layout(full());
  const std::vector<ParameterRange> ranges = layout.ranges(0.25F);
  std::int64_t end = 0, trained = 0;
  for (const ParameterRange& range : ranges) {
    EXPECT_EQ(range.first, end);
    end = range.first + range.count;
    trained += range.rate > 0.0F ? range.count : 0;
    const Parameter* owner = nullptr;
    for (const Parameter& p : layout.all())
      if (p.offset == range.first && p.size() == range.count) owner = &p;
    const bool rests = owner == nullptr || owner->name.find("bias_hh") != std::string::npos;
    EXPECT_EQ(range.rate, rests ? 0.0F : 1.0F) << range.first;
    const bool matrix =
        owner != nullptr && (owner->name.find("weight") != std::string::npos || owner->name.find("member") != std::string::npos);
    EXPECT_EQ(range.decay, matrix ? 0.25F : 0.0F) << range.first << ": biases and embeddings do not decay";
  }
  EXPECT_EQ(end, layout.size());
  EXPECT_EQ(trained, layout.trained());
}

TEST(ParameterLayout, AnUnknownNameIsAFault) { EXPECT_THROW(static_cast<void>(ParameterLayout(full()).at("profile.7.weight")), Error); }

}  // namespace
}  // namespace footfall
