#include <algorithm>
#include <numeric>

#include "engine/model/architecture.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr const char* algorithm_names[] = {"standard", "persistent", "persistent-small"};

constexpr std::int64_t alignment = 64;

}  // namespace

const char* name_of(RnnAlgorithm algorithm) { return algorithm_names[static_cast<std::size_t>(algorithm)]; }

std::optional<RnnAlgorithm> algorithm_named(const std::string& name) {
  const auto found = std::find(std::begin(algorithm_names), std::end(algorithm_names), name);
  if (found == std::end(algorithm_names)) return std::nullopt;
  return static_cast<RnnAlgorithm>(found - std::begin(algorithm_names));
}

std::int64_t Architecture::step_width() const { return event_numbers + event_indicators + std::accumulate(embedding.begin(), embedding.end(), std::int64_t{0}); }

std::int64_t Architecture::carried_width() const {
  return has_events() ? (cell == Cell::lstm ? 2 : 1) * std::accumulate(hidden.begin(), hidden.end(), std::int64_t{0}) : 0;
}

std::int64_t Architecture::outputs() const {
  std::int64_t sum = 0;
  for (const HeadSpec& head : heads) sum += head.outputs();
  return sum;
}

std::int64_t Parameter::size() const { return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()); }

ParameterLayout::ParameterLayout(const Architecture& spec) {
  if (spec.has_events()) {
    for (std::size_t c = 0; c < spec.embedding.size(); ++c)
      add("events.embedding_" + std::to_string(c), {spec.event_words[c], spec.embedding[c]}, 1.0F, false);
    const std::string prefix = spec.cell == Cell::lstm ? "lstm." : "gru.";
    std::int64_t input = spec.step_width();
    for (std::size_t l = 0; l < spec.hidden.size(); ++l) {
      const std::int64_t hidden = spec.hidden[l], rows = gates(spec.cell) * hidden;
      const std::string layer = "_l" + std::to_string(l);
      add(prefix + "weight_ih" + layer, {rows, input}, 1.0F, true, l == 0);
      add(prefix + "weight_hh" + layer, {rows, hidden}, 1.0F, true, false);
      add(prefix + "bias_ih" + layer, {rows}, 1.0F, false, false);
      add(prefix + "bias_hh" + layer, {rows}, 0.0F, false, false);
      input = hidden;
    }
  }
  std::int64_t input = spec.input_width();
  for (std::size_t l = 0; l < spec.layers.size(); ++l) {
    const std::string layer = "profile." + std::to_string(l) + ".";
    const std::int64_t width = spec.layers[l];
    add(layer + "weight", {width, input}, 1.0F, true);
    if (spec.members > 1) {
      add(layer + "member_input", {spec.members, input}, 1.0F, true);
      add(layer + "member_output", {spec.members, width}, 1.0F, true);
    }
    add(layer + "bias", {spec.members, width}, 1.0F, false);
    input = width;
  }
  add("heads.weight", {spec.members * spec.outputs(), input}, 1.0F, true);
  add("heads.bias", {spec.members, spec.outputs()}, 1.0F, false);
}

void ParameterLayout::add(std::string name, std::vector<std::int64_t> shape, float rate, bool decays, bool aligned) {
  Parameter parameter{std::move(name), std::move(shape), size_, rate, decays};
  if (aligned) parameter.offset = (size_ + alignment - 1) / alignment * alignment;
  size_ = parameter.offset + parameter.size();
  parameters_.push_back(std::move(parameter));
}

bool ParameterLayout::has(const std::string& name) const {
  return std::any_of(parameters_.begin(), parameters_.end(), [&](const Parameter& p) { return p.name == name; });
}

const Parameter& ParameterLayout::at(const std::string& name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(), [&](const Parameter& p) { return p.name == name; });
  require(found != parameters_.end(), "there is no parameter " + name);
  return *found;
}

std::int64_t ParameterLayout::trained() const {
  std::int64_t sum = 0;
  for (const Parameter& p : parameters_) sum += p.rate > 0.0F ? p.size() : 0;
  return sum;
}

std::vector<ParameterRange> ParameterLayout::ranges(float weight_decay) const {
  std::vector<ParameterRange> out;
  std::int64_t at = 0;
  for (const Parameter& p : parameters_) {
    if (p.offset > at) out.push_back({at, p.offset - at, 0.0F, 0.0F});
    if (p.size() > 0) out.push_back({p.offset, p.size(), p.rate, p.decays ? weight_decay : 0.0F});
    at = p.offset + p.size();
  }
  return out;
}

}  // namespace footfall
