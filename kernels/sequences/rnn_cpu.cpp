// A batch is cut into tiles of rows (batch_tiles). A tile goes through all its steps and layers on one thread without meeting another:
// what it needs is the packed weights, which one call packs once, and its own states, which stay in that thread's cache. Sums over
// tiles, the weight gradients, are taken in the order of the groups of tiles, so neither the team's size nor its timing shows in any bit.
// Everything is computed in float32, also where the spec would allow less.

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/device/team.hpp"
#include "kernels/sequences/cpu_sequences.hpp"
#include "kernels/sequences/rnn_tile.hpp"
#include "kernels/sequences/rnn_weights.hpp"
#include "kernels/sequences/sequences_check.hpp"

namespace footfall {
namespace {

/// Parts that weight gradients are summed in: tile t adds to part t % parts.
constexpr std::int64_t kMostParts = 32;

struct Layer {
  RnnLayout layout;
  std::int64_t stride = 0;          ///< of rows of h, c and their gradients
  std::int64_t weights_at = 0;      ///< in torch's run
  std::int64_t state_at = 0;        ///< sum of the hidden sizes below: times the batch, where this layer's states begin
  std::int64_t gradient_at = 0;     ///< in a packed gradient
  std::int64_t first_panel = 0;     ///< counted over all layers
  PackedLayer packed;
};

/// Memory of one layer in one tile: block t of h and c is the state before step t.
struct LayerStore {
  float* h = nullptr;
  float* c = nullptr;
  float* gates = nullptr;
};

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

  void lay_out();
  void order_rows(View<const std::int32_t> lengths);
  void pack_weights(const float* weights, bool training);
  [[nodiscard]] Tile tile(std::int64_t index) const;
  [[nodiscard]] std::int64_t alive(const Tile& tile, std::int64_t step) const;
  [[nodiscard]] std::int64_t store_size(std::int64_t blocks, std::int64_t steps) const;
  [[nodiscard]] std::vector<LayerStore> open_store(float* memory, std::int64_t blocks, std::int64_t steps) const;

  void forward_tile(const RnnForward& run, bool training, std::int64_t index, int thread);
  void backward_tile(const RnnBackward& run, std::int64_t index, int thread, float* gradient);
  void gather(MatrixView<const float> from, const Tile& tile, std::int64_t step, std::int64_t to_stride, float* to) const;
  void scatter(const float* from, std::int64_t from_stride, const Tile& tile, std::int64_t step, MatrixView<float> to) const;
  void read_states(View<const float> from, const Layer& layer, const Tile& tile, float* to) const;
  void write_states(const float* from, const Layer& layer, const Tile& tile, std::int64_t begin, std::int64_t end, View<float> to) const;

  RnnSpec spec_;
  Team& team_;
  std::vector<Layer> layers_;
  std::int64_t panels_ = 0;
  std::int64_t gradient_size_ = 0;
  std::int64_t x_stride_ = 0;
  std::int64_t widest_ = 0;              ///< stride of the widest layer or input
  Array<float> weights_, scratch_, kept_, gradients_;
  std::int64_t scratch_size_ = 0;        ///< of one thread

