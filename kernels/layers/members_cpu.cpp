#include <algorithm>
#include <array>

#include "kernels/device/tiles.hpp"
#include "kernels/layers/cpu_layers.hpp"
#include "kernels/layers/dropout_math.hpp"
#include "kernels/layers/row_loops.hpp"

namespace footfall {
namespace {

constexpr std::int64_t column_block = 64;

/// Rows of one member among `rows`.
[[nodiscard]] std::int64_t rows_of_member(std::int64_t rows, std::int64_t members) {
  require(members > 0 && rows % members == 0, "the rows are not whole members");
  return rows / members;
}

/// A block of columns of one member.
struct MemberBlock {
  std::int64_t member, first, count;
};

/// Calls work(block) for every member and block of columns: whoever sums over a member's rows has the columns for himself.
template <class Work>
void for_member_blocks(Team& team, std::int64_t members, std::int64_t columns, const Work& work) {
  const std::int64_t blocks = (columns + column_block - 1) / column_block;
  for_tiles(team, members * blocks, 1, [&](std::int64_t index, std::int64_t /*one*/) {
    const std::int64_t first = index % blocks * column_block;
    work(MemberBlock{index / blocks, first, std::min(column_block, columns - first)});
  });
}

void add_sums(const std::array<double, column_block>& sums, float* to, std::int64_t count) {
  for (std::int64_t c = 0; c < count; ++c) to[c] += static_cast<float>(sums[static_cast<std::size_t>(c)]);
}

}  // namespace

void CpuLayers::member_scale(MatrixView<const float> x, MatrixView<const float> r, MatrixView<float> out, Stream& /*stream*/) {
  require_host(x, r, out);
  const std::int64_t batch = rows_of_member(out.rows, r.rows);
  require(x.columns == r.columns && out.columns == r.columns && (x.rows == batch || x.rows == out.rows), "member_scale: shapes do not fit");
  const bool shared = x.rows != out.rows;
  for_tiles(team_, out.rows, tile_of_width(out.columns), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; ++row) {
      const std::int64_t from = shared ? row % batch : row;
      multiply_row(x.data + from * x.stride, r.data + row / batch * r.stride, out.data + row * out.stride, out.columns);
    }
  });
}

void CpuLayers::member_scale_backward(MatrixView<const float> x, MatrixView<const float> r, MatrixView<const float> dout,
                                      MatrixView<float> dx, MatrixView<float> dr, Stream& /*stream*/) {
  require_host(x, r, dout, dx, dr);
  const std::int64_t members = r.rows;
  const std::int64_t batch = rows_of_member(dout.rows, members);
  require(x.columns == r.columns && dout.columns == r.columns && (x.rows == batch || x.rows == dout.rows),
          "member_scale_backward: shapes do not fit");
  const bool shared = x.rows != dout.rows;
  if (!dr.empty()) {
    require(dr.rows == members && dr.columns == r.columns, "member_scale_backward: dr does not fit");
    for_member_blocks(team_, members, r.columns, [&](MemberBlock block) {
      std::array<double, column_block> sums{};
      const MatrixView<const float> inputs = x.row_range(shared ? 0 : block.member * batch, batch).column_range(block.first, block.count);
      sum_product_rows(dout.row_range(block.member * batch, batch).column_range(block.first, block.count), inputs, sums.data());
      add_sums(sums, dr.data + block.member * dr.stride + block.first, block.count);
    });
  }
  if (dx.empty()) return;
  require(dx.rows == x.rows && dx.columns == x.columns, "member_scale_backward: dx does not fit");
  for_tiles(team_, dx.rows, tile_of_width(dx.columns * (shared ? members : 1)), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; ++row) {
      float* const to = dx.data + row * dx.stride;
      const std::int64_t own = shared ? 0 : row / batch;
      multiply_row(dout.data + row * dout.stride, r.data + own * r.stride, to, dx.columns);
      for (std::int64_t m = 1; shared && m < members; ++m) {
        multiply_add_row(dout.data + (m * batch + row) * dout.stride, r.data + m * r.stride, to, dx.columns);
      }
    }
  });
}

void CpuLayers::member_affine(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> b, Activation activation,
                              MatrixView<float> out, Stream& /*stream*/) {
  require_host(y, s, b, out);
  const std::int64_t batch = rows_of_member(out.rows, s.rows);
  require(y.rows == out.rows && y.columns == out.columns && s.columns == out.columns && b.rows == s.rows && b.columns == s.columns,
          "member_affine: shapes do not fit");
  for_tiles(team_, out.rows, tile_of_width(out.columns), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; ++row) {
      const std::int64_t m = row / batch;
      affine_row(y.data + row * y.stride, s.data + m * s.stride, b.data + m * b.stride, out.data + row * out.stride, out.columns,
                 activation);
    }
  });
}

