#include <gtest/gtest.h>

#include <cmath>

#include "kernels/layers/layers.hpp"
#include "tests/kernels/layers/layer_fixture.hpp"

namespace footfall {
namespace {

using OptimizerTest = test::LayerTest;

/// Ranges that cut the parameters at odd places, one of them frozen, some decayed, one empty.
std::vector<ParameterRange> some_ranges(std::int64_t size) {
  const std::int64_t a = size / 3;
  const std::int64_t b = size / 2 + 1;
  return {{0, a, 1.0F, 0.0F},
          {a, b - a, 0.5F, 0.01F},
          {b, 0, 1.0F, 0.0F},
          {b, (size - b) / 2, 0.0F, 0.1F},
          {b + (size - b) / 2, size - b - (size - b) / 2, 2.0F, 0.1F}};
}

struct State {
  std::vector<float> w, m, v;
};

/// Steps with the same gradient on a backend.
State after(Backend& backend, Stream& stream, State from, const std::vector<float>& g, int steps, float largest_norm) {
  Array<float> w = upload(from.w, stream);
  Array<float> m = upload(from.m, stream);
  Array<float> v = upload(from.v, stream);
  const Array<float> gradient = upload(g, stream);
  const Array<ParameterRange> ranges = upload(some_ranges(static_cast<std::int64_t>(g.size())), stream);
  Array<double> norm2(stream, 1);
  backend.layers().squared_norm(gradient.view(), norm2.view(), stream);
  for (int step = 1; step <= steps; ++step) {
    const Array<StepState> state = upload(std::vector<StepState>{{static_cast<std::uint64_t>(step), 0.01F, largest_norm}}, stream);
    backend.layers().adam(w.view(), gradient.view(), m.view(), v.view(), ranges.view(), AdamSpec{}, state.view(),
                          std::as_const(norm2).view(), stream);
  }
  return {download(w.view(), stream), download(m.view(), stream), download(v.view(), stream)};
}

TEST_F(OptimizerTest, AdamFollowsThePaper) {
  for (const std::int64_t size : {7, 33, 1025, 9001}) {
    for (const float largest_norm : {0.0F, 0.5F, 1e6F}) {
      const std::vector<float> g = numbers().floats(size);
      const State start{numbers().floats(size), std::vector<float>(static_cast<std::size_t>(size), 0.0F),
                        std::vector<float>(static_cast<std::size_t>(size), 0.0F)};
      constexpr int steps = 3;
      const State actual = after(backend(), stream(), start, g, steps, largest_norm);
      double norm2 = 0.0;
      for (const float value : g) norm2 += static_cast<double>(value) * static_cast<double>(value);
      const double clip = largest_norm > 0.0F ? std::min(1.0, static_cast<double>(largest_norm) / std::sqrt(norm2)) : 1.0;
      const double beta1 = 0.9F;
      const double beta2 = 0.999F;
      std::vector<double> expected(start.w.begin(), start.w.end());
      for (const ParameterRange& range : some_ranges(size)) {
        if (range.rate == 0.0F) continue;
        for (std::int64_t i = range.first; i < range.first + range.count; ++i) {
          const auto at = static_cast<std::size_t>(i);
          const double gradient = clip * static_cast<double>(g[at]);
          double m = 0.0;
          double v = 0.0;
          for (int t = 1; t <= steps; ++t) {
            m = beta1 * m + (1.0 - beta1) * gradient;
            v = beta2 * v + (1.0 - beta2) * gradient * gradient;
            const double direction = m / (1.0 - std::pow(beta1, t)) / (std::sqrt(v / (1.0 - std::pow(beta2, t))) + 1e-8);
            expected[at] -= static_cast<double>(range.rate) * 0.01F * (direction + static_cast<double>(range.decay) * expected[at]);
          }
        }
      }
      // A step is at most 0.02 of a direction near 1 with 12 roundings of it, and one rounding of a weight near 1: 3 steps.
      test::expect_close(actual.w, expected, {3.0 * (0.02 * 12.0 + 1.0) * 0x1p-24, 0.0}, "weights, size " + std::to_string(size));
    }
  }
}

TEST_F(OptimizerTest, AdamGivesEveryBackendTheSameBits) {
  // Sums, products, quotients and roots are exact operations of IEEE 754, so there is one answer.
  const std::vector<float> g = numbers().floats(1031);
  const State start{numbers().floats(1031), numbers().floats(1031, 0.1), std::vector<float>(1031, 0.01F)};
  const State here = after(backend(), stream(), start, g, 2, 0.0F);
  for (const int threads : {1, 2, 3}) {
    const std::unique_ptr<Backend> cpu = make_backend(Device{}, BackendOptions{threads, true});
    const std::unique_ptr<Stream> host = cpu->make_stream();
    const State there = after(*cpu, *host, start, g, 2, 0.0F);
    test::expect_same_bits(here.w, there.w, "weights");
    test::expect_same_bits(here.m, there.m, "first moments");
    test::expect_same_bits(here.v, there.v, "second moments");
  }
}

TEST_F(OptimizerTest, AFrozenRangeKeepsItsBits) {
  const std::vector<float> g = numbers().floats(100);
  const State start{numbers().floats(100), std::vector<float>(100, 0.5F), std::vector<float>(100, 0.25F)};
  const State end = after(backend(), stream(), start, g, 1, 0.0F);
  const ParameterRange frozen = some_ranges(100)[3];
  ASSERT_GT(frozen.count, 0);
  for (std::int64_t i = frozen.first; i < frozen.first + frozen.count; ++i) {
    EXPECT_EQ(end.w[static_cast<std::size_t>(i)], start.w[static_cast<std::size_t>(i)]);
  }
}

TEST_F(OptimizerTest, SquaredNormIsASumInFloat64) {
  for (const std::int64_t size : {0, 1, 31, 1025, 40000}) {
    const std::vector<float> values = numbers().floats(size, 3.0);
    long double expected = 0.0L;
    for (const float value : values) expected += static_cast<long double>(value) * static_cast<long double>(value);
    const Array<float> in = upload(values, stream());
    Array<double> out = upload(std::vector<double>{-1.0}, stream());
    backend().layers().squared_norm(in.view(), out.view(), stream());
    // Squares of float32 are exact in float64; a sum of n positive terms loses at most n 2^-53 of itself.
    EXPECT_NEAR(download(out.view(), stream())[0], static_cast<double>(expected),
                static_cast<double>(size) * 0x1p-53 * static_cast<double>(expected))
        << size;
  }
}

}  // namespace
}  // namespace footfall
