#include "kernels/sequences/cudnn_layer.hpp"

#include "kernels/device/cuda_check.hpp"

namespace footfall {

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

CudnnNetwork make_cudnn_layer(Cell cell, Precision precision, std::int64_t input, std::int64_t hidden, bool padded) {
  cudnnRNNDescriptor_t layer = nullptr;
  FOOTFALL_CUDNN_CHECK(cudnnCreateRNNDescriptor(&layer));
  CudnnNetwork owner(layer);
  // FMA_MATH is float32 throughout; DEFAULT_MATH allows TF32 from compute capability 8.0 on (cuDNN, cudnnMathType_t).
  const cudnnMathType_t math = precision == Precision::float32 ? CUDNN_FMA_MATH : CUDNN_DEFAULT_MATH;
  const auto h = static_cast<std::int32_t>(hidden);
  FOOTFALL_CUDNN_CHECK(cudnnSetRNNDescriptor_v8(layer, CUDNN_RNN_ALGO_STANDARD, cell == Cell::lstm ? CUDNN_LSTM : CUDNN_GRU,
                                                CUDNN_RNN_DOUBLE_BIAS, CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT, CUDNN_DATA_FLOAT,
                                                CUDNN_DATA_FLOAT, math, static_cast<std::int32_t>(input), h, h, 1, nullptr,
                                                padded ? CUDNN_RNN_PADDED_IO_ENABLED : CUDNN_RNN_PADDED_IO_DISABLED));
  return owner;
}

void set_cudnn_steps(cudnnRNNDataDescriptor_t steps, std::int64_t time, const std::vector<int>& lengths, std::int64_t width) {
  float fill = 0.0F;
  FOOTFALL_CUDNN_CHECK(cudnnSetRNNDataDescriptor(steps, CUDNN_DATA_FLOAT, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, static_cast<int>(time),
                                                 static_cast<int>(lengths.size()), static_cast<int>(width), lengths.data(), &fill));
}

void set_cudnn_state(cudnnTensorDescriptor_t state, std::int64_t batch, std::int64_t hidden) {
  const auto b = static_cast<int>(batch), h = static_cast<int>(hidden);
  const int size[3] = {1, b, h};
  const int stride[3] = {b * h, h, 1};
  FOOTFALL_CUDNN_CHECK(cudnnSetTensorNdDescriptor(state, CUDNN_DATA_FLOAT, 3, size, stride));
}

void check_cudnn_weights(cudnnHandle_t handle, cudnnRNNDescriptor_t layer, Cell cell, std::int64_t input, std::int64_t hidden) {
  const auto refuse = [] {
    return failure("this cuDNN lays the weights of a recurrent layer out in a way that footfall does not know", "install cuDNN 9");
  };
  std::size_t bytes = 0;
  FOOTFALL_CUDNN_CHECK(cudnnGetRNNWeightSpaceSize(handle, layer, &bytes));
  if (bytes != static_cast<std::size_t>(layer_weights(cell, input, hidden)) * sizeof(float)) throw refuse();
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
    if (reinterpret_cast<std::intptr_t>(at) != wanted * 4 || reinterpret_cast<std::intptr_t>(bias_at) != bias_wanted * 4) throw refuse();
  }
}

}  // namespace footfall
