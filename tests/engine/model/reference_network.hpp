#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/engine/model/small_data.hpp"

namespace footfall::test {

/// The whole model as plain loops in float64, forward only: gradients are taken from it by central differences.
class ReferenceNetwork {
 public:
  /// Factors of dropout by place: "state" [batch, state width] and the number of a layer [members * batch, width]. A place without any has
  /// none.
  using Masks = std::map<std::string, std::vector<float>>;

  ReferenceNetwork(const Architecture& spec, const ParameterLayout& layout, const SmallData& data, Masks masks)
      : spec_(spec), layout_(layout), data_(data), masks_(std::move(masks)) {}

  /// The sum over the heads of the mean loss over examples and members.
  [[nodiscard]] double loss(const std::vector<double>& parameters) const;
  /// [batch, outputs], without dropout.
  [[nodiscard]] std::vector<double> predictions(const std::vector<double>& parameters) const;

 private:
  using Vector = std::vector<double>;
  [[nodiscard]] const double* at(const Vector& parameters, const std::string& name) const;
  [[nodiscard]] Vector step(const Vector& parameters, std::int64_t row) const;
  [[nodiscard]] std::vector<Vector> recurrent(const Vector& parameters, std::size_t layer, const std::vector<Vector>& inputs) const;
  [[nodiscard]] Vector joined(const Vector& parameters, std::size_t b, bool dropout) const;
  [[nodiscard]] Vector outputs(const Vector& parameters, std::size_t b, std::size_t member, bool dropout) const;
  void mask(const std::string& place, std::size_t row, Vector& values) const;

  const Architecture& spec_;
  const ParameterLayout& layout_;
  const SmallData& data_;
  Masks masks_;
};

}  // namespace footfall::test
