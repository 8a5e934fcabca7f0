#include "engine/model/network.hpp"

#include <algorithm>
#include <utility>

#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::uint32_t state_mask = 255;  ///< tells the dropout of the event state from that of the layers

std::string layer_name(std::size_t l, const char* what) { return "profile." + std::to_string(l) + "." + what; }

}  // namespace

NeuralNetwork::NeuralNetwork(const Architecture& spec, const ParameterLayout& layout, const std::vector<ColumnScale>& scale, const DeviceExamples& data, Size size,
                 std::uint64_t seed, Backend& backend, Stream& stream)
    : spec_(spec), layout_(layout), data_(data), size_(size), seed_(seed), backend_(backend), stream_(stream) {
  const std::int64_t batch = size.batch, members = spec.members;
  slots_.rows = Array<std::int64_t>(stream, batch);
  if (size.training) slots_.examples = Array<std::int64_t>(stream, batch);
  for (const HeadSpec& head : spec.heads) class_weights_.push_back(upload(head.weights, stream));
  slots_.labels = Array<float>(stream, static_cast<std::int64_t>(spec.heads.size()) * batch);
  slots_.state = Array<StepState>(stream, 1);
  clear(slots_.state.view(), stream);
  if (spec.has_events()) {
    slots_.first = Array<std::int64_t>(stream, batch);
    slots_.length = Array<std::int32_t>(stream, batch);
    scale_ = upload(scale, stream);
    std::vector<EmbeddingTable> tables;
    for (std::size_t c = 0; c < spec.embedding.size(); ++c)
      tables.push_back({layout.at("events.embedding_" + std::to_string(c)).offset, static_cast<std::int32_t>(spec.event_words[c]),
                        static_cast<std::int32_t>(spec.embedding[c])});
    tables_ = upload(tables, stream);
    pack_ = backend.sequences().make_pack({spec.event_numbers, spec.event_indicators, tables, size.time * batch}, stream);
    const RnnSpec rnn{spec.cell, spec.step_width(), spec.hidden, batch, size.time, size.training, spec.precision, spec.algorithm};
    rnn_ = backend.sequences().make_rnn(rnn, stream);
    steps_ = Array<float>(stream, size.time * batch * spec.step_width());
    state_ = Array<float>(stream, batch * footfall::state_width(rnn));
    if (size.training) {
      if (!tables.empty()) d_steps_ = Array<float>(stream, steps_.size());
      d_state_ = Array<float>(stream, state_.size());
    }
    if (size.carries) {
      slots_.closing = Array<std::int64_t>(stream, batch);
      h0_ = Array<float>(stream, state_.size());
      if (spec.cell == Cell::lstm) c0_ = Array<float>(stream, state_.size());
      if (spec.cell == Cell::lstm) cn_ = Array<float>(stream, state_.size());
      one_step_here_.assign(static_cast<std::size_t>(batch), 1);
      one_step_ = upload(one_step_here_, stream);
    }
  }
  joined_ = Array<float>(stream, batch * spec.input_width());
  if (size.training) d_joined_ = Array<float>(stream, batch * spec.input_width());
  std::int64_t in = spec.input_width();
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    Layer layer{in, spec.layers[l], {}, {}, {}, {}, {}};
    const std::int64_t rows = members * batch;
    if (members > 1) {
      layer.scaled = Array<float>(stream, rows * layer.in);
      layer.product = Array<float>(stream, rows * layer.out);
    }
    layer.output = Array<float>(stream, rows * layer.out);
    if (size.training) {
      layer.d_output = Array<float>(stream, rows * layer.out);
      if (members > 1) layer.d_scaled = Array<float>(stream, rows * layer.in);
    }
    in = layer.out;
    layers_.push_back(std::move(layer));
  }
  outputs_ = Array<float>(stream, members * batch * spec.outputs());
  if (size.training) d_outputs_ = Array<float>(stream, outputs_.size());
  predictions_ = Array<float>(stream, batch * spec.outputs());
}

View<const float> NeuralNetwork::read(View<const float> parameters, const std::string& name) const {
  const Parameter& p = layout_.at(name);
  return parameters.sub(p.offset, p.size());
}

View<float> NeuralNetwork::write(View<float> gradient, const std::string& name) const {
  const Parameter& p = layout_.at(name);
  return gradient.sub(p.offset, p.size());
}

