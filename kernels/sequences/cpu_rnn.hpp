#pragma once

#include <cstdint>
#include <vector>

#include "kernels/device/team.hpp"
#include "kernels/sequences/cpu_sequences.hpp"
#include "kernels/sequences/rnn_tile.hpp"
#include "kernels/sequences/rnn_weights.hpp"

namespace footfall {

/// One layer of the plan.
struct CpuRnnLayer {
  RnnLayout layout;
  std::int64_t stride = 0;       ///< of rows of h, c and their gradients
  std::int64_t weights_at = 0;   ///< in torch's run
  std::int64_t state_at = 0;     ///< sum of the hidden sizes below: times the batch, where this layer's states begin
  std::int64_t gradient_at = 0;  ///< in a packed gradient
  std::int64_t first_panel = 0;  ///< counted over all layers
  PackedLayer packed;
};

/// Memory of one layer in one tile: block t of h and c is the state before step t.
struct CpuRnnStore {
  float* h = nullptr;
  float* c = nullptr;
  float* gates = nullptr;
};

/// The recurrent plan of the CPU.
class CpuRnn final : public Rnn {
 public:
  CpuRnn(const RnnSpec& spec, Team& team, Stream& stream);

  const RnnSpec& spec() const override { return spec_; }
  void forward(const RnnForward& run, bool training, Stream& stream) override;
  void backward(const RnnBackward& run, Stream& stream) override;

 private:
  /// A tile of the call that runs now.
  struct Tile {
    std::int64_t first = 0, rows = 0, steps = 0;
  };

  /// Steps [begin, end) of a tile; the state before the first of them lies in block `first_block` of the store.
  struct Chunk {
    std::int64_t begin = 0, end = 0, first_block = 0;
  };
  /// What a tile has in hand on its way back.
  struct Way {
    std::vector<CpuRnnStore> kept;      ///< by the forward pass
    std::vector<CpuRnnStore> state;     ///< gradients of the states, in h and c
    std::vector<RnnGradientRows> rows;  ///< of a chunk's steps
    float* x = nullptr;                 ///< inputs of the chunk's steps
    float* above = nullptr;             ///< gradients of a layer's outputs
    float* below = nullptr;             ///< of its inputs
  };

  [[nodiscard]] bool has_cell() const { return spec_.cell == Cell::lstm; }
  void lay_out();
  void order_rows(View<const std::int32_t> lengths);
  void pack_weights(const float* weights, bool training);
  [[nodiscard]] Tile tile(std::int64_t index) const;
  [[nodiscard]] std::int64_t alive(const Tile& tile, std::int64_t step) const;
  [[nodiscard]] std::int64_t store_size(std::int64_t blocks, std::int64_t steps) const;
  [[nodiscard]] std::vector<CpuRnnStore> open_store(float* memory, std::int64_t blocks, std::int64_t steps) const;

  void forward_tile(const RnnForward& run, bool training, std::int64_t index, int thread);
  void backward_tile(const RnnBackward& run, std::int64_t index, int thread, float* gradient);
  void forward_layer(const Tile& here, const Chunk& chunk, std::size_t l, const float* xs, const std::vector<CpuRnnStore>& stores) const;
  void leave_results(const RnnForward& run, const Tile& here, const Chunk& chunk, const std::vector<CpuRnnStore>& stores) const;
  void begin_again(const Chunk& chunk, const std::vector<CpuRnnStore>& stores) const;
  void clear_ended(const Tile& here, std::int64_t time, MatrixView<float> y) const;
  void backward_layer(const RnnBackward& run, const Tile& here, const Chunk& chunk, std::size_t l, Way& way, float* gradient) const;
  void gather(MatrixView<const float> from, const Tile& tile, std::int64_t step, std::int64_t to_stride, float* to) const;
  void scatter(const float* from, std::int64_t from_stride, const Tile& tile, std::int64_t step, MatrixView<float> to) const;
  void read_states(View<const float> from, const CpuRnnLayer& layer, const Tile& tile, float* to) const;
  void write_states(const float* from, const CpuRnnLayer& layer, const Tile& tile, std::int64_t begin, std::int64_t end,
                    View<float> to) const;

  RnnSpec spec_;
  Team& team_;
  std::vector<CpuRnnLayer> layers_;
  std::int64_t panels_ = 0;
  std::int64_t gradient_size_ = 0;
  std::int64_t x_stride_ = 0;
  std::int64_t widest_ = 0;  ///< stride of the widest layer or input
  Array<float> weights_, scratch_, kept_, gradients_;
  std::int64_t scratch_size_ = 0;  ///< of one thread

  // The batch of the last forward call.
  std::vector<std::int64_t> order_;   ///< rows of the batch, longest first
  std::vector<std::int32_t> length_;  ///< in that order
  std::int64_t batch_ = 0;
  BatchTiles tiles_;
  std::int64_t chunk_ = 1;
  bool trained_ = false;  ///< `kept_` waits for its backward
};

/// Floats of a run so that the next one begins on a line of its own.
[[nodiscard]] inline std::int64_t rounded(std::int64_t floats) { return (floats + 63) / 64 * 64; }

}  // namespace footfall
