#pragma once

#include <cstdint>

#include "kernels/device/array.hpp"
#include "kernels/precision.hpp"

namespace footfall {

enum class Activation : std::uint8_t { none, relu, tanh, sigmoid };

/// What changes from step to step and must lie in device memory, so that a recorded step can be replayed.
struct StepState {
  std::uint64_t step = 0;        ///< from 1: Adam's t, and the counter of dropout
  float learning_rate = 0.0F;
  float largest_norm = 0.0F;     ///< gradients are scaled down to this norm; 0 means no clipping
};

/// A run of parameters that the optimizer treats alike. Ranges ascend and cover all parameters.
struct ParameterRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
  float rate = 1.0F;    ///< multiplies the learning rate; 0: never changed
  float decay = 0.0F;   ///< decoupled weight decay (AdamW)
};

/// Adam's constants (Kingma and Ba 2015, section 2).
struct AdamSpec {
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float epsilon = 1e-8F;
};

struct DropoutSpec {
  float probability = 0.0F;    ///< of a unit to be zero; others are scaled by 1 / (1 - p)
  std::uint64_t seed = 0;
  std::uint32_t layer = 0;     ///< tells the masks of different layers apart
};

/// Layers between the encoders and the losses. Matrices are row-major float32 on the device. "Member" operations work on
/// K weight-sharing members (TabM, Gorishniy et al. 2025; BatchEnsemble, Wen et al. 2020): a matrix of K * B rows holds member after member,
/// row m * B + b is example b of member m. Gradients of parameters are added to what is there; gradients of inputs are overwritten.
/// Sums over rows are taken in an order that depends on nothing but the shape.
class Layers {
 public:
  virtual ~Layers() = default;

  /// y = activation(x w' + b). x [rows, in], w [out, in], b [out] or empty, y [rows, out].
  virtual void linear(MatrixView<const float> x, MatrixView<const float> w, View<const float> b, Activation activation, MatrixView<float> y, Precision precision,
                      Stream& stream) = 0;

  /// Backward of linear with its output y: turns dy into the gradient before the activation IN PLACE, then dw += dy' x, db += column sums, and
  /// dx = dy w. dw, db, dx may be empty: not wanted.
  virtual void linear_backward(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> y, Activation activation, MatrixView<float> dy,
                               MatrixView<float> dx, MatrixView<float> dw, View<float> db, Precision precision, Stream& stream) = 0;

  /// out row m * B + b = x row (b, or m * B + b when x has K * B rows) times r row m, elementwise. r [K, in].
  virtual void member_scale(MatrixView<const float> x, MatrixView<const float> r, MatrixView<float> out, Stream& stream) = 0;
  /// dr += sum over b of dout * x; dx (empty: not wanted) = dout * r, summed over the members when x has B rows.
  virtual void member_scale_backward(MatrixView<const float> x, MatrixView<const float> r, MatrixView<const float> dout, MatrixView<float> dx,
                                     MatrixView<float> dr, Stream& stream) = 0;

  /// out = activation(y * s + b) with s, b [K, columns] by member. y, out [K * B, columns], may be the same when not trained.
  virtual void member_affine(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> b, Activation activation, MatrixView<float> out,
                             Stream& stream) = 0;
  /// dout becomes the gradient before the activation times s, that is dy, IN PLACE; ds += sum over b of dz * y, db += sum over b of dz.
  virtual void member_affine_backward(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> out, Activation activation,
                                      MatrixView<float> dout, MatrixView<float> ds, MatrixView<float> db, Stream& stream) = 0;

  /// A head of its own for each member: z row (m, b) = w_m x + b_m. x [K * B, in], w [K * out, in] (member-major), b [K, out] as a run, z [K * B, out].
  virtual void member_heads(MatrixView<const float> x, MatrixView<const float> w, View<const float> b, MatrixView<float> z, Stream& stream) = 0;
  virtual void member_heads_backward(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> dz, MatrixView<float> dx,
                                     MatrixView<float> dw, View<float> db, Stream& stream) = 0;

  /// Multiplies x in place by a mask drawn by Philox 4x32-10: key = seed, counter = (id of the row's example, layer, member, step, column). The same
  /// call on a gradient is the backward pass. rows [B] ids of the examples, on the device; x [K * B, columns]. probability 0 leaves x alone.
  virtual void dropout(MatrixView<float> x, const DropoutSpec& spec, View<const std::int64_t> rows, View<const StepState> state, Stream& stream) = 0;

  /// Binary cross-entropy on logits, fused with its gradient: loss += scale * sum w(y) (max(z,0) - z y + log1p(exp(-|z|))),
  /// dz = scale * w(y) (sigmoid(z) - y). weights [2] of labels up to and above 0.5, on the device; empty: all 1.
  /// z [K * B, 1] (a column range), labels [B] in [0, 1], NaN: no label, adds nothing and dz = 0. loss [1] float64 on the device, summed in
  /// float64 over fixed tiles. dz may be empty.
  virtual void sigmoid_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                                     Stream& stream) = 0;

  /// Cross-entropy on the logits of C classes: labels hold the class number, NaN: no label. dz = scale * w(y) (softmax(z) - onehot). weights [C], or empty.
  virtual void softmax_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                                     Stream& stream) = 0;

  /// loss += scale * sum (z - y)^2 / 2, dz = scale * (z - y); NaN labels add nothing.
  virtual void squared_error(MatrixView<const float> z, View<const float> labels, float scale, View<double> loss, MatrixView<float> dz, Stream& stream) = 0;

  /// The members' average prediction. z [K * B, columns] -> out [B, columns]: mean over m of sigmoid(t z), softmax(t z), or z. t is the inverse temperature.
  enum class Output : std::uint8_t { sigmoid, softmax, value };
  virtual void member_average(MatrixView<const float> z, Output output, float inverse_temperature, MatrixView<float> out, Stream& stream) = 0;

  /// out = in for matrices of any strides; out += in.
  virtual void copy_matrix(MatrixView<const float> in, MatrixView<float> out, Stream& stream) = 0;
  virtual void add_matrix(MatrixView<const float> in, MatrixView<float> out, Stream& stream) = 0;

  /// The square of the Euclidean norm of all values, in float64 over fixed tiles. out [1].
  virtual void squared_norm(View<const float> values, View<double> out, Stream& stream) = 0;

  /// Adam with decoupled weight decay over all parameters in one launch:
  /// g' = g * min(1, largest_norm / norm); m, v, bias correction by step; w -= rate * learning_rate * (m^ / (sqrt(v^) + epsilon) + decay * w).
  /// norm2 [1]: the squared norm (read only where state.largest_norm > 0). Gradients are left as they are. state [1], ranges on the device.
  virtual void adam(View<float> w, View<const float> g, View<float> m, View<float> v, View<const ParameterRange> ranges, const AdamSpec& spec,
                    View<const StepState> state, View<const double> norm2, Stream& stream) = 0;
};

}  // namespace footfall