MatrixView<const float> NeuralNetwork::read_matrix(View<const float> parameters, const std::string& name) const {
  const Parameter& p = layout_.at(name);
  return MatrixView<const float>(parameters.sub(p.offset, p.size()), p.shape[0], p.shape[1]);
}

MatrixView<float> NeuralNetwork::write_matrix(View<float> gradient, const std::string& name) const {
  const Parameter& p = layout_.at(name);
  return MatrixView<float>(gradient.sub(p.offset, p.size()), p.shape[0], p.shape[1]);
}

DropoutSpec NeuralNetwork::dropout(std::size_t layer) const { return {spec_.dropout, seed_, static_cast<std::uint32_t>(layer)}; }

PackInput NeuralNetwork::pack_input(std::int64_t size, View<const float> parameters) const {
  const auto categories = static_cast<std::int64_t>(spec_.embedding.size());
  return {data_.event_number.matrix(data_.event_rows, spec_.event_numbers),
          scale_.view(),
          data_.event_code.matrix(data_.event_rows, categories),
          tables_.view(),
          parameters,
          slots_.first.view().sub(0, size),
          slots_.length.view().sub(0, size)};
}

RnnForward NeuralNetwork::rnn_run(const Batch& batch, View<const float> parameters) {
  const RnnSpec& rnn = rnn_->spec();
  const std::string first = spec_.cell == Cell::lstm ? "lstm.weight_ih_l0" : "gru.weight_ih_l0";
  RnnForward run;
  run.x = MatrixView<const float>(steps_.view(), batch.time * batch.size, spec_.step_width());
  run.lengths = batch.lengths;
  run.weights = parameters.sub(layout_.at(first).offset, stack_weights(rnn));
  run.hn = state_.view().sub(0, batch.size * footfall::state_width(rnn));
  return run;
}

void NeuralNetwork::encode_events(const Batch& batch, View<const float> parameters, bool training) {
  if (!spec_.has_events()) return;
  pack_->forward(pack_input(batch.size, parameters), batch.time, MatrixView<float>(steps_.view(), batch.time * batch.size, spec_.step_width()), stream_);
  rnn_->forward(rnn_run(batch, parameters), training, stream_);
}

void NeuralNetwork::gather_profile(std::int64_t size) {
  if (spec_.profile_width == 0) return;
  const MatrixView<float> joined(joined_.view(), size, spec_.input_width());
  backend_.columns().gather_rows(data_.profile.matrix(data_.examples, spec_.profile_width), slots_.rows.view().sub(0, size),
                                 joined.column_range(spec_.state_width(), spec_.profile_width), stream_);
}

MatrixView<const float> NeuralNetwork::layer_input(std::size_t l, std::int64_t size) {
  if (l == 0) return MatrixView<const float>(joined_.view(), size, spec_.input_width());
  return MatrixView<const float>(layers_[l - 1].output.view(), spec_.members * size, layers_[l - 1].out);
}

/// Last state and profile side by side, the layers, the heads.
void NeuralNetwork::join(std::int64_t size, View<const float> parameters, bool training) {
  Layers& ops = backend_.layers();
  const std::int64_t rows = spec_.members * size;
  gather_profile(size);
  if (spec_.has_events()) {
    const std::int64_t top = size * (footfall::state_width(rnn_->spec()) - spec_.state_width());
    const MatrixView<const float> state(state_.view().sub(top, size * spec_.state_width()), size, spec_.state_width());
    const MatrixView<float> place = MatrixView<float>(joined_.view(), size, spec_.input_width()).column_range(0, spec_.state_width());
    ops.copy_matrix(state, place, stream_);
    if (training && spec_.state_dropout > 0.0F)
      ops.dropout(place, {spec_.state_dropout, seed_, state_mask}, slots_.examples.view().sub(0, size), slots_.state.view(), stream_);
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const MatrixView<const float> in = layer_input(l, size), weight = read_matrix(parameters, layer_name(l, "weight"));
    const MatrixView<float> out(layer.output.view(), rows, layer.out);
    if (spec_.members > 1) {
      const MatrixView<float> scaled(layer.scaled.view(), rows, layer.in), product(layer.product.view(), rows, layer.out);
      ops.member_scale(in, read_matrix(parameters, layer_name(l, "member_input")), scaled, stream_);
      ops.linear(scaled, weight, {}, Activation::none, product, spec_.precision, stream_);
      ops.member_affine(product, read_matrix(parameters, layer_name(l, "member_output")), read_matrix(parameters, layer_name(l, "bias")), Activation::relu, out, stream_);
    } else {
      ops.linear(in, weight, read(parameters, layer_name(l, "bias")), Activation::relu, out, spec_.precision, stream_);
    }
    if (training && spec_.dropout > 0.0F) ops.dropout(out, dropout(l), slots_.examples.view().sub(0, size), slots_.state.view(), stream_);
  }
  ops.member_heads(layer_input(layers_.size(), size), read_matrix(parameters, "heads.weight"), read(parameters, "heads.bias"),
                   MatrixView<float>(outputs_.view(), rows, spec_.outputs()), stream_);
}

