#include "tests/engine/model/reference_network.hpp"

#include <algorithm>
#include <cmath>

namespace footfall::test {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

std::vector<double> product(const double* matrix, std::size_t rows, const std::vector<double>& x) {
  std::vector<double> y(rows);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < x.size(); ++c) y[r] += matrix[r * x.size() + c] * x[c];
  return y;
}

/// -log of the softmax at `wanted`.
double class_loss(const double* z, std::size_t classes, std::size_t wanted) {
  double sum = 0.0;
  for (std::size_t k = 0; k < classes; ++k) sum += std::exp(z[k]);
  return std::log(sum) - z[wanted];
}

}  // namespace

const double* ReferenceNetwork::at(const Vector& parameters, const std::string& name) const {
  return parameters.data() + layout_.at(name).offset;
}

void ReferenceNetwork::mask(const std::string& place, std::size_t row, Vector& values) const {
  const auto found = masks_.find(place);
  if (found == masks_.end()) return;
  for (std::size_t c = 0; c < values.size(); ++c) values[c] *= static_cast<double>(found->second[row * values.size() + c]);
}

/// Scaled numbers, indicators, embeddings of an event row.
ReferenceNetwork::Vector ReferenceNetwork::step(const Vector& parameters, std::int64_t row) const {
  const auto numbers = static_cast<std::size_t>(spec_.event_numbers), categories = spec_.embedding.size();
  Vector x(numbers + static_cast<std::size_t>(spec_.event_indicators));
  for (std::size_t c = 0; c < numbers; ++c) {
    const double cell = data_.event_number[static_cast<std::size_t>(row) * numbers + c];
    const ColumnScale& scale = data_.scale[c];
    const double value = ((std::isnan(cell) ? static_cast<double>(scale.fill) : cell) - static_cast<double>(scale.mean)) *
                         static_cast<double>(scale.inverse);
    x[c] = std::clamp(value, static_cast<double>(scale.low), static_cast<double>(scale.high));
    if (scale.indicator >= 0) x[static_cast<std::size_t>(scale.indicator)] = std::isnan(cell) ? 1.0 : 0.0;
  }
  for (std::size_t c = 0; c < categories; ++c) {
    const auto code = data_.event_code[static_cast<std::size_t>(row) * categories + c];
    const double* vector = at(parameters, "events.embedding_" + std::to_string(c)) + code * spec_.embedding[c];
    x.insert(x.end(), vector, vector + spec_.embedding[c]);
  }
  return x;
}

/// The states of a layer after each of its inputs (torch.nn.LSTM and torch.nn.GRU, their documented equations).
std::vector<ReferenceNetwork::Vector> ReferenceNetwork::recurrent(const Vector& parameters, std::size_t layer,
                                                                  const std::vector<Vector>& inputs) const {
  const bool lstm = spec_.cell == Cell::lstm;
  const std::string prefix = lstm ? "lstm." : "gru.", suffix = "_l" + std::to_string(layer);
  const auto width = static_cast<std::size_t>(spec_.hidden[layer]), rows = (lstm ? 4 : 3) * width;
  const double* bias_ih = at(parameters, prefix + "bias_ih" + suffix);
  const double* bias_hh = at(parameters, prefix + "bias_hh" + suffix);
  Vector h(width), c(width);
  std::vector<Vector> states;
  for (const Vector& x : inputs) {
    Vector a = product(at(parameters, prefix + "weight_ih" + suffix), rows, x),
           r = product(at(parameters, prefix + "weight_hh" + suffix), rows, h);
    for (std::size_t i = 0; i < rows; ++i) {
      a[i] += bias_ih[i];
      r[i] += bias_hh[i];
    }
    for (std::size_t i = 0; i < width; ++i) {
      if (lstm) {
        const double in = sigmoid(a[i] + r[i]), forget = sigmoid(a[width + i] + r[width + i]);
        const double candidate = std::tanh(a[2 * width + i] + r[2 * width + i]), out = sigmoid(a[3 * width + i] + r[3 * width + i]);
        c[i] = forget * c[i] + in * candidate;
        h[i] = out * std::tanh(c[i]);
      } else {
        const double reset = sigmoid(a[i] + r[i]), keep = sigmoid(a[width + i] + r[width + i]);
        const double candidate = std::tanh(a[2 * width + i] + reset * r[2 * width + i]);
        h[i] = (1.0 - keep) * candidate + keep * h[i];
      }
    }
    states.push_back(h);
  }
  return states;
}

