// A stack of recurrent layers by cuDNN. Facts this file rests on (cuDNN 9, cudnnRNNForward, cudnnRNNBackwardData_v8,
// cudnnRNNBackwardWeights_v8):
// - the three calls of a training pass use one reserve space, in this order, and nothing else may touch it in between;
// - lengths are read on the host when a descriptor is set; sequences that end early need a network made for padded data and algorithm
//   STANDARD, and batches of full length do better without padding, may use another algorithm, and may be captured in a graph;
// - work and reserve spaces are largest for the largest batch of full length; a smaller batch is asked for again, by assertion;
// - weight gradients are added, never set.

#include "kernels/sequences/cudnn_stack.hpp"

#include <cudnn.h>

#include <algorithm>

#include "kernels/device/cuda_check.hpp"

namespace footfall {
namespace {

constexpr std::int64_t kAlignment = 256;  // bytes

}  // namespace

CudnnStack::CudnnStack(const RnnSpec& spec, CudaStream& stream) : spec_(spec), bytes_(spec.precision == Precision::bf16 ? 2 : 4) {
  handle_ = make_cudnn_handle(stream.native());
  make_layers(stream);
  make_buffers(stream);
}

void CudnnStack::make_layers(CudaStream& stream) {
  std::int64_t input = spec_.input, weights = 0, states = 0;
  const std::int64_t rows = spec_.max_time * spec_.max_batch;
  for (std::size_t l = 0; l < spec_.hidden.size(); ++l) {
    const std::int64_t hidden = spec_.hidden[l];
    const RnnAlgorithm algorithm = spec_.algorithm.empty() ? RnnAlgorithm::standard : spec_.algorithm[l];
    Layer layer;
    layer.input = input;
    layer.hidden = hidden;
    layer.weights_at = weights;
    layer.weights = layer_weights(spec_.cell, input, hidden);
    layer.staged_at = staged_;
    layer.state_at = states;
    layer.padded = make_cudnn_layer(spec_.cell, spec_.precision, RnnAlgorithm::standard, input, hidden, true);
    layer.full = make_cudnn_layer(spec_.cell, spec_.precision, algorithm, input, hidden, false);
    layer.state = make_cudnn_tensor();
    layer.y = Array<std::byte>(stream, rows * hidden * bytes_);
    check_cudnn_weights(handle_.get(), layer.padded.get(), spec_.cell, input, hidden, bytes_);
    weights += layer.weights;
    staged_ += (layer.weights * bytes_ + kAlignment - 1) / kAlignment * (kAlignment / bytes_);
    states += hidden;
    input = hidden;
    layers_.push_back(std::move(layer));
  }
  for (std::size_t l = 0; l <= layers_.size(); ++l) steps_.push_back(make_cudnn_steps());
}

/// Work and reserve for the largest batch, by either network of a layer.
void CudnnStack::make_buffers(CudaStream& stream) {
  const std::vector<std::int32_t> longest(static_cast<std::size_t>(spec_.max_batch), static_cast<std::int32_t>(spec_.max_time));
  set_batch(spec_.max_time, view_of(longest));
  std::size_t most_work = 0;
  std::int64_t widest = spec_.input;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    widest = std::max(widest, layer.hidden);
    std::size_t most_reserve = 0;
    for (const cudnnRNNDescriptor_t each : {layer.padded.get(), layer.full.get()}) {
      for (const cudnnForwardMode_t mode : {CUDNN_FWD_MODE_INFERENCE, CUDNN_FWD_MODE_TRAINING}) {
        if (mode == CUDNN_FWD_MODE_TRAINING && !spec_.training) continue;
        const CudnnSpaces spaces = cudnn_spaces(handle_.get(), each, mode, steps_[l].get());
        most_work = std::max(most_work, spaces.work);
        most_reserve = std::max(most_reserve, spaces.reserve);
      }
    }
    if (spec_.training) layer.reserve = Array<std::byte>(stream, static_cast<std::int64_t>(most_reserve));
  }
  work_ = Array<std::byte>(stream, static_cast<std::int64_t>(most_work));
  if (!spec_.training) return;
  const std::int64_t rows = spec_.max_time * spec_.max_batch;
  no_gradient_ = Array<std::byte>(stream, rows * spec_.hidden.back() * bytes_);
  clear(no_gradient_.view(), stream);
  for (Array<std::byte>& each : between_) each = Array<std::byte>(stream, rows * widest * bytes_);
}

