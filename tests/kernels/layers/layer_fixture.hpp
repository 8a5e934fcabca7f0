#pragma once

#include <vector>

#include "tests/kernels/layers/reference.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {

/// Random inputs in [-1, 1) as float32 and as the same numbers in float64.
class LayerTest : public BackendTest {
 protected:
  [[nodiscard]] Layers& layers() const { return backend().layers(); }

  [[nodiscard]] Matrix some(std::int64_t rows, std::int64_t columns, double scale = 1.0) {
    return Matrix(rows, columns, numbers_.floats(rows * columns, scale));
  }
  [[nodiscard]] Numbers& numbers() { return numbers_; }

 private:
  Numbers numbers_{4711};
};

[[nodiscard]] inline std::vector<float> floats_of(const Matrix& matrix) { return {matrix.values.begin(), matrix.values.end()}; }

/// A matrix on the device inside a wider one: rows are `columns + gap` apart, so that an operation that takes the stride for the width
/// shows.
class DeviceMatrix {
 public:
  DeviceMatrix(Stream& stream, const Matrix& from, std::int64_t gap = 0)
      : stream_(stream), rows_(from.rows), columns_(from.columns), stride_(from.columns + gap) {
    std::vector<float> wide(static_cast<std::size_t>(rows_ * stride_), outside);
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t c = 0; c < columns_; ++c) wide[static_cast<std::size_t>(r * stride_ + c)] = static_cast<float>(from.at(r, c));
    }
    cells_ = upload(wide, stream);
  }

  [[nodiscard]] MatrixView<float> view() { return cells_.matrix(rows_, stride_).column_range(0, columns_); }
  [[nodiscard]] MatrixView<const float> in() const { return cells_.matrix(rows_, stride_).column_range(0, columns_); }
  [[nodiscard]] View<float> run() { return cells_.view(); }
  [[nodiscard]] View<const float> in_run() const { return cells_.view(); }

  /// The cells; fails where something wrote into the gap.
  [[nodiscard]] std::vector<float> values() const {
    const std::vector<float> wide = download(cells_.view(), stream_);
    std::vector<float> inner;
    for (std::int64_t i = 0; i < rows_ * stride_; ++i) {
      if (i % stride_ < columns_) {
        inner.push_back(wide[static_cast<std::size_t>(i)]);
      } else {
        EXPECT_EQ(wide[static_cast<std::size_t>(i)], outside) << "written outside of the matrix at " << i;
      }
    }
    return inner;
  }

 private:
  static constexpr float outside = -123.25F;
  Stream& stream_;
  std::int64_t rows_, columns_, stride_;
  Array<float> cells_;
};

/// Sums of `terms` products of numbers in [-1, 1): each of the roundings is below 2^-24 of a partial sum, which random signs keep near
/// sqrt(terms) / 3, and random signs again let them add up to about terms 2^-24 / 3 or less; 6 times that, and 16 ulp of 1 for the
/// functions of activations.
[[nodiscard]] inline Tolerance sum_tolerance(std::int64_t terms) {
  return {static_cast<double>(terms) * 0x1p-23 + 16.0 * 0x1p-24, 4.0 * 0x1p-24};
}

inline constexpr Activation all_activations[] = {Activation::none, Activation::relu, Activation::tanh, Activation::sigmoid};

}  // namespace footfall::test
