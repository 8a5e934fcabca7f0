#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/columns/columns.hpp"
#include "kernels/device/array.hpp"
#include "kernels/precision.hpp"

namespace footfall {

enum class Cell : std::uint8_t { lstm, gru };
/// How a device may run a recurrent layer over a batch of sequences of one length; the weights are the same for all. The rule is `standard`: the
/// others are faster for some shapes on some devices, and are used where a measurement chose them.
///   persistent        weights stay on the chip between steps (cuDNN's PERSIST_STATIC)
///   persistent_small  the same for few units (PERSIST_STATIC_SMALL_H)
enum class RnnAlgorithm : std::uint8_t { standard, persistent, persistent_small };

/// An embedding table inside the flat parameters: `rows` vectors of `width` values, row-major, from `offset` on.
struct EmbeddingTable {
  std::int64_t offset = 0;
  std::int32_t rows = 0;
  std::int32_t width = 0;
};

/// What pack reads: the event rows of a chunk, all on the device.
struct PackInput {
  MatrixView<const float> numeric;       ///< [events, N], NaN is missing; N may be 0
  View<const ColumnScale> scale;         ///< [N]
  MatrixView<const std::int32_t> codes;  ///< [events, C], each in [0, rows of its table); C may be 0
  View<const EmbeddingTable> tables;     ///< [C]
  View<const float> parameters;          ///< where the tables lie
  View<const std::int64_t> first;        ///< [batch] row of a sequence's first event
  View<const std::int32_t> length;       ///< [batch] its events, 1 .. time
};

/// Gathers the events of a batch of sequences, standardizes numbers, looks embeddings up, and writes [time, batch, feature].
/// Features of a step: N numbers, then the indicators where `scale` puts them (columns N .. N + indicators), then the embeddings in the
/// order of the tables. Steps past a sequence's length are zero.
class Pack {
 public:
  virtual ~Pack() = default;
  [[nodiscard]] virtual std::int64_t features() const = 0;
  /// out [time * batch, features], dense, step-major: row t * batch + b.
  virtual void forward(const PackInput& in, std::int64_t time, MatrixView<float> out, Stream& stream) = 0;
  /// Adds the gradients of the embedding tables to `gradient` (laid out as the parameters). dout as `out`. Deterministic: positions are
  /// sorted by code and summed in that order.
  virtual void backward(const PackInput& in, std::int64_t time, MatrixView<const float> dout, View<float> gradient, Stream& stream) = 0;
};

struct PackSpec {
  std::int64_t numeric = 0;            ///< N
  std::int64_t indicators = 0;         ///< of the N columns' scales, how many have one
  std::vector<EmbeddingTable> tables;  ///< host copy of PackInput::tables
  std::int64_t max_steps = 0;          ///< the largest time * batch of any call
};

/// A stack of recurrent layers in one direction, each with its own hidden size.
///
/// Weights are one flat run, layer after layer, each layer as torch.nn.LSTM/GRU has it and as cuDNN lays one layer out:
/// weight_ih [G H, in], weight_hh [G H, H], bias_ih [G H], bias_hh [G H]; gates i, f, g, o (LSTM, G = 4) or r, z, n (GRU, G = 3; the reset
/// gate acts on the recurrent product with its bias, as in cuDNN, PyTorch and Keras' reset_after). States are flat too: layer after layer
/// a dense [batch, H] block. GRU has no cell state: its c views are empty.
struct RnnSpec {
  Cell cell = Cell::lstm;
  std::int64_t input = 0;
  std::vector<std::int64_t> hidden;  ///< one entry a layer, the lowest first
  std::int64_t max_batch = 0;
  std::int64_t max_time = 0;
  bool training = false;  ///< keeps what backward needs
  Precision precision = Precision::float32;
  std::vector<RnnAlgorithm> algorithm = {};  ///< one a layer; empty: standard
};

/// What a run reads and what it leaves; empty views of optional parts are not read or not written. Matrices are dense.
struct RnnForward {
  MatrixView<const float> x;         ///< [time * batch, input], step-major
  View<const std::int32_t> lengths;  ///< [batch] on the HOST, each 1 .. time, the longest equals time; descending order is fastest
  View<const float> weights;
  View<const float> h0, c0;  ///< optional: zeros when empty
  MatrixView<float> y;       ///< optional: [time * batch, last hidden], zero past a sequence's length
  View<float> hn, cn;        ///< optional: states after each sequence's own last step
};

struct RnnBackward {
  RnnForward forward;          ///< the very views of the forward call in training
  MatrixView<const float> dy;  ///< optional: zeros when empty
  View<const float> dhn, dcn;  ///< optional: zeros when empty
  MatrixView<float> dx;        ///< optional; content past a sequence's length is not defined
  View<float> dh0, dc0;        ///< optional
  View<float> dweights;        ///< gradients are added
};

class Rnn {
 public:
  virtual ~Rnn() = default;
  [[nodiscard]] virtual const RnnSpec& spec() const = 0;
  virtual void forward(const RnnForward& run, bool training, Stream& stream) = 0;
  /// Follows the training forward of the same batch, once.
  virtual void backward(const RnnBackward& run, Stream& stream) = 0;
};

class Sequences {
 public:
  virtual ~Sequences() = default;
  /// Plans own descriptors and scratch on the stream's device and are used from that stream only.
  [[nodiscard]] virtual std::unique_ptr<Pack> make_pack(const PackSpec& spec, Stream& stream) = 0;
  /// Throws Error{bad_input} for a precision or an algorithm that the device does not have for the shape. The CPU has one algorithm and takes it.
  [[nodiscard]] virtual std::unique_ptr<Rnn> make_rnn(const RnnSpec& spec, Stream& stream) = 0;
  /// Whether `spec` asks for nothing that this device does not have.
  [[nodiscard]] virtual bool has_algorithms(const RnnSpec& spec, Stream& stream) = 0;
};

/// Gates of a cell: 4 or 3.
[[nodiscard]] constexpr std::int64_t gates(Cell cell) { return cell == Cell::lstm ? 4 : 3; }

/// Weights of one layer, and of a whole stack, in values.
[[nodiscard]] constexpr std::int64_t layer_weights(Cell cell, std::int64_t input, std::int64_t hidden) {
  return gates(cell) * hidden * (input + hidden + 2);
}
[[nodiscard]] inline std::int64_t stack_weights(const RnnSpec& spec) {
  std::int64_t sum = 0;
  std::int64_t input = spec.input;
  for (const std::int64_t hidden : spec.hidden) {
    sum += layer_weights(spec.cell, input, hidden);
    input = hidden;
  }
  return sum;
}
[[nodiscard]] inline std::int64_t state_width(const RnnSpec& spec) {
  std::int64_t sum = 0;
  for (const std::int64_t hidden : spec.hidden) sum += hidden;
  return sum;
}

}  // namespace footfall