namespace {

/// Calls block(columns of the carried states, first value of the layer's dense block) for h (or c) of each layer.
template <class Each>
void each_layer(const std::vector<std::int64_t>& hidden, std::int64_t rows, auto carried, std::int64_t column, const Each& block) {
  std::int64_t first = 0;
  for (const std::int64_t width : hidden) {
    block(carried.column_range(column, width), first, width);
    column += width;
    first += rows * width;
  }
}

}  // namespace

/// Puts the steps of a batch through the recurrent layers, from its carried states.
void NeuralNetwork::run_carried(const Batch& batch, const PackInput& steps, MatrixView<const float> carried, View<const float> parameters) {
  const std::int64_t rows = batch.size, width = footfall::state_width(rnn_->spec());
  const auto lay_out = [&](Array<float>& states, std::int64_t column) {
    each_layer(spec_.hidden, rows, carried, column, [&](MatrixView<const float> from, std::int64_t first, std::int64_t columns) {
      backend_.layers().copy_matrix(from, MatrixView<float>(states.view().sub(first, rows * columns), rows, columns), stream_);
    });
  };
  lay_out(h0_, 0);
  if (spec_.cell == Cell::lstm) lay_out(c0_, width);
  pack_->forward(steps, batch.time, MatrixView<float>(steps_.view(), batch.time * rows, spec_.step_width()), stream_);
  RnnForward run = rnn_run(batch, parameters);
  run.h0 = std::as_const(h0_).view().sub(0, rows * width);
  if (spec_.cell == Cell::lstm) {
    run.c0 = std::as_const(c0_).view().sub(0, rows * width);
    run.cn = cn_.view().sub(0, rows * width);
  }
  rnn_->forward(run, false, stream_);
}

void NeuralNetwork::keep_carried(MatrixView<float> carried) {
  const std::int64_t rows = carried.rows;
  const auto keep = [&](Array<float>& states, std::int64_t column) {
    each_layer(spec_.hidden, rows, carried, column, [&](MatrixView<float> to, std::int64_t first, std::int64_t columns) {
      backend_.layers().copy_matrix(MatrixView<const float>(std::as_const(states).view().sub(first, rows * columns), rows, columns), to, stream_);
    });
  };
  keep(state_, 0);
  if (spec_.cell == Cell::lstm) keep(cn_, footfall::state_width(rnn_->spec()));
}

MatrixView<const float> NeuralNetwork::predict_carried(const Batch& events, MatrixView<float> carried, View<const float> parameters) {
  require(size_.carries && carried.columns == spec_.carried_width() && events.size <= carried.rows, "carried states of another shape than the network");
  if (events.size > 0) {
    const MatrixView<float> begun = carried.row_range(0, events.size);
    run_carried(events, pack_input(events.size, parameters), begun, parameters);
    keep_carried(begun);
  }
  const std::int64_t size = carried.rows;
  PackInput closing = pack_input(size, parameters);
  closing.first = slots_.closing.view().sub(0, size);
  closing.length = one_step_.view().sub(0, size);
  run_carried({size, 1, view_of(std::as_const(one_step_here_)).sub(0, size)}, closing, carried, parameters);
  join(size, parameters, false);
  return averages(size);
}

MatrixView<const float> NeuralNetwork::predict(const Batch& batch, View<const float> parameters) {
  encode_events(batch, parameters, false);
  join(batch.size, parameters, false);
  return averages(batch.size);
}

