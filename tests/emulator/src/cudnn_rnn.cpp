// cudnnRNNForward, cudnnRNNBackwardData_v8 and cudnnRNNBackwardWeights_v8. What they refuse is what cuDNN 9.19 refuses on the host (asked
// there with its own descriptors); what cuDNN leaves undefined is poison or a fault here: padding that nobody asked to fill, the order
// of the three calls, data that changed between them, a reserve space that somebody else has used.

#include <map>

#include "tests/emulator/src/cudnn_types.hpp"
#include "tests/emulator/src/rnn_arithmetic.hpp"

using namespace footfall_emulator;

namespace {

constexpr std::size_t kWorkspaceOfLayer = std::size_t{1} << 20;  // cuDNN's is about 9 MiB; nothing may rest on the number

// What a call was given, by value: descriptors may change or die after it.
struct Call {
  cudnnRNNStruct rnn;
  cudnnRNNDataStruct x, y;
  bool has_cell_state = false;
  std::size_t workspace_bytes = 0, reserve_bytes = 0;
  void *workspace = nullptr, *reserve = nullptr;
};

// ---- arguments
struct Refusal {
  cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
  const char* why = "";
};
Refusal bad(const char* why) { return {CUDNN_STATUS_BAD_PARAM, why}; }
Refusal unsupported(const char* why) { return {CUDNN_STATUS_NOT_SUPPORTED, why}; }

bool ragged(const cudnnRNNDataStruct& d) {
  for (const int length : d.lengths)
    if (length != d.time) return true;
  return false;
}

// The persistent algorithms: what they cannot do shows when sizes are asked for.
Refusal check_algorithm(const cudnnRNNStruct& r, const cudnnRNNDataStruct& x, bool training) {
  if (r.algo == CUDNN_RNN_ALGO_STANDARD) return {};
  if (ragged(x)) return unsupported("a persistent algorithm with lengths that differ");
  if (r.algo == CUDNN_RNN_ALGO_PERSIST_DYNAMIC && r.built_for_batch != x.batch) return unsupported("PERSIST_DYNAMIC without cudnnBuildRNNDynamic for this batch");
  if (r.algo == CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H) {
    const bool gated = r.cell == CUDNN_LSTM || r.cell == CUDNN_GRU;
    if (r.hidden > (gated ? (training ? 128 : 192) : (training ? 256 : 384))) return unsupported("PERSIST_STATIC_SMALL_H with a hidden size above its limit");
  }
  if (r.algo == CUDNN_RNN_ALGO_PERSIST_STATIC && (r.hidden % 128 != 0 || r.hidden > 1024 || r.layers > 1 || r.direction == CUDNN_BIDIRECTIONAL))
    return unsupported("PERSIST_STATIC with this hidden size, several layers or two directions");
  return {};
}

std::size_t workspace_bytes(const cudnnRNNStruct& r, const cudnnRNNDataStruct& x) {
  return kWorkspaceOfLayer * static_cast<std::size_t>(pseudo_layers(r)) +
         valid_steps(x) * static_cast<std::size_t>(x.width + r.hidden * direction_count(r)) * bytes_of(format_of(r.type));
}

// Of an LSTM without dropout exactly what cuDNN 9.19 answers: the gates of all pseudo-layers, their cells, y between layers, each rounded up
// to 32 bytes, and 256 bytes.
std::size_t reserve_bytes(const cudnnRNNStruct& r, const cudnnRNNDataStruct& x) {
  const std::size_t step = valid_steps(x) * bytes_of(format_of(r.type)) * static_cast<std::size_t>(r.hidden * direction_count(r));
  const auto layers = static_cast<std::size_t>(r.layers);
  const auto padded = [](std::size_t bytes) { return (bytes + 31) / 32 * 32; };
  return padded(4 * step * layers) + padded(step * layers) + padded(step * (layers - 1)) + 256;
}

Refusal check_data(const cudnnRNNDescriptor_t r, const cudnnRNNDataDescriptor_t x, const cudnnRNNDataDescriptor_t y) {
  if (r == nullptr || !r->set || x == nullptr || !x->set || y == nullptr || !y->set) return bad("a descriptor is null or not set");
  if (x->type != r->type || x->width != r->input) return bad("xDesc does not fit rnnDesc in type or vector size");
  if (y->type != x->type || y->layout != x->layout || y->time != x->time || y->batch != x->batch) return bad("xDesc and yDesc differ");
  if (y->lengths != x->lengths) return bad("xDesc->_seqLenCheckSum_ != yDesc->_seqLenCheckSum_");
  if (y->width != r->projection * direction_count(*r)) return bad("yDesc's vector size is not projSize * directions");
  if (r->input_mode == CUDNN_SKIP_INPUT && r->hidden != x->width) return bad("inputMode == SKIP && hiddenSize != xDesc->dimA[2]");
  if (x->layout != CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED && (r->flags & CUDNN_RNN_PADDED_IO_ENABLED) == 0) {
    if (x->layout == CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED) return bad("batch-major data without CUDNN_RNN_PADDED_IO_ENABLED");
    if (ragged(*x)) return bad("lengths that differ without CUDNN_RNN_PADDED_IO_ENABLED");
  }
  return {};
}

Refusal check_state(const cudnnTensorDescriptor_t d, bool used, const cudnnRNNStruct& r, int batch, int width) {
  if (d == nullptr) return used ? bad("!hxDesc") : Refusal{};
  if (!d->set || d->dims != std::vector<int>{pseudo_layers(r), batch, width} || d->type != r.type) return bad("dimensions of hDesc or cDesc");
  // Strides are not looked at by cuDNN, which takes the states as packed: another stride is a mistake that would go unnoticed.
  if (d->strides != std::vector<int>{batch * width, width, 1}) fault("hDesc or cDesc of a cuDNN network is not packed");
  return {};
}

Refusal check_spaces(const cudnnRNNStruct& r, const cudnnRNNDataStruct& x, std::size_t weight_bytes, const void* weights, std::size_t work_bytes, const void* work,
                     bool needs_reserve, std::size_t res_bytes, const void* reserve) {
  if (weights == nullptr || weight_bytes < weight_count(r) * bytes_of(format_of(r.type))) return bad("weightSpaceSize");
  if (work == nullptr || work_bytes < workspace_bytes(r, x)) return bad("workSpaceSize");
  if (needs_reserve && (reserve == nullptr || res_bytes < reserve_bytes(r, x))) return bad("reserveSpaceSize");
  return {};
}

// ---- data in and out
CellKind cell_of(cudnnRNNMode_t mode) { return static_cast<CellKind>(mode); }

std::size_t rows_in_buffer(const cudnnRNNDataStruct& d) {
  return d.layout == CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED ? valid_steps(d) : static_cast<std::size_t>(d.time) * static_cast<std::size_t>(d.batch);
}
std::size_t bytes_in_buffer(const cudnnRNNDataStruct& d) { return rows_in_buffer(d) * static_cast<std::size_t>(d.width) * bytes_of(format_of(d.type)); }

template <class Visit>
void each_step(const cudnnRNNDataStruct& d, Visit visit) {
  for (int b = 0; b < d.batch; ++b)
    for (int t = 0; t < d.lengths[static_cast<std::size_t>(b)]; ++t)
      visit(row_of(d, t, b), static_cast<std::size_t>(t) * static_cast<std::size_t>(d.batch) + static_cast<std::size_t>(b));
}

std::vector<double> read_data(const cudnnRNNDataStruct& d, const void* from) {
  const auto width = static_cast<std::size_t>(d.width);
  std::vector<double> out(static_cast<std::size_t>(d.time) * static_cast<std::size_t>(d.batch) * width, 0.0);
  const Format format = format_of(d.type);
  each_step(d, [&](std::size_t place, std::size_t row) {
    for (std::size_t k = 0; k < width; ++k) out[row * width + k] = load(from, format, place * width + k);
  });
  return out;
}

void write_data(const cudnnRNNDataStruct& d, void* to, const std::vector<double>& values, bool may_fill) {
  const auto width = static_cast<std::size_t>(d.width);
  const Format format = format_of(d.type);
  // Padding: the value of the descriptor, else it is not defined.
  if (d.layout != CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED) {
    const double padding = may_fill && d.has_fill ? d.fill : std::nan("");
    for (std::size_t i = 0; i < rows_in_buffer(d) * width; ++i) store(to, format, i, padding);
  }
  each_step(d, [&](std::size_t place, std::size_t row) {
    for (std::size_t k = 0; k < width; ++k) store(to, format, place * width + k, values[row * width + k]);
  });
}

std::size_t state_count(const Call& call) { return static_cast<std::size_t>(call.x.batch) * static_cast<std::size_t>(call.rnn.hidden); }
std::size_t state_bytes(const Call& call) { return state_count(call) * static_cast<std::size_t>(pseudo_layers(call.rnn)) * bytes_of(format_of(call.rnn.type)); }

States read_states(const Call& call, const void* from, bool keep_null_empty) {
  if (from == nullptr && keep_null_empty) return {};
  const std::size_t count = state_count(call);
  States out(static_cast<std::size_t>(pseudo_layers(call.rnn)), std::vector<double>(count, 0.0));
  if (from == nullptr) return out;
  check_device_range(from, state_bytes(call), "a state of a cuDNN network");
  for (std::size_t p = 0; p < out.size(); ++p)
    for (std::size_t i = 0; i < count; ++i) out[p][i] = load(from, format_of(call.rnn.type), p * count + i);
  return out;
}

void write_states(const Call& call, void* to, const States& states) {
  if (to == nullptr) return;
  check_device_range(to, state_bytes(call), "a state of a cuDNN network");
  const std::size_t count = state_count(call);
  for (std::size_t p = 0; p < states.size(); ++p)
    for (std::size_t i = 0; i < count; ++i) store(to, format_of(call.rnn.type), p * count + i, states[p][i]);
}

std::vector<LayerParameters> read_weights(const cudnnRNNStruct& r, const void* from) {
  const Format format = format_of(r.type);
  std::vector<LayerParameters> out(static_cast<std::size_t>(pseudo_layers(r)));
  const std::size_t rows = static_cast<std::size_t>(gate_count(r)) * static_cast<std::size_t>(r.hidden);
  for (std::size_t p = 0; p < out.size(); ++p) {
    const LayerWeights w = weights_of(r, static_cast<int>(p));
    const auto read = [&](std::size_t start, std::size_t count) {
      std::vector<double> values(count, 0.0);
      if (start != kAbsent)
        for (std::size_t i = 0; i < count; ++i) values[i] = load(from, format, start + i);
      return values;
    };
    const int layer = static_cast<int>(p) / direction_count(r);
    out[p] = {read(w.input, rows * static_cast<std::size_t>(input_of_layer(r, layer))), read(w.recurrent, rows * static_cast<std::size_t>(r.hidden)), read(w.input_bias, rows),
              read(w.recurrent_bias, rows)};
  }
  return out;
}

std::uint64_t fingerprint(const std::vector<double>& values) {
  std::uint64_t hash = 1469598103934665603ull;
  for (const double v : values) hash = (hash ^ std::bit_cast<std::uint64_t>(v)) * 1099511628211ull;
  return hash;
}
std::uint64_t fingerprint(const std::vector<LayerParameters>& all) {
  std::uint64_t hash = 0;
  for (const LayerParameters& p : all)
    for (const auto* part : {&p.input, &p.recurrent, &p.input_bias, &p.recurrent_bias}) hash = hash * 31 + fingerprint(*part);
  return hash;
}

// ---- the reserve space
// The numbers of a training pass are kept beside the device; the reserve space is filled with marks of this pass, and the passes back
// look whether they are all still there.
struct Pass {
  NetworkTrace trace;
  std::uint64_t x = 0, y = 0, weights = 0, hx = 0;
  bool data_done = false, weights_done = false;
};
std::map<const void*, std::pair<std::uint64_t, Pass>>& passes() {
  static auto& all = *new std::map<const void*, std::pair<std::uint64_t, Pass>>;
  return all;
}

std::uint32_t mark(std::uint64_t number, std::size_t i) { return static_cast<std::uint32_t>((number * 0x9e3779b97f4a7c15ull + i) * 0xbf58476d1ce4e5b9ull >> 32); }

void sign_reserve(const Call& call, Pass pass) {
  static std::uint64_t count = 0;
  const std::uint64_t number = ++count;
  auto* words = static_cast<std::uint32_t*>(call.reserve);
  for (std::size_t i = 0; i < reserve_bytes(call.rnn, call.x) / 4; ++i) words[i] = mark(number, i);
  passes()[call.reserve] = {number, std::move(pass)};
}

Pass& pass_of(const Call& call, const char* who) {
  const auto found = passes().find(call.reserve);
  if (found == passes().end()) fault(std::string(who) + ": the reserve space holds no training pass of cudnnRNNForward");
  const auto* words = static_cast<const std::uint32_t*>(call.reserve);
  for (std::size_t i = 0; i < reserve_bytes(call.rnn, call.x) / 4; ++i)
    if (words[i] != mark(found->second.first, i)) fault(std::string(who) + ": the reserve space was changed since cudnnRNNForward (used for something else?)");
  const NetworkShape& s = found->second.second.trace.shape;
  if (s.lengths != call.x.lengths || s.time != call.x.time || s.input != call.x.width || s.hidden != call.rnn.hidden)
    fault(std::string(who) + ": the reserve space belongs to another batch: lengths or sizes are not those of cudnnRNNForward");
  return found->second.second;
}

void dirty_workspace(const Call& call) {
  check_device_range(call.workspace, call.workspace_bytes, "the workspace of cuDNN");
  std::memset(call.workspace, 0xff, workspace_bytes(call.rnn, call.x));  // nothing lives in it from call to call
}

NetworkShape shape_of(const Call& call) {
  const cudnnRNNStruct& r = call.rnn;
  NetworkShape s;
  s.cell = cell_of(r.cell);
  s.layers = r.layers, s.directions = direction_count(r), s.input = r.input, s.hidden = r.hidden;
  s.time = call.x.time, s.batch = call.x.batch, s.lengths = call.x.lengths;
  s.format = format_of(r.type);
  s.tf32 = r.type == CUDNN_DATA_FLOAT && r.math != CUDNN_FMA_MATH;  // compute capability 8.0 and newer
  return s;
}

// Factors of dropout between layers: 0 or 1 / (1 - rate), new ones in each training pass, of valid steps only.
std::vector<std::vector<double>> dropout_masks(const Call& call, const NetworkShape& s) {
  std::vector<std::vector<double>> masks(static_cast<std::size_t>(s.layers));
  const cudnnDropoutDescriptor_t d = call.rnn.dropout;  // read now: it has to live as long as the network
  if (d == nullptr || d->rate == 0) return masks;
  check_device_range(d->states, d->bytes, "the states of a dropout descriptor");
  const std::uint64_t turn = ++*static_cast<std::uint64_t*>(d->states);
  for (std::size_t layer = 1; layer < masks.size(); ++layer) {
    const std::size_t width = static_cast<std::size_t>(s.hidden * s.directions);
    masks[layer].assign(s.rows() * width, 0.0);
    each_step(call.x, [&](std::size_t place, std::size_t row) {
      for (std::size_t k = 0; k < width; ++k) {
        std::uint64_t z = d->seed + 0x9e3779b97f4a7c15ull * (turn * 1000003 + layer * 10007 + place * width + k);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        masks[layer][row * width + k] = static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53 < d->rate ? 0 : 1 / (1 - static_cast<double>(d->rate));
      }
    });
  }
  return masks;
}

cudnnStatus_t refused(const Refusal& r) { return refuse_dnn(r.status, r.why); }

Refusal check_run(cudnnHandle_t handle, const cudnnRNNStruct& r, const cudnnRNNDataStruct& x) {
  if (handle->stream == nullptr) fault("cuDNN runs on the default stream: call cudnnSetStream first");
  if (!stream_exists(handle->stream)) fault("cuDNN runs on a stream that does not exist (destroyed?)");
  // Lengths come from host descriptors, so a graph would freeze them.
  if (is_capturing(handle->stream) && ragged(x)) fault("a cuDNN network with lengths that differ is captured: a graph freezes its lengths");
  if (r.projection != r.hidden || r.input_mode != CUDNN_LINEAR_INPUT) fault("the emulated cuDNN computes neither projections nor skipped input");
  return {};
}

void check_buffer(const cudnnRNNDataStruct& d, const void* data, const char* name) {
  check_device_range(data, bytes_in_buffer(d), std::string(name) + " of a cuDNN network");
  if (reinterpret_cast<std::uintptr_t>(data) % bytes_of(format_of(d.type)) != 0) fault(std::string("misaligned address: ") + name + " of a cuDNN network is " + describe_address(data));
}

std::uint64_t states_fingerprint(const States& s) {
  std::uint64_t hash = 0;
  for (const auto& one : s) hash = hash * 31 + fingerprint(one);
  return hash;
}

}  // namespace

