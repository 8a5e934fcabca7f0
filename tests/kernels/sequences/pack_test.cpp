// Pack against a plain statement of what it does, on the backend under test.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/kernels/sequences/rnn_run.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

/// A chunk of events and a batch cut out of it.
struct PackProblem {
  PackSpec spec;
  std::int64_t events = 0, time = 0, code_stride = 0;
  std::vector<float> numeric, parameters;
  std::vector<ColumnScale> scale;
  std::vector<std::int32_t> codes;
  std::vector<std::int64_t> first;
  std::vector<std::int32_t> length;

  [[nodiscard]] std::int64_t batch() const { return static_cast<std::int64_t>(first.size()); }
  [[nodiscard]] std::int64_t features() const {
    std::int64_t sum = spec.numeric + spec.indicators;
    for (const EmbeddingTable& t : spec.tables) sum += t.width;
    return sum;
  }
};

struct PackShape {
  std::int64_t numeric = 0, indicators = 0;
  std::vector<std::pair<std::int32_t, std::int32_t>> tables;  // rows, width
  std::int64_t batch = 1;
  std::int32_t time = 1;
};

PackProblem make_pack_problem(const PackShape& shape, std::uint64_t seed) {
  Numbers numbers(seed);
  PackProblem p;
  std::int64_t offset = 3;
  for (const auto& [rows, width] : shape.tables) {
    p.spec.tables.push_back({offset, rows, width});
    offset += static_cast<std::int64_t>(rows) * width + 1;  // tables that start at any float
  }
  p.spec.numeric = shape.numeric;
  p.spec.indicators = shape.indicators;
  p.spec.max_steps = shape.batch * shape.time + 5;
  p.time = shape.time;
  p.parameters = numbers.floats(offset);
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    p.length.push_back(b == shape.batch / 2 ? shape.time : static_cast<std::int32_t>(1 + numbers.below(shape.time)));
    p.first.push_back(numbers.below(50));  // journeys may overlap here: pack only reads
  }
  p.events = 50 + shape.time;
  p.numeric = numbers.floats(p.events * shape.numeric, 3.0);
  for (float& cell : p.numeric) {
    if (numbers.below(4) == 0) cell = std::nanf("");
  }
  for (std::int64_t c = 0; c < shape.numeric; ++c) {
    ColumnScale scale{0.5F, 0.25F, 2.0F, -3.0F, 3.0F, -1};
    // The last columns have an indicator, in reverse order.
    if (c >= shape.numeric - shape.indicators) scale.indicator = static_cast<std::int32_t>(shape.numeric + (shape.numeric - 1 - c));
    p.scale.push_back(scale);
  }
  p.code_stride = static_cast<std::int64_t>(shape.tables.size()) + 2;
  p.codes.assign(static_cast<std::size_t>(p.events * p.code_stride), 1 << 30);  // cells between are no codes
  for (std::int64_t e = 0; e < p.events; ++e) {
    for (std::size_t c = 0; c < shape.tables.size(); ++c) {
      p.codes[static_cast<std::size_t>(e * p.code_stride) + c] = static_cast<std::int32_t>(numbers.below(shape.tables[c].first));
    }
  }
  return p;
}

std::vector<double> packed(const PackProblem& p) {
  std::vector<double> out(static_cast<std::size_t>(p.time * p.batch() * p.features()));
  for (std::int64_t b = 0; b < p.batch(); ++b) {
    for (std::int64_t t = 0; t < p.length[static_cast<std::size_t>(b)]; ++t) {
      const std::int64_t event = p.first[static_cast<std::size_t>(b)] + t;
      double* row = out.data() + (t * p.batch() + b) * p.features();
      for (std::int64_t c = 0; c < p.spec.numeric; ++c) {
        const float x = p.numeric[static_cast<std::size_t>(event * p.spec.numeric + c)];
        const ColumnScale& s = p.scale[static_cast<std::size_t>(c)];
        row[c] = std::min(std::max(((std::isnan(x) ? s.fill : x) - static_cast<double>(s.mean)) * s.inverse, static_cast<double>(s.low)),
                          static_cast<double>(s.high));
        if (s.indicator >= 0) row[s.indicator] = std::isnan(x) ? 1 : 0;
      }
      std::int64_t at = p.spec.numeric + p.spec.indicators;
      for (std::size_t c = 0; c < p.spec.tables.size(); ++c) {
        const EmbeddingTable& table = p.spec.tables[c];
        const std::int64_t code = p.codes[static_cast<std::size_t>(event * p.code_stride) + c];
        for (std::int32_t k = 0; k < table.width; ++k)
          row[at++] = p.parameters[static_cast<std::size_t>(table.offset + code * table.width + k)];
      }
    }
  }
  return out;
}