  // The batch of the last forward call.
  std::vector<std::int64_t> order_;      ///< rows of the batch, longest first
  std::vector<std::int32_t> length_;     ///< in that order
  std::int64_t batch_ = 0;
  BatchTiles tiles_;
  std::int64_t chunk_ = 1;
  bool trained_ = false;                 ///< `kept_` waits for its backward
};

std::int64_t rounded(std::int64_t floats) { return (floats + 63) / 64 * 64; }

CpuRnn::CpuRnn(const RnnSpec& spec, Team& team, Stream& stream) : spec_(spec), team_(team) {
  check_rnn_spec(spec_);
  lay_out();

  std::int64_t packed = 0;
  for (const Layer& layer : layers_) {
    const RnnLayout& l = layer.layout;
    packed += rounded(l.forward_x_size()) + rounded(l.forward_h_size()) + rounded(l.bias_size());
    if (spec_.training) packed += rounded(l.backward_x_size()) + rounded(l.backward_h_size());
  }
  weights_ = Array<float>(stream, packed);
  float* at = weights_.view().data;
  const auto take = [&at](std::int64_t size) { return std::exchange(at, at + rounded(size)); };
  for (Layer& layer : layers_) {
    const RnnLayout& l = layer.layout;
    layer.packed.forward_x = take(l.forward_x_size());
    layer.packed.forward_h = take(l.forward_h_size());
    layer.packed.bias = take(l.bias_size());
    if (!spec_.training) continue;
    layer.packed.backward_x = take(l.backward_x_size());
    layer.packed.backward_h = take(l.backward_h_size());
  }

  // The largest tile and chunk of any batch up to the plan's.
  const std::int64_t rows = std::min<std::int64_t>(spec_.max_batch, 64);
  const std::int64_t chunk_rows = std::max<std::int64_t>(128, rows);
  const std::int64_t blocks_rows = chunk_rows + rows;
  scratch_size_ = rounded(chunk_rows * x_stride_);
  std::int64_t inference = 0;
  std::int64_t training = 2 * rounded(chunk_rows * widest_);
  for (const Layer& layer : layers_) {
    inference += 2 * rounded(blocks_rows * layer.stride);
    training += 2 * rounded(rows * layer.stride);
  }
  scratch_size_ += std::max(inference, spec_.training ? training : 0);
  scratch_ = Array<float>(stream, scratch_size_ * team_.threads());
  if (spec_.training) {
    const std::int64_t tiled = most_tiled_rows(spec_.max_batch);
    const std::int64_t tiles = most_tiles(spec_.max_batch);
    const std::int64_t rounding = tiles * 3 * 64 * static_cast<std::int64_t>(layers_.size());
    kept_ = Array<float>(stream, store_size((spec_.max_time + 1) * tiled, spec_.max_time * tiled) + rounding);
    gradients_ = Array<float>(stream, gradient_size_ * std::min(kMostParts, tiles));
  }
  order_.reserve(static_cast<std::size_t>(spec_.max_batch));
  length_.reserve(static_cast<std::size_t>(spec_.max_batch));
}

void CpuRnn::lay_out() {
  const std::int64_t lanes = rnn_lanes();
  std::int64_t input = spec_.input, weights = 0, states = 0;
  x_stride_ = row_stride((input + lanes - 1) / lanes * lanes);
  widest_ = x_stride_;
  for (const std::int64_t hidden : spec_.hidden) {
    Layer layer;
    layer.layout = RnnLayout{spec_.cell, input, hidden, lanes};
    layer.stride = row_stride(layer.layout.units());
    layer.weights_at = weights;
    layer.state_at = states;
    layer.gradient_at = gradient_size_;
    layer.first_panel = panels_;
    layers_.push_back(layer);
    weights += layer_weights(spec_.cell, input, hidden);
    states += hidden;
    gradient_size_ += rounded(packed_gradient_size(layer.layout));
    panels_ += layer.layout.panels();
    widest_ = std::max(widest_, layer.stride);
    input = hidden;
  }
}

/// Floats of a tile's store for so many state rows and step rows.
std::int64_t CpuRnn::store_size(std::int64_t blocks, std::int64_t steps) const {
  std::int64_t sum = 0;
  for (const Layer& layer : layers_) {
    sum += rounded(blocks * layer.stride) * (spec_.cell == Cell::lstm ? 2 : 1);
    sum += rounded(steps * layer.layout.panels() * layer.layout.gate_width());
  }
  return sum;
}

std::vector<LayerStore> CpuRnn::open_store(float* memory, std::int64_t blocks, std::int64_t steps) const {
  std::vector<LayerStore> stores;
  stores.reserve(layers_.size());
  for (const Layer& layer : layers_) {
    LayerStore store;
    store.h = memory;
    memory += rounded(blocks * layer.stride);
    if (spec_.cell == Cell::lstm) {
      store.c = memory;
      memory += rounded(blocks * layer.stride);
    }
    if (steps > 0) {
      store.gates = memory;
      memory += rounded(steps * layer.layout.panels() * layer.layout.gate_width());
    }
    stores.push_back(store);
  }
  return stores;
}

void CpuRnn::order_rows(View<const std::int32_t> lengths) {
  batch_ = lengths.size;
  order_.resize(static_cast<std::size_t>(batch_));
  std::iota(order_.begin(), order_.end(), 0);
  const auto longer = [&](std::int64_t a, std::int64_t b) { return lengths.data[a] != lengths.data[b] ? lengths.data[a] > lengths.data[b] : a < b; };
  if (!std::is_sorted(order_.begin(), order_.end(), longer)) std::sort(order_.begin(), order_.end(), longer);
  length_.resize(order_.size());
  std::transform(order_.begin(), order_.end(), length_.begin(), [&](std::int64_t row) { return lengths.data[row]; });
  tiles_ = batch_tiles(batch_);
  chunk_ = chunk_steps(tiles_.rows);
}

CpuRnn::Tile CpuRnn::tile(std::int64_t index) const {
  Tile tile;
  tile.first = index * tiles_.rows;
  tile.rows = std::min(tiles_.rows, batch_ - tile.first);
  tile.steps = length_[static_cast<std::size_t>(tile.first)];
  return tile;
}

/// Rows of a tile whose sequence has not ended before `step`: the first ones, as the longest come first.
std::int64_t CpuRnn::alive(const Tile& tile, std::int64_t step) const {
  std::int64_t rows = tile.rows;
  while (rows > 0 && length_[static_cast<std::size_t>(tile.first + rows - 1)] <= step) --rows;
  return rows;
}

void CpuRnn::pack_weights(const float* weights, bool training) {
  team_.run(panels_, [&](std::int64_t panel, int) {
    auto layer = layers_.rbegin();
    while (layer->first_panel > panel) ++layer;
    pack_forward_panel(layer->layout, weights + layer->weights_at, panel - layer->first_panel, layer->packed);
    if (training) pack_backward_panel(layer->layout, weights + layer->weights_at, panel - layer->first_panel, layer->packed);
  });
}

void CpuRnn::gather(MatrixView<const float> from, const Tile& tile, std::int64_t step, std::int64_t to_stride, float* to) const {
  const std::int64_t rows = alive(tile, step);
  const auto columns = static_cast<std::size_t>(from.columns);
  for (std::int64_t r = 0; r < rows; ++r, to += to_stride) {
    const std::int64_t row = step * batch_ + order_[static_cast<std::size_t>(tile.first + r)];
    std::memcpy(to, from.data + row * from.stride, columns * sizeof(float));
    std::memset(to + columns, 0, (static_cast<std::size_t>(to_stride) - columns) * sizeof(float));
  }
}

void CpuRnn::scatter(const float* from, std::int64_t from_stride, const Tile& tile, std::int64_t step, MatrixView<float> to) const {
  const std::int64_t rows = alive(tile, step);
  for (std::int64_t r = 0; r < rows; ++r, from += from_stride) {
    const std::int64_t row = step * batch_ + order_[static_cast<std::size_t>(tile.first + r)];
    std::memcpy(to.data + row * to.stride, from, static_cast<std::size_t>(to.columns) * sizeof(float));
  }
}

/// A layer's states of the tile's rows, zeros where there are none, with zeros past the hidden size.
void CpuRnn::read_states(View<const float> from, const Layer& layer, const Tile& tile, float* to) const {
  std::memset(to, 0, static_cast<std::size_t>(tile.rows * layer.stride) * sizeof(float));
  if (from.empty()) return;
  const std::int64_t hidden = layer.layout.hidden;
  for (std::int64_t r = 0; r < tile.rows; ++r, to += layer.stride) {
    const std::int64_t row = order_[static_cast<std::size_t>(tile.first + r)];
    std::memcpy(to, from.data + layer.state_at * batch_ + row * hidden, static_cast<std::size_t>(hidden) * sizeof(float));
  }
}

/// Rows [begin, end) of a tile's states.
void CpuRnn::write_states(const float* from, const Layer& layer, const Tile& tile, std::int64_t begin, std::int64_t end, View<float> to) const {
  if (to.empty()) return;
  const std::int64_t hidden = layer.layout.hidden;
  for (std::int64_t r = begin; r < end; ++r) {
    const std::int64_t row = order_[static_cast<std::size_t>(tile.first + r)];
    std::memcpy(to.data + layer.state_at * batch_ + row * hidden, from + r * layer.stride, static_cast<std::size_t>(hidden) * sizeof(float));
  }
}

void CpuRnn::forward(const RnnForward& run, bool training, Stream&) {
  check_rnn_forward(spec_, run);
  require(!training || spec_.training, "a training pass of a plan that was not made for training");
  order_rows(run.lengths);
  pack_weights(run.weights.data, training);
  team_.run(tiles_.count, [&](std::int64_t index, int thread) { forward_tile(run, training, index, thread); });
  trained_ = training;
}

void CpuRnn::forward_tile(const RnnForward& run, bool training, std::int64_t index, int thread) {
  const Tile here = tile(index);
  const std::int64_t time = steps_of(run);
  const std::int64_t slots = tiles_.rows;  // rows of a block of the store
  float* xs = scratch_.view().data + thread * scratch_size_;
  float* memory = training ? kept_.view().data + index * store_size((time + 1) * slots, time * slots) : xs + rounded(std::max<std::int64_t>(128, slots) * x_stride_);
  const std::int64_t blocks = (training ? time : chunk_) + 1;
  const std::vector<LayerStore> stores = open_store(memory, blocks * slots, training ? time * slots : 0);
  const bool lstm = spec_.cell == Cell::lstm;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    read_states(run.h0, layers_[l], here, stores[l].h);
    if (lstm) read_states(run.c0, layers_[l], here, stores[l].c);
  }

