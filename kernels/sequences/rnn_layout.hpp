#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/sequences/sequences.hpp"

namespace footfall {

/// How the CPU lays one recurrent layer out.
///
/// Units are taken `lanes` at a time, the floats of one vector register; such a run of units is a panel. A row of a panel holds four
/// gate vectors side by side, so that one register tile of the product holds every gate of its units and the cell is computed on it
/// without going through memory:
///   LSTM   i, f, g, o            x and h both feed all four
///   GRU    n (of x), r, z, n (of h)   x feeds the first three, h the last three; r acts on the fourth alone
/// Units past `hidden` in the last panel have zero weights and biases and stay zero.
struct RnnLayout {
  Cell cell = Cell::lstm;
  std::int64_t input = 0;
  std::int64_t hidden = 0;
  std::int64_t lanes = 1;

  [[nodiscard]] std::int64_t panels() const { return (hidden + lanes - 1) / lanes; }
  [[nodiscard]] std::int64_t units() const { return panels() * lanes; }
  /// Floats of a row of a gate panel.
  [[nodiscard]] std::int64_t gate_width() const { return 4 * lanes; }
  /// Gate vectors that one side (x or h) feeds, and the first of them.
  [[nodiscard]] std::int64_t fed() const { return gates(cell); }
  [[nodiscard]] std::int64_t first_of_h() const { return cell == Cell::gru ? 1 : 0; }
  /// The gate, in torch's order, of vector v of those that x (or h) feeds.
  [[nodiscard]] std::int64_t torch_gate(bool of_h, std::int64_t v) const { return cell == Cell::gru && !of_h ? (v + 2) % 3 : v; }

  /// Vectors that cover `columns` values.
  [[nodiscard]] std::int64_t vectors(std::int64_t columns) const { return (columns + lanes - 1) / lanes; }
  [[nodiscard]] std::int64_t padded(std::int64_t columns) const { return vectors(columns) * lanes; }

  /// Floats of the packed forms.
  [[nodiscard]] std::int64_t forward_x_size() const { return panels() * input * fed() * lanes; }
  [[nodiscard]] std::int64_t forward_h_size() const { return panels() * hidden * fed() * lanes; }
  [[nodiscard]] std::int64_t bias_size() const { return panels() * gate_width(); }
  [[nodiscard]] std::int64_t backward_x_size() const { return panels() * fed() * lanes * padded(input); }
  [[nodiscard]] std::int64_t backward_h_size() const { return panels() * fed() * lanes * padded(hidden); }
};

/// Row stride for `columns` values: an odd number of 64-byte lines, so that the rows of a tile spread over all sets of the cache.
[[nodiscard]] inline std::int64_t row_stride(std::int64_t columns) {
  const std::int64_t lines = (columns + 15) / 16;
  return (lines | 1) * 16;
}

/// How a batch is cut into tiles of rows: by its size alone, so that the number of threads changes no bit.
struct BatchTiles {
  std::int64_t rows = 0;  ///< of every tile but the last
  std::int64_t count = 0;
};

[[nodiscard]] inline BatchTiles batch_tiles(std::int64_t batch) {
  const std::int64_t target = batch <= 64 ? 16 : batch <= 256 ? 32 : 64;
  BatchTiles tiles;
  tiles.count = (batch + target - 1) / target;
  tiles.rows = tiles.count == 0 ? 0 : (batch + tiles.count - 1) / tiles.count;
  tiles.count = tiles.rows == 0 ? 0 : (batch + tiles.rows - 1) / tiles.rows;
  return tiles;
}

/// Bounds of batch_tiles over all batches up to `max_batch`: of count, and of rows * count.
[[nodiscard]] inline std::int64_t most_tiles(std::int64_t max_batch) {
  return std::min(max_batch, std::max<std::int64_t>(8, (max_batch + 63) / 64));
}
[[nodiscard]] inline std::int64_t most_tiled_rows(std::int64_t max_batch) { return max_batch + most_tiles(max_batch); }

/// Steps that a tile goes through one layer before the next layer takes them: about 128 rows, which keeps a gate panel in the
/// first cache and a layer's packed weights in the second.
[[nodiscard]] inline std::int64_t chunk_steps(std::int64_t tile_rows) {
  return std::max<std::int64_t>(1, 128 / std::max<std::int64_t>(1, tile_rows));
}

}  // namespace footfall
