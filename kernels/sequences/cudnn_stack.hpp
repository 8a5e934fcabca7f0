#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/device/array.hpp"
#include "kernels/device/cuda_stream.hpp"
#include "kernels/sequences/cudnn_layer.hpp"

namespace footfall {

/// One batch through a stack, as RnnForward has it, but in the stack's own type of number. Null: not given, or not wanted.
struct CudnnRun {
  std::int64_t time = 0;
  View<const std::int32_t> lengths;    ///< on the host
  const std::byte* x = nullptr;
  const std::byte* weights = nullptr;  ///< layer l begins at value weights_at(l), or at staged_at(l) of an aligned copy
  bool staged = false;
  const std::byte *h0 = nullptr, *c0 = nullptr;
  std::byte *y = nullptr, *hn = nullptr, *cn = nullptr;
};

struct CudnnGradients {
  const std::byte *dy = nullptr, *dhn = nullptr, *dcn = nullptr;
  std::byte *dx = nullptr, *dh0 = nullptr, *dc0 = nullptr;
  std::byte* dweights = nullptr;  ///< added to
  bool staged = false;            ///< laid out as an aligned copy
};

/// A stack of recurrent layers, one cuDNN network for each because their hidden sizes differ. Numbers are bfloat16 when the precision is bf16,
/// else float32; offsets count numbers.
class CudnnStack {
 public:
  CudnnStack(const RnnSpec& spec, CudaStream& stream);

  [[nodiscard]] std::int64_t layers() const { return static_cast<std::int64_t>(layers_.size()); }
  [[nodiscard]] std::int64_t value_bytes() const { return bytes_; }
  [[nodiscard]] std::int64_t weights_at(std::int64_t layer) const { return at(layer).weights_at; }   ///< in the run that RnnSpec describes
  [[nodiscard]] std::int64_t staged_at(std::int64_t layer) const { return at(layer).staged_at; }     ///< in an aligned copy
  [[nodiscard]] std::int64_t weights(std::int64_t layer) const { return at(layer).weights; }
  [[nodiscard]] std::int64_t staged_size() const { return staged_; }
  /// Whether every layer of a run of weights starts where cuDNN's vector accesses can begin.
  [[nodiscard]] bool aligned(const void* weights) const;

  void forward(const CudnnRun& run, bool training, Stream& stream);
  void backward(const CudnnRun& run, const CudnnGradients& gradients, Stream& stream);

 private:
  struct Layer {
    std::int64_t input = 0, hidden = 0;
    std::int64_t weights_at = 0, weights = 0, staged_at = 0;
    std::int64_t state_at = 0;  // sum of the hidden sizes below
    CudnnNetwork padded, full;
    CudnnTensor state;           // of h and c
    Array<std::byte> y;          // outputs; the last layer's where the caller wants none
    Array<std::byte> reserve;
  };

  [[nodiscard]] const Layer& at(std::int64_t layer) const { return layers_[static_cast<std::size_t>(layer)]; }
  void make_layers(CudaStream& stream);
  void make_buffers(CudaStream& stream);
  void set_batch(std::int64_t time, View<const std::int32_t> lengths);
  void check_spaces(bool training);
  [[nodiscard]] cudnnRNNDescriptor_t network(const Layer& layer) const { return full_ ? layer.full.get() : layer.padded.get(); }
  /// A layer's outputs in this run.
  [[nodiscard]] std::byte* outputs(std::size_t layer, const CudnnRun& run);
  /// A layer's block of a flat run of states; null where there are none.
  template <class Byte>
  [[nodiscard]] Byte* states(Byte* all, const Layer& layer) const {
    return all == nullptr ? nullptr : all + layer.state_at * batch_ * bytes_;
  }
  template <class Byte>
  [[nodiscard]] Byte* weights_of(Byte* all, bool staged, const Layer& layer) const {
    return all + (staged ? layer.staged_at : layer.weights_at) * bytes_;
  }
  [[nodiscard]] std::size_t weight_bytes(const Layer& layer) const { return static_cast<std::size_t>(layer.weights * bytes_); }

  RnnSpec spec_;
  std::int64_t bytes_ = 4;
  std::int64_t staged_ = 0;
  CudnnHandle handle_;
  std::vector<Layer> layers_;
  std::vector<CudnnSteps> steps_;  // of the inputs of layer l, and behind the last its outputs
  Array<std::byte> work_, no_gradient_, between_[2];

  // The batch the descriptors are set for.
  std::int64_t batch_ = 0, time_ = 0;
  std::vector<int> lengths_;
  bool full_ = false;
  bool trained_ = false;  // the reserves wait for their backward
};

}  // namespace footfall
