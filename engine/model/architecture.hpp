#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/layers/layers.hpp"
#include "kernels/sequences/sequences.hpp"

namespace footfall {

/// What a head predicts and how its outputs are read.
enum class HeadKind : std::uint8_t { binary, classes, number };

/// One target of the model. Outputs: binary 1 logit; classes a logit each; number 1, the standardized value of sign(y) log1p|y|: its error is
/// squared there, so that a few large amounts do not drown all others (and returns may make a sum negative).
struct HeadSpec {
  std::string name;
  HeadKind kind = HeadKind::binary;
  std::vector<std::string> classes;      ///< sorted names, of a class target
  double center = 0.0, spread = 1.0;     ///< of a number's sign(y) log1p|y| over the training labels
  double smear = 1.0;                    ///< of a number: makes predicted and true totals of the training part equal (after Duan 1983)
  double rate = 0.5;                     ///< of a binary target in the training part: where its bias starts
  double inverse_temperature = 1.0;      ///< calibration, of binary and class targets
  bool balanced = false;                 ///< classes weigh alike in the training loss, however rare
  std::vector<float> weights;            ///< of the classes (binary: 0, 1) while it is trained so; empty: all 1

  [[nodiscard]] std::int64_t outputs() const {
    if (kind == HeadKind::classes) return static_cast<std::int64_t>(classes.size());
    return 1;
  }
};

/// The shape of a model: an event encoder and a profile encoder, trained together, and a head a target.
///
/// events:   embeddings and numbers of each step -> LSTM or GRU stack -> last state of the top layer
/// profile:  that state beside the encoded profile -> layers of linear, ReLU and dropout, K weight-sharing members
/// heads:    a linear head a target and member; predictions of the members are averaged
struct Architecture {
  std::int64_t event_numbers = 0;             ///< 0: no event encoder
  std::int64_t event_indicators = 0;
  std::vector<std::int64_t> event_words;      ///< size of each event vocabulary
  std::vector<std::int64_t> embedding;        ///< width of each
  Cell cell = Cell::lstm;
  std::vector<std::int64_t> hidden;           ///< of the recurrent layers
  std::int64_t profile_width = 0;             ///< of the encoded profile; 0: none
  std::vector<std::int64_t> layers;           ///< widths of the profile encoder
  std::int64_t members = 1;
  float dropout = 0.0F;                       ///< behind each layer of the profile encoder
  float state_dropout = 0.0F;                 ///< on the last state of the event encoder
  Precision precision = Precision::float32;
  std::vector<RnnAlgorithm> algorithm;        ///< of each recurrent layer, where it was measured (train/tune.hpp); else empty
  std::vector<HeadSpec> heads;

  [[nodiscard]] bool has_events() const { return event_numbers > 0 && !hidden.empty(); }
  [[nodiscard]] std::int64_t step_width() const;     ///< features of a step
  [[nodiscard]] std::int64_t state_width() const { return has_events() ? hidden.back() : 0; }
  /// States that a journey leaves: h of every layer and, with LSTM cells, c.
  [[nodiscard]] std::int64_t carried_width() const;
  [[nodiscard]] std::int64_t input_width() const { return state_width() + profile_width; }
  [[nodiscard]] std::int64_t head_input() const { return layers.empty() ? input_width() : layers.back(); }
  [[nodiscard]] std::int64_t outputs() const;
};

/// "standard", "persistent", "persistent-small"; and back, nothing for another word.
[[nodiscard]] const char* name_of(RnnAlgorithm algorithm);
[[nodiscard]] std::optional<RnnAlgorithm> algorithm_named(const std::string& name);

/// A named tensor inside the flat parameters.
struct Parameter {
  std::string name;
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0;
  float rate = 1.0F;        ///< multiplies the learning rate; 0: kept as it is
  bool decays = false;      ///< weight decay applies

  [[nodiscard]] std::int64_t size() const;
};

/// Where each parameter lies. The recurrent stack is one run, as Rnn wants it; other tensors start at multiples of 64 values.
class ParameterLayout {
 public:
  explicit ParameterLayout(const Architecture& spec);

  [[nodiscard]] const std::vector<Parameter>& all() const { return parameters_; }
  [[nodiscard]] const Parameter& at(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const;
  /// Values of the flat run, gaps included.
  [[nodiscard]] std::int64_t size() const { return size_; }
  /// Values that training changes: what other libraries call the number of parameters.
  [[nodiscard]] std::int64_t trained() const;
  /// The ranges of the optimizer; they cover the whole run.
  [[nodiscard]] std::vector<ParameterRange> ranges(float weight_decay) const;

 private:
  void add(std::string name, std::vector<std::int64_t> shape, float rate, bool decays, bool aligned = true);

  std::vector<Parameter> parameters_;
  std::int64_t size_ = 0;
};

/// Values to start training from, drawn from `seed`: recurrent layers as Keras has them (input weights Glorot uniform, recurrent weights
/// orthogonal, forget bias 1), linear layers uniform in +-1/sqrt(fan in), members' input scales random signs in the first layer, else 1.
[[nodiscard]] std::vector<float> initial_parameters(const Architecture& spec, const ParameterLayout& layout, std::uint64_t seed);

}  // namespace footfall
