#pragma once

#include <memory>

#include "kernels/columns/columns.hpp"

namespace footfall {

class Team;

/// The CPU's implementation, for its backend alone. The team must outlive it. Each file *_cpu.cpp beside this one holds the operations of
/// its subject.
class CpuColumns final : public Columns {
 public:
  explicit CpuColumns(Team& team) : team_(team) {}

  void moments(MatrixView<const float> in, View<Moments> state, Stream& stream) override;
  void standardize(MatrixView<const float> in, View<const ColumnScale> fit, MatrixView<float> out, Stream& stream) override;
  void standardize_columnar(View<const float> in, std::int64_t column_stride, std::int64_t rows, View<const ColumnScale> fit,
                            MatrixView<float> out, Stream& stream) override;
  void sort_columns(MatrixView<const float> in, View<float> out, View<std::int64_t> valid, Stream& stream) override;
  void histogram(MatrixView<const std::int32_t> codes, std::int64_t states, View<std::int64_t> counts, Stream& stream) override;
  void interpolate(MatrixView<const float> in, MatrixView<const float> knots, MatrixView<const float> values, float missing,
                   MatrixView<float> out, Stream& stream) override;
  void piecewise_encode(MatrixView<const float> in, MatrixView<const float> edges, MatrixView<float> out, Stream& stream) override;
  void gather_rows(MatrixView<const float> in, View<const std::int64_t> rows, MatrixView<float> out, Stream& stream) override;
  void gather_rows(MatrixView<const std::int32_t> in, View<const std::int64_t> rows, MatrixView<std::int32_t> out, Stream& stream) override;

 private:
  Team& team_;
};

[[nodiscard]] std::unique_ptr<Columns> make_cpu_columns(Team& team);

}  // namespace footfall
