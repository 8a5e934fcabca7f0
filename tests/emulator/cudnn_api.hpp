#pragma once

// The cuDNN calls of the table test as pointers, so that the same questions go to the stand-in and to the installed library.

#include <cudnn.h>

#include <memory>
#include <string>

namespace footfall {

struct CudnnApi {
  decltype(&cudnnCreateRNNDescriptor) create_rnn;
  decltype(&cudnnDestroyRNNDescriptor) destroy_rnn;
  decltype(&cudnnSetRNNDescriptor_v8) set_rnn;
  decltype(&cudnnCreateRNNDataDescriptor) create_data;
  decltype(&cudnnDestroyRNNDataDescriptor) destroy_data;
  decltype(&cudnnSetRNNDataDescriptor) set_data;
  decltype(&cudnnCreateTensorDescriptor) create_tensor;
  decltype(&cudnnDestroyTensorDescriptor) destroy_tensor;
  decltype(&cudnnSetTensorNdDescriptor) set_tensor;
  decltype(&cudnnGetTensorNdDescriptor) get_tensor;
  decltype(&cudnnGetRNNWeightSpaceSize) weight_space_size;
  decltype(&cudnnGetRNNWeightParams) weight_params;
  decltype(&cudnnGetRNNTempSpaceSizes) temp_space_sizes;
  decltype(&cudnnRNNForward) forward;
  decltype(&cudnnRNNBackwardData_v8) backward_data;
  decltype(&cudnnRNNBackwardWeights_v8) backward_weights;
  cudnnHandle_t handle;
  bool real;  ///< accepted calls would run: they are asked in a process of their own
};

/// The stand-in of the emulated device, with a handle on a stream.
const CudnnApi& stand_in_cudnn();
/// The installed library ("libcudnn.so.9", or what FOOTFALL_CUDNN_LIBRARY names), or null. There is no device, so no handle either: a block of
/// zeros takes its place, and only what the library decides on the host can be asked.
const CudnnApi* installed_cudnn();

}  // namespace footfall