  for (std::int64_t begin = 0; begin < here.steps; begin += chunk_) {
    const std::int64_t end = std::min(begin + chunk_, here.steps);
    const std::int64_t base = training ? begin : 0;  // block of the state before the chunk
    for (std::int64_t t = begin; t < end; ++t) gather(run.x, here, t, x_stride_, xs + (t - begin) * slots * x_stride_);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      const std::int64_t block = slots * layer.stride;
      RnnStep step;
      step.layout = &layer.layout;
      step.stride = layer.stride;
      step.x_stride = l == 0 ? x_stride_ : layers_[l - 1].stride;
      step.weights_x = layer.packed.forward_x;
      step.weights_h = layer.packed.forward_h;
      step.bias = layer.packed.bias;
      step.gate_rows = slots;
      for (std::int64_t t = begin; t < end; ++t) {
        const std::int64_t at = base + t - begin;
        step.rows = alive(here, t);
        step.x = l == 0 ? xs + (t - begin) * slots * x_stride_ : stores[l - 1].h + (at + 1) * slots * step.x_stride;
        step.h_before = stores[l].h + at * block;
        step.h = stores[l].h + (at + 1) * block;
        if (lstm) {
          step.c_before = stores[l].c + at * block;
          step.c = stores[l].c + (at + 1) * block;
        }
        if (training) step.gates = stores[l].gates + t * slots * layer.layout.panels() * layer.layout.gate_width();
        rnn_step(step);
      }
    }
    for (std::int64_t t = begin; t < end; ++t) {
      const std::int64_t after = base + t - begin + 1;
      const std::int64_t ended = alive(here, t + 1);
      const std::int64_t ran = alive(here, t);
      for (std::size_t l = 0; l < layers_.size(); ++l) {
        const std::int64_t block = slots * layers_[l].stride;
        write_states(stores[l].h + after * block, layers_[l], here, ended, ran, run.hn);
        if (lstm) write_states(stores[l].c + after * block, layers_[l], here, ended, ran, run.cn);
      }
      if (!run.y.empty()) scatter(stores.back().h + after * slots * layers_.back().stride, layers_.back().stride, here, t, run.y);
    }
    if (training) continue;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const std::int64_t block = slots * layers_[l].stride;
      std::copy_n(stores[l].h + (end - begin) * block, block, stores[l].h);
      if (lstm) std::copy_n(stores[l].c + (end - begin) * block, block, stores[l].c);
    }
  }

  if (run.y.empty()) return;
  for (std::int64_t r = 0; r < here.rows; ++r) {
    const auto row = static_cast<std::size_t>(here.first + r);
    for (std::int64_t t = length_[row]; t < time; ++t) {
      std::memset(run.y.data + (t * batch_ + order_[row]) * run.y.stride, 0, static_cast<std::size_t>(run.y.columns) * sizeof(float));
    }
  }
}

