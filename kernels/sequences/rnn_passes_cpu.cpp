// The passes of the CPU's recurrent plan over one tile of rows. A chunk of steps goes through a layer before the next layer takes it, so
// that the layer's packed weights stay in the cache; what has ended is never computed, because the longest sequences come first.

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/sequences/cpu_rnn.hpp"
#include "kernels/sequences/sequences_check.hpp"

namespace footfall {

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
void CpuRnn::read_states(View<const float> from, const CpuRnnLayer& layer, const Tile& tile, float* to) const {
  std::memset(to, 0, static_cast<std::size_t>(tile.rows * layer.stride) * sizeof(float));
  if (from.empty()) return;
  const std::int64_t hidden = layer.layout.hidden;
  for (std::int64_t r = 0; r < tile.rows; ++r, to += layer.stride) {
    const std::int64_t row = order_[static_cast<std::size_t>(tile.first + r)];
    std::memcpy(to, from.data + layer.state_at * batch_ + row * hidden, static_cast<std::size_t>(hidden) * sizeof(float));
  }
}

/// Rows [begin, end) of a tile's states.
void CpuRnn::write_states(const float* from, const CpuRnnLayer& layer, const Tile& tile, std::int64_t begin, std::int64_t end,
                          View<float> to) const {
  if (to.empty()) return;
  const std::int64_t hidden = layer.layout.hidden;
  for (std::int64_t r = begin; r < end; ++r) {
    const std::int64_t row = order_[static_cast<std::size_t>(tile.first + r)];
    std::memcpy(to.data + layer.state_at * batch_ + row * hidden, from + r * layer.stride,
                static_cast<std::size_t>(hidden) * sizeof(float));
  }
}

void CpuRnn::forward_tile(const RnnForward& run, bool training, std::int64_t index, int thread) {
  const Tile here = tile(index);
  const std::int64_t time = steps_of(run);
  const std::int64_t slots = tiles_.rows;  // rows of a block of the store
  float* xs = scratch_.view().data + thread * scratch_size_;
  float* memory = training ? kept_.view().data + index * store_size((time + 1) * slots, time * slots)
                           : xs + rounded(std::max<std::int64_t>(128, slots) * x_stride_);
  const std::int64_t blocks = (training ? time : chunk_) + 1;
  const std::vector<CpuRnnStore> stores = open_store(memory, blocks * slots, training ? time * slots : 0);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    read_states(run.h0, layers_[l], here, stores[l].h);
    if (has_cell()) read_states(run.c0, layers_[l], here, stores[l].c);
  }
  for (std::int64_t begin = 0; begin < here.steps; begin += chunk_) {
    const Chunk chunk{begin, std::min(begin + chunk_, here.steps), training ? begin : 0};
    for (std::int64_t t = chunk.begin; t < chunk.end; ++t) gather(run.x, here, t, x_stride_, xs + (t - begin) * slots * x_stride_);
    for (std::size_t l = 0; l < layers_.size(); ++l) forward_layer(here, chunk, l, xs, stores);
    leave_results(run, here, chunk, stores);
    if (!training) begin_again(chunk, stores);
  }
  if (!run.y.empty()) clear_ended(here, time, run.y);
}

/// All steps of a chunk through one layer. Gates are kept where the store has room for them.
void CpuRnn::forward_layer(const Tile& here, const Chunk& chunk, std::size_t l, const float* xs,
                           const std::vector<CpuRnnStore>& stores) const {
  const CpuRnnLayer& layer = layers_[l];
  const std::int64_t slots = tiles_.rows;
  const std::int64_t block = slots * layer.stride;
  RnnStep step;
  step.layout = &layer.layout;
  step.stride = layer.stride;
  step.x_stride = l == 0 ? x_stride_ : layers_[l - 1].stride;
  step.weights_x = layer.packed.forward_x;
  step.weights_h = layer.packed.forward_h;
  step.bias = layer.packed.bias;
  step.gate_rows = slots;
  for (std::int64_t t = chunk.begin; t < chunk.end; ++t) {
    const std::int64_t at = chunk.first_block + t - chunk.begin;
    step.rows = alive(here, t);
    step.x = l == 0 ? xs + (t - chunk.begin) * slots * x_stride_ : stores[l - 1].h + (at + 1) * slots * step.x_stride;
    step.h_before = stores[l].h + at * block;
    step.h = stores[l].h + (at + 1) * block;
    if (has_cell()) {
      step.c_before = stores[l].c + at * block;
      step.c = stores[l].c + (at + 1) * block;
    }
    if (stores[l].gates != nullptr) step.gates = stores[l].gates + t * slots * layer.layout.panels() * layer.layout.gate_width();
    rnn_step(step);
  }
}

/// Outputs of the chunk's steps, and the states of the sequences that end in it.
void CpuRnn::leave_results(const RnnForward& run, const Tile& here, const Chunk& chunk, const std::vector<CpuRnnStore>& stores) const {
  for (std::int64_t t = chunk.begin; t < chunk.end; ++t) {
    const std::int64_t after = chunk.first_block + t - chunk.begin + 1;
    const std::int64_t going_on = alive(here, t + 1);
    const std::int64_t ran = alive(here, t);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const std::int64_t block = tiles_.rows * layers_[l].stride;
      write_states(stores[l].h + after * block, layers_[l], here, going_on, ran, run.hn);
      if (has_cell()) write_states(stores[l].c + after * block, layers_[l], here, going_on, ran, run.cn);
    }
    if (run.y.empty()) continue;
    scatter(stores.back().h + after * tiles_.rows * layers_.back().stride, layers_.back().stride, here, t, run.y);
  }
}