MatrixView<const float> NeuralNetwork::averages(std::int64_t size) {
  const MatrixView<const float> z(outputs_.view(), spec_.members * size, spec_.outputs());
  const MatrixView<float> out(predictions_.view(), size, spec_.outputs());
  std::int64_t at = 0;
  for (const HeadSpec& head : spec_.heads) {
    const auto average = [&](std::int64_t first, std::int64_t count, Layers::Output kind) {
      backend_.layers().member_average(z.column_range(first, count), kind, 1.0F, out.column_range(first, count), stream_);
    };
    average(at, head.outputs(), head.kind == HeadKind::classes ? Layers::Output::softmax : head.kind == HeadKind::binary ? Layers::Output::sigmoid : Layers::Output::value);
    at += head.outputs();
  }
  return out;
}

void NeuralNetwork::losses(std::int64_t size, View<double> loss) {
  Layers& ops = backend_.layers();
  const std::int64_t rows = spec_.members * size;
  const float scale = 1.0F / static_cast<float>(rows);
  const MatrixView<const float> z(outputs_.view(), rows, spec_.outputs());
  const MatrixView<float> dz(d_outputs_.view(), rows, spec_.outputs());
  std::int64_t at = 0;
  for (std::size_t h = 0; h < spec_.heads.size(); ++h) {
    const HeadSpec& head = spec_.heads[h];
    const View<double> sum = loss.sub(static_cast<std::int64_t>(h), 1);
    const View<const float> labels = std::as_const(slots_.labels).view().sub(static_cast<std::int64_t>(h) * size_.batch, size);
    const View<const float> weights = std::as_const(class_weights_[h]).view();
    const MatrixView<const float> z_head = z.column_range(at, head.outputs());
    const MatrixView<float> dz_head = dz.column_range(at, head.outputs());
    if (head.kind == HeadKind::classes) ops.softmax_cross_entropy(z_head, labels, weights, scale, sum, dz_head, stream_);
    if (head.kind == HeadKind::binary) ops.sigmoid_cross_entropy(z_head, labels, weights, scale, sum, dz_head, stream_);
    if (head.kind == HeadKind::number) ops.squared_error(z_head, labels, scale, sum, dz_head, stream_);
    at += head.outputs();
  }
}

void NeuralNetwork::backward_heads(std::int64_t size, View<const float> parameters, View<float> gradient) {
  const std::int64_t rows = spec_.members * size;
  const MatrixView<float> d_in = layers_.empty() ? MatrixView<float>(d_joined_.view(), size, spec_.input_width())
                                                 : MatrixView<float>(layers_.back().d_output.view(), rows, layers_.back().out);
  backend_.layers().member_heads_backward(layer_input(layers_.size(), size), read_matrix(parameters, "heads.weight"),
                                          MatrixView<const float>(d_outputs_.view(), rows, spec_.outputs()), d_in, write_matrix(gradient, "heads.weight"),
                                          write(gradient, "heads.bias"), stream_);
}

void NeuralNetwork::backward_layers(std::int64_t size, View<const float> parameters, View<float> gradient) {
  Layers& ops = backend_.layers();
  const std::int64_t rows = spec_.members * size;
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    const MatrixView<const float> in = layer_input(l, size), weight = read_matrix(parameters, layer_name(l, "weight"));
    const MatrixView<const float> out(layer.output.view(), rows, layer.out);
    const MatrixView<float> d_out(layer.d_output.view(), rows, layer.out), d_weight = write_matrix(gradient, layer_name(l, "weight"));
    const bool wanted = l > 0 || spec_.has_events();
    MatrixView<float> d_in;
    if (wanted) d_in = l > 0 ? MatrixView<float>(layers_[l - 1].d_output.view(), rows, layer.in) : MatrixView<float>(d_joined_.view(), size, layer.in);
    if (spec_.dropout > 0.0F) ops.dropout(d_out, dropout(l), slots_.examples.view().sub(0, size), slots_.state.view(), stream_);
    if (spec_.members > 1) {
      const MatrixView<const float> product(layer.product.view(), rows, layer.out), scaled(layer.scaled.view(), rows, layer.in);
      const MatrixView<float> d_scaled(layer.d_scaled.view(), rows, layer.in);
      ops.member_affine_backward(product, read_matrix(parameters, layer_name(l, "member_output")), out, Activation::relu, d_out,
                                 write_matrix(gradient, layer_name(l, "member_output")), write_matrix(gradient, layer_name(l, "bias")), stream_);
      ops.linear_backward(scaled, weight, product, Activation::none, d_out, d_scaled, d_weight, {}, spec_.precision, stream_);
      ops.member_scale_backward(in, read_matrix(parameters, layer_name(l, "member_input")), d_scaled, d_in, write_matrix(gradient, layer_name(l, "member_input")), stream_);
    } else {
      ops.linear_backward(in, weight, out, Activation::relu, d_out, d_in, d_weight, write(gradient, layer_name(l, "bias")), spec_.precision, stream_);
    }
  }
}

