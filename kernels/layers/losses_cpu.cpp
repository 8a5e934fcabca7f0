#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/device/tiles.hpp"
#include "kernels/layers/cpu_layers.hpp"
#include "kernels/layers/loss_math.hpp"
#include "kernels/layers/row_loops.hpp"

namespace footfall {
namespace {

/// Rows whose part of a loss is summed as one.
constexpr std::int64_t loss_tile = 512;

void check_loss(MatrixView<const float> z, View<const float> labels, View<double> loss, MatrixView<float> dz) {
  require_host(z, labels, loss, dz);
  require(labels.size > 0 && z.rows % labels.size == 0 && loss.size >= 1, "a loss: logits and labels do not fit");
  require(dz.empty() || (dz.rows == z.rows && dz.columns == z.columns), "a loss: logits and their gradient do not fit");
}

/// A loss of one number a row; `part` gives a row's loss and gradient.
template <class Part>
void add_row_losses(Team& team, MatrixView<const float> z, View<const float> labels, float scale, View<double> loss, MatrixView<float> dz,
                    const Part& part) {
  if (z.rows == 0) return;
  check_loss(z, labels, loss, dz);
  require(z.columns == 1, "a loss of one number a row: the logits have more columns");
  const double sum = sum_over_tiles(team, z.rows, loss_tile, [&](std::int64_t first, std::int64_t count) {
    double tile = 0.0;
    for (std::int64_t row = first; row < first + count; ++row) {
      const float label = labels.data[row % labels.size];
      LossAndGradient here{0.0F, 0.0F};
      if (label == label) here = part(z.data[row * z.stride], label);
      tile += static_cast<double>(here.loss);
      if (!dz.empty()) dz.data[row * dz.stride] = scale * here.gradient;
    }
    return tile;
  });
  loss.data[0] += static_cast<double>(scale) * sum;
}

}  // namespace

void CpuLayers::sigmoid_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss,
                                      MatrixView<float> dz, Stream& /*stream*/) {
  require(weights.empty() || weights.size == 2, "sigmoid_cross_entropy: two weights are needed, or none");
  require_host(weights);
  add_row_losses(team_, z, labels, scale, loss, dz, [weights](float logit, float label) {
    const LossAndGradient part = binary_cross_entropy(logit, label);
    return weights.empty() ? part : weighted(part, weights.data[label > 0.5F ? 1 : 0]);
  });
}

void CpuLayers::squared_error(MatrixView<const float> z, View<const float> labels, float scale, View<double> loss, MatrixView<float> dz,
                              Stream& /*stream*/) {
  add_row_losses(team_, z, labels, scale, loss, dz, half_square);
}

void CpuLayers::softmax_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss,
                                      MatrixView<float> dz, Stream& /*stream*/) {
  if (z.empty()) return;
  check_loss(z, labels, loss, dz);
  require(weights.empty() || weights.size == z.columns, "softmax_cross_entropy: a weight for each class is needed, or none");
  require_host(weights);
  const double sum = sum_over_tiles(team_, z.rows, loss_tile, [&](std::int64_t first, std::int64_t count) {
    double tile = 0.0;
    for (std::int64_t row = first; row < first + count; ++row) {
      const float label = labels.data[row % labels.size];
      const float* const logits = z.data + row * z.stride;
      float* const gradient = dz.empty() ? nullptr : dz.data + row * dz.stride;
      if (label != label) {
        if (gradient != nullptr) std::fill_n(gradient, z.columns, 0.0F);
        continue;
      }
      const auto target = static_cast<std::int64_t>(label);
      require(target >= 0 && target < z.columns, "softmax_cross_entropy: a label is no class");
      const SoftmaxRow softmax = softmax_row(logits, z.columns, 1.0F);
      const float weight = weights.empty() ? 1.0F : weights.data[target];
      tile += static_cast<double>(weight * softmax_loss(softmax, logits[target]));
      for (std::int64_t c = 0; gradient != nullptr && c < z.columns; ++c) {
        gradient[c] = scale * weight * (softmax_entry(softmax, logits[c], 1.0F) - (c == target ? 1.0F : 0.0F));
      }
    }
    return tile;
  });
  loss.data[0] += static_cast<double>(scale) * sum;
}

void CpuLayers::member_average(MatrixView<const float> z, Output output, float inverse_temperature, MatrixView<float> out,
                               Stream& /*stream*/) {
  require_host(z, out);
  if (out.empty()) return;
  require(z.columns == out.columns && z.rows % out.rows == 0 && z.rows > 0, "member_average: shapes do not fit");
  const std::int64_t batch = out.rows;
  const std::int64_t members = z.rows / batch;
  constexpr std::int64_t run = 256;  // values that go through the vectorised loop at once
  const float share = 1.0F / static_cast<float>(members);
  if (output == Output::softmax) {
    for_tiles(team_, batch, tile_of_width(out.columns * members * 4), [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t row = first; row < first + count; ++row) {
        float* const to = out.data + row * out.stride;
        std::fill_n(to, out.columns, 0.0F);
        for (std::int64_t m = 0; m < members; ++m) {
          const float* const logits = z.data + (m * batch + row) * z.stride;
          const SoftmaxRow softmax = softmax_row(logits, out.columns, inverse_temperature);
          for (std::int64_t c = 0; c < out.columns; ++c) to[c] += softmax_entry(softmax, logits[c], inverse_temperature);
        }
        for (std::int64_t c = 0; c < out.columns; ++c) to[c] *= share;
      }
    });
    return;
  }
  for_tiles(team_, batch * out.columns, run, [&](std::int64_t first, std::int64_t count) {
    std::array<float, run> value;
    std::array<float, run> sum{};
    for (std::int64_t m = 0; m < members; ++m) {
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t row = (first + i) / out.columns;
        value[static_cast<std::size_t>(i)] = z.data[(m * batch + row) * z.stride + (first + i) % out.columns];
      }
      if (output == Output::sigmoid) sigmoid_row(value.data(), inverse_temperature, value.data(), count);
      add_row(value.data(), sum.data(), count);
    }
    for (std::int64_t i = 0; i < count; ++i) {
      out.data[(first + i) / out.columns * out.stride + (first + i) % out.columns] = sum[static_cast<std::size_t>(i)] * share;
    }
  });
}

}  // namespace footfall
