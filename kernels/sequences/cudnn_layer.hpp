#pragma once

#include <cudnn.h>

#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "kernels/sequences/sequences.hpp"

namespace footfall {

/// cuDNN's objects, each destroyed with its owner.
template <class Handle, cudnnStatus_t (*destroy)(Handle)>
struct CudnnDestroy {
  void operator()(Handle handle) const { static_cast<void>(destroy(handle)); }
};
template <class Handle, cudnnStatus_t (*destroy)(Handle)>
using CudnnOwner = std::unique_ptr<std::remove_pointer_t<Handle>, CudnnDestroy<Handle, destroy>>;

using CudnnHandle = CudnnOwner<cudnnHandle_t, cudnnDestroy>;
using CudnnTensor = CudnnOwner<cudnnTensorDescriptor_t, cudnnDestroyTensorDescriptor>;
using CudnnSteps = CudnnOwner<cudnnRNNDataDescriptor_t, cudnnDestroyRNNDataDescriptor>;
using CudnnNetwork = CudnnOwner<cudnnRNNDescriptor_t, cudnnDestroyRNNDescriptor>;

[[nodiscard]] CudnnHandle make_cudnn_handle(cudaStream_t stream);
[[nodiscard]] CudnnTensor make_cudnn_tensor();
[[nodiscard]] CudnnSteps make_cudnn_steps();
/// One layer in one direction, with both biases. float32 computes with fma alone; tf32 lets tensor cores round the factors; bf16 has data, weights
/// and states of that type and float32 sums. `padded`: sequences may end before the last step; then the algorithm must be standard.
[[nodiscard]] CudnnNetwork make_cudnn_layer(Cell cell, Precision precision, RnnAlgorithm algorithm, std::int64_t input, std::int64_t hidden, bool padded);

/// [time, batch, width] with these lengths; outputs are zero past them.
void set_cudnn_steps(cudnnRNNDataDescriptor_t steps, Precision precision, std::int64_t time, const std::vector<int>& lengths, std::int64_t width);
/// States of one layer, [1, batch, hidden].
void set_cudnn_state(cudnnTensorDescriptor_t state, Precision precision, std::int64_t batch, std::int64_t hidden);

/// Bytes of scratch that a pass over these steps needs.
struct CudnnSpaces {
  std::size_t work = 0, reserve = 0;
};
[[nodiscard]] CudnnSpaces cudnn_spaces(cudnnHandle_t handle, cudnnRNNDescriptor_t layer, cudnnForwardMode_t mode, cudnnRNNDataDescriptor_t steps);

/// Throws unless cuDNN lays the weights of this layer out as RnnSpec says, so that they can be used where they are.
void check_cudnn_weights(cudnnHandle_t handle, cudnnRNNDescriptor_t layer, Cell cell, std::int64_t input, std::int64_t hidden, std::int64_t value_bytes);

}  // namespace footfall