void CudnnStack::set_batch(std::int64_t time, View<const std::int32_t> lengths) {
  const std::int64_t batch = lengths.size;
  if (time == time_ && batch == batch_ && std::equal(lengths_.begin(), lengths_.end(), lengths.data)) return;
  lengths_.assign(lengths.data, lengths.data + batch);
  full_ = std::all_of(lengths_.begin(), lengths_.end(), [&](int length) { return length == time; });
  set_cudnn_steps(steps_.front().get(), spec_.precision, time, lengths_, spec_.input);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    set_cudnn_steps(steps_[l + 1].get(), spec_.precision, time, lengths_, layers_[l].hidden);
    if (batch != batch_) set_cudnn_state(layers_[l].state.get(), spec_.precision, batch, layers_[l].hidden);
  }
  time_ = time;
  batch_ = batch;
}

/// A batch must not need more than the largest one of full length.
void CudnnStack::check_spaces(bool training) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const CudnnSpaces spaces = cudnn_spaces(handle_.get(), network(layers_[l]), training ? CUDNN_FWD_MODE_TRAINING : CUDNN_FWD_MODE_INFERENCE, steps_[l].get());
    require(static_cast<std::int64_t>(spaces.work) <= work_.size() && (!training || static_cast<std::int64_t>(spaces.reserve) <= layers_[l].reserve.size()),
            "cuDNN needs more space for a batch than for the largest one");
  }
}

std::byte* CudnnStack::outputs(std::size_t layer, const CudnnRun& run) {
  const bool last = layer + 1 == layers_.size();
  return last && run.y != nullptr ? run.y : layers_[layer].y.view().data;
}

bool CudnnStack::aligned(const void* weights) const {
  return std::all_of(layers_.begin(), layers_.end(), [&](const Layer& layer) {
    return (reinterpret_cast<std::uintptr_t>(weights) + static_cast<std::uintptr_t>(layer.weights_at * bytes_)) % kAlignment == 0;
  });
}

void CudnnStack::forward(const CudnnRun& run, bool training, Stream& stream) {
  static_cast<void>(native(stream));  // sets the device of this host thread
  set_batch(run.time, run.lengths);
  check_spaces(training);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const std::byte* x = l == 0 ? run.x : outputs(l - 1, run);
    const auto reserve = training ? layer.reserve.view() : View<std::byte>();
    FOOTFALL_CUDNN_CHECK(cudnnRNNForward(
        handle_.get(), network(layer), training ? CUDNN_FWD_MODE_TRAINING : CUDNN_FWD_MODE_INFERENCE, nullptr, steps_[l].get(), x,
        steps_[l + 1].get(), outputs(l, run), layer.state.get(), states(run.h0, layer), states(run.hn, layer), layer.state.get(),
        states(run.c0, layer), states(run.cn, layer), weight_bytes(layer), weights_of(run.weights, run.staged, layer),
        static_cast<std::size_t>(work_.size()), work_.view().data, static_cast<std::size_t>(reserve.size), reserve.data));
  }
  trained_ = training;
}

void CudnnStack::backward(const CudnnRun& run, const CudnnGradients& gradients, Stream& stream) {
  require(trained_ && batch_ == run.lengths.size && time_ == run.time, "a backward pass that does not follow its training forward");
  trained_ = false;
  static_cast<void>(native(stream));
  const std::byte* dy = gradients.dy == nullptr ? no_gradient_.view().data : gradients.dy;
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    const std::byte* x = l == 0 ? run.x : outputs(l - 1, run);
    const std::byte* y = outputs(l, run);
    std::byte* dx = l == 0 && gradients.dx != nullptr ? gradients.dx : between_[l % 2].view().data;
    const auto work_bytes = static_cast<std::size_t>(work_.size());
    const auto reserve_bytes = static_cast<std::size_t>(layer.reserve.size());
    FOOTFALL_CUDNN_CHECK(cudnnRNNBackwardData_v8(handle_.get(), network(layer), nullptr, steps_[l + 1].get(), y, dy, steps_[l].get(), dx,
                                                 layer.state.get(), states(run.h0, layer), states(gradients.dhn, layer),
                                                 states(gradients.dh0, layer), layer.state.get(), states(run.c0, layer),
                                                 states(gradients.dcn, layer), states(gradients.dc0, layer), weight_bytes(layer),
                                                 weights_of(run.weights, run.staged, layer), work_bytes, work_.view().data, reserve_bytes,
                                                 layer.reserve.view().data));
    FOOTFALL_CUDNN_CHECK(cudnnRNNBackwardWeights_v8(handle_.get(), network(layer), CUDNN_WGRAD_MODE_ADD, nullptr, steps_[l].get(), x,
                                                    layer.state.get(), states(run.h0, layer), steps_[l + 1].get(), y, weight_bytes(layer),
                                                    weights_of(gradients.dweights, gradients.staged, layer), work_bytes, work_.view().data,
                                                    reserve_bytes, layer.reserve.view().data));
    dy = dx;
  }
}

}  // namespace footfall
