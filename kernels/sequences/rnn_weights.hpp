#pragma once

#include <cstdint>

#include "kernels/sequences/rnn_layout.hpp"

namespace footfall {

/// The weights of one layer as its tiles read them (see RnnLayout). Each is a run that the plan owns.
///   forward_x   [panel][input][fed * lanes]           forward_h  [panel][hidden][fed * lanes]      bias [panel][4 * lanes]
///   backward_x  [column panel][panel * fed * lanes][vectors * lanes], columns of W_ih; backward_h those of W_hh; see ColumnPanels
struct PackedLayer {
  float* forward_x = nullptr;
  float* forward_h = nullptr;
  float* bias = nullptr;
  float* backward_x = nullptr;
  float* backward_h = nullptr;
};

/// The columns of a backward product, cut into panels of up to four vectors, as even as can be.
struct ColumnPanels {
  std::int64_t vectors = 0;
  [[nodiscard]] std::int64_t count() const { return (vectors + 3) / 4; }
  [[nodiscard]] std::int64_t first(std::int64_t panel) const { return panel * vectors / count(); }
  [[nodiscard]] std::int64_t width(std::int64_t panel) const { return first(panel + 1) - first(panel); }
};

/// Packs panel `panel` of a layer from torch's layout for the forward products.
void pack_forward_panel(const RnnLayout& layout, const float* weights, std::int64_t panel, const PackedLayer& out);
/// Packs the rows of W_ih and W_hh that belong to gate panel `panel` for the backward products.
void pack_backward_panel(const RnnLayout& layout, const float* weights, std::int64_t panel, const PackedLayer& out);

/// Gradients of one layer in the packed order of forward_x, forward_h and bias, one after the other.
[[nodiscard]] inline std::int64_t packed_gradient_size(const RnnLayout& layout) {
  return layout.forward_x_size() + layout.forward_h_size() + layout.bias_size();
}

/// Adds panel `panel` of the sum over `parts` packed gradients (one every `part_stride` floats, in that order) to torch's layout. Both
/// biases get the same gradient where both act alike.
void add_gradient_panel(const RnnLayout& layout, const float* gradients, std::int64_t parts, std::int64_t part_stride, std::int64_t panel,
                        float* out);

}  // namespace footfall
