// Handles and descriptors of the cuDNN stand-in. What is refused here is what cuDNN 9.19 refuses on the host; the table test
// (tests/emulator/cudnn_table.cpp) asks both.

#include <cmath>
#include <cstdio>
#include <cstring>
#include <set>

#include "tests/emulator/src/cudnn_types.hpp"

namespace footfall_emulator {

cudnnStatus_t refuse_dnn(cudnnStatus_t status, const std::string& why) {
  thread_state().last_dnn_error = why;
  return status;
}

Format format_of(cudnnDataType_t type) {
  switch (type) {
    case CUDNN_DATA_DOUBLE: return Format::float64;
    case CUDNN_DATA_HALF: return Format::float16;
    case CUDNN_DATA_BFLOAT16: return Format::bfloat16;
    default: return Format::float32;
  }
}

std::size_t valid_steps(const cudnnRNNDataStruct& data) {
  std::size_t steps = 0;
  for (const int length : data.lengths) steps += static_cast<std::size_t>(length);
  return steps;
}

std::size_t row_of(const cudnnRNNDataStruct& data, int time, int sequence) {
  const auto t = static_cast<std::size_t>(time), b = static_cast<std::size_t>(sequence);
  if (data.layout == CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED) return b * static_cast<std::size_t>(data.time) + t;
  if (data.layout == CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED) return t * static_cast<std::size_t>(data.batch) + b;
  std::size_t row = b;  // packed: lengths do not increase, so step t holds the first sequences
  for (const int length : data.lengths) row += static_cast<std::size_t>(std::min(length, time));
  return row;
}

}  // namespace footfall_emulator

using namespace footfall_emulator;

namespace {

template <class T>
std::set<T*>& alive() {
  static auto& all = *new std::set<T*>;
  return all;
}

template <class T>
cudnnStatus_t create(T** descriptor) {
  if (descriptor == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "no place for the descriptor");
  const auto lock = device_lock();
  *descriptor = new T;
  alive<T>().insert(*descriptor);
  return CUDNN_STATUS_SUCCESS;
}
template <class T>
cudnnStatus_t destroy(T* descriptor) {
  const auto lock = device_lock();
  if (descriptor == nullptr) return CUDNN_STATUS_SUCCESS;
  if (alive<T>().erase(descriptor) == 0) fault("a cuDNN descriptor is destroyed twice");
  delete descriptor;
  return CUDNN_STATUS_SUCCESS;
}

bool floating(cudnnDataType_t type) { return type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_DOUBLE || type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16; }

}  // namespace

