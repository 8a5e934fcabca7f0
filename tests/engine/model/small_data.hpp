#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/model/network.hpp"

namespace footfall::test {

/// A handful of examples on the host, and the batch that a test makes of them.
struct SmallData {
  std::vector<ColumnScale> scale;        ///< of the event numbers
  std::vector<float> event_number;       ///< [event rows, numbers]
  std::vector<std::int32_t> event_code;  ///< [event rows, categories]
  std::vector<float> profile;            ///< [examples, profile width]
  std::vector<std::int64_t> first;       ///< [examples]
  std::vector<std::int32_t> length;
  std::vector<std::vector<float>> labels;  ///< [heads][examples]
  std::vector<std::int64_t> batch;         ///< rows of the batch, longest sequence first
  std::uint64_t seed = 7;                  ///< of dropout
  StepState state{3, 0.0F, 0.0F};

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(batch.size()); }
};

/// What one pass of learning leaves.
struct Learned {
  std::vector<float> gradient;
  std::vector<double> loss;  ///< a head
};

/// A network on the device that has one batch in its slots; room for two examples more, so that strides and sizes differ.
class DeviceRun {
 public:
  DeviceRun(const Architecture& spec, const ParameterLayout& layout, const SmallData& data, Backend& backend, Stream& stream);

  /// Gradient and loss from zero.
  [[nodiscard]] Learned learn(const std::vector<float>& parameters);
  /// A new place in memory for one of the arrays; the old one stays as it is.
  void move_parameters() { left_.push_back(std::exchange(parameters_, Array<float>(stream_, parameters_.size()))); }
  void move_gradient() { left_.push_back(std::exchange(gradient_, Array<float>(stream_, gradient_.size()))); }
  void move_loss() { left_losses_.push_back(std::exchange(loss_, Array<double>(stream_, loss_.size()))); }
  /// One step of Adam on top of the last gradient. Returns the new parameters.
  [[nodiscard]] std::vector<float> step();
  [[nodiscard]] std::vector<float> predict(const std::vector<float>& parameters);

 private:
  [[nodiscard]] Batch batch() const;

  const SmallData& data_;
  Backend& backend_;
  Stream& stream_;
  DeviceExamples device_;
  std::vector<std::int32_t> lengths_;
  Array<float> parameters_, gradient_, first_moment_, second_moment_;
  Array<double> loss_, norm_;
  std::vector<Array<float>> left_;  ///< what moved arrays left behind
  std::vector<Array<double>> left_losses_;
  Array<ParameterRange> ranges_;
  std::unique_ptr<NeuralNetwork> network_;
};

}  // namespace footfall::test
