#include "kernels/sequences/sequences_check.hpp"

#include <algorithm>

namespace footfall {
namespace {

void require_states(std::int64_t size, std::int64_t wanted, bool allowed, const char* what) {
  require(size == 0 || (allowed && size == wanted), what);
}

}  // namespace

void check_rnn_spec(const RnnSpec& spec) {
  require(spec.input > 0, "a recurrent stack without inputs");
  require(!spec.hidden.empty(), "a recurrent stack without layers");
  for (const std::int64_t hidden : spec.hidden) require(hidden > 0, "a recurrent layer without units");
  require(spec.max_batch > 0 && spec.max_time > 0, "a recurrent stack for empty batches");
  require(spec.algorithm.empty() || spec.algorithm.size() == spec.hidden.size(), "a recurrent stack needs an algorithm for each layer, or none");
}

void check_rnn_forward(const RnnSpec& spec, const RnnForward& run) {
  const std::int64_t batch = run.lengths.size;
  require(run.lengths.place == Place::host, "lengths of sequences are not on the host");
  require(batch > 0 && batch <= spec.max_batch, "a batch larger than its recurrent plan");
  require(run.x.columns == spec.input && run.x.rows % batch == 0 && run.x.dense(), "inputs of another shape than the recurrent plan");
  const std::int64_t time = steps_of(run);
  require(time <= spec.max_time, "sequences longer than their recurrent plan");
  std::int32_t longest = 0;
  for (const std::int32_t length : run.lengths.span()) {
    require(length >= 1, "a sequence of length 0");
    longest = std::max(longest, length);
  }
  require(longest == time, "the longest sequence of a batch does not fill its steps");
  require(run.weights.size == stack_weights(spec), "recurrent weights of another size than the plan");
  require(run.y.empty() || (run.y.rows == time * batch && run.y.columns == spec.hidden.back() && run.y.dense()),
          "outputs of another shape than the recurrent plan");
  const std::int64_t states = batch * state_width(spec);
  const bool has_cell = spec.cell == Cell::lstm;
  require_states(run.h0.size, states, true, "initial states of another size than the batch");
  require_states(run.c0.size, states, has_cell, "initial cell states of another size than the batch");
  require_states(run.hn.size, states, true, "last states of another size than the batch");
  require_states(run.cn.size, states, has_cell, "last cell states of another size than the batch");
}

void check_rnn_backward(const RnnSpec& spec, const RnnBackward& run) {
  require(spec.training, "a backward pass of a plan that was not made for training");
  check_rnn_forward(spec, run.forward);
  const RnnForward& forward = run.forward;
  const std::int64_t states = forward.lengths.size * state_width(spec);
  const bool has_cell = spec.cell == Cell::lstm;
  require(run.dy.empty() || (run.dy.rows == forward.x.rows && run.dy.columns == spec.hidden.back() && run.dy.dense()),
          "gradients of outputs of another shape");
  require(run.dx.empty() || (run.dx.rows == forward.x.rows && run.dx.columns == spec.input && run.dx.dense()),
          "gradients of inputs of another shape");
  require_states(run.dhn.size, states, true, "gradients of last states of another size than the batch");
  require_states(run.dcn.size, states, has_cell, "gradients of last cell states of another size than the batch");
  require_states(run.dh0.size, states, true, "gradients of initial states of another size than the batch");
  require_states(run.dc0.size, states, has_cell, "gradients of initial cell states of another size than the batch");
  require(run.dweights.size == stack_weights(spec), "gradients of recurrent weights of another size than the plan");
}

std::int64_t embedding_width(const PackSpec& spec) {
  std::int64_t sum = 0;
  for (const EmbeddingTable& table : spec.tables) sum += table.width;
  return sum;
}

void check_pack_spec(const PackSpec& spec) {
  require(spec.numeric >= 0 && spec.indicators >= 0 && spec.indicators <= spec.numeric, "a packing with more indicators than numbers");
  require(spec.max_steps > 0, "a packing of no steps");
  for (const EmbeddingTable& table : spec.tables)
    require(table.rows > 0 && table.width > 0 && table.offset >= 0, "an empty embedding table");
  require(spec.numeric + spec.indicators + embedding_width(spec) > 0, "a packing without features");
}

void check_pack_input(const PackSpec& spec, const PackInput& in, std::int64_t time) {
  require(in.numeric.columns == spec.numeric && in.scale.size == spec.numeric, "numbers of another shape than the packing");
  const auto tables = static_cast<std::int64_t>(spec.tables.size());
  require(in.codes.columns == tables && in.tables.size == tables, "codes of another shape than the packing");
  require(in.first.size == in.length.size && in.first.size > 0 && time > 0, "a packing of sequences without a length");
  require(time * in.first.size <= spec.max_steps, "a batch larger than its packing");
}

}  // namespace footfall
