// A batch is cut into tiles of rows (batch_tiles). A tile goes through all its steps and layers on one thread without meeting another:
// what it needs is the packed weights, which one call packs once, and its own states, which stay in that thread's cache. Sums over
// tiles, the weight gradients, are taken in the order of the groups of tiles, so neither the team's size nor its timing shows in any bit.
// Everything is computed in float32, also where the spec would allow less.

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "kernels/sequences/cpu_rnn.hpp"
#include "kernels/sequences/sequences_check.hpp"

namespace footfall {
namespace {

/// Parts that weight gradients are summed in: tile t adds to part t % parts.
constexpr std::int64_t kMostParts = 32;

}  // namespace

CpuRnn::CpuRnn(const RnnSpec& spec, Team& team, Stream& stream) : spec_(spec), team_(team) {
  check_rnn_spec(spec_);
  lay_out();

  std::int64_t packed = 0;
  for (const CpuRnnLayer& layer : layers_) {
    const RnnLayout& l = layer.layout;
    packed += rounded(l.forward_x_size()) + rounded(l.forward_h_size()) + rounded(l.bias_size());
    if (spec_.training) packed += rounded(l.backward_x_size()) + rounded(l.backward_h_size());
  }
  weights_ = Array<float>(stream, packed);
  float* at = weights_.view().data;
  const auto take = [&at](std::int64_t size) { return std::exchange(at, at + rounded(size)); };
  for (CpuRnnLayer& layer : layers_) {
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
  for (const CpuRnnLayer& layer : layers_) {
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
    CpuRnnLayer layer;
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
  for (const CpuRnnLayer& layer : layers_) {
    sum += rounded(blocks * layer.stride) * (spec_.cell == Cell::lstm ? 2 : 1);
    sum += rounded(steps * layer.layout.panels() * layer.layout.gate_width());
  }
  return sum;
}

std::vector<CpuRnnStore> CpuRnn::open_store(float* memory, std::int64_t blocks, std::int64_t steps) const {
  std::vector<CpuRnnStore> stores;
  stores.reserve(layers_.size());
  for (const CpuRnnLayer& layer : layers_) {
    CpuRnnStore store;
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
  const auto longer = [&](std::int64_t a, std::int64_t b) {
    return lengths.data[a] != lengths.data[b] ? lengths.data[a] > lengths.data[b] : a < b;
  };
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

void CpuRnn::forward(const RnnForward& run, bool training, Stream&) {
  check_rnn_forward(spec_, run);
  require(!training || spec_.training, "a training pass of a plan that was not made for training");
  order_rows(run.lengths);
  pack_weights(run.weights.data, training);
  team_.run(tiles_.count, [&](std::int64_t index, int thread) { forward_tile(run, training, index, thread); });
  trained_ = training;
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

std::unique_ptr<Rnn> make_cpu_rnn(const RnnSpec& spec, Team& team, Stream& stream) { return std::make_unique<CpuRnn>(spec, team, stream); }

}  // namespace footfall