std::vector<double> embedding_gradient(const PackProblem& p, const std::vector<float>& dout) {
  std::vector<double> sum(p.parameters.size());
  for (std::int64_t b = 0; b < p.batch(); ++b) {
    for (std::int64_t t = 0; t < p.length[static_cast<std::size_t>(b)]; ++t) {
      const std::int64_t event = p.first[static_cast<std::size_t>(b)] + t;
      std::int64_t at = (t * p.batch() + b) * p.features() + p.spec.numeric + p.spec.indicators;
      for (std::size_t c = 0; c < p.spec.tables.size(); ++c) {
        const EmbeddingTable& table = p.spec.tables[c];
        const std::int64_t code = p.codes[static_cast<std::size_t>(event * p.code_stride) + c];
        for (std::int32_t k = 0; k < table.width; ++k)
          sum[static_cast<std::size_t>(table.offset + code * table.width + k)] += dout[static_cast<std::size_t>(at++)];
      }
    }
  }
  return sum;
}

/// The arrays of a problem on the device.
struct PackArrays {
  PackArrays(const PackProblem& p, Stream& stream)
      : numeric(upload(p.numeric, stream)),
        parameters(upload(p.parameters, stream)),
        scale(upload(p.scale, stream)),
        codes(upload(p.codes, stream)),
        tables(upload(p.spec.tables, stream)),
        first(upload(p.first, stream)),
        length(upload(p.length, stream)) {
    in.numeric = numeric.matrix(p.events, p.spec.numeric);
    in.scale = scale.view();
    const View<const std::int32_t> all = codes.view();
    in.codes =
        MatrixView<const std::int32_t>(all.data, p.events, static_cast<std::int64_t>(p.spec.tables.size()), p.code_stride, all.place);
    in.tables = tables.view();
    in.parameters = parameters.view();
    in.first = first.view();
    in.length = length.view();
  }
  Array<float> numeric, parameters;
  Array<ColumnScale> scale;
  Array<std::int32_t> codes;
  Array<EmbeddingTable> tables;
  Array<std::int64_t> first;
  Array<std::int32_t> length;
  PackInput in;
};

class PackBackend : public BackendTest {
 protected:
  void check(const PackShape& shape, std::uint64_t seed) {
    const PackProblem p = make_pack_problem(shape, seed);
    PackArrays on(p, stream());
    const auto plan = backend().sequences().make_pack(p.spec, stream());
    ASSERT_EQ(plan->features(), p.features());
    const std::int64_t rows = p.time * p.batch();
    Array<float> out = upload(std::vector<float>(static_cast<std::size_t>(rows * p.features()), std::nanf("")), stream());
    plan->forward(on.in, p.time, out.matrix(rows, p.features()), stream());
    // Values up to 3 with one subtraction and one product: two roundings of 2^-24 each.
    expect_close(download(out.view(), stream()), packed(p), {5e-7, 0}, "packed steps");

    // Numbers of steps that have ended are no gradient: they are NaN here.
    std::vector<float> dout = Numbers(seed + 1).floats(rows * p.features());
    for (std::int64_t b = 0; b < p.batch(); ++b) {
      for (std::int64_t t = p.length[static_cast<std::size_t>(b)]; t < p.time; ++t) {
        std::fill_n(dout.begin() + (t * p.batch() + b) * p.features(), p.features(), std::nanf(""));
      }
    }
    const Array<float> dout_there = upload(dout, stream());
    Array<float> gradient = upload(std::vector<float>(p.parameters.size(), 0.5F), stream());
    plan->backward(on.in, p.time, dout_there.matrix(rows, p.features()), gradient.view(), stream());
    std::vector<double> expected = embedding_gradient(p, dout);
    for (double& value : expected) value += 0.5;
    // Sums in float64, rounded once, and added to 0.5 with another rounding.
    const std::vector<float> got = download(gradient.view(), stream());
    expect_close(got, expected, {1e-7, 2e-7}, "embedding gradient");

    Array<float> again = upload(std::vector<float>(p.parameters.size(), 0.5F), stream());
    plan->backward(on.in, p.time, dout_there.matrix(rows, p.features()), again.view(), stream());
    expect_same_bits(got, download(again.view(), stream()), "embedding gradient, repeated");
  }
};

TEST_F(PackBackend, numbers_indicators_and_tables) {
  check({3, 2, {{7, 4}, {50, 3}}, 5, 6}, 1);
  check({4, 0, {{10, 33}}, 70, 9}, 2);
  check({1, 1, {}, 3, 2}, 3);
  check({0, 0, {{300, 8}, {2, 1}, {5, 64}}, 40, 30}, 4);
}
TEST_F(PackBackend, vocabulary_of_one_gathers_every_step) { check({2, 0, {{1, 5}}, 37, 25}, 5); }
TEST_F(PackBackend, more_codes_than_steps) { check({0, 0, {{100000, 2}}, 6, 4}, 6); }
TEST_F(PackBackend, one_step) { check({1, 0, {{3, 1}}, 1, 1}, 7); }

TEST_F(PackBackend, refuses_a_batch_larger_than_its_plan) {
  const PackProblem p = make_pack_problem({1, 0, {{3, 2}}, 8, 4}, 8);
  PackSpec spec = p.spec;
  spec.max_steps = 31;
  const auto plan = backend().sequences().make_pack(spec, stream());
  PackArrays on(p, stream());
  Array<float> out(stream(), 32 * p.features());
  EXPECT_THROW(plan->forward(on.in, p.time, out.matrix(32, p.features()), stream()), Error);
}

}  // namespace
}  // namespace footfall::test
