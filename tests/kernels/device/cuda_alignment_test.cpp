// Kernels take 16-byte accesses where a matrix allows them and 4-byte ones elsewhere: the choice must not change a bit. Each operation runs
// over matrices that lie on 16-byte boundaries and over the same values behind an odd offset and with an odd stride. (Not the products:
// cuBLAS may choose another kernel where the addresses are odd.)

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

constexpr std::int64_t rows = 77;
constexpr std::int64_t columns = 12;
constexpr std::int64_t members = 3;

enum class Lie { aligned, odd };

/// A matrix of given values on the device.
class Placed {
 public:
  Placed(Stream& stream, const std::vector<float>& values, std::int64_t wide, Lie lie)
      : stream_(stream),
        rows_(static_cast<std::int64_t>(values.size()) / wide),
        wide_(wide),
        offset_(lie == Lie::odd ? 1 : 0),
        stride_(lie == Lie::odd ? wide + 3 : wide),
        all_(stream, offset_ + rows_ * stride_) {
    std::vector<float> laid(static_cast<std::size_t>(all_.size()), -7.0F);
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t c = 0; c < wide; ++c) laid[place(r, c)] = values[static_cast<std::size_t>(r * wide + c)];
    }
    copy<float>(view_of(laid), all_.view(), stream);
  }

  [[nodiscard]] MatrixView<float> view() { return {all_.view().data + offset_, rows_, wide_, stride_, Place::device}; }
  /// The values; what lies between the rows must be as it was.
  [[nodiscard]] std::vector<float> values() {
    const std::vector<float> laid = download(all_.view(), stream_);
    std::vector<float> dense;
    std::vector<bool> inside(laid.size());
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t c = 0; c < wide_; ++c) {
        dense.push_back(laid[place(r, c)]);
        inside[place(r, c)] = true;
      }
    }
    for (std::size_t i = 0; i < laid.size(); ++i) {
      if (inside[i]) continue;
      EXPECT_EQ(laid[i], -7.0F) << "written between the rows, at " << i;
    }
    return dense;
  }

 private:
  [[nodiscard]] std::size_t place(std::int64_t r, std::int64_t c) const { return static_cast<std::size_t>(offset_ + r * stride_ + c); }

  Stream& stream_;
  std::int64_t rows_, wide_, offset_, stride_;
  Array<float> all_;
};

class CudaAlignmentTest : public test::BackendTest {
 protected:
  void SetUp() override {
    if (test::on_cpu()) GTEST_SKIP() << "a property of CUDA";
    BackendTest::SetUp();
  }

  [[nodiscard]] static std::vector<float> table(std::int64_t count, std::uint64_t seed) { return test::Numbers(seed).floats(count, 3.0); }

  /// `work` computes what it wants compared from matrices that lie as told.
  template <class Work>
  void expect_the_same(const Work& work, std::string_view what) {
    test::expect_same_bits(work(Lie::odd), work(Lie::aligned), what);
  }
};

TEST_F(CudaAlignmentTest, Columns) {
  std::vector<float> values = table(rows * columns, 1);
  values[5] = values[400] = std::numeric_limits<float>::quiet_NaN();
  std::vector<ColumnScale> scales(columns);
  for (std::size_t c = 0; c < scales.size(); ++c) scales[c] = {0.5F, 0.1F * static_cast<float>(c), 1.5F, -2.0F, 2.0F, -1};
  const Array<ColumnScale> fit = upload(scales, stream());
  expect_the_same(
      [&](Lie lie) {
        Placed in(stream(), values, columns, lie);
        backend().columns().standardize(in.view(), fit.view(), in.view(), stream());
        return in.values();
      },
      "standardize");
  expect_the_same(
      [&](Lie lie) {
        Placed in(stream(), values, columns, lie);
        Array<Moments> state = upload(std::vector<Moments>(columns), stream());
        backend().columns().moments(in.view(), state.view(), stream());
        std::vector<float> seen;
        for (const Moments& m : download(state.view(), stream()))
          seen.insert(seen.end(), {static_cast<float>(m.mean), static_cast<float>(m.m2)});
        return seen;
      },
      "moments");
  const Array<std::int64_t> order = upload(std::vector<std::int64_t>{76, 0, 3, 3, 41}, stream());
  expect_the_same(
      [&](Lie lie) {
        Placed in(stream(), values, columns, lie);
        Placed out(stream(), table(5 * columns, 2), columns, lie);
        backend().columns().gather_rows(in.view(), order.view(), out.view(), stream());
        return out.values();
      },
      "gather_rows");
}

TEST_F(CudaAlignmentTest, Layers) {
  Layers& layers = backend().layers();
  const std::int64_t all = members * rows;
  const std::vector<float> values = table(all * columns, 3);
  expect_the_same(
      [&](Lie lie) {
        Placed y(stream(), values, columns, lie);
        Placed s(stream(), table(members * columns, 7), columns, lie);
        Placed b(stream(), table(members * columns, 8), columns, lie);
        layers.member_affine(y.view(), s.view(), b.view(), Activation::tanh, y.view(), stream());
        return y.values();
      },
      "member_affine");
  std::vector<std::int64_t> ids(rows);
  std::iota(ids.begin(), ids.end(), std::int64_t{5});
  const Array<std::int64_t> examples = upload(ids, stream());
  const Array<StepState> state = upload(std::vector<StepState>{{3, 0.1F, 0.0F}}, stream());
  expect_the_same(
      [&](Lie lie) {
        Placed x(stream(), values, columns, lie);
        layers.dropout(x.view(), {0.3F, 17, 1}, examples.view(), state.view(), stream());
        return x.values();
      },
      "dropout");
  expect_the_same(
      [&](Lie lie) {
        Placed in(stream(), values, columns, lie);
        Placed out(stream(), table(all * columns, 9), columns, lie);
        layers.add_matrix(in.view(), out.view(), stream());
        return out.values();
      },
      "add_matrix");
}

// Adam's runs are flat: here the odd ones begin one value behind a boundary. 2,051 parameters end inside a group of four.
TEST_F(CudaAlignmentTest, Adam) {
  constexpr std::int64_t size = 2051;
  const Array<ParameterRange> ranges =
      upload(std::vector<ParameterRange>{{0, 1025, 1.0F, 0.1F}, {1025, 3, 0.0F, 0.0F}, {1028, 1023, 2.0F, 0.0F}}, stream());
  const Array<StepState> state = upload(std::vector<StepState>{{2, 0.05F, 1.0F}}, stream());
  const Array<double> norm2 = upload(std::vector<double>{9.0}, stream());
  expect_the_same(
      [&](Lie lie) {
        Placed w(stream(), table(size, 11), size, lie);
        Placed g(stream(), table(size, 12), size, lie);
        Placed m(stream(), table(size, 13), size, lie);
        std::vector<float> squares = table(size, 14);
        for (float& value : squares) value *= value;
        Placed v(stream(), squares, size, lie);
        const auto flat = [&](Placed& placed) { return View<float>(placed.view().data, size, Place::device); };
        backend().layers().adam(flat(w), flat(g), flat(m), flat(v), ranges.view(), AdamSpec{}, state.view(), norm2.view(), stream());
        std::vector<float> seen = w.values();
        for (Placed* more : {&m, &v}) {
          const std::vector<float> values = more->values();
          seen.insert(seen.end(), values.begin(), values.end());
        }
        return seen;
      },
      "adam");
}

}  // namespace
}  // namespace footfall
