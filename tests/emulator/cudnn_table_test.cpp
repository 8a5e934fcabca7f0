// What cuDNN accepts and refuses, how large its spaces are and where its weights lie: one table, asked of the stand-in and of the
// installed library, which must give the same answers. The expected column is what cuDNN 9.19 answered.

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "tests/emulator/cudnn_api.hpp"

namespace footfall {
namespace {

enum Answer { accepted = 0, bad_param = 2000, not_supported = 3000 };
int category(cudnnStatus_t status) { return CUDNN_STATUS_CATEGORY(status); }

/// Without a device the installed library writes the sizes and then fails to ask the device: what was refused is told before.
int size_category(cudnnStatus_t status) { return category(status) == 5000 ? static_cast<int>(accepted) : category(status); }

template <class E>
E raw(int value) {
  return static_cast<E>(value);
}

struct Net {
  cudnnRNNAlgo_t algo = CUDNN_RNN_ALGO_STANDARD;
  cudnnRNNMode_t cell = CUDNN_LSTM;
  cudnnRNNBiasMode_t bias = CUDNN_RNN_DOUBLE_BIAS;
  cudnnDirectionMode_t direction = CUDNN_UNIDIRECTIONAL;
  cudnnRNNInputMode_t input_mode = CUDNN_LINEAR_INPUT;
  cudnnDataType_t type = CUDNN_DATA_FLOAT, precision = CUDNN_DATA_FLOAT;
  cudnnMathType_t math = CUDNN_FMA_MATH;
  int input = 5, hidden = 7, projection = 7, layers = 1;
  unsigned flags = CUDNN_RNN_PADDED_IO_ENABLED;
};
struct Data {
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  cudnnRNNDataLayout_t layout = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED;
  int time = 4, batch = 3, width = 5;
  std::vector<int> lengths = {4, 4, 4};
};
template <class T, class F>
T with(T value, F change) {
  change(value);
  return value;
}

/// Descriptors of one side.
struct Sheet {
  const CudnnApi& api;
  cudnnRNNDescriptor_t rnn = nullptr;
  cudnnRNNDataDescriptor_t x = nullptr, y = nullptr;
  cudnnTensorDescriptor_t h = nullptr, c = nullptr;
  explicit Sheet(const CudnnApi& which) : api(which) {
    api.create_rnn(&rnn), api.create_data(&x), api.create_data(&y), api.create_tensor(&h), api.create_tensor(&c);
  }
  ~Sheet() { api.destroy_rnn(rnn), api.destroy_data(x), api.destroy_data(y), api.destroy_tensor(h), api.destroy_tensor(c); }
  Sheet(const Sheet&) = delete;             // it owns descriptors
  Sheet& operator=(const Sheet&) = delete;  // likewise