/// The state after a chunk becomes the one before the next.
void CpuRnn::begin_again(const Chunk& chunk, const std::vector<CpuRnnStore>& stores) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const std::int64_t block = tiles_.rows * layers_[l].stride;
    const std::int64_t last = chunk.first_block + chunk.end - chunk.begin;
    std::copy_n(stores[l].h + last * block, block, stores[l].h);
    if (has_cell()) std::copy_n(stores[l].c + last * block, block, stores[l].c);
  }
}

void CpuRnn::clear_ended(const Tile& here, std::int64_t time, MatrixView<float> y) const {
  for (std::int64_t r = 0; r < here.rows; ++r) {
    const auto row = static_cast<std::size_t>(here.first + r);
    for (std::int64_t t = length_[row]; t < time; ++t) {
      std::memset(y.data + (t * batch_ + order_[row]) * y.stride, 0, static_cast<std::size_t>(y.columns) * sizeof(float));
    }
  }
}

void CpuRnn::backward_tile(const RnnBackward& run, std::int64_t index, int thread, float* gradient) {
  const Tile here = tile(index);
  const std::int64_t time = steps_of(run.forward);
  const std::int64_t slots = tiles_.rows;
  const std::int64_t chunk_rows = std::max<std::int64_t>(128, slots);
  float* kept = kept_.view().data + index * store_size((time + 1) * slots, time * slots);

  float* memory = scratch_.view().data + thread * scratch_size_;
  const auto take = [&memory](std::int64_t size) { return std::exchange(memory, memory + rounded(size)); };
  Way way;
  way.kept = open_store(kept, (time + 1) * slots, time * slots);
  way.x = take(chunk_rows * x_stride_);
  way.above = take(chunk_rows * widest_);
  way.below = take(chunk_rows * widest_);
  way.state.resize(layers_.size());
  way.rows.resize(static_cast<std::size_t>(chunk_));
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    way.state[l].h = take(slots * layers_[l].stride);
    way.state[l].c = take(slots * layers_[l].stride);
    read_states(run.dhn, layers_[l], here, way.state[l].h);
    if (has_cell()) read_states(run.dcn, layers_[l], here, way.state[l].c);
  }
  for (std::int64_t end = here.steps; end > 0; end -= std::min(chunk_, end)) {
    const Chunk chunk{std::max<std::int64_t>(0, end - chunk_), end, 0};
    const std::int64_t y_stride = layers_.back().stride;
    for (std::int64_t t = chunk.begin; t < chunk.end; ++t) {
      gather(run.forward.x, here, t, x_stride_, way.x + (t - chunk.begin) * slots * x_stride_);
      if (!run.dy.empty()) gather(run.dy, here, t, y_stride, way.above + (t - chunk.begin) * slots * y_stride);
    }
    for (std::size_t l = layers_.size(); l-- > 0;) backward_layer(run, here, chunk, l, way, gradient);
    if (run.dx.empty()) continue;
    for (std::int64_t t = chunk.begin; t < chunk.end; ++t) {
      scatter(way.above + (t - chunk.begin) * slots * x_stride_, x_stride_, here, t, run.dx);
    }
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    write_states(way.state[l].h, layers_[l], here, 0, here.rows, run.dh0);
    if (has_cell()) write_states(way.state[l].c, layers_[l], here, 0, here.rows, run.dc0);
  }
}

/// All steps of a chunk back through one layer: the steps in turn, then the gradient of its inputs and of its weights for all of them.
void CpuRnn::backward_layer(const RnnBackward& run, const Tile& here, const Chunk& chunk, std::size_t l, Way& way, float* gradient) const {
  const CpuRnnLayer& layer = layers_[l];
  const std::int64_t slots = tiles_.rows;
  const std::int64_t block = slots * layer.stride;
  const std::int64_t gate_block = slots * layer.layout.panels() * layer.layout.gate_width();
  const std::int64_t x_stride = l == 0 ? x_stride_ : layers_[l - 1].stride;
  const bool has_dy = l + 1 < layers_.size() || !run.dy.empty();
  const CpuRnnStore& kept = way.kept[l];
  RnnStepBackward step;
  step.layout = &layer.layout;
  step.stride = step.dy_stride = layer.stride;
  step.gate_rows = slots;
  step.dh = way.state[l].h;
  step.dc = way.state[l].c;
  for (std::int64_t t = chunk.end; t-- > chunk.begin;) {
    const std::int64_t at = t - chunk.begin;
    step.rows = alive(here, t);
    step.gates = kept.gates + t * gate_block;
    step.h_before = kept.h + t * block;
    if (has_cell()) {
      step.c_before = kept.c + t * block;
      step.c = kept.c + (t + 1) * block;
    }
    step.dy = has_dy ? way.above + at * block : nullptr;
    step.weights_h = t > 0 || !run.dh0.empty() ? layer.packed.backward_h : nullptr;
    rnn_step_backward(step);
    const float* x = l == 0 ? way.x + at * slots * x_stride_ : way.kept[l - 1].h + (t + 1) * slots * x_stride;
    way.rows[static_cast<std::size_t>(at)] = RnnGradientRows{x, step.h_before, step.gates, step.rows};
  }
  const std::int64_t steps = chunk.end - chunk.begin;
  if (l > 0 || !run.dx.empty()) {
    for (std::int64_t at = 0; at < steps; ++at) {
      const RnnGradientRows& rows = way.rows[static_cast<std::size_t>(at)];
      rnn_input_gradient(layer.layout, rows.gates, slots, rows.rows, layer.packed.backward_x, way.below + at * slots * x_stride, x_stride);
    }
  }
  rnn_weight_gradient(layer.layout, way.rows.data(), steps, x_stride, layer.stride, slots, gradient + layer.gradient_at);
  std::swap(way.above, way.below);
}

}  // namespace footfall