std::size_t cudnnGetVersion() { return CUDNN_VERSION; }
std::size_t cudnnGetCudartVersion() { return CUDART_VERSION; }
cudnnStatus_t cudnnAdvVersionCheck() { return CUDNN_STATUS_SUCCESS; }
const char* cudnnGetErrorString(cudnnStatus_t status) {
  switch (CUDNN_STATUS_CATEGORY(status)) {
    case 0: return "CUDNN_STATUS_SUCCESS";
    case 1000: return "CUDNN_STATUS_NOT_INITIALIZED";
    case 2000: return "CUDNN_STATUS_BAD_PARAM";
    case 3000: return "CUDNN_STATUS_NOT_SUPPORTED";
    case 4000: return "CUDNN_STATUS_INTERNAL_ERROR";
    default: return "CUDNN_STATUS_EXECUTION_FAILED";
  }
}
void cudnnGetLastErrorString(char* message, std::size_t size) {
  if (message != nullptr && size > 0) std::snprintf(message, size, "%s", thread_state().last_dnn_error.c_str());
}

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) { return create(handle); }
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) { return destroy(handle); }
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  const auto lock = device_lock();
  if (handle == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "!handle");
  check_stream(stream, "cudnnSetStream");
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t* stream) {
  if (handle == nullptr || stream == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "!handle");
  *stream = handle->stream;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnSetTensorNdDescriptor(cudnnTensorDescriptor_t d, cudnnDataType_t type, int dims, const int dim[], const int stride[]) {
  if (d == nullptr || dim == nullptr || stride == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "a null argument");
  if (dims < 1 || dims > CUDNN_DIM_MAX) return refuse_dnn(CUDNN_STATUS_NOT_SUPPORTED, "the number of dimensions");
  for (int i = 0; i < dims; ++i)
    if (dim[i] <= 0) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "a dimension that is not positive");
  *d = {true, type, std::vector<int>(dim, dim + dims), std::vector<int>(stride, stride + dims)};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetTensorNdDescriptor(cudnnTensorDescriptor_t d, int requested, cudnnDataType_t* type, int* dims, int dim[], int stride[]) {
  if (d == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "!tensorDesc");
  const int count = static_cast<int>(d->dims.size());
  if (type != nullptr) *type = d->type;
  if (dims != nullptr) *dims = count;
  for (int i = 0; i < std::min(requested, count); ++i) {
    if (dim != nullptr) dim[i] = d->dims[static_cast<std::size_t>(i)];
    if (stride != nullptr) stride[i] = d->strides[static_cast<std::size_t>(i)];
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateDropoutDescriptor(cudnnDropoutDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyDropoutDescriptor(cudnnDropoutDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnDropoutGetStatesSize(cudnnHandle_t handle, std::size_t* bytes) {
  if (handle == nullptr || bytes == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "a null argument");
  *bytes = std::size_t{2} << 20;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnRestoreDropoutDescriptor(cudnnDropoutDescriptor_t d, cudnnHandle_t handle, float dropout, void* states, std::size_t bytes, unsigned long long seed) {
  // A handle even for a rate of 0 (found on cuDNN 9.19).
  if (d == nullptr || handle == nullptr || !(dropout >= 0) || dropout > 1) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "a null argument or a rate outside 0 .. 1");
  if (states != nullptr && bytes < (std::size_t{2} << 20)) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "the states are too small");
  if (dropout > 0 && states == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "dropout without states");
  *d = {dropout, seed, states, bytes};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetDropoutDescriptor(cudnnDropoutDescriptor_t d, cudnnHandle_t handle, float dropout, void* states, std::size_t bytes, unsigned long long seed) {
  if (const cudnnStatus_t s = cudnnRestoreDropoutDescriptor(d, handle, dropout, states, bytes, seed); s != CUDNN_STATUS_SUCCESS) return s;
  if (states != nullptr && cudaMemsetAsync(states, 0, bytes, handle->stream) != cudaSuccess) return CUDNN_STATUS_EXECUTION_FAILED;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateRNNDescriptor(cudnnRNNDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyRNNDescriptor(cudnnRNNDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnSetRNNDescriptor_v8(cudnnRNNDescriptor_t d, cudnnRNNAlgo_t algo, cudnnRNNMode_t cell, cudnnRNNBiasMode_t bias, cudnnDirectionMode_t direction,
                                       cudnnRNNInputMode_t input_mode, cudnnDataType_t type, cudnnDataType_t precision, cudnnMathType_t math, std::int32_t input,
                                       std::int32_t hidden, std::int32_t projection, std::int32_t layers, cudnnDropoutDescriptor_t dropout, std::uint32_t flags) {
  const auto bad = [](const char* why) { return refuse_dnn(CUDNN_STATUS_BAD_PARAM, why); };
  const auto unsupported = [](const char* why) { return refuse_dnn(CUDNN_STATUS_NOT_SUPPORTED, why); };
  if (d == nullptr) return bad("!rnnDesc");
  if (algo < 0 || algo >= CUDNN_RNN_ALGO_COUNT || cell < 0 || cell > CUDNN_GRU || bias < 0 || bias > CUDNN_RNN_SINGLE_REC_BIAS) return bad("an unknown algorithm, cell or bias mode");
  if (direction < 0 || direction > CUDNN_BIDIRECTIONAL || input_mode < 0 || input_mode > CUDNN_SKIP_INPUT) return bad("an unknown direction or input mode");
  if (math < 0 || math > CUDNN_FMA_MATH) return bad("an unknown math type");
  if ((flags & ~CUDNN_RNN_PADDED_IO_ENABLED) != 0) return bad("unknown bits in auxFlags");
  if (input <= 0 || hidden <= 0 || layers <= 0) return bad("a size that is not positive");
  if (projection <= 0) return bad("projSize is not positive");  // no projection is projSize == hiddenSize
  if (projection > hidden) return unsupported("projSize above hiddenSize");
  if (!floating(type)) return unsupported("the data type");
  const bool precision_fits = type == CUDNN_DATA_DOUBLE ? precision == CUDNN_DATA_DOUBLE
                              : type == CUDNN_DATA_HALF ? precision == CUDNN_DATA_FLOAT || precision == CUDNN_DATA_HALF
                                                        : precision == CUDNN_DATA_FLOAT;
  if (!precision_fits) return unsupported("mathPrec for this data type");
  if (projection < hidden && (cell != CUDNN_LSTM || algo != CUDNN_RNN_ALGO_STANDARD)) return unsupported("a projection with another cell than LSTM or another algorithm than STANDARD");
  if (algo != CUDNN_RNN_ALGO_STANDARD && bias != CUDNN_RNN_DOUBLE_BIAS) return unsupported("a persistent algorithm with another bias mode than DOUBLE");
  if ((algo == CUDNN_RNN_ALGO_PERSIST_STATIC || algo == CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H) && type == CUDNN_DATA_DOUBLE) return unsupported("a static persistent algorithm with float64");
  *d = {true, algo, cell, bias, direction, input_mode, type, precision, math, input, hidden, projection, layers, dropout, flags, 0};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetRNNDescriptor_v8(cudnnRNNDescriptor_t d, cudnnRNNAlgo_t* algo, cudnnRNNMode_t* cell, cudnnRNNBiasMode_t* bias, cudnnDirectionMode_t* direction,
                                       cudnnRNNInputMode_t* input_mode, cudnnDataType_t* type, cudnnDataType_t* precision, cudnnMathType_t* math, std::int32_t* input,
                                       std::int32_t* hidden, std::int32_t* projection, std::int32_t* layers, cudnnDropoutDescriptor_t* dropout, std::uint32_t* flags) {
  if (d == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "!rnnDesc");
  const auto give = [](auto* to, auto value) {
    if (to != nullptr) *to = value;
  };
  give(algo, d->algo), give(cell, d->cell), give(bias, d->bias), give(direction, d->direction), give(input_mode, d->input_mode), give(type, d->type);
  give(precision, d->precision), give(math, d->math), give(input, d->input), give(hidden, d->hidden), give(projection, d->projection), give(layers, d->layers);
  give(dropout, d->dropout), give(flags, d->flags);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnRNNSetClip_v9(cudnnRNNDescriptor_t d, cudnnRNNClipMode_t mode, double low, double high) {
  if (d == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "!rnnDesc");
  if (mode == CUDNN_RNN_CLIP_NONE) return CUDNN_STATUS_SUCCESS;
  if (!(low <= high)) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "the clip range is empty");
  return refuse_dnn(CUDNN_STATUS_NOT_SUPPORTED, "the emulated device does not clip");
}
cudnnStatus_t cudnnBuildRNNDynamic(cudnnHandle_t handle, cudnnRNNDescriptor_t d, int batch) {
  if (handle == nullptr || d == nullptr || batch <= 0) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "a null argument or no batch");
  if (d->algo != CUDNN_RNN_ALGO_PERSIST_DYNAMIC) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "another algorithm than PERSIST_DYNAMIC");
  d->built_for_batch = batch;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateRNNDataDescriptor(cudnnRNNDataDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyRNNDataDescriptor(cudnnRNNDataDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnSetRNNDataDescriptor(cudnnRNNDataDescriptor_t d, cudnnDataType_t type, cudnnRNNDataLayout_t layout, int time, int batch, int width, const int lengths[],
                                        void* fill) {
  const auto bad = [](const char* why) { return refuse_dnn(CUDNN_STATUS_BAD_PARAM, why); };
  if (d == nullptr || lengths == nullptr) return bad("a null argument");
  if (!floating(type)) return refuse_dnn(CUDNN_STATUS_NOT_SUPPORTED, "the data type");
  if (layout < 0 || layout > CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED) return bad("an unknown layout");
  if (time <= 0 || batch <= 0 || width <= 0) return bad("a size that is not positive");
  if (time > 65535) return refuse_dnn(CUDNN_STATUS_NOT_SUPPORTED, "maxSeqLength above 65535");
  const bool packed = layout == CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED;
  for (int i = 0; i < batch; ++i) {
    if (lengths[i] < 0 || lengths[i] > time) return bad("a length outside 0 .. maxSeqLength");
    if (packed && (lengths[i] == 0 || (i > 0 && lengths[i] > lengths[i - 1]))) return bad("packed lengths are positive and do not increase");
  }
  if (packed && lengths[0] != time) return bad("the longest packed length is maxSeqLength");
  if (is_device_address(lengths)) fault("cudnnSetRNNDataDescriptor reads lengths on the host: " + describe_address(lengths));
  *d = {true, type, layout, time, batch, width, std::vector<int>(lengths, lengths + batch), fill != nullptr, 0};
  if (fill != nullptr) d->fill = load(fill, format_of(type), 0);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetRNNDataDescriptor(cudnnRNNDataDescriptor_t d, cudnnDataType_t* type, cudnnRNNDataLayout_t* layout, int* time, int* batch, int* width, int requested,
                                        int lengths[], void* fill) {
  if (d == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "!rnnDataDesc");
  if (type != nullptr) *type = d->type;
  if (layout != nullptr) *layout = d->layout;
  if (time != nullptr) *time = d->time;
  if (batch != nullptr) *batch = d->batch;
  if (width != nullptr) *width = d->width;
  for (int i = 0; lengths != nullptr && i < std::min(requested, d->batch); ++i) lengths[i] = d->lengths[static_cast<std::size_t>(i)];
  if (fill != nullptr) store(fill, format_of(d->type), 0, d->fill);
  return CUDNN_STATUS_SUCCESS;
}
