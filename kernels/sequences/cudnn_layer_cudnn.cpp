#include "kernels/sequences/cudnn_layer.hpp"

#include "kernels/device/cuda_check.hpp"
#include "kernels/device/cuda_stream.hpp"
#include "kernels/sequences/cuda_sequences.hpp"

namespace footfall {
namespace {

cudnnDataType_t type_of(Precision precision) { return precision == Precision::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT; }

/// FMA_MATH is float32 throughout; DEFAULT_MATH allows TF32 from compute capability 8.0 on; 16-bit data is for tensor cores (cudnnMathType_t).
cudnnMathType_t math_of(Precision precision) {
  return precision == Precision::float32 ? CUDNN_FMA_MATH : precision == Precision::tf32 ? CUDNN_DEFAULT_MATH : CUDNN_TENSOR_OP_MATH;
}

cudnnRNNAlgo_t algorithm_of(RnnAlgorithm algorithm) {
  switch (algorithm) {
    case RnnAlgorithm::persistent: return CUDNN_RNN_ALGO_PERSIST_STATIC;
    case RnnAlgorithm::persistent_small: return CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H;
    case RnnAlgorithm::standard: break;
  }
  return CUDNN_RNN_ALGO_STANDARD;
}

/// NOT_SUPPORTED is a category of statuses, 3000 .. 3999 (cuDNN 9, cudnnStatus_t).
bool is_unsupported(cudnnStatus_t status) { return static_cast<int>(status) / 1000 == 3; }

}  // namespace

CudnnHandle make_cudnn_handle(cudaStream_t stream) {
  cudnnHandle_t handle = nullptr;
  FOOTFALL_CUDNN_CHECK(cudnnCreate(&handle));
  CudnnHandle owner(handle);
  FOOTFALL_CUDNN_CHECK(cudnnSetStream(handle, stream));
  return owner;
}

CudnnTensor make_cudnn_tensor() {
  cudnnTensorDescriptor_t tensor = nullptr;
  FOOTFALL_CUDNN_CHECK(cudnnCreateTensorDescriptor(&tensor));
  return CudnnTensor(tensor);
}

CudnnSteps make_cudnn_steps() {
  cudnnRNNDataDescriptor_t steps = nullptr;
  FOOTFALL_CUDNN_CHECK(cudnnCreateRNNDataDescriptor(&steps));
  return CudnnSteps(steps);
}

CudnnNetwork make_cudnn_layer(Cell cell, Precision precision, RnnAlgorithm algorithm, std::int64_t input, std::int64_t hidden, bool padded) {
  require(!padded || algorithm == RnnAlgorithm::standard, "sequences of several lengths need the standard algorithm");
  cudnnRNNDescriptor_t layer = nullptr;
  FOOTFALL_CUDNN_CHECK(cudnnCreateRNNDescriptor(&layer));
  CudnnNetwork owner(layer);
  const auto h = static_cast<std::int32_t>(hidden);
  FOOTFALL_CUDNN_CHECK(cudnnSetRNNDescriptor_v8(layer, algorithm_of(algorithm), cell == Cell::lstm ? CUDNN_LSTM : CUDNN_GRU,
                                                CUDNN_RNN_DOUBLE_BIAS, CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT, type_of(precision),
                                                CUDNN_DATA_FLOAT, math_of(precision), static_cast<std::int32_t>(input), h, h, 1, nullptr,
                                                padded ? CUDNN_RNN_PADDED_IO_ENABLED : CUDNN_RNN_PADDED_IO_DISABLED));
  return owner;
}

void set_cudnn_steps(cudnnRNNDataDescriptor_t steps, Precision precision, std::int64_t time, const std::vector<int>& lengths, std::int64_t width) {
  float fill = 0.0F;  // the zero of either type: cuDNN reads one value of it
  FOOTFALL_CUDNN_CHECK(cudnnSetRNNDataDescriptor(steps, type_of(precision), CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, static_cast<int>(time),
                                                 static_cast<int>(lengths.size()), static_cast<int>(width), lengths.data(), &fill));
}

void set_cudnn_state(cudnnTensorDescriptor_t state, Precision precision, std::int64_t batch, std::int64_t hidden) {
  const auto b = static_cast<int>(batch), h = static_cast<int>(hidden);
  const int size[3] = {1, b, h};
  const int stride[3] = {b * h, h, 1};
  FOOTFALL_CUDNN_CHECK(cudnnSetTensorNdDescriptor(state, type_of(precision), 3, size, stride));
}

CudnnSpaces cudnn_spaces(cudnnHandle_t handle, cudnnRNNDescriptor_t layer, cudnnForwardMode_t mode, cudnnRNNDataDescriptor_t steps) {
  CudnnSpaces spaces;
  FOOTFALL_CUDNN_CHECK(cudnnGetRNNTempSpaceSizes(handle, layer, mode, steps, &spaces.work, &spaces.reserve));
  return spaces;
}

bool cudnn_supports(const RnnSpec& spec, CudaStream& stream) {
  const CudnnHandle handle = make_cudnn_handle(stream.native());
  const CudnnSteps steps = make_cudnn_steps();
  const std::vector<int> longest(static_cast<std::size_t>(spec.max_batch), static_cast<int>(spec.max_time));
  std::int64_t input = spec.input;
  for (std::size_t l = 0; l < spec.hidden.size(); ++l) {
    const RnnAlgorithm algorithm = spec.algorithm.empty() ? RnnAlgorithm::standard : spec.algorithm[l];
    if (algorithm != RnnAlgorithm::standard || spec.precision == Precision::bf16) {
      const CudnnNetwork layer = make_cudnn_layer(spec.cell, spec.precision, algorithm, input, spec.hidden[l], false);
      set_cudnn_steps(steps.get(), spec.precision, spec.max_time, longest, input);
      std::size_t work = 0, reserve = 0;
      const cudnnStatus_t status =
          cudnnGetRNNTempSpaceSizes(handle.get(), layer.get(), spec.training ? CUDNN_FWD_MODE_TRAINING : CUDNN_FWD_MODE_INFERENCE, steps.get(), &work, &reserve);
      if (is_unsupported(status)) return false;
      FOOTFALL_CUDNN_CHECK(status);
    }
    input = spec.hidden[l];
  }
  return true;
}

void check_cudnn_weights(cudnnHandle_t handle, cudnnRNNDescriptor_t layer, Cell cell, std::int64_t input, std::int64_t hidden,
                         std::int64_t value_bytes) {
  const auto refuse = [] {
    return failure("this cuDNN lays the weights of a recurrent layer out in a way that footfall does not know", "install cuDNN 9");
  };
  std::size_t bytes = 0;
  FOOTFALL_CUDNN_CHECK(cudnnGetRNNWeightSpaceSize(handle, layer, &bytes));
  if (bytes != static_cast<std::size_t>(layer_weights(cell, input, hidden))* static_cast<std::size_t>(value_bytes)) throw refuse();
  const CudnnTensor matrix = make_cudnn_tensor(), bias = make_cudnn_tensor();
  const std::int64_t g = gates(cell);
  for (std::int64_t id = 0; id < 2 * g; ++id) {
    void* at = nullptr;
    void* bias_at = nullptr;
    FOOTFALL_CUDNN_CHECK(
        cudnnGetRNNWeightParams(handle, layer, 0, bytes, nullptr, static_cast<std::int32_t>(id), matrix.get(), &at, bias.get(), &bias_at));
    // From a null weight space the addresses are offsets.
    const std::int64_t wanted = id < g ? id * hidden * input : g * hidden * input + (id - g) * hidden * hidden;
    const std::int64_t bias_wanted = g * hidden * (input + hidden) + id * hidden;
    if (reinterpret_cast<std::intptr_t>(at) != wanted * value_bytes || reinterpret_cast<std::intptr_t>(bias_at) != bias_wanted * value_bytes) throw refuse();
  }
}

}  // namespace footfall
