#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/layers/layers.hpp"

namespace footfall::test {

/// A dense matrix in float64.
struct Matrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<double> values;

  Matrix() = default;
  Matrix(std::int64_t r, std::int64_t c) : rows(r), columns(c), values(static_cast<std::size_t>(r * c), 0.0) {}
  Matrix(std::int64_t r, std::int64_t c, const std::vector<float>& from) : rows(r), columns(c), values(from.begin(), from.end()) {}
  [[nodiscard]] double& at(std::int64_t r, std::int64_t c) { return values[static_cast<std::size_t>(r * columns + c)]; }
  [[nodiscard]] double at(std::int64_t r, std::int64_t c) const { return values[static_cast<std::size_t>(r * columns + c)]; }
};

/// A layer as plain loops in float64: the output of its inputs, and the gradients of sum(gradient * output) by each input.
struct Reference {
  std::function<Matrix(const std::vector<Matrix>& inputs)> forward;
  std::function<std::vector<Matrix>(const std::vector<Matrix>& inputs, const Matrix& gradient)> backward;
};

/// Inputs x [rows, in], w [out, in], b [1, out].
[[nodiscard]] Reference linear_reference(Activation activation);
/// Inputs x [B or K B, in], r [K, in].
[[nodiscard]] Reference member_scale_reference(std::int64_t batch);
/// Inputs y [K B, columns], s [K, columns], b [K, columns].
[[nodiscard]] Reference member_affine_reference(Activation activation);
/// Inputs x [K B, in], w [K out, in], b [K, out].
[[nodiscard]] Reference member_heads_reference(std::int64_t members);

enum class Loss : std::uint8_t { sigmoid, softmax, squared };
/// Input z [K B, C]; the output is one number.
[[nodiscard]] Reference loss_reference(Loss loss, std::vector<float> labels, double scale, std::vector<float> weights = {});

/// Central differences of sum(gradient * forward(inputs)) by each value of each input, compared with `backward`. Error of the differences:
/// h^2 / 6 times a third derivative of order 1, and 2^-53 / h times the sum: below 1e-7 for h = 1e-4.
void expect_gradient(const Reference& layer, std::vector<Matrix> inputs, const Matrix& gradient);

}  // namespace footfall::test
