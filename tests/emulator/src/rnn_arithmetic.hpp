#pragma once

// LSTM and GRU over a ragged batch, written out plainly: products are sums in float64, states and outputs are rounded to the type of
// the data. Equations: cuDNN documentation, cudnnRNNMode_t (the GRU's reset gate acts on the recurrent product with its bias).

#include <functional>
#include <vector>

#include "tests/emulator/src/numbers.hpp"

namespace footfall_emulator {

enum class CellKind { relu, tanh, lstm, gru };

/// Sizes of a network and of a batch. A "row" is a step: time * batch + sequence, also where the sequence has ended.
struct NetworkShape {
  CellKind cell = CellKind::lstm;
  int layers = 1, directions = 1, input = 0, hidden = 0;
  int time = 0, batch = 0;
  std::vector<int> lengths;
  Format format = Format::float32;
  bool tf32 = false;  ///< operands of products are rounded to TF32

  [[nodiscard]] int gates() const { return cell == CellKind::lstm ? 4 : cell == CellKind::gru ? 3 : 1; }
  [[nodiscard]] int pseudo_layers() const { return layers * directions; }
  [[nodiscard]] int input_of(int pseudo_layer) const { return pseudo_layer < directions ? input : hidden * directions; }
  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(time) * static_cast<std::size_t>(batch); }
};

/// Parameters of one pseudo-layer: matrices row-major as in the weight space, [gates * hidden, columns].
struct LayerParameters {
  std::vector<double> input, recurrent, input_bias, recurrent_bias;
};

/// What a training pass keeps for the passes back.
struct NetworkTrace {
  NetworkShape shape;
  std::vector<std::vector<double>> layer_input;                // [layer][rows * width]
  std::vector<std::vector<double>> mask;                       // [layer] dropout factors of its input, empty without
  std::vector<std::vector<double>> gates, recurrent_candidate, h, c;  // [pseudo-layer][rows * ...], after the activation
  std::vector<std::vector<double>> h0, c0;                     // [pseudo-layer][batch * hidden]
  std::vector<std::vector<double>> d_input_gates, d_recurrent_gates;  // left by backward_data
};

/// States [pseudo-layer][batch * hidden]; empty vectors stand for zeros on the way in.
using States = std::vector<std::vector<double>>;

/// trace.shape, layer_input[0], mask, h0, c0 are set; fills the rest. Returns the last layer's output [rows, hidden * directions], and the last states.
std::vector<double> forward(NetworkTrace& trace, const std::vector<LayerParameters>& parameters, States& hy, States& cy);

/// dy [rows, hidden * directions]; returns dx [rows, input].
std::vector<double> backward_data(NetworkTrace& trace, const std::vector<LayerParameters>& parameters, const std::vector<double>& dy, const States& dhy, const States& dcy,
                                  States& dhx, States& dcx);

/// Gradients of all parameters from what backward_data left.
std::vector<LayerParameters> backward_weights(const NetworkTrace& trace);

}  // namespace footfall_emulator
