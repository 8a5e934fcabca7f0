#include "kernels/sequences/rnn_weights.hpp"

#include <algorithm>

namespace footfall {
namespace {

/// Where the parts of a layer begin in torch's run.
struct TorchLayer {
  explicit TorchLayer(const RnnLayout& layout)
      : w_hh(gates(layout.cell) * layout.hidden * layout.input),
        b_ih(w_hh + gates(layout.cell) * layout.hidden * layout.hidden),
        b_hh(b_ih + gates(layout.cell) * layout.hidden) {}
  std::int64_t w_hh, b_ih, b_hh;
};

/// Units of a panel that exist.
std::int64_t live_units(const RnnLayout& layout, std::int64_t panel) {
  return std::min(layout.lanes, layout.hidden - panel * layout.lanes);
}

void pack_side(const RnnLayout& layout, const float* w, std::int64_t columns, bool of_h, std::int64_t panel, float* out) {
  const std::int64_t lanes = layout.lanes;
  const std::int64_t live = live_units(layout, panel);
  const std::int64_t width = layout.fed() * lanes;
  float* to = out + panel * columns * width;
  for (std::int64_t v = 0; v < layout.fed(); ++v) {
    const float* rows = w + (layout.torch_gate(of_h, v) * layout.hidden + panel * lanes) * columns;
    for (std::int64_t k = 0; k < columns; ++k) {
      float* lane = to + k * width + v * lanes;
      for (std::int64_t u = 0; u < live; ++u) lane[u] = rows[u * columns + k];
      for (std::int64_t u = live; u < lanes; ++u) lane[u] = 0.0F;
    }
  }
}

void pack_bias(const RnnLayout& layout, const float* b_ih, const float* b_hh, std::int64_t panel, float* out) {
  const std::int64_t lanes = layout.lanes;
  const std::int64_t live = live_units(layout, panel);
  float* to = out + panel * layout.gate_width();
  std::fill(to, to + layout.gate_width(), 0.0F);
  for (std::int64_t v = 0; v < layout.fed(); ++v) {
    const std::int64_t x_row = layout.torch_gate(false, v) * layout.hidden + panel * lanes;
    const std::int64_t h_row = layout.torch_gate(true, v) * layout.hidden + panel * lanes;
    for (std::int64_t u = 0; u < live; ++u) {
      to[v * lanes + u] += b_ih[x_row + u];
      to[(v + layout.first_of_h()) * lanes + u] += b_hh[h_row + u];
    }
  }
}

void pack_columns(const RnnLayout& layout, const float* w, std::int64_t columns, bool of_h, std::int64_t panel, float* out) {
  const std::int64_t lanes = layout.lanes;
  const std::int64_t live = live_units(layout, panel);
  const std::int64_t depth = layout.panels() * layout.fed() * lanes;
  const ColumnPanels cut{layout.vectors(columns)};
  for (std::int64_t c = 0; c < cut.count(); ++c) {
    const std::int64_t first = cut.first(c) * lanes;
    const std::int64_t width = cut.width(c) * lanes;
    const std::int64_t there = std::min(width, columns - first);
    float* to = out + depth * first + panel * layout.fed() * lanes * width;
    for (std::int64_t v = 0; v < layout.fed(); ++v) {
      const float* rows = w + (layout.torch_gate(of_h, v) * layout.hidden + panel * lanes) * columns + first;
      for (std::int64_t u = 0; u < lanes; ++u, to += width) {
        if (u < live) {
          std::copy(rows + u * columns, rows + u * columns + there, to);
          std::fill(to + there, to + width, 0.0F);
        } else {
          std::fill(to, to + width, 0.0F);
        }
      }
    }
  }
}

/// The sum over the parts of one packed value, in their order.
float summed(const float* first, std::int64_t parts, std::int64_t part_stride) {
  float sum = first[0];
  for (std::int64_t p = 1; p < parts; ++p) sum += first[p * part_stride];
  return sum;
}

void add_side(const RnnLayout& layout, const float* gradients, std::int64_t parts, std::int64_t part_stride, std::int64_t columns,
              bool of_h, std::int64_t panel, float* out) {
  const std::int64_t lanes = layout.lanes;
  const std::int64_t live = live_units(layout, panel);
  const std::int64_t width = layout.fed() * lanes;
  const float* from = gradients + panel * columns * width;
  for (std::int64_t v = 0; v < layout.fed(); ++v) {
    float* rows = out + (layout.torch_gate(of_h, v) * layout.hidden + panel * lanes) * columns;
    for (std::int64_t k = 0; k < columns; ++k) {
      const float* lane = from + k * width + v * lanes;
      for (std::int64_t u = 0; u < live; ++u) rows[u * columns + k] += summed(lane + u, parts, part_stride);
    }
  }
}

}  // namespace

void pack_forward_panel(const RnnLayout& layout, const float* weights, std::int64_t panel, const PackedLayer& out) {
  const TorchLayer at(layout);
  pack_side(layout, weights, layout.input, false, panel, out.forward_x);
  pack_side(layout, weights + at.w_hh, layout.hidden, true, panel, out.forward_h);
  pack_bias(layout, weights + at.b_ih, weights + at.b_hh, panel, out.bias);
}

void pack_backward_panel(const RnnLayout& layout, const float* weights, std::int64_t panel, const PackedLayer& out) {
  const TorchLayer at(layout);
  pack_columns(layout, weights, layout.input, false, panel, out.backward_x);
  pack_columns(layout, weights + at.w_hh, layout.hidden, true, panel, out.backward_h);
}

void add_gradient_panel(const RnnLayout& layout, const float* gradients, std::int64_t parts, std::int64_t part_stride, std::int64_t panel,
                        float* out) {
  const TorchLayer at(layout);
  add_side(layout, gradients, parts, part_stride, layout.input, false, panel, out);
  gradients += layout.forward_x_size();
  add_side(layout, gradients, parts, part_stride, layout.hidden, true, panel, out + at.w_hh);
  gradients += layout.forward_h_size();
  const std::int64_t lanes = layout.lanes;
  for (std::int64_t v = 0; v < layout.fed(); ++v) {
    const float* of_x = gradients + panel * layout.gate_width() + v * lanes;
    const float* of_h = of_x + layout.first_of_h() * lanes;
    float* b_ih = out + at.b_ih + layout.torch_gate(false, v) * layout.hidden + panel * lanes;
    float* b_hh = out + at.b_hh + layout.torch_gate(true, v) * layout.hidden + panel * lanes;
    for (std::int64_t u = 0; u < live_units(layout, panel); ++u) {
      b_ih[u] += summed(of_x + u, parts, part_stride);
      b_hh[u] += summed(of_h + u, parts, part_stride);
    }
  }
}

}  // namespace footfall
