#pragma once

#include <memory>

#include "kernels/layers/layers.hpp"

namespace footfall {

class Team;

/// The CPU's implementation, for its backend alone. The team must outlive it. Each file *_cpu.cpp beside this one holds the operations of
/// its subject.
class CpuLayers final : public Layers {
 public:
  explicit CpuLayers(Team& team) : team_(team) {}

  void linear(MatrixView<const float> x, MatrixView<const float> w, View<const float> b, Activation activation, MatrixView<float> y,
              Precision precision, Stream& stream) override;
  void linear_backward(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> y, Activation activation,
                       MatrixView<float> dy, MatrixView<float> dx, MatrixView<float> dw, View<float> db, Precision precision,
                       Stream& stream) override;
  void member_scale(MatrixView<const float> x, MatrixView<const float> r, MatrixView<float> out, Stream& stream) override;
  void member_scale_backward(MatrixView<const float> x, MatrixView<const float> r, MatrixView<const float> dout, MatrixView<float> dx,
                             MatrixView<float> dr, Stream& stream) override;
  void member_affine(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> b, Activation activation,
                     MatrixView<float> out, Stream& stream) override;
  void member_affine_backward(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> out, Activation activation,
                              MatrixView<float> dout, MatrixView<float> ds, MatrixView<float> db, Stream& stream) override;
  void member_heads(MatrixView<const float> x, MatrixView<const float> w, View<const float> b, MatrixView<float> z,
                    Stream& stream) override;
  void member_heads_backward(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> dz, MatrixView<float> dx,
                             MatrixView<float> dw, View<float> db, Stream& stream) override;
  void dropout(MatrixView<float> x, const DropoutSpec& spec, View<const std::int64_t> rows, View<const StepState> state,
               Stream& stream) override;
  void sigmoid_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                             Stream& stream) override;
  void softmax_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                             Stream& stream) override;
  void squared_error(MatrixView<const float> z, View<const float> labels, float scale, View<double> loss, MatrixView<float> dz,
                     Stream& stream) override;
  void member_average(MatrixView<const float> z, Output output, float inverse_temperature, MatrixView<float> out, Stream& stream) override;
  void copy_matrix(MatrixView<const float> in, MatrixView<float> out, Stream& stream) override;
  void add_matrix(MatrixView<const float> in, MatrixView<float> out, Stream& stream) override;
  void squared_norm(View<const float> values, View<double> out, Stream& stream) override;
  void adam(View<float> w, View<const float> g, View<float> m, View<float> v, View<const ParameterRange> ranges, const AdamSpec& spec,
            View<const StepState> state, View<const double> norm2, Stream& stream) override;

 private:
  Team& team_;
};

[[nodiscard]] std::unique_ptr<Layers> make_cpu_layers(Team& team);

}  // namespace footfall