  cudnnStatus_t set(const Net& n) const {
    return api.set_rnn(rnn, n.algo, n.cell, n.bias, n.direction, n.input_mode, n.type, n.precision, n.math, n.input, n.hidden, n.projection, n.layers, nullptr, n.flags);
  }
  cudnnStatus_t set(cudnnRNNDataDescriptor_t d, const Data& data) const {
    double fill = 0;
    return api.set_data(d, data.type, data.layout, data.time, data.batch, data.width, data.lengths.empty() ? nullptr : data.lengths.data(), &fill);
  }
};

/// Runs a question for both sides.
void both(const std::string& name, const std::function<int(const CudnnApi&)>& ask, int expected) {
  EXPECT_EQ(ask(stand_in_cudnn()), expected) << "stand-in: " << name;
  if (const CudnnApi* real = installed_cudnn()) { EXPECT_EQ(ask(*real), expected) << "installed cuDNN: " << name; }
}

TEST(CudnnTable, NetworkDescriptors) {
  const Net ok;
  const struct {
    const char* name;
    Net net;
    int expected;
  } rows[] = {
      {"plain", ok, accepted},
      {"GRU", with(ok, [](Net& n) { n.cell = CUDNN_GRU; }), accepted},
      {"hidden 4096", with(ok, [](Net& n) { n.hidden = n.projection = 4096; }), accepted},
      {"skipped input with I != H", with(ok, [](Net& n) { n.input_mode = CUDNN_SKIP_INPUT; }), accepted},
      {"unknown algorithm", with(ok, [](Net& n) { n.algo = raw<cudnnRNNAlgo_t>(4); }), bad_param},
      {"unknown cell", with(ok, [](Net& n) { n.cell = raw<cudnnRNNMode_t>(4); }), bad_param},
      {"unknown bias mode", with(ok, [](Net& n) { n.bias = raw<cudnnRNNBiasMode_t>(4); }), bad_param},
      {"unknown direction", with(ok, [](Net& n) { n.direction = raw<cudnnDirectionMode_t>(2); }), bad_param},
      {"unknown input mode", with(ok, [](Net& n) { n.input_mode = raw<cudnnRNNInputMode_t>(2); }), bad_param},
      {"math type 4", with(ok, [](Net& n) { n.math = raw<cudnnMathType_t>(4); }), bad_param},
      {"tensor cores with float32", with(ok, [](Net& n) { n.math = CUDNN_TENSOR_OP_MATH; }), accepted},
      {"auxFlags 2", with(ok, [](Net& n) { n.flags = 2; }), bad_param},
      {"no input", with(ok, [](Net& n) { n.input = 0; }), bad_param},
      {"no hidden units", with(ok, [](Net& n) { n.hidden = n.projection = 0; }), bad_param},
      {"no layer", with(ok, [](Net& n) { n.layers = 0; }), bad_param},
      {"projection 0", with(ok, [](Net& n) { n.projection = 0; }), bad_param},
      {"projection above hidden", with(ok, [](Net& n) { n.projection = 8; }), not_supported},
      {"projection of an LSTM", with(ok, [](Net& n) { n.projection = 3; }), accepted},
      {"projection of a GRU", with(ok, [](Net& n) { n.projection = 3, n.cell = CUDNN_GRU; }), not_supported},
      {"projection, persistent", with(ok, [](Net& n) { n.projection = 3, n.algo = CUDNN_RNN_ALGO_PERSIST_DYNAMIC; }), not_supported},
      {"float64", with(ok, [](Net& n) { n.type = n.precision = CUDNN_DATA_DOUBLE; }), accepted},
      {"float64 in float32 precision", with(ok, [](Net& n) { n.type = CUDNN_DATA_DOUBLE; }), not_supported},
      {"float32 in float64 precision", with(ok, [](Net& n) { n.precision = CUDNN_DATA_DOUBLE; }), not_supported},
      {"float32 in float16 precision", with(ok, [](Net& n) { n.precision = CUDNN_DATA_HALF; }), not_supported},
      {"float16 in float32 precision", with(ok, [](Net& n) { n.type = CUDNN_DATA_HALF; }), accepted},
      {"float16 in float16 precision", with(ok, [](Net& n) { n.type = n.precision = CUDNN_DATA_HALF; }), accepted},
      {"bfloat16 in float32 precision", with(ok, [](Net& n) { n.type = CUDNN_DATA_BFLOAT16; }), accepted},
      {"bfloat16 in bfloat16 precision", with(ok, [](Net& n) { n.type = n.precision = CUDNN_DATA_BFLOAT16; }), not_supported},
      {"int8", with(ok, [](Net& n) { n.type = CUDNN_DATA_INT8; }), not_supported},
      {"static persistent", with(ok, [](Net& n) { n.algo = CUDNN_RNN_ALGO_PERSIST_STATIC; }), accepted},
      {"static persistent, float64", with(ok, [](Net& n) { n.algo = CUDNN_RNN_ALGO_PERSIST_STATIC, n.type = n.precision = CUDNN_DATA_DOUBLE; }), not_supported},
      {"dynamic persistent, float64", with(ok, [](Net& n) { n.algo = CUDNN_RNN_ALGO_PERSIST_DYNAMIC, n.type = n.precision = CUDNN_DATA_DOUBLE; }), accepted},
      {"small-H, float64", with(ok, [](Net& n) { n.algo = CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H, n.type = n.precision = CUDNN_DATA_DOUBLE; }), not_supported},
      {"small-H, one bias", with(ok, [](Net& n) { n.algo = CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H, n.bias = CUDNN_RNN_SINGLE_INP_BIAS; }), not_supported},
      {"small-H, several layers, two directions",
       with(ok, [](Net& n) { n.algo = CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H, n.layers = 2, n.direction = CUDNN_BIDIRECTIONAL; }), accepted},
      {"standard, no bias", with(ok, [](Net& n) { n.bias = CUDNN_RNN_NO_BIAS; }), accepted},
  };
  for (const auto& row : rows) both(row.name, [&](const CudnnApi& api) { return category(Sheet(api).set(row.net)); }, row.expected);
}

TEST(CudnnTable, DataDescriptors) {
  const Data ok;
  const Data packed = with(ok, [](Data& d) { d.layout = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED; });
  const struct {
    const char* name;
    Data data;
    int expected;
  } rows[] = {
      {"plain", ok, accepted},
      {"int8", with(ok, [](Data& d) { d.type = CUDNN_DATA_INT8; }), not_supported},
      {"bfloat16", with(ok, [](Data& d) { d.type = CUDNN_DATA_BFLOAT16; }), accepted},
      {"no time", with(ok, [](Data& d) { d.time = 0, d.lengths = {0, 0, 0}; }), bad_param},
      {"no batch", with(ok, [](Data& d) { d.batch = 0; }), bad_param},
      {"no width", with(ok, [](Data& d) { d.width = 0; }), bad_param},
      {"no lengths", with(ok, [](Data& d) { d.lengths.clear(); }), bad_param},
      {"a negative length", with(ok, [](Data& d) { d.lengths[1] = -1; }), bad_param},
      {"a length above time", with(ok, [](Data& d) { d.lengths[1] = 5; }), bad_param},
      {"layout 3", with(ok, [](Data& d) { d.layout = raw<cudnnRNNDataLayout_t>(3); }), bad_param},
      {"time 65536", with(ok, [](Data& d) { d.time = 65536; }), not_supported},
      {"unsorted", with(ok, [](Data& d) { d.lengths = {2, 4, 3}; }), accepted},
      {"longest below time", with(ok, [](Data& d) { d.lengths = {2, 1, 3}; }), accepted},
      {"a zero length", with(ok, [](Data& d) { d.lengths = {4, 0, 3}; }), accepted},
      {"a batch of a million", with(ok, [](Data& d) { d.batch = 1000000, d.width = 1000, d.lengths.assign(1000000, 4); }), accepted},
      {"packed", packed, accepted},
      {"packed, sorted", with(packed, [](Data& d) { d.lengths = {4, 2, 2}; }), accepted},
      {"packed, unsorted", with(packed, [](Data& d) { d.lengths = {2, 4, 2}; }), bad_param},
      {"packed, longest below time", with(packed, [](Data& d) { d.lengths = {3, 2, 2}; }), bad_param},
      {"packed, a zero length", with(packed, [](Data& d) { d.lengths = {4, 2, 0}; }), bad_param},
  };
  for (const auto& row : rows) {
    both(row.name,
         [&](const CudnnApi& api) {
           const Sheet sheet(api);
           return category(sheet.set(sheet.x, row.data));
         },
         row.expected);
  }
}

TEST(CudnnTable, WeightSpaces) {
  const Net ok;
  const struct {
    const char* name;
    Net net;
    int elements;
  } rows[] = {
      {"two layers", with(ok, [](Net& n) { n.layers = 2; }), 840},
      {"two layers, two directions", with(ok, [](Net& n) { n.layers = 2, n.direction = CUDNN_BIDIRECTIONAL; }), 2072},
      {"input bias", with(ok, [](Net& n) { n.bias = CUDNN_RNN_SINGLE_INP_BIAS; }), 364},
      {"recurrent bias", with(ok, [](Net& n) { n.bias = CUDNN_RNN_SINGLE_REC_BIAS; }), 364},
      {"no bias", with(ok, [](Net& n) { n.bias = CUDNN_RNN_NO_BIAS; }), 336},
      {"skipped input", with(ok, [](Net& n) { n.input_mode = CUDNN_SKIP_INPUT, n.input = 7, n.layers = 2; }), 700},
      {"projection", with(ok, [](Net& n) { n.projection = 3, n.layers = 2; }), 546},
      {"GRU", with(ok, [](Net& n) { n.cell = CUDNN_GRU; }), 294},
      {"small-H has the same", with(ok, [](Net& n) { n.algo = CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H; }), 392},
  };
  for (const auto& row : rows) {
    for (const auto& [type, bytes] : {std::pair{CUDNN_DATA_FLOAT, 4}, std::pair{CUDNN_DATA_BFLOAT16, 2}}) {
      both(row.name,
           [&, type = type, bytes = bytes](const CudnnApi& api) {
             const Sheet sheet(api);
             std::size_t size = 0;
             EXPECT_EQ(sheet.set(with(row.net, [type](Net& n) { n.type = type; })), CUDNN_STATUS_SUCCESS);
             EXPECT_EQ(api.weight_space_size(api.handle, sheet.rnn, &size), CUDNN_STATUS_SUCCESS);
             return static_cast<int>(size) / bytes;
           },
           row.elements);
    }
  }
}

TEST(CudnnTable, PlacesOfWeights) {
  // Offsets in elements from a weight space at address 4096, -1 where the part is absent; columns of the matrix.
  const Net ok;
  const Net two = with(ok, [](Net& n) { n.layers = 2; });
  const Net both_ways = with(two, [](Net& n) { n.direction = CUDNN_BIDIRECTIONAL; });
  const Net projected = with(two, [](Net& n) { n.projection = 3; });
  const Net skipped = with(two, [](Net& n) { n.input_mode = CUDNN_SKIP_INPUT, n.input = 7; });
  const Net gru = with(ok, [](Net& n) { n.cell = CUDNN_GRU; });
  const Net one_bias = with(ok, [](Net& n) { n.bias = CUDNN_RNN_SINGLE_INP_BIAS; });
  const struct {
    const char* name;
    Net net;
    int pseudo_layer, lin;
    int matrix, columns, bias;
  } rows[] = {
      {"layer 0, input of gate i", two, 0, 0, 0, 5, 728},
      {"layer 0, input of gate o", two, 0, 3, 105, 5, 749},
      {"layer 0, recurrent of gate i", two, 0, 4, 140, 7, 756},
      {"layer 0, recurrent of gate g", two, 0, 6, 238, 7, 770},
      {"layer 1, input", two, 1, 0, 336, 7, 784},
      {"layer 1, recurrent", two, 1, 4, 532, 7, 812},
      {"two directions, layer 0 backward", both_ways, 1, 0, 336, 5, 1904},
      {"two directions, layer 1 forward", both_ways, 2, 0, 672, 14, 1960},
      {"two directions, layer 1 backward", both_ways, 3, 0, 1260, 14, 2016},
      {"projection of layer 0", projected, 0, 8, 224, 7, -1},
      {"projection of layer 1", projected, 1, 8, 413, 7, -1},
      {"no projection", two, 0, 8, -1, 0, -1},
      {"skipped input", skipped, 0, 0, -1, 0, 588},
      {"GRU input", gru, 0, 0, 0, 5, 252},
      {"GRU recurrent", gru, 0, 3, 105, 7, 273},
      {"GRU recurrent of n", gru, 0, 5, 203, 7, 287},
      {"one bias, input", one_bias, 0, 1, 35, 5, 343},
      {"one bias, recurrent has none", one_bias, 0, 4, 140, 7, -1},
  };
  for (const auto& row : rows) {
    const auto ask = [&](const CudnnApi& api) {
      const Sheet sheet(api);
      EXPECT_EQ(sheet.set(row.net), CUDNN_STATUS_SUCCESS);
      void *m = nullptr, *b = nullptr;
      auto* space = reinterpret_cast<unsigned char*>(std::uintptr_t{4096});
      EXPECT_EQ(api.weight_params(api.handle, sheet.rnn, row.pseudo_layer, 1 << 20, space, row.lin, sheet.h, &m, sheet.c, &b), CUDNN_STATUS_SUCCESS);
      std::array<int, 8> dims{}, strides{};
      int count = 0;
      cudnnDataType_t type{};
      const auto offset = [space](void* at) { return at == nullptr ? -1 : static_cast<int>((static_cast<unsigned char*>(at) - space) / 4); };
      EXPECT_EQ(api.get_tensor(sheet.h, 8, &type, &count, dims.data(), strides.data()), CUDNN_STATUS_SUCCESS);
      if (count == 0) return std::array<int, 4>{offset(m), 0, offset(b), 0};
      EXPECT_EQ(count, 3);
      EXPECT_EQ(dims[0], 1);
      EXPECT_EQ(strides[1], dims[2]);
      EXPECT_EQ(strides[2], 1);
      return std::array<int, 4>{offset(m), dims[2], offset(b), dims[1]};
    };
    const std::array<int, 4> expected{row.matrix, row.columns, row.bias, row.matrix < 0 ? 0 : row.lin == 8 ? row.net.projection : row.net.hidden};
    EXPECT_EQ(ask(stand_in_cudnn()), expected) << "stand-in: " << row.name;
    if (const CudnnApi* real = installed_cudnn()) { EXPECT_EQ(ask(*real), expected) << "installed cuDNN: " << row.name; }
  }
  const auto refused = [&](const CudnnApi& api, int pseudo_layer, std::uintptr_t space, int lin) {
    const Sheet sheet(api);
    EXPECT_EQ(sheet.set(two), CUDNN_STATUS_SUCCESS);
    void *m = nullptr, *b = nullptr;
    return category(api.weight_params(api.handle, sheet.rnn, pseudo_layer, 1 << 20, reinterpret_cast<void*>(space), lin, sheet.h, &m, sheet.c, &b));
  };
  both("pseudo-layer 2 of 2", [&](const CudnnApi& api) { return refused(api, 2, 4096, 0); }, bad_param);
  both("unaligned space", [&](const CudnnApi& api) { return refused(api, 0, 4098, 0); }, bad_param);
  both("linear layer 9", [&](const CudnnApi& api) { return refused(api, 0, 4096, 9); }, bad_param);
}

TEST(CudnnTable, ReserveSpaceOfAnLstm) {
  // Gates, cells and y between layers, each rounded up to 32 bytes, and 256 bytes; inference needs none.
  const struct {
    Net net;
    Data data;
  } rows[] = {
      {Net{}, Data{}},
      {Net{}, with(Data{}, [](Data& d) { d.lengths = {4, 2, 1}; })},
      {with(Net{}, [](Net& n) { n.layers = 2; }), with(Data{}, [](Data& d) { d.lengths = {4, 2, 1}; })},
      {with(Net{}, [](Net& n) { n.layers = 2, n.direction = CUDNN_BIDIRECTIONAL; }), Data{}},
  };
  for (const auto& row : rows) {
    int steps = 0;
    for (const int length : row.data.lengths) steps += length;
    const int directions = row.net.direction == CUDNN_BIDIRECTIONAL ? 2 : 1;
    const int step = steps * 4 * row.net.hidden * directions;
    const auto padded = [](int bytes) { return (bytes + 31) / 32 * 32; };
    const int expected = padded(4 * step * row.net.layers) + padded(step * row.net.layers) + padded(step * (row.net.layers - 1)) + 256;
    const auto ask = [&](const CudnnApi& api, cudnnForwardMode_t mode) {
      const Sheet sheet(api);
      EXPECT_EQ(sheet.set(row.net), CUDNN_STATUS_SUCCESS);
      EXPECT_EQ(sheet.set(sheet.x, row.data), CUDNN_STATUS_SUCCESS);
      std::size_t work = 0, reserve = 0;
      EXPECT_EQ(size_category(api.temp_space_sizes(api.handle, sheet.rnn, mode, sheet.x, &work, &reserve)), accepted);
      return static_cast<int>(reserve);
    };
    both("training", [&](const CudnnApi& api) { return ask(api, CUDNN_FWD_MODE_TRAINING); }, expected);
    both("inference", [&](const CudnnApi& api) { return ask(api, CUDNN_FWD_MODE_INFERENCE); }, 0);
  }
}

/// One call of forward, backward data or backward weights with arguments that would pass, but for what a row changes.
struct Pass {
  Net net;
  Data x, y = with(Data{}, [](Data& d) { d.width = 7; });
  std::array<int, 3> state = {1, 3, 7};
  bool hx_without_descriptor = false;
  bool small_weights = false, no_weights = false, small_work = false, no_reserve = false, small_reserve = false;
  cudnnWgradMode_t add = CUDNN_WGRAD_MODE_ADD;
};

enum class Kind { forward, backward_data, backward_weights };

int ask_run(const CudnnApi& api, const Pass& run, Kind kind) {
  const Sheet sheet(api);
  EXPECT_EQ(sheet.set(run.net), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(sheet.set(sheet.x, run.x), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(sheet.set(sheet.y, run.y), CUDNN_STATUS_SUCCESS);
  const std::array<int, 3> strides{run.state[1] * run.state[2], run.state[2], 1};
  for (cudnnTensorDescriptor_t d : {sheet.h, sheet.c}) EXPECT_EQ(api.set_tensor(d, run.net.type, 3, run.state.data(), strides.data()), CUDNN_STATUS_SUCCESS);
  std::size_t weights = 0, work = 0, reserve = 0;
  api.weight_space_size(api.handle, sheet.rnn, &weights);
  api.temp_space_sizes(api.handle, sheet.rnn, CUDNN_FWD_MODE_TRAINING, sheet.x, &work, &reserve);
  if (run.small_weights) weights -= 4;
  if (run.small_work) work = 1;
  if (run.small_reserve) reserve -= 4;
  // Addresses only: nothing is read by what is refused.
  auto* p = reinterpret_cast<unsigned char*>(std::uintptr_t{1} << 20);
  void* w = run.no_weights ? nullptr : p;
  void* r = run.no_reserve ? nullptr : p;
  const cudnnTensorDescriptor_t h = run.hx_without_descriptor ? nullptr : sheet.h;
  switch (kind) {
    case Kind::forward:
      return category(api.forward(api.handle, sheet.rnn, CUDNN_FWD_MODE_TRAINING, nullptr, sheet.x, p, sheet.y, p, h, p, p, sheet.c, p, p, weights, w, work, p, reserve, r));
    case Kind::backward_data:
      return category(api.backward_data(api.handle, sheet.rnn, nullptr, sheet.y, p, p, sheet.x, p, h, p, p, p, sheet.c, p, p, p, weights, w, work, p, reserve, r));
    default:
      return category(api.backward_weights(api.handle, sheet.rnn, run.add, nullptr, sheet.x, p, h, p, sheet.y, p, weights, w, work, p, reserve, r));
  }
}

TEST(CudnnTable, RefusedRuns) {
  const Pass ok;
  const auto widths = [](Pass& r, auto change) { change(r.x), change(r.y); };
  const struct {
    const char* name;
    Pass run;
    int expected;
    bool in_forward = true, in_data = true, in_weights = true;
  } rows[] = {
      {"ragged without padded io", with(ok, [&](Pass& r) { r.net.flags = 0, widths(r, [](Data& d) { d.lengths = {4, 2, 1}; }); }), bad_param},
      {"batch-major without padded io", with(ok, [&](Pass& r) { r.net.flags = 0, widths(r, [](Data& d) { d.layout = CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED; }); }), bad_param},
      {"y of another width", with(ok, [](Pass& r) { r.y.width = 8; }), bad_param},
      {"x of another width", with(ok, [](Pass& r) { r.x.width = 4; }), bad_param},
      {"lengths differ", with(ok, [](Pass& r) { r.x.lengths = {4, 2, 1}; }), bad_param},
      {"layouts differ", with(ok, [](Pass& r) { r.x.layout = CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED; }), bad_param},
      {"times differ", with(ok, [](Pass& r) { r.y.time = 5; }), bad_param},
      {"types differ", with(ok, [](Pass& r) { r.y.type = CUDNN_DATA_HALF; }), bad_param},
      {"x of another type than the network", with(ok, [&](Pass& r) { widths(r, [](Data& d) { d.type = CUDNN_DATA_HALF; }); }), bad_param},
      {"states {B, L, P}", with(ok, [](Pass& r) { r.state = {3, 1, 7}; }), bad_param},
      {"states of another width", with(ok, [](Pass& r) { r.state = {1, 3, 8}; }), bad_param},
      {"hx without a descriptor", with(ok, [](Pass& r) { r.hx_without_descriptor = true; }), bad_param},
      {"weight space too small", with(ok, [](Pass& r) { r.small_weights = true; }), bad_param},
      {"no weight space", with(ok, [](Pass& r) { r.no_weights = true; }), bad_param},
      {"work space too small", with(ok, [](Pass& r) { r.small_work = true; }), bad_param},
      {"reserve space too small", with(ok, [](Pass& r) { r.small_reserve = true; }), bad_param},
      {"no reserve space", with(ok, [](Pass& r) { r.no_reserve = true; }), bad_param},
      {"skipped input with I != H", with(ok, [](Pass& r) { r.net.input_mode = CUDNN_SKIP_INPUT; }), bad_param, true, false, false},
      {"gradients set instead of added", with(ok, [](Pass& r) { r.add = CUDNN_WGRAD_MODE_SET; }), not_supported, false, false, true},
      {"another mode of gradients", with(ok, [](Pass& r) { r.add = raw<cudnnWgradMode_t>(2); }), bad_param, false, false, true},
  };
  for (const auto& row : rows) {
    if (row.in_forward) both(std::string("forward: ") + row.name, [&](const CudnnApi& api) { return ask_run(api, row.run, Kind::forward); }, row.expected);
    if (row.in_data) both(std::string("backward data: ") + row.name, [&](const CudnnApi& api) { return ask_run(api, row.run, Kind::backward_data); }, row.expected);
    if (row.in_weights) both(std::string("backward weights: ") + row.name, [&](const CudnnApi& api) { return ask_run(api, row.run, Kind::backward_weights); }, row.expected);
  }
}

TEST(CudnnTable, SizesOfOtherDataAreRefused) {
  const auto ask = [](const CudnnApi& api, const Net& net, const Data& data) {
    const Sheet sheet(api);
    EXPECT_EQ(sheet.set(net), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(sheet.set(sheet.x, data), CUDNN_STATUS_SUCCESS);
    std::size_t work = 0, reserve = 0;
    return size_category(api.temp_space_sizes(api.handle, sheet.rnn, CUDNN_FWD_MODE_TRAINING, sheet.x, &work, &reserve));
  };
  both("another width", [&](const CudnnApi& api) { return ask(api, {}, with(Data{}, [](Data& d) { d.width = 6; })); }, bad_param);
  both("another type", [&](const CudnnApi& api) { return ask(api, {}, with(Data{}, [](Data& d) { d.type = CUDNN_DATA_HALF; })); }, bad_param);
  both("a zero length", [&](const CudnnApi& api) { return ask(api, {}, with(Data{}, [](Data& d) { d.lengths = {4, 0, 2}; })); }, accepted);
  both("dynamic persistent that was not built",
       [&](const CudnnApi& api) { return ask(api, with(Net{}, [](Net& n) { n.algo = CUDNN_RNN_ALGO_PERSIST_DYNAMIC; }), {}); }, not_supported);
}

}  // namespace
}  // namespace footfall
