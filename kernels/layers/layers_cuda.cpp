// The layers on CUDA: shapes are checked here, the work is launched from the .cu files and cuBLAS.

#include "kernels/layers/cuda_layers.hpp"
#include "kernels/layers/dropout_math.hpp"
#include "kernels/layers/layer_kernels.hpp"

namespace footfall {
namespace {

template <class... Views>
void require_on_device(const Views&... views) {
  require(((views.place == Place::device || views.data == nullptr) && ...), "host memory is given to an operation on CUDA");
}

template <class A, class B>
bool same_shape(const MatrixView<A>& a, const MatrixView<B>& b) {
  return a.rows == b.rows && a.columns == b.columns;
}

/// Rows of the members' common batch.
std::int64_t batch_of(std::int64_t rows, std::int64_t members, const char* what) {
  require(members > 0 && rows % members == 0, what);
  return rows / members;
}

class CudaLayers final : public Layers {
 public:
  void linear(MatrixView<const float> x, MatrixView<const float> w, View<const float> b, Activation activation, MatrixView<float> y,
              Precision precision, Stream& stream) override {
    require(x.columns == w.columns && y.rows == x.rows && y.columns == w.rows,
            "linear: x [rows, in], w [out, in] and y [rows, out] do not fit");
    require(b.empty() || b.size == w.rows, "linear: the bias must have one value an output");
    if (y.empty()) return;
    require_on_device(x, w, b, y);
    CudaStream& cuda = cuda_stream(stream);
    multiply_by_transposed(x, w, y, 1, precision, cuda);
    launch_bias_activation(b, activation, y, cuda);
  }

  void linear_backward(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> y, Activation activation,
                       MatrixView<float> dy, MatrixView<float> dx, MatrixView<float> dw, View<float> db, Precision precision,
                       Stream& stream) override {
    require(x.columns == w.columns && dy.rows == x.rows && dy.columns == w.rows, "linear_backward: x, w and dy do not fit");
    require(activation == Activation::none || same_shape(y, dy), "linear_backward: y must have the shape of dy");
    require((dx.empty() || same_shape(dx, x)) && (dw.empty() || same_shape(dw, w)) && (db.empty() || db.size == w.rows),
            "linear_backward: a gradient has another shape than its value");
    if (dy.empty()) return;
    require_on_device(x, w, y, dy, dx, dw, db);
    CudaStream& cuda = cuda_stream(stream);
    launch_activation_backward(y, activation, dy, db, cuda);
    if (!dw.empty()) add_transposed_product(dy, x, dw, 1, precision, cuda);
    if (!dx.empty()) multiply(dy, w, dx, 1, precision, cuda);
  }

  void member_scale(MatrixView<const float> x, MatrixView<const float> r, MatrixView<float> out, Stream& stream) override {
    const std::int64_t batch = batch_of(out.rows, r.rows, "member_scale: out must have K * B rows");
    require(x.columns == r.columns && out.columns == r.columns && (x.rows == out.rows || x.rows == batch),
            "member_scale: x, r and out do not fit");
    if (out.empty()) return;
    require_on_device(x, r, out);
    launch_member_scale(x, r, out, cuda_stream(stream));
  }

  void member_scale_backward(MatrixView<const float> x, MatrixView<const float> r, MatrixView<const float> dout, MatrixView<float> dx,
                             MatrixView<float> dr, Stream& stream) override {
    const std::int64_t batch = batch_of(dout.rows, r.rows, "member_scale_backward: dout must have K * B rows");
    require(x.columns == r.columns && dout.columns == r.columns && (x.rows == dout.rows || x.rows == batch),
            "member_scale_backward: x, r and dout do not fit");
    require((dx.empty() || same_shape(dx, x)) && same_shape(dr, r), "member_scale_backward: a gradient has another shape than its value");
    if (dout.empty()) return;
    require_on_device(x, r, dout, dx, dr);
    launch_member_scale_backward(x, r, dout, dx, dr, cuda_stream(stream));
  }

