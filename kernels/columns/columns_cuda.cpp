// The column operations on CUDA: shapes are checked here, the work is launched from the .cu files.

#include "kernels/columns/column_kernels.hpp"
#include "kernels/columns/cuda_columns.hpp"

namespace footfall {
namespace {

template <class... Views>
void require_on_device(const Views&... views) {
  require(((views.place == Place::device || views.data == nullptr) && ...), "host memory is given to an operation on CUDA");
}

class CudaColumns final : public Columns {
 public:
  void moments(MatrixView<const float> in, View<Moments> state, Stream& stream) override {
    require(state.size == in.columns, "moments: one state a column is needed");
    if (in.empty()) return;
    require_on_device(in, state);
    launch_moments(in, state, cuda_stream(stream));
  }

  void standardize(MatrixView<const float> in, View<const ColumnScale> fit, MatrixView<float> out, Stream& stream) override {
    require(fit.size == in.columns && out.rows == in.rows && out.columns >= in.columns, "standardize: the widths or heights differ");
    if (in.empty()) return;
    require_on_device(in, fit, out);
    launch_standardize(in, fit, out, cuda_stream(stream));
  }

  void standardize_columnar(View<const float> in, std::int64_t column_stride, std::int64_t rows, View<const ColumnScale> fit,
                            MatrixView<float> out, Stream& stream) override {
    require(column_stride >= rows && out.rows == rows && out.columns >= fit.size, "standardize_columnar: the widths or heights differ");
    if (rows == 0 || fit.size == 0) return;
    require(in.size >= column_stride * (fit.size - 1) + rows, "standardize_columnar: the input is too short");
    require_on_device(in, fit, out);
    launch_standardize_columnar(in, column_stride, rows, fit, out, cuda_stream(stream));
  }

  void sort_columns(MatrixView<const float> in, View<float> out, View<std::int64_t> valid, Stream& stream) override {
    require(out.size >= in.rows * in.columns && valid.size == in.columns, "sort_columns: the output does not fit the input");
    if (in.columns == 0) return;
    clear(valid, stream);
    if (in.empty()) return;
    require_on_device(in, out, valid);
    launch_sort_columns(in, out, valid, cuda_stream(stream));
  }

  void histogram(MatrixView<const std::int32_t> codes, std::int64_t states, View<std::int64_t> counts, Stream& stream) override {
    require(states >= 0 && counts.size >= codes.columns * states, "histogram: there are fewer counts than columns * states");
    if (codes.empty() || states == 0) return;
    require_on_device(codes, counts);
    launch_histogram(codes, states, counts, cuda_stream(stream));
  }

  void interpolate(MatrixView<const float> in, MatrixView<const float> knots, MatrixView<const float> values, float missing,
                   MatrixView<float> out, Stream& stream) override {
    require(knots.rows == in.columns && values.rows == in.columns && knots.columns == values.columns && knots.columns >= 1,
            "interpolate: knots and values must be [columns, points]");
    require(out.rows == in.rows && out.columns >= in.columns, "interpolate: the output does not fit the input");
    if (in.empty()) return;
    require_on_device(in, knots, values, out);
    launch_interpolate(in, knots, values, missing, out, cuda_stream(stream));
  }

  void piecewise_encode(MatrixView<const float> in, MatrixView<const float> edges, MatrixView<float> out, Stream& stream) override {
    require(edges.rows == in.columns && edges.columns >= 1, "piecewise_encode: edges must be [columns, bins + 1]");
    require(out.rows == in.rows && out.columns == in.columns * (edges.columns - 1),
            "piecewise_encode: the output must be [rows, columns * bins]");
    if (out.empty()) return;
    require_on_device(in, edges, out);
    launch_piecewise_encode(in, edges, out, cuda_stream(stream));
  }

  void gather_rows(MatrixView<const float> in, View<const std::int64_t> rows, MatrixView<float> out, Stream& stream) override {
    gather(in, rows, out, stream);
  }
  void gather_rows(MatrixView<const std::int32_t> in, View<const std::int64_t> rows, MatrixView<std::int32_t> out,
                   Stream& stream) override {
    gather(in, rows, out, stream);
  }

 private:
  template <class T>
  static void gather(MatrixView<const T> in, View<const std::int64_t> rows, MatrixView<T> out, Stream& stream) {
    require(out.rows == rows.size && out.columns == in.columns, "gather_rows: the output does not fit the input");
    if (out.empty()) return;
    require_on_device(in, rows, out);
    launch_gather_rows(in, rows, out, cuda_stream(stream));
  }
};

}  // namespace

std::unique_ptr<Columns> make_cuda_columns() { return std::make_unique<CudaColumns>(); }

}  // namespace footfall
