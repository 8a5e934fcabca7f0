// A stack of recurrent layers on CUDA: one cuDNN network for each layer, because their hidden sizes differ (and so that what lies between
// layers is ours). Facts this file rests on (cuDNN 9, cudnnRNNForward, cudnnRNNBackwardData_v8, cudnnRNNBackwardWeights_v8):
// - the three calls of a training pass use one reserve space, in this order, and nothing else may touch it in between;
// - lengths are read on the host when a descriptor is set; sequences that end early need a network made for padded data, and batches of
//   full length do better without, and may be captured in a graph;
// - work and reserve spaces are largest for the largest batch of full length; a smaller batch is asked for again, by assertion;
// - weights lie as torch has them (checked when the plan is made), so they are used where they are, as long as they are aligned to 256
//   bytes; otherwise they go through a copy of the plan's;
// - weight gradients are added, never set.

#include <cudnn.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/device/array.hpp"
#include "kernels/device/cuda_check.hpp"
#include "kernels/device/cuda_stream.hpp"
#include "kernels/sequences/cuda_sequences.hpp"
#include "kernels/sequences/cudnn_layer.hpp"
#include "kernels/sequences/rnn_kernels.hpp"
#include "kernels/sequences/sequences_check.hpp"

namespace footfall {
namespace {

constexpr std::int64_t kAlignment = 256;  // bytes

struct Layer {
  std::int64_t input = 0, hidden = 0;
  std::int64_t weights_at = 0, weights = 0;  // in the flat run
  std::int64_t staged_at = 0;                // in the aligned copies
  std::int64_t state_at = 0;                 // sum of the hidden sizes below
  CudnnNetwork padded, full;
  CudnnTensor state;  // of h and c
  Array<float> y;     // outputs; the last layer's where the caller wants none
  Array<std::byte> reserve;
};

class CudnnRnn final : public Rnn {
 public:
  CudnnRnn(const RnnSpec& spec, CudaStream& stream);

  const RnnSpec& spec() const override { return spec_; }
  void forward(const RnnForward& run, bool training, Stream& stream) override;
  void backward(const RnnBackward& run, Stream& stream) override;

 private:
  void make_layers(CudaStream& stream);
  void make_buffers(CudaStream& stream);
  void set_batch(std::int64_t time, View<const std::int32_t> lengths);
  void check_spaces(bool training);
  [[nodiscard]] cudnnRNNDescriptor_t network(const Layer& layer) const { return full_ ? layer.full.get() : layer.padded.get(); }
  /// A layer's outputs in this call.
  [[nodiscard]] float* outputs(std::size_t layer, const RnnForward& run);
  /// A layer's block of a flat run of states; null where there are none.
  template <class T>
  [[nodiscard]] T* states(View<T> all, const Layer& layer) const {
    return all.empty() ? nullptr : all.data + layer.state_at * batch_;
  }
  [[nodiscard]] bool in_place(const float* all) const;

  RnnSpec spec_;
  CudnnHandle handle_;
  std::vector<Layer> layers_;
  std::vector<CudnnSteps> steps_;  // of the inputs of layer l, and behind the last its outputs
  Array<std::byte> work_;
  Array<float> staged_weights_, staged_gradients_, no_gradient_, between_[2];