  void member_affine(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> b, Activation activation,
                     MatrixView<float> out, Stream& stream) override {
    static_cast<void>(batch_of(y.rows, s.rows, "member_affine: y must have K * B rows"));
    require(same_shape(y, out) && same_shape(s, b) && s.columns == y.columns, "member_affine: y, s, b and out do not fit");
    if (out.empty()) return;
    require_on_device(y, s, b, out);
    launch_member_affine(y, s, b, activation, out, cuda_stream(stream));
  }

  void member_affine_backward(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> out, Activation activation,
                              MatrixView<float> dout, MatrixView<float> ds, MatrixView<float> db, Stream& stream) override {
    static_cast<void>(batch_of(dout.rows, s.rows, "member_affine_backward: dout must have K * B rows"));
    require(same_shape(y, dout) && same_shape(out, dout) && s.columns == y.columns && same_shape(s, ds) && same_shape(s, db),
            "member_affine_backward: the shapes do not fit");
    if (dout.empty()) return;
    require_on_device(y, s, out, dout, ds, db);
    launch_member_affine_backward(y, s, out, activation, dout, ds, db, cuda_stream(stream));
  }

  void member_heads(MatrixView<const float> x, MatrixView<const float> w, View<const float> b, MatrixView<float> z,
                    Stream& stream) override {
    const std::int64_t members = members_of_heads(x, w, z);
    require(b.empty() || b.size == w.rows, "member_heads: the bias must have one value a row of w");
    if (z.empty()) return;
    require_on_device(x, w, b, z);
    CudaStream& cuda = cuda_stream(stream);
    multiply_by_transposed(x, w, z, members, Precision::float32, cuda);
    if (b.empty()) return;
    launch_member_affine(z, {}, MatrixView<const float>(b, members, z.columns), Activation::none, z, cuda);
  }

  void member_heads_backward(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> dz, MatrixView<float> dx,
                             MatrixView<float> dw, View<float> db, Stream& stream) override {
    const std::int64_t members = members_of_heads(x, w, dz);
    require((dx.empty() || same_shape(dx, x)) && (dw.empty() || same_shape(dw, w)) && (db.empty() || db.size == w.rows),
            "member_heads_backward: a gradient has another shape than its value");
    if (dz.empty()) return;
    require_on_device(x, w, dz, dx, dw, db);
    CudaStream& cuda = cuda_stream(stream);
    if (!db.empty()) launch_member_sums(dz, MatrixView<float>(db, members, dz.columns), cuda);
    if (!dw.empty()) add_transposed_product(dz, x, dw, members, Precision::float32, cuda);
    if (!dx.empty()) multiply(dz, w, dx, members, Precision::float32, cuda);
  }

  void dropout(MatrixView<float> x, const DropoutSpec& spec, View<const std::int64_t> rows, View<const StepState> state,
               Stream& stream) override {
    if (x.empty() || spec.probability == 0.0F) return;
    require(spec.probability > 0.0F && spec.probability < 1.0F, "dropout: the probability must lie in [0, 1)");
    require(rows.size > 0 && x.rows % rows.size == 0 && state.size >= 1, "dropout: x must have K * B rows");
    require(spec.layer < dropout_layers && x.rows / rows.size <= dropout_members && x.columns <= dropout_columns,
            "dropout: more layers, members or columns than its counter holds");
    require_on_device(x, rows, state);
    launch_dropout(x, spec, rows, state, cuda_stream(stream));
  }

