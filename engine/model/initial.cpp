#include <cmath>

#include "engine/data/draw.hpp"
#include "engine/model/architecture.hpp"

namespace footfall {
namespace {

/// Rows of an orthonormal set: Gram-Schmidt over normal draws, twice for accuracy. rows >= columns: the columns are orthonormal.
std::vector<float> orthogonal(std::int64_t rows, std::int64_t columns, Draw& draw) {
  std::vector<std::vector<double>> basis;
  for (std::int64_t c = 0; c < columns; ++c) {
    std::vector<double> v(static_cast<std::size_t>(rows));
    for (double& x : v) x = draw.normal();
    for (int pass = 0; pass < 2; ++pass)
      for (const std::vector<double>& u : basis) {
        double dot = 0.0;
        for (std::size_t i = 0; i < v.size(); ++i) dot += u[i] * v[i];
        for (std::size_t i = 0; i < v.size(); ++i) v[i] -= dot * u[i];
      }
    double norm = 0.0;
    for (const double x : v) norm += x * x;
    for (double& x : v) x /= std::sqrt(norm);
    basis.push_back(std::move(v));
  }
  std::vector<float> out(static_cast<std::size_t>(rows * columns));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      out[static_cast<std::size_t>(r * columns + c)] = static_cast<float>(basis[static_cast<std::size_t>(c)][static_cast<std::size_t>(r)]);
  return out;
}

class Filler {
 public:
  Filler(const Architecture& spec, const ParameterLayout& layout, std::uint64_t seed)
      : spec_(spec), layout_(layout), draw_(seed), values_(static_cast<std::size_t>(layout.size())) {}

  std::vector<float> fill() {
    if (spec_.has_events()) fill_events();
    for (std::size_t l = 0; l < spec_.layers.size(); ++l) fill_layer(l);
    const double limit = 1.0 / std::sqrt(static_cast<double>(spec_.head_input()));
    uniform("heads.weight", limit);
    fill_head_bias();
    return std::move(values_);
  }

 private:
  float* at(const std::string& name) { return values_.data() + layout_.at(name).offset; }

  void uniform(const std::string& name, double limit) {
    float* value = at(name);
    for (std::int64_t i = 0; i < layout_.at(name).size(); ++i) value[i] = draw_.within(limit);
  }

  void constant(const std::string& name, float what) { std::fill_n(at(name), layout_.at(name).size(), what); }

  void fill_events() {
    for (std::size_t c = 0; c < spec_.embedding.size(); ++c) uniform("events.embedding_" + std::to_string(c), 0.05);
    const std::string prefix = spec_.cell == Cell::lstm ? "lstm." : "gru.";
    for (std::size_t l = 0; l < spec_.hidden.size(); ++l) {
      const std::string layer = "_l" + std::to_string(l);
      const Parameter& input = layout_.at(prefix + "weight_ih" + layer);
      uniform(input.name, std::sqrt(6.0 / static_cast<double>(input.shape[0] + input.shape[1])));
      const Parameter& recurrent = layout_.at(prefix + "weight_hh" + layer);
      const std::vector<float> rows = orthogonal(recurrent.shape[0], recurrent.shape[1], draw_);
      std::copy(rows.begin(), rows.end(), at(recurrent.name));
      if (spec_.cell == Cell::lstm) std::fill_n(at(prefix + "bias_ih" + layer) + spec_.hidden[l], spec_.hidden[l], 1.0F);
    }
  }

  void fill_layer(std::size_t l) {
    const std::string layer = "profile." + std::to_string(l) + ".";
    const Parameter& weight = layout_.at(layer + "weight");
    const double limit = 1.0 / std::sqrt(static_cast<double>(weight.shape[1]));
    uniform(weight.name, limit);
    if (l == 0 && spec_.profile_width > 0) start_without_state(weight);
    if (spec_.members > 1) {
      constant(layer + "member_input", 1.0F);
      constant(layer + "member_output", 1.0F);
      if (l == 0) {
        float* signs = at(layer + "member_input");
        for (std::int64_t i = 0; i < layout_.at(layer + "member_input").size(); ++i) signs[i] = draw_.sign();
      }
    }
    float* bias = at(layer + "bias");
    const std::int64_t width = spec_.layers[l];
    for (std::int64_t i = 0; i < width; ++i) bias[i] = draw_.within(limit);
    for (std::int64_t m = 1; m < spec_.members; ++m) std::copy_n(bias, width, bias + m * width);
  }

  /// Beside a profile the event encoder's state counts for nothing at first: it joins in as far as it helps.
  void start_without_state(const Parameter& weight) {
    float* row = at(weight.name);
    for (std::int64_t r = 0; r < weight.shape[0]; ++r, row += weight.shape[1]) std::fill_n(row, spec_.state_width(), 0.0F);
  }

  /// A binary head starts at the training rate.
  void fill_head_bias() {
    float* bias = at("heads.bias");
    for (std::int64_t m = 0; m < spec_.members; ++m)
      for (const HeadSpec& head : spec_.heads) {
        const double weighed = head.weights.empty() ? 0.0 : std::log(static_cast<double>(head.weights[1]) / static_cast<double>(head.weights[0]));
        if (head.kind == HeadKind::binary) *bias = static_cast<float>(std::log(head.rate / (1.0 - head.rate)) + weighed);
        bias += head.outputs();
      }
  }

  const Architecture& spec_;
  const ParameterLayout& layout_;
  Draw draw_;
  std::vector<float> values_;
};

}  // namespace

std::vector<float> initial_parameters(const Architecture& spec, const ParameterLayout& layout, std::uint64_t seed) { return Filler(spec, layout, seed).fill(); }

}  // namespace footfall