  // The batch the descriptors are set for.
  std::int64_t batch_ = 0, time_ = 0;
  std::vector<int> lengths_;
  bool full_ = false;
  bool trained_ = false;  // the reserves wait for their backward
};

CudnnRnn::CudnnRnn(const RnnSpec& spec, CudaStream& stream) : spec_(spec) {
  check_rnn_spec(spec_);
  handle_ = make_cudnn_handle(stream.native());
  make_layers(stream);
  make_buffers(stream);
}

void CudnnRnn::make_layers(CudaStream& stream) {
  std::int64_t input = spec_.input, weights = 0, states = 0, staged = 0;
  const std::int64_t rows = spec_.max_time * spec_.max_batch;
  for (const std::int64_t hidden : spec_.hidden) {
    Layer layer;
    layer.input = input;
    layer.hidden = hidden;
    layer.weights_at = weights;
    layer.weights = layer_weights(spec_.cell, input, hidden);
    layer.staged_at = staged;
    layer.state_at = states;
    layer.padded = make_cudnn_layer(spec_.cell, spec_.precision, input, hidden, true);
    layer.full = make_cudnn_layer(spec_.cell, spec_.precision, input, hidden, false);
    layer.state = make_cudnn_tensor();
    layer.y = Array<float>(stream, rows * hidden);
    check_cudnn_weights(handle_.get(), layer.padded.get(), spec_.cell, input, hidden);
    weights += layer.weights;
    staged += (layer.weights * 4 + kAlignment - 1) / kAlignment * (kAlignment / 4);
    states += hidden;
    input = hidden;
    layers_.push_back(std::move(layer));
  }
  for (std::size_t l = 0; l <= layers_.size(); ++l) steps_.push_back(make_cudnn_steps());
  staged_weights_ = Array<float>(stream, staged);
  if (spec_.training) staged_gradients_ = Array<float>(stream, staged);
}

/// Work and reserve for the largest batch, by either network of a layer.
void CudnnRnn::make_buffers(CudaStream& stream) {
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
        std::size_t work = 0, reserve = 0;
        FOOTFALL_CUDNN_CHECK(cudnnGetRNNTempSpaceSizes(handle_.get(), each, mode, steps_[l].get(), &work, &reserve));
        most_work = std::max(most_work, work);
        most_reserve = std::max(most_reserve, reserve);
      }
    }
    if (spec_.training) layer.reserve = Array<std::byte>(stream, static_cast<std::int64_t>(most_reserve));
  }
  work_ = Array<std::byte>(stream, static_cast<std::int64_t>(most_work));
  if (!spec_.training) return;
  const std::int64_t rows = spec_.max_time * spec_.max_batch;
  no_gradient_ = Array<float>(stream, rows * spec_.hidden.back());
  clear(no_gradient_.view(), stream);
  for (Array<float>& each : between_) each = Array<float>(stream, rows * widest);
}

void CudnnRnn::set_batch(std::int64_t time, View<const std::int32_t> lengths) {
  const std::int64_t batch = lengths.size;
  if (time == time_ && batch == batch_ && std::equal(lengths_.begin(), lengths_.end(), lengths.data)) return;
  lengths_.assign(lengths.data, lengths.data + batch);
  full_ = std::all_of(lengths_.begin(), lengths_.end(), [&](int length) { return length == time; });
  set_cudnn_steps(steps_.front().get(), time, lengths_, spec_.input);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    set_cudnn_steps(steps_[l + 1].get(), time, lengths_, layers_[l].hidden);
    if (batch != batch_) set_cudnn_state(layers_[l].state.get(), batch, layers_[l].hidden);
  }
  time_ = time;
  batch_ = batch;
}

/// A batch must not need more than the largest one of full length.
void CudnnRnn::check_spaces(bool training) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    std::size_t work = 0, reserve = 0;
    FOOTFALL_CUDNN_CHECK(cudnnGetRNNTempSpaceSizes(handle_.get(), network(layers_[l]),
                                                   training ? CUDNN_FWD_MODE_TRAINING : CUDNN_FWD_MODE_INFERENCE, steps_[l].get(), &work,
                                                   &reserve));
    require(
        static_cast<std::int64_t>(work) <= work_.size() && (!training || static_cast<std::int64_t>(reserve) <= layers_[l].reserve.size()),
        "cuDNN needs more space for a batch than for the largest one");
  }
}

float* CudnnRnn::outputs(std::size_t layer, const RnnForward& run) {
  const bool last = layer + 1 == layers_.size();
  return last && !run.y.empty() ? run.y.data : layers_[layer].y.view().data;
}

/// Whether every layer of a flat run starts where cuDNN's vector accesses can begin.
bool CudnnRnn::in_place(const float* all) const {
  return std::all_of(layers_.begin(), layers_.end(),
                     [&](const Layer& layer) { return reinterpret_cast<std::uintptr_t>(all + layer.weights_at) % kAlignment == 0; });
}