cudnnStatus_t cudnnGetRNNTempSpaceSizes(cudnnHandle_t handle, cudnnRNNDescriptor_t r, cudnnForwardMode_t mode, cudnnRNNDataDescriptor_t x, std::size_t* work, std::size_t* reserve) {
  if (handle == nullptr || r == nullptr || !r->set || x == nullptr || !x->set) return refused(bad("a null argument or a descriptor that is not set"));
  if (x->type != r->type || x->width != r->input) return refused(bad("xDesc does not fit rnnDesc in type or vector size"));
  const bool training = mode == CUDNN_FWD_MODE_TRAINING;
  if (const Refusal e = check_algorithm(*r, *x, training); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (work != nullptr) *work = workspace_bytes(*r, *x);
  if (reserve != nullptr) *reserve = training ? reserve_bytes(*r, *x) : 0;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnRNNForward(cudnnHandle_t handle, cudnnRNNDescriptor_t r, cudnnForwardMode_t mode, const std::int32_t*, cudnnRNNDataDescriptor_t x_desc, const void* x,
                              cudnnRNNDataDescriptor_t y_desc, void* y, cudnnTensorDescriptor_t h_desc, const void* hx, void* hy, cudnnTensorDescriptor_t c_desc, const void* cx,
                              void* cy, std::size_t weight_bytes, const void* weights, std::size_t work_bytes, void* work, std::size_t res_bytes, void* reserve) {
  const auto lock = device_lock();
  const bool training = mode == CUDNN_FWD_MODE_TRAINING;
  if (handle == nullptr) return refused(bad("!handle"));
  if (const Refusal e = check_data(r, x_desc, y_desc); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_algorithm(*r, *x_desc, training); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_state(h_desc, hx != nullptr || hy != nullptr, *r, x_desc->batch, r->projection); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (r->cell == CUDNN_LSTM)
    if (const Refusal e = check_state(c_desc, cx != nullptr || cy != nullptr, *r, x_desc->batch, r->hidden); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_spaces(*r, *x_desc, weight_bytes, weights, work_bytes, work, training, res_bytes, reserve); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  check_run(handle, *r, *x_desc);
  const Call call{*r, *x_desc, *y_desc, r->cell == CUDNN_LSTM, work_bytes, res_bytes, work, reserve};
  check_buffer(call.x, x, "x");
  check_buffer(call.y, y, "y");
  enqueue(handle->stream, "cudnnRNNForward", [=] {
    check_buffer(call.x, x, "x");
    check_buffer(call.y, y, "y");
    check_device_range(weights, weight_bytes, "the weight space of a cuDNN network");
    dirty_workspace(call);
    Pass pass;
    pass.trace.shape = shape_of(call);
    pass.trace.layer_input = {read_data(call.x, x)};
    pass.x = fingerprint(pass.trace.layer_input[0]);
    pass.trace.h0 = read_states(call, hx, false);
    pass.trace.c0 = read_states(call, call.has_cell_state ? cx : nullptr, false);
    pass.hx = states_fingerprint(pass.trace.h0);
    if (training) pass.trace.mask = dropout_masks(call, pass.trace.shape);
    const std::vector<LayerParameters> parameters = read_weights(call.rnn, weights);
    pass.weights = fingerprint(parameters);
    States h, c;
    const std::vector<double> out = forward(pass.trace, parameters, h, c);
    write_data(call.y, y, out, true);
    pass.y = fingerprint(read_data(call.y, y));
    write_states(call, hy, h);
    if (call.has_cell_state) write_states(call, cy, c);
    if (!training) return;
    check_device_range(call.reserve, call.reserve_bytes, "the reserve space of cuDNN");
    sign_reserve(call, std::move(pass));
  });
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnRNNBackwardData_v8(cudnnHandle_t handle, cudnnRNNDescriptor_t r, const std::int32_t*, cudnnRNNDataDescriptor_t y_desc, const void* y, const void* dy,
                                      cudnnRNNDataDescriptor_t x_desc, void* dx, cudnnTensorDescriptor_t h_desc, const void* hx, const void* dhy, void* dhx,
                                      cudnnTensorDescriptor_t c_desc, const void* cx, const void* dcy, void* dcx, std::size_t weight_bytes, const void* weights,
                                      std::size_t work_bytes, void* work, std::size_t res_bytes, void* reserve) {
  const auto lock = device_lock();
  if (handle == nullptr) return refused(bad("!handle"));
  if (const Refusal e = check_data(r, x_desc, y_desc); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_algorithm(*r, *x_desc, true); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_state(h_desc, hx != nullptr || dhy != nullptr || dhx != nullptr, *r, x_desc->batch, r->projection); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (r->cell == CUDNN_LSTM)
    if (const Refusal e = check_state(c_desc, cx != nullptr || dcy != nullptr || dcx != nullptr, *r, x_desc->batch, r->hidden); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_spaces(*r, *x_desc, weight_bytes, weights, work_bytes, work, true, res_bytes, reserve); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  check_run(handle, *r, *x_desc);
  const Call call{*r, *x_desc, *y_desc, r->cell == CUDNN_LSTM, work_bytes, res_bytes, work, reserve};
  check_buffer(call.y, y, "y");
  check_buffer(call.y, dy, "dy");
  check_buffer(call.x, dx, "dx");
  enqueue(handle->stream, "cudnnRNNBackwardData_v8", [=] {
    check_buffer(call.y, y, "y");
    check_buffer(call.y, dy, "dy");
    check_buffer(call.x, dx, "dx");
    check_device_range(weights, weight_bytes, "the weight space of a cuDNN network");
    dirty_workspace(call);
    Pass& pass = pass_of(call, "cudnnRNNBackwardData_v8");
    if (pass.data_done) fault("cudnnRNNBackwardData_v8 runs twice on one reserve space");
    const std::vector<LayerParameters> parameters = read_weights(call.rnn, weights);
    if (fingerprint(parameters) != pass.weights) fault("cudnnRNNBackwardData_v8: the weights are not those of cudnnRNNForward");
    if (fingerprint(read_data(call.y, y)) != pass.y) fault("cudnnRNNBackwardData_v8: y is not that of cudnnRNNForward");
    if (states_fingerprint(read_states(call, hx, false)) != pass.hx) fault("cudnnRNNBackwardData_v8: hx is not that of cudnnRNNForward");
    States dh, dc;
    const std::vector<double> out = backward_data(pass.trace, parameters, read_data(call.y, dy), read_states(call, dhy, true),
                                                  read_states(call, call.has_cell_state ? dcy : nullptr, true), dh, dc);
    write_data(call.x, dx, out, false);
    write_states(call, dhx, dh);
    if (call.has_cell_state) write_states(call, dcx, dc);
    pass.data_done = true;
  });
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnRNNBackwardWeights_v8(cudnnHandle_t handle, cudnnRNNDescriptor_t r, cudnnWgradMode_t add, const std::int32_t*, cudnnRNNDataDescriptor_t x_desc, const void* x,
                                         cudnnTensorDescriptor_t h_desc, const void* hx, cudnnRNNDataDescriptor_t y_desc, const void* y, std::size_t weight_bytes, void* dweights,
                                         std::size_t work_bytes, void* work, std::size_t res_bytes, void* reserve) {
  const auto lock = device_lock();
  if (handle == nullptr) return refused(bad("!handle"));
  if (add != CUDNN_WGRAD_MODE_ADD) return add == CUDNN_WGRAD_MODE_SET ? refused(unsupported("CUDNN_WGRAD_MODE_SET")) : refused(bad("addGrad"));
  if (const Refusal e = check_data(r, x_desc, y_desc); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_algorithm(*r, *x_desc, true); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_state(h_desc, hx != nullptr, *r, x_desc->batch, r->projection); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  if (const Refusal e = check_spaces(*r, *x_desc, weight_bytes, dweights, work_bytes, work, true, res_bytes, reserve); e.status != CUDNN_STATUS_SUCCESS) return refused(e);
  check_run(handle, *r, *x_desc);
  const Call call{*r, *x_desc, *y_desc, r->cell == CUDNN_LSTM, work_bytes, res_bytes, work, reserve};
  check_buffer(call.x, x, "x");
  check_buffer(call.y, y, "y");
  enqueue(handle->stream, "cudnnRNNBackwardWeights_v8", [=] {
    check_buffer(call.x, x, "x");
    check_buffer(call.y, y, "y");
    check_device_range(dweights, weight_bytes, "the gradients of a cuDNN network");
    dirty_workspace(call);
    Pass& pass = pass_of(call, "cudnnRNNBackwardWeights_v8");
    if (!pass.data_done) fault("cudnnRNNBackwardWeights_v8 before cudnnRNNBackwardData_v8");
    if (pass.weights_done) fault("cudnnRNNBackwardWeights_v8 runs twice on one reserve space");
    if (fingerprint(read_data(call.x, x)) != pass.x) fault("cudnnRNNBackwardWeights_v8: x is not that of cudnnRNNForward");
    if (fingerprint(read_data(call.y, y)) != pass.y) fault("cudnnRNNBackwardWeights_v8: y is not that of cudnnRNNForward");
    if (states_fingerprint(read_states(call, hx, false)) != pass.hx) fault("cudnnRNNBackwardWeights_v8: hx is not that of cudnnRNNForward");
    const std::vector<LayerParameters> gradients = backward_weights(pass.trace);
    const Format format = format_of(call.rnn.type);
    const auto add_to = [&](std::size_t start, const std::vector<double>& values) {
      if (start == kAbsent) return;
      for (std::size_t i = 0; i < values.size(); ++i) store(dweights, format, start + i, load(dweights, format, start + i) + values[i]);
    };
    for (std::size_t p = 0; p < gradients.size(); ++p) {
      const LayerWeights w = weights_of(call.rnn, static_cast<int>(p));
      add_to(w.input, gradients[p].input);
      add_to(w.recurrent, gradients[p].recurrent);
      add_to(w.input_bias, gradients[p].input_bias);
      add_to(w.recurrent_bias, gradients[p].recurrent_bias);
    }
    pass.weights_done = true;
  });
  return CUDNN_STATUS_SUCCESS;
}