void CpuRnn::backward(const RnnBackward& run, Stream&) {
  check_rnn_backward(spec_, run);
  require(trained_ && batch_ == run.forward.lengths.size, "a backward pass that does not follow its training forward");
  trained_ = false;
  const std::int64_t parts = std::min(tiles_.count, kMostParts);
  float* gradients = gradients_.view().data;
  team_.run(parts, [&](std::int64_t part, int thread) {
    float* gradient = gradients + part * gradient_size_;
    std::memset(gradient, 0, static_cast<std::size_t>(gradient_size_) * sizeof(float));
    for (std::int64_t index = part; index < tiles_.count; index += parts) backward_tile(run, index, thread, gradient);
  });
  team_.run(panels_, [&](std::int64_t panel, int) {
    auto layer = layers_.rbegin();
    while (layer->first_panel > panel) ++layer;
    add_gradient_panel(layer->layout, gradients + layer->gradient_at, parts, gradient_size_, panel - layer->first_panel,
                       run.dweights.data + layer->weights_at);
  });
}

void CpuRnn::backward_tile(const RnnBackward& run, std::int64_t index, int thread, float* gradient) {
  const Tile here = tile(index);
  const std::int64_t time = steps_of(run.forward);
  const std::int64_t slots = tiles_.rows;
  const std::int64_t chunk_rows = std::max<std::int64_t>(128, slots);
  const bool lstm = spec_.cell == Cell::lstm;
  const std::vector<LayerStore> stores = open_store(kept_.view().data + index * store_size((time + 1) * slots, time * slots), (time + 1) * slots, time * slots);

  float* memory = scratch_.view().data + thread * scratch_size_;
  const auto take = [&memory](std::int64_t size) { return std::exchange(memory, memory + rounded(size)); };
  float* xs = take(chunk_rows * x_stride_);
  float* above = take(chunk_rows * widest_);  // gradients of a layer's outputs over the chunk
  float* below = take(chunk_rows * widest_);  // of its inputs
  std::vector<LayerStore> state(layers_.size());  // gradients of the states, in h and c
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    state[l].h = take(slots * layers_[l].stride);
    state[l].c = take(slots * layers_[l].stride);
    read_states(run.dhn, layers_[l], here, state[l].h);
    if (lstm) read_states(run.dcn, layers_[l], here, state[l].c);
  }

  std::vector<RnnGradientRows> rows(static_cast<std::size_t>(chunk_));
  for (std::int64_t end = here.steps; end > 0; end -= std::min(chunk_, end)) {
    const std::int64_t begin = std::max<std::int64_t>(0, end - chunk_);
    for (std::int64_t t = begin; t < end; ++t) {
      gather(run.forward.x, here, t, x_stride_, xs + (t - begin) * slots * x_stride_);
      if (!run.dy.empty()) gather(run.dy, here, t, layers_.back().stride, above + (t - begin) * slots * layers_.back().stride);
    }
    for (std::size_t l = layers_.size(); l-- > 0;) {
      const Layer& layer = layers_[l];
      const std::int64_t block = slots * layer.stride;
      const std::int64_t gate_block = slots * layer.layout.panels() * layer.layout.gate_width();
      const std::int64_t x_stride = l == 0 ? x_stride_ : layers_[l - 1].stride;
      const bool has_dy = l + 1 < layers_.size() || !run.dy.empty();
      RnnStepBackward step;
      step.layout = &layer.layout;
      step.stride = step.dy_stride = layer.stride;
      step.gate_rows = slots;
      step.dh = state[l].h;
      step.dc = state[l].c;
      for (std::int64_t t = end; t-- > begin;) {
        step.rows = alive(here, t);
        step.gates = stores[l].gates + t * gate_block;
        step.h_before = stores[l].h + t * block;
        if (lstm) {
          step.c_before = stores[l].c + t * block;
          step.c = stores[l].c + (t + 1) * block;
        }
        step.dy = has_dy ? above + (t - begin) * block : nullptr;
        step.weights_h = t > 0 || !run.dh0.empty() ? layer.packed.backward_h : nullptr;
        rnn_step_backward(step);
        const float* x = l == 0 ? xs + (t - begin) * slots * x_stride_ : stores[l - 1].h + (t + 1) * slots * x_stride;
        rows[static_cast<std::size_t>(t - begin)] = RnnGradientRows{x, step.h_before, step.gates, step.rows};
      }
      if (l > 0 || !run.dx.empty()) {
        for (std::int64_t t = begin; t < end; ++t) {
          rnn_input_gradient(layer.layout, stores[l].gates + t * gate_block, slots, alive(here, t), layer.packed.backward_x,
                             below + (t - begin) * slots * x_stride, x_stride);
        }
      }
      rnn_weight_gradient(layer.layout, rows.data(), end - begin, x_stride, layer.stride, slots, gradient + layer.gradient_at);
      std::swap(above, below);
    }
    if (run.dx.empty()) continue;
    for (std::int64_t t = begin; t < end; ++t) scatter(above + (t - begin) * slots * x_stride_, x_stride_, here, t, run.dx);
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    write_states(state[l].h, layers_[l], here, 0, here.rows, run.dh0);
    if (lstm) write_states(state[l].c, layers_[l], here, 0, here.rows, run.dc0);
  }
}

}  // namespace

std::unique_ptr<Rnn> make_cpu_rnn(const RnnSpec& spec, Team& team, Stream& stream) { return std::make_unique<CpuRnn>(spec, team, stream); }

}  // namespace footfall