ReferenceNetwork::Vector ReferenceNetwork::joined(const Vector& parameters, std::size_t b, bool dropout) const {
  const auto row = static_cast<std::size_t>(data_.batch[b]);
  Vector x;
  if (spec_.has_events()) {
    std::vector<Vector> steps;
    for (std::int64_t t = 0; t < data_.length[row]; ++t) steps.push_back(step(parameters, data_.first[row] + t));
    for (std::size_t l = 0; l < spec_.hidden.size(); ++l) steps = recurrent(parameters, l, steps);
    x = steps.back();
    if (dropout) mask("state", b, x);
  }
  const auto from = data_.profile.begin() + static_cast<std::ptrdiff_t>(row) * spec_.profile_width;
  x.insert(x.end(), from, from + spec_.profile_width);
  return x;
}

ReferenceNetwork::Vector ReferenceNetwork::outputs(const Vector& parameters, std::size_t b, std::size_t member, bool dropout) const {
  Vector x = joined(parameters, b, dropout);
  const bool members = spec_.members > 1;
  for (std::size_t l = 0; l < spec_.layers.size(); ++l) {
    const std::string layer = "profile." + std::to_string(l) + ".";
    const auto width = static_cast<std::size_t>(spec_.layers[l]);
    if (members)
      for (std::size_t c = 0; c < x.size(); ++c) x[c] *= at(parameters, layer + "member_input")[member * x.size() + c];
    Vector y = product(at(parameters, layer + "weight"), width, x);
    for (std::size_t c = 0; c < width; ++c) {
      if (members) y[c] *= at(parameters, layer + "member_output")[member * width + c];
      y[c] = std::max(0.0, y[c] + at(parameters, layer + "bias")[member * width + c]);
    }
    if (dropout) mask(std::to_string(l), member * data_.batch.size() + b, y);
    x = std::move(y);
  }
  const auto count = static_cast<std::size_t>(spec_.outputs());
  Vector z = product(at(parameters, "heads.weight") + member * count * x.size(), count, x);
  for (std::size_t o = 0; o < count; ++o) z[o] += at(parameters, "heads.bias")[member * count + o];
  return z;
}

double ReferenceNetwork::loss(const Vector& parameters) const {
  double sum = 0.0;
  const auto members = static_cast<std::size_t>(spec_.members);
  for (std::size_t m = 0; m < members; ++m)
    for (std::size_t b = 0; b < data_.batch.size(); ++b) {
      const Vector z = outputs(parameters, b, m, true);
      const double* head = z.data();
      for (std::size_t h = 0; h < spec_.heads.size(); ++h) {
        const double label = data_.labels[h][static_cast<std::size_t>(data_.batch[b])];
        const auto count = static_cast<std::size_t>(spec_.heads[h].outputs());
        if (!std::isnan(label)) {
          if (spec_.heads[h].kind == HeadKind::binary) sum += std::log1p(std::exp(head[0])) - label * head[0];
          if (spec_.heads[h].kind == HeadKind::number) sum += (head[0] - label) * (head[0] - label) / 2.0;
          if (spec_.heads[h].kind == HeadKind::classes) sum += class_loss(head, count, static_cast<std::size_t>(label));
        }
        head += count;
      }
    }
  return sum / static_cast<double>(members * data_.batch.size());
}

std::vector<double> ReferenceNetwork::predictions(const Vector& parameters) const {
  const auto members = static_cast<std::size_t>(spec_.members), width = static_cast<std::size_t>(spec_.outputs());
  Vector mean(data_.batch.size() * width);
  for (std::size_t m = 0; m < members; ++m)
    for (std::size_t b = 0; b < data_.batch.size(); ++b) {
      const Vector z = outputs(parameters, b, m, false);
      std::size_t at_output = 0;
      for (const HeadSpec& head : spec_.heads)
        for (std::size_t o = 0; o < static_cast<std::size_t>(head.outputs()); ++o, ++at_output) {
          double p = z[at_output];
          if (head.kind == HeadKind::binary) p = sigmoid(p);
          if (head.kind == HeadKind::classes) p = std::exp(-class_loss(z.data() + at_output - o, head.classes.size(), o));
          mean[b * width + at_output] += p / static_cast<double>(members);
        }
    }
  return mean;
}

}  // namespace footfall::test