void NeuralNetwork::dense_step(std::int64_t size, View<const float> parameters, View<float> gradient, View<double> loss) {
  Layers& ops = backend_.layers();
  join(size, parameters, true);
  losses(size, loss);
  backward_heads(size, parameters, gradient);
  backward_layers(size, parameters, gradient);
  if (!spec_.has_events()) return;
  const MatrixView<float> d_place = MatrixView<float>(d_joined_.view(), size, spec_.input_width()).column_range(0, spec_.state_width());
  if (spec_.state_dropout > 0.0F) ops.dropout(d_place, {spec_.state_dropout, seed_, state_mask}, slots_.examples.view().sub(0, size), slots_.state.view(), stream_);
  const std::int64_t width = footfall::state_width(rnn_->spec());
  const std::int64_t top = size * (width - spec_.state_width());
  if (top > 0) clear(d_state_.view().sub(0, top), stream_);
  ops.copy_matrix(d_place, MatrixView<float>(d_state_.view().sub(top, size * spec_.state_width()), size, spec_.state_width()), stream_);
}

void NeuralNetwork::backward_events(const Batch& batch, View<const float> parameters, View<float> gradient) {
  if (!spec_.has_events()) return;
  RnnBackward run;
  run.forward = rnn_run(batch, parameters);
  run.dhn = std::as_const(d_state_).view().sub(0, batch.size * footfall::state_width(rnn_->spec()));
  const std::string first = spec_.cell == Cell::lstm ? "lstm.weight_ih_l0" : "gru.weight_ih_l0";
  run.dweights = gradient.sub(layout_.at(first).offset, stack_weights(rnn_->spec()));
  if (!spec_.embedding.empty()) run.dx = MatrixView<float>(d_steps_.view(), batch.time * batch.size, spec_.step_width());
  rnn_->backward(run, stream_);
  if (!spec_.embedding.empty()) pack_->backward(pack_input(batch.size, parameters), batch.time, run.dx, gradient, stream_);
}

void NeuralNetwork::run_recorded(Recorded& recorded, const LearnPlaces& places, const std::function<void()>& work) {
  if (recorded.runs++ == 0) return work();  // once as it is, so that every operation has its scratch
  if (!recorded.step || recorded.places != places) {
    recorded.places = places;
    recorded.step = stream_.record(work);
  }
  recorded.step->replay();
}

void NeuralNetwork::learn(const Batch& batch, View<const float> parameters, View<float> gradient, View<double> loss) {
  const LearnPlaces places{parameters.data, gradient.data, loss.data};
  const bool full = spec_.has_events() && std::all_of(batch.lengths.data, batch.lengths.data + batch.size, [&](std::int32_t n) { return n == batch.time; });
  Recorded& recorded = recorded_[{batch.size, full ? batch.time : 0}];
  if (full) {
    recorded.lengths.assign(static_cast<std::size_t>(batch.size), static_cast<std::int32_t>(batch.time));
    const Batch kept{batch.size, batch.time, view_of(std::as_const(recorded.lengths))};
    run_recorded(recorded, places, [this, kept, parameters, gradient, loss] {
      encode_events(kept, parameters, true);
      dense_step(kept.size, parameters, gradient, loss);
      backward_events(kept, parameters, gradient);
    });
    return;
  }
  encode_events(batch, parameters, true);
  run_recorded(recorded, places, [this, size = batch.size, parameters, gradient, loss] { dense_step(size, parameters, gradient, loss); });
  backward_events(batch, parameters, gradient);
}

}  // namespace footfall
