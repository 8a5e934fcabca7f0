#pragma once

#include <cstdint>

#include "kernels/sequences/rnn_layout.hpp"

namespace footfall {

/// The vectorised work on one tile of rows, for the best instruction set of this processor. Rows of h, c and their gradients lie
/// `stride` floats apart; a gate block of one step is [panel][gate_rows][4 * lanes].

/// Floats of a vector register here: what RnnLayout::lanes must be.
[[nodiscard]] std::int64_t rnn_lanes();

struct RnnStep {
  const RnnLayout* layout = nullptr;
  std::int64_t rows = 0;  ///< that are alive at this step
  std::int64_t stride = 0;
  const float* x = nullptr;  ///< [rows, input], rows x_stride apart
  std::int64_t x_stride = 0;
  const float* weights_x = nullptr;
  const float* weights_h = nullptr;
  const float* bias = nullptr;
  const float* h_before = nullptr;
  const float* c_before = nullptr;  ///< LSTM; may be c
  float* h = nullptr;
  float* c = nullptr;      ///< LSTM
  float* gates = nullptr;  ///< for backward: i, f, g, o after their activations; n, r, z and W_hn h + b_hn for a GRU; null: not kept
  std::int64_t gate_rows = 0;
};

/// One step of one layer for a tile of rows. The value of a row depends on that row alone.
void rnn_step(const RnnStep& step);

struct RnnStepBackward {
  const RnnLayout* layout = nullptr;
  std::int64_t rows = 0;
  std::int64_t stride = 0;
  float* gates = nullptr;  ///< in: what rnn_step kept; out: the gradients before the activations
  std::int64_t gate_rows = 0;
  const float* h_before = nullptr;  ///< GRU
  const float* c_before = nullptr;  ///< LSTM
  const float* c = nullptr;         ///< LSTM
  const float* dy = nullptr;        ///< added to dh; null: nothing; rows dy_stride apart
  std::int64_t dy_stride = 0;
  float* dh = nullptr;               ///< in: of this step's h from the step after; out: of the step before
  float* dc = nullptr;               ///< LSTM, likewise
  const float* weights_h = nullptr;  ///< PackedLayer::backward_h; null: the gradient of the step before is not wanted
};
void rnn_step_backward(const RnnStepBackward& step);

/// dx [rows, padded input] = gate gradients times W_ih (PackedLayer::backward_x).
void rnn_input_gradient(const RnnLayout& layout, const float* gates, std::int64_t gate_rows, std::int64_t rows, const float* weights_x,
                        float* dx, std::int64_t dx_stride);

/// Rows of one step that a weight gradient is summed over.
struct RnnGradientRows {
  const float* x = nullptr;
  const float* h_before = nullptr;
  const float* gates = nullptr;  ///< gradients
  std::int64_t rows = 0;
};

/// Adds the weight gradients of several steps, in the packed order (packed_gradient_size), to `gradient`.
void rnn_weight_gradient(const RnnLayout& layout, const RnnGradientRows* steps, std::int64_t count, std::int64_t x_stride,
                         std::int64_t stride, std::int64_t gate_rows, float* gradient);

/// The activations of the cells, for tests. Largest error, absolute and relative to the value: tanh 4e-7; sigmoid 2.5e-7 absolute.
void rnn_tanh(const float* in, float* out, std::int64_t count);
void rnn_sigmoid(const float* in, float* out, std::int64_t count);

}  // namespace footfall