void CpuLayers::member_affine_backward(MatrixView<const float> y, MatrixView<const float> s, MatrixView<const float> out,
                                       Activation activation, MatrixView<float> dout, MatrixView<float> ds, MatrixView<float> db,
                                       Stream& /*stream*/) {
  require_host(y, s, out, dout, ds, db);
  const std::int64_t batch = rows_of_member(dout.rows, s.rows);
  require(y.rows == dout.rows && y.columns == dout.columns && s.columns == dout.columns, "member_affine_backward: shapes do not fit");
  require(activation == Activation::none || (out.rows == dout.rows && out.columns == dout.columns),
          "member_affine_backward: out does not fit");
  require(ds.rows == s.rows && ds.columns == s.columns && db.rows == s.rows && db.columns == s.columns,
          "member_affine_backward: ds or db does not fit");
  for_member_blocks(team_, s.rows, s.columns, [&](MemberBlock block) {
    std::array<double, column_block> scale_sums{};
    std::array<double, column_block> bias_sums{};
    const auto cut = [&](auto matrix) { return matrix.row_range(block.member * batch, batch).column_range(block.first, block.count); };
    AffineBackward work;
    work.y = cut(y);
    if (activation != Activation::none) work.out = cut(out);
    work.s = s.data + block.member * s.stride + block.first;
    work.dout = cut(dout);
    work.ds = scale_sums.data();
    work.db = bias_sums.data();
    affine_backward(work, activation);
    add_sums(scale_sums, ds.data + block.member * ds.stride + block.first, block.count);
    add_sums(bias_sums, db.data + block.member * db.stride + block.first, block.count);
  });
}

void CpuLayers::member_heads(MatrixView<const float> x, MatrixView<const float> w, View<const float> b, MatrixView<float> z,
                             Stream& /*stream*/) {
  require_host(x, w, b, z);
  const std::int64_t outputs = z.columns;
  require(outputs > 0 && w.rows % outputs == 0 && x.columns == w.columns && x.rows == z.rows && (b.empty() || b.size == w.rows),
          "member_heads: shapes do not fit");
  const std::int64_t members = w.rows / outputs;
  const std::int64_t batch = rows_of_member(z.rows, members);
  const std::int64_t tile = tile_of_width(x.columns * outputs);
  const std::int64_t tiles = (batch + tile - 1) / tile;
  for_tiles(team_, members * tiles, 1, [&](std::int64_t index, std::int64_t /*one*/) {
    const std::int64_t member = index / tiles;
    const std::int64_t first = index % tiles * tile;
    const std::int64_t count = std::min(tile, batch - first);
    small_product(x.row_range(member * batch + first, count), w.row_range(member * outputs, outputs),
                  b.empty() ? nullptr : b.data + member * outputs, z.row_range(member * batch + first, count));
  });
}

void CpuLayers::member_heads_backward(MatrixView<const float> x, MatrixView<const float> w, MatrixView<const float> dz,
                                      MatrixView<float> dx, MatrixView<float> dw, View<float> db, Stream& /*stream*/) {
  require_host(x, w, dz, dx, dw, db);
  const std::int64_t outputs = dz.columns;
  require(outputs > 0 && w.rows % outputs == 0 && x.columns == w.columns && x.rows == dz.rows, "member_heads_backward: shapes do not fit");
  const std::int64_t members = w.rows / outputs;
  const std::int64_t batch = rows_of_member(dz.rows, members);
  if (!dw.empty()) {
    require(dw.rows == w.rows && dw.columns == w.columns, "member_heads_backward: dw does not fit");
    for_member_blocks(team_, w.rows, w.columns, [&](MemberBlock block) {  // a row of w is one output of one member
      std::array<double, column_block> sums{};
      const std::int64_t member = block.member / outputs;
      sum_scaled_rows(dz.data + member * batch * dz.stride + block.member % outputs, dz.stride,
                      x.row_range(member * batch, batch).column_range(block.first, block.count), sums.data());
      add_sums(sums, dw.data + block.member * dw.stride + block.first, block.count);
    });
  }
  if (!db.empty()) {
    require(db.size == w.rows, "member_heads_backward: db does not fit");
    for_member_blocks(team_, members, outputs, [&](MemberBlock block) {
      std::array<double, column_block> sums{};
      sum_rows(dz.row_range(block.member * batch, batch).column_range(block.first, block.count), sums.data());
      add_sums(sums, db.data + block.member * outputs + block.first, block.count);
    });
  }
  if (dx.empty()) return;
  require(dx.rows == x.rows && dx.columns == x.columns, "member_heads_backward: dx does not fit");
  for_tiles(team_, dx.rows, tile_of_width(dx.columns * outputs), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; ++row) {
      combine_rows(dz.data + row * dz.stride, w.row_range(row / batch * outputs, outputs), dx.data + row * dx.stride);
    }
  });
}

void CpuLayers::dropout(MatrixView<float> x, const DropoutSpec& spec, View<const std::int64_t> rows, View<const StepState> state,
                        Stream& /*stream*/) {
  require_host(x, rows, state);
  if (spec.probability == 0.0F || x.empty()) return;
  require(spec.probability > 0.0F && spec.probability < 1.0F, "dropout: a probability outside [0, 1)");
  require(rows.size > 0 && x.rows % rows.size == 0 && state.size >= 1, "dropout: shapes do not fit");
  require(spec.layer < dropout_layers && x.rows / rows.size <= dropout_members && x.columns <= dropout_columns,
          "dropout: more than its counter holds");
  const std::int64_t batch = rows.size;
  const std::uint64_t step = state.data[0].step;
  for_tiles(team_, x.rows, tile_of_width(x.columns * 8), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; ++row) {
      drop_row(x.data + row * x.stride, x.columns, spec, step, row / batch, rows.data[row % batch]);
    }
  });
}

}  // namespace footfall
