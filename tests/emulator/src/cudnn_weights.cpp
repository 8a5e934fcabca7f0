// The weight space of the cuDNN stand-in.

#include "tests/emulator/src/cudnn_types.hpp"

namespace footfall_emulator {

namespace {

struct Sizes {
  std::size_t input, recurrent, projection, input_bias, recurrent_bias;
};

Sizes sizes_of(const cudnnRNNStruct& r, int pseudo_layer) {
  const int layer = pseudo_layer / direction_count(r);
  const std::size_t rows = static_cast<std::size_t>(gate_count(r)) * static_cast<std::size_t>(r.hidden);
  Sizes s{};
  // Skipped input drops the first layer's input matrices; its biases stay.
  s.input = layer == 0 && r.input_mode == CUDNN_SKIP_INPUT ? 0 : rows * static_cast<std::size_t>(input_of_layer(r, layer));
  s.recurrent = rows * static_cast<std::size_t>(r.projection);
  s.projection = r.projection < r.hidden ? static_cast<std::size_t>(r.projection) * static_cast<std::size_t>(r.hidden) : 0;
  s.input_bias = r.bias == CUDNN_RNN_DOUBLE_BIAS || r.bias == CUDNN_RNN_SINGLE_INP_BIAS ? rows : 0;
  s.recurrent_bias = r.bias == CUDNN_RNN_DOUBLE_BIAS || r.bias == CUDNN_RNN_SINGLE_REC_BIAS ? rows : 0;
  return s;
}

}  // namespace

LayerWeights weights_of(const cudnnRNNStruct& r, int pseudo_layer) {
  LayerWeights out;
  std::size_t at = 0;
  const auto take = [&at](std::size_t size, bool mine, std::size_t& place) {
    if (mine && size > 0) place = at;
    at += size;
  };
  for (int p = 0; p < pseudo_layers(r); ++p) {
    const Sizes s = sizes_of(r, p);
    take(s.input, p == pseudo_layer, out.input);
    take(s.recurrent, p == pseudo_layer, out.recurrent);
    take(s.projection, p == pseudo_layer, out.projection);
  }
  for (int p = 0; p < pseudo_layers(r); ++p) {
    const Sizes s = sizes_of(r, p);
    take(s.input_bias, p == pseudo_layer, out.input_bias);
    take(s.recurrent_bias, p == pseudo_layer, out.recurrent_bias);
  }
  return out;
}

std::size_t weight_count(const cudnnRNNStruct& r) {
  std::size_t sum = 0;
  for (int p = 0; p < pseudo_layers(r); ++p) {
    const Sizes s = sizes_of(r, p);
    sum += s.input + s.recurrent + s.projection + s.input_bias + s.recurrent_bias;
  }
  return sum;
}

}  // namespace footfall_emulator

using namespace footfall_emulator;

cudnnStatus_t cudnnGetRNNWeightSpaceSize(cudnnHandle_t handle, cudnnRNNDescriptor_t r, std::size_t* bytes) {
  if (handle == nullptr || r == nullptr || !r->set || bytes == nullptr) return refuse_dnn(CUDNN_STATUS_BAD_PARAM, "a null argument or a descriptor that is not set");
  *bytes = weight_count(*r) * bytes_of(format_of(r->type));
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetRNNWeightParams(cudnnHandle_t handle, cudnnRNNDescriptor_t r, std::int32_t pseudo_layer, std::size_t, const void* space, std::int32_t lin,
                                      cudnnTensorDescriptor_t matrix, void** matrix_at, cudnnTensorDescriptor_t bias, void** bias_at) {
  const auto bad = [](const char* why) { return refuse_dnn(CUDNN_STATUS_BAD_PARAM, why); };
  if (handle == nullptr || r == nullptr || !r->set) return bad("a null argument or a descriptor that is not set");
  if (pseudo_layer < 0 || pseudo_layer >= pseudo_layers(*r)) return bad("pseudoLayer");
  const int gates = gate_count(*r);
  const int last = 2 * gates - 1 + (r->cell == CUDNN_LSTM ? 1 : 0);
  if (lin < 0 || lin > last) return bad("linLayerID");
  const Format format = format_of(r->type);
  if (reinterpret_cast<std::uintptr_t>(space) % bytes_of(format) != 0) return bad("weightSpace & (dataSize-1)");
  const LayerWeights w = weights_of(*r, pseudo_layer);
  const int layer = pseudo_layer / direction_count(*r);
  const bool is_projection = lin == 2 * gates;
  const bool is_input = lin < gates;
  const int rows = is_projection ? r->projection : r->hidden;
  const int columns = is_projection ? r->hidden : is_input ? input_of_layer(*r, layer) : r->projection;
  const std::size_t matrix_start = is_projection ? w.projection : is_input ? w.input : w.recurrent;
  const std::size_t bias_start = is_projection ? kAbsent : is_input ? w.input_bias : w.recurrent_bias;
  const std::size_t gate = is_projection ? 0 : static_cast<std::size_t>(lin % gates);
  const auto fill = [&](cudnnTensorDescriptor_t d, void** at, std::size_t start, std::size_t skip, int n) {
    const bool there = start != kAbsent;
    if (d != nullptr) {
      if (there) *d = {true, r->type, {1, rows, n}, {rows * n, n, 1}};
      else *d = {true, r->type, {}, {}};
    }
    if (at != nullptr)
      *at = there ? reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(space) + (start + skip) * bytes_of(format)) : nullptr;
  };
  fill(matrix, matrix_at, matrix_start, gate * static_cast<std::size_t>(r->hidden) * static_cast<std::size_t>(columns), columns);
  fill(bias, bias_at, bias_start, gate * static_cast<std::size_t>(r->hidden), 1);
  return CUDNN_STATUS_SUCCESS;
}