void CudnnRnn::forward(const RnnForward& run, bool training, Stream& stream) {
  check_rnn_forward(spec_, run);
  require(!training || spec_.training, "a training pass of a plan that was not made for training");
  static_cast<void>(native(stream));  // sets the device of this host thread
  set_batch(steps_of(run), run.lengths);
  check_spaces(training);
  const bool staged = !in_place(run.weights.data);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const View<const float> torch = run.weights.sub(layer.weights_at, layer.weights);
    const View<float> copied = staged_weights_.view().sub(layer.staged_at, layer.weights);
    if (staged) copy<float>(torch, copied, stream);
    const float* weights = staged ? copied.data : torch.data;
    const float* x = l == 0 ? run.x.data : outputs(l - 1, run);
    const auto reserve = training ? layer.reserve.view() : View<std::byte>();
    FOOTFALL_CUDNN_CHECK(cudnnRNNForward(
        handle_.get(), network(layer), training ? CUDNN_FWD_MODE_TRAINING : CUDNN_FWD_MODE_INFERENCE, nullptr, steps_[l].get(), x,
        steps_[l + 1].get(), outputs(l, run), layer.state.get(), states(run.h0, layer), states(run.hn, layer), layer.state.get(),
        states(run.c0, layer), states(run.cn, layer), static_cast<std::size_t>(layer.weights) * sizeof(float), weights,
        static_cast<std::size_t>(work_.size()), work_.view().data, static_cast<std::size_t>(reserve.size), reserve.data));
  }
  trained_ = training;
}

void CudnnRnn::backward(const RnnBackward& run, Stream& stream) {
  check_rnn_backward(spec_, run);
  require(trained_ && batch_ == run.forward.lengths.size && time_ == steps_of(run.forward),
          "a backward pass that does not follow its training forward");
  trained_ = false;
  static_cast<void>(native(stream));
  const bool staged = !in_place(run.forward.weights.data);
  const bool staged_gradients = !in_place(run.dweights.data);
  if (staged_gradients) clear(staged_gradients_.view(), stream);
  const float* dy = run.dy.empty() ? no_gradient_.view().data : run.dy.data;
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    const RnnForward& forward = run.forward;
    const float* x = l == 0 ? forward.x.data : outputs(l - 1, forward);
    const float* y = outputs(l, forward);
    const float* weights = staged ? staged_weights_.view().data + layer.staged_at : forward.weights.data + layer.weights_at;
    float* dweights = staged_gradients ? staged_gradients_.view().data + layer.staged_at : run.dweights.data + layer.weights_at;
    float* dx = l == 0 && !run.dx.empty() ? run.dx.data : between_[l % 2].view().data;
    const auto weight_bytes = static_cast<std::size_t>(layer.weights) * sizeof(float);
    const auto work_bytes = static_cast<std::size_t>(work_.size());
    const auto reserve_bytes = static_cast<std::size_t>(layer.reserve.size());
    FOOTFALL_CUDNN_CHECK(cudnnRNNBackwardData_v8(handle_.get(), network(layer), nullptr, steps_[l + 1].get(), y, dy, steps_[l].get(), dx,
                                                 layer.state.get(), states(forward.h0, layer), states(run.dhn, layer),
                                                 states(run.dh0, layer), layer.state.get(), states(forward.c0, layer),
                                                 states(run.dcn, layer), states(run.dc0, layer), weight_bytes, weights, work_bytes,
                                                 work_.view().data, reserve_bytes, layer.reserve.view().data));
    FOOTFALL_CUDNN_CHECK(cudnnRNNBackwardWeights_v8(handle_.get(), network(layer), CUDNN_WGRAD_MODE_ADD, nullptr, steps_[l].get(), x,
                                                    layer.state.get(), states(forward.h0, layer), steps_[l + 1].get(), y, weight_bytes,
                                                    dweights, work_bytes, work_.view().data, reserve_bytes, layer.reserve.view().data));
    if (staged_gradients) {
      launch_add(staged_gradients_.view().sub(layer.staged_at, layer.weights), run.dweights.sub(layer.weights_at, layer.weights),
                 cuda_stream(stream));
    }
    dy = dx;
  }
}

}  // namespace

std::unique_ptr<Rnn> make_cudnn_rnn(const RnnSpec& spec, CudaStream& stream) { return std::make_unique<CudnnRnn>(spec, stream); }

}  // namespace footfall
