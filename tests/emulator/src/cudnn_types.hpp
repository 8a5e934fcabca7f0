#pragma once

// What the descriptors of the cuDNN stand-in hold, and where the weights of a network lie.

#include <memory>
#include <string>
#include <vector>

#include "tests/emulator/include/cudnn.h"
#include "tests/emulator/src/numbers.hpp"
#include "tests/emulator/src/runtime.hpp"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};
struct cudnnTensorStruct {
  bool set = false;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  std::vector<int> dims, strides;
};
struct cudnnDropoutStruct {
  float rate = 0;
  unsigned long long seed = 0;
  void* states = nullptr;
  std::size_t bytes = 0;
};
struct cudnnRNNStruct {
  bool set = false;
  cudnnRNNAlgo_t algo = CUDNN_RNN_ALGO_STANDARD;
  cudnnRNNMode_t cell = CUDNN_LSTM;
  cudnnRNNBiasMode_t bias = CUDNN_RNN_DOUBLE_BIAS;
  cudnnDirectionMode_t direction = CUDNN_UNIDIRECTIONAL;
  cudnnRNNInputMode_t input_mode = CUDNN_LINEAR_INPUT;
  cudnnDataType_t type = CUDNN_DATA_FLOAT, precision = CUDNN_DATA_FLOAT;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
  int input = 0, hidden = 0, projection = 0, layers = 0;
  cudnnDropoutDescriptor_t dropout = nullptr;
  unsigned flags = 0;
  int built_for_batch = 0;  ///< of the persistent dynamic kind
};
struct cudnnRNNDataStruct {
  bool set = false;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  cudnnRNNDataLayout_t layout = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED;
  int time = 0, batch = 0, width = 0;
  std::vector<int> lengths;
  bool has_fill = false;
  double fill = 0;
};

namespace footfall_emulator {

/// Keeps why for cudnnGetLastErrorString.
cudnnStatus_t refuse_dnn(cudnnStatus_t status, const std::string& why);

Format format_of(cudnnDataType_t type);

inline int gate_count(const cudnnRNNStruct& r) { return r.cell == CUDNN_LSTM ? 4 : r.cell == CUDNN_GRU ? 3 : 1; }
inline int direction_count(const cudnnRNNStruct& r) { return r.direction == CUDNN_BIDIRECTIONAL ? 2 : 1; }
inline int pseudo_layers(const cudnnRNNStruct& r) { return r.layers * direction_count(r); }
inline int input_of_layer(const cudnnRNNStruct& r, int layer) { return layer == 0 ? r.input : r.projection * direction_count(r); }

constexpr std::size_t kAbsent = ~std::size_t{0};

/// Offsets in elements of one pseudo-layer's parts in the weight space; kAbsent where the mode has none.
struct LayerWeights {
  std::size_t input = kAbsent, recurrent = kAbsent, projection = kAbsent, input_bias = kAbsent, recurrent_bias = kAbsent;
};
/// No padding anywhere: all matrices, pseudo-layer by pseudo-layer, then all biases (found on cuDNN 9.19; descriptor calls on the host).
LayerWeights weights_of(const cudnnRNNStruct& rnn, int pseudo_layer);
std::size_t weight_count(const cudnnRNNStruct& rnn);

/// Steps of all sequences.
std::size_t valid_steps(const cudnnRNNDataStruct& data);
/// Row of a step in a data buffer.
std::size_t row_of(const cudnnRNNDataStruct& data, int time, int sequence);

}  // namespace footfall_emulator
