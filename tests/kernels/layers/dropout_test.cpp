#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "kernels/layers/layers.hpp"
#include "tests/kernels/layers/layer_fixture.hpp"

namespace footfall {
namespace {

using DropoutTest = test::LayerTest;

/// Philox 4x32-10 once more, as the paper's figure has it, so that the mask is checked against other code.
std::array<std::uint32_t, 4> philox_of_the_paper(std::array<std::uint32_t, 4> x, std::uint32_t k0, std::uint32_t k1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t left = std::uint64_t{0xD2511F53} * x[0];
    const std::uint64_t right = std::uint64_t{0xCD9E8D57} * x[2];
    x = {static_cast<std::uint32_t>(right >> 32) ^ x[1] ^ k0, static_cast<std::uint32_t>(right & 0xFFFFFFFFU),
         static_cast<std::uint32_t>(left >> 32) ^ x[3] ^ k1, static_cast<std::uint32_t>(left & 0xFFFFFFFFU)};
    k0 += 0x9E3779B9U;
    k1 += 0xBB67AE85U;
  }
  return x;
}

/// What the unit of (example, step, layer, member, column) is multiplied by.
double mask(const DropoutSpec& spec, std::int64_t id, std::uint64_t step, std::int64_t member, std::int64_t column) {
  const auto whole = static_cast<std::uint64_t>(id);
  const std::array<std::uint32_t, 4> words =
      philox_of_the_paper({static_cast<std::uint32_t>(whole), static_cast<std::uint32_t>(whole >> 32), static_cast<std::uint32_t>(step),
                           spec.layer * 16777216U + static_cast<std::uint32_t>(member) * 65536U + static_cast<std::uint32_t>(column / 4)},
                          static_cast<std::uint32_t>(spec.seed), static_cast<std::uint32_t>(spec.seed >> 32));
  const double u = std::floor(static_cast<double>(words[static_cast<std::size_t>(column % 4)]) / 256.0) / 16777216.0;
  return u < static_cast<double>(spec.probability) ? 0.0 : static_cast<double>(1.0F / (1.0F - spec.probability));
}

std::vector<float> dropped(Backend& backend, Stream& stream, const std::vector<float>& x, std::int64_t columns, const DropoutSpec& spec,
                           const std::vector<std::int64_t>& ids, std::uint64_t step) {
  Array<float> there = upload(x, stream);
  const Array<std::int64_t> rows = upload(ids, stream);
  const Array<StepState> state = upload(std::vector<StepState>{{step, 0.0F, 0.0F}}, stream);
  backend.layers().dropout(there.matrix(static_cast<std::int64_t>(x.size()) / columns, columns), spec, rows.view(), state.view(), stream);
  return download(there.view(), stream);
}

TEST_F(DropoutTest, IsTheMaskOfItsCounter) {
  struct Shape {
    std::int64_t members, batch, columns;
  };
  for (const Shape shape : {Shape{1, 1, 1}, Shape{3, 31, 5}, Shape{2, 33, 64}, Shape{16, 3, 300}, Shape{1, 1025, 3}}) {
    const DropoutSpec spec{0.3F, 0x0123456789abcdefULL, 5};
    std::vector<std::int64_t> ids;
    for (std::int64_t b = 0; b < shape.batch; ++b) ids.push_back((b * 7919 + 3) << (b % 2 == 0 ? 0 : 33));
    const std::vector<float> x = numbers().floats(shape.members * shape.batch * shape.columns);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.size()); ++i) {
      const std::int64_t row = i / shape.columns;
      const double factor = mask(spec, ids[static_cast<std::size_t>(row % shape.batch)], 9, row / shape.batch, i % shape.columns);
      expected.push_back(static_cast<double>(static_cast<float>(static_cast<double>(x[static_cast<std::size_t>(i)]) * factor)));
    }
    test::expect_close(dropped(backend(), stream(), x, shape.columns, spec, ids, 9), expected, {}, "mask");  // one rounding, the same one
  }
}

TEST_F(DropoutTest, FollowsTheExampleAndNotItsPlace) {
  const DropoutSpec spec{0.5F, 42, 1};
  std::vector<std::int64_t> ids;
  for (std::int64_t b = 0; b < 64; ++b) ids.push_back(b);
  const std::vector<float> ones(64 * 20, 1.0F);
  const std::vector<float> forward = dropped(backend(), stream(), ones, 20, spec, ids, 1);
  const std::vector<float> reversed = dropped(backend(), stream(), ones, 20, spec, {ids.rbegin(), ids.rend()}, 1);
  for (std::size_t row = 0; row < 64; ++row) {
    for (std::size_t c = 0; c < 20; ++c) ASSERT_EQ(forward[row * 20 + c], reversed[(63 - row) * 20 + c]);
  }
}

TEST_F(DropoutTest, StepsLayersAndSeedsHaveMasksOfTheirOwn) {
  const std::vector<std::int64_t> ids(50, 7);
  const std::vector<float> ones(50 * 40, 1.0F);
  const std::vector<float> base = dropped(backend(), stream(), ones, 40, {0.5F, 42, 1}, ids, 1);
  EXPECT_NE(base, dropped(backend(), stream(), ones, 40, {0.5F, 42, 1}, ids, 2));
  EXPECT_NE(base, dropped(backend(), stream(), ones, 40, {0.5F, 42, 2}, ids, 1));
  EXPECT_NE(base, dropped(backend(), stream(), ones, 40, {0.5F, 43, 1}, ids, 1));
  EXPECT_EQ(base, dropped(backend(), stream(), ones, 40, {0.5F, 42, 1}, ids, 1));
}

TEST_F(DropoutTest, DropsTheShareThatItIsTold) {
  std::vector<std::int64_t> ids;
  for (std::int64_t b = 0; b < 1000; ++b) ids.push_back(b);
  const std::vector<float> y = dropped(backend(), stream(), std::vector<float>(40000, 1.0F), 40, {0.25F, 1, 0}, ids, 1);
  double kept = 0.0;
  for (const float value : y) {
    ASSERT_TRUE(value == 0.0F || value == 1.0F / 0.75F) << value;
    kept += value != 0.0F ? 1.0 : 0.0;
  }
  EXPECT_NEAR(kept / 40000.0, 0.75, 5.0 * std::sqrt(0.25 * 0.75 / 40000.0));  // five standard deviations
  const std::vector<float> x = numbers().floats(100);
  EXPECT_EQ(dropped(backend(), stream(), x, 10, {0.0F, 1, 0}, std::vector<std::int64_t>(10, 0), 1), x);
}

}  // namespace
}  // namespace footfall