  void sigmoid_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                             Stream& stream) override {
    require(z.columns == 1, "sigmoid_cross_entropy: one logit a row is needed");
    require(weights.empty() || weights.size == 2, "sigmoid_cross_entropy: two weights are needed, or none");
    require_on_device(weights);
    if (!ready_for_loss(z, labels, loss, dz)) return;
    launch_sigmoid_cross_entropy(z, labels, weights, scale, loss, dz, cuda_stream(stream));
  }
  void softmax_cross_entropy(MatrixView<const float> z, View<const float> labels, View<const float> weights, float scale, View<double> loss, MatrixView<float> dz,
                             Stream& stream) override {
    require(weights.empty() || weights.size == z.columns, "softmax_cross_entropy: a weight for each class is needed, or none");
    require_on_device(weights);
    if (!ready_for_loss(z, labels, loss, dz)) return;
    launch_softmax_cross_entropy(z, labels, weights, scale, loss, dz, cuda_stream(stream));
  }
  void squared_error(MatrixView<const float> z, View<const float> labels, float scale, View<double> loss, MatrixView<float> dz,
                     Stream& stream) override {
    require(z.columns == 1, "squared_error: one value a row is needed");
    if (!ready_for_loss(z, labels, loss, dz)) return;
    launch_squared_error(z, labels, scale, loss, dz, cuda_stream(stream));
  }

  void member_average(MatrixView<const float> z, Output output, float inverse_temperature, MatrixView<float> out, Stream& stream) override {
    if (out.empty()) return;
    require(z.columns == out.columns && z.rows >= out.rows && z.rows % out.rows == 0,
            "member_average: z must have K * B rows of the output's width");
    require_on_device(z, out);
    launch_member_average(z, output, inverse_temperature, out, cuda_stream(stream));
  }

  void copy_matrix(MatrixView<const float> in, MatrixView<float> out, Stream& stream) override {
    require(same_shape(in, out), "copy_matrix: the shapes differ");
    if (in.empty()) return;
    require_on_device(in, out);
    launch_copy_matrix(in, out, cuda_stream(stream));
  }
  void add_matrix(MatrixView<const float> in, MatrixView<float> out, Stream& stream) override {
    require(same_shape(in, out), "add_matrix: the shapes differ");
    if (in.empty()) return;
    require_on_device(in, out);
    launch_add_matrix(in, out, cuda_stream(stream));
  }

  void squared_norm(View<const float> values, View<double> out, Stream& stream) override {
    require(out.size >= 1, "squared_norm: there is no place for the result");
    require_on_device(values, out);
    if (values.empty()) {
      clear(out.sub(0, 1), stream);
      return;
    }
    launch_squared_norm(values, out, cuda_stream(stream));
  }

  void adam(View<float> w, View<const float> g, View<float> m, View<float> v, View<const ParameterRange> ranges, const AdamSpec& spec,
            View<const StepState> state, View<const double> norm2, Stream& stream) override {
    require(g.size == w.size && m.size == w.size && v.size == w.size && state.size >= 1, "adam: the sizes of w, g, m and v differ");
    if (w.empty()) return;
    require(!ranges.empty(), "adam: no range covers the parameters");
    require_on_device(w, g, m, v, ranges, state, norm2);
    launch_adam(w, g, m, v, ranges, spec, state, norm2, cuda_stream(stream));
  }

 private:
  template <class T>
  static std::int64_t members_of_heads(MatrixView<const float> x, MatrixView<const float> w, const MatrixView<T>& z) {
    require(z.columns > 0 && w.rows % z.columns == 0, "member_heads: w must have K * out rows");
    const std::int64_t members = w.rows / z.columns;
    static_cast<void>(batch_of(x.rows, members, "member_heads: x must have K * B rows"));
    require(z.rows == x.rows && w.columns == x.columns, "member_heads: x, w and z do not fit");
    return members;
  }

  /// False when there is nothing to do.
  static bool ready_for_loss(MatrixView<const float> z, View<const float> labels, View<double> loss, MatrixView<float> dz) {
    require(loss.size >= 1 && (dz.empty() || same_shape(dz, z)), "a loss needs a place for its sum, and a gradient of the logits' shape");
    if (z.empty()) return false;
    require(labels.size > 0 && z.rows % labels.size == 0, "a loss needs K * B logits for B labels");
    require_on_device(z, labels, loss, dz);
    return true;
  }
};

}  // namespace

std::unique_ptr<Layers> make_cuda_layers() { return std::make_unique<CudaLayers>(); }

}  // namespace footfall
