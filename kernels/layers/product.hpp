#pragma once

#include <cstdint>
#include <functional>

#include "kernels/device/array.hpp"

namespace footfall {

class Team;

/// A factor of a product, as it lies or transposed.
struct Factor {
  MatrixView<const float> matrix;
  bool transposed = false;

  [[nodiscard]] std::int64_t rows() const { return transposed ? matrix.columns : matrix.rows; }
  [[nodiscard]] std::int64_t columns() const { return transposed ? matrix.rows : matrix.columns; }
};
[[nodiscard]] inline Factor plain(MatrixView<const float> matrix) { return {matrix, false}; }
[[nodiscard]] inline Factor transposed(MatrixView<const float> matrix) { return {matrix, true}; }

/// c = a b + beta c on the calling thread alone, by oneDNN. The bits depend on the three extents, beta and the instruction set, on nothing
/// else. beta is 0 (c is not read) or 1. Float32 throughout; sums run in blocks along the depth.
void multiply(const Factor& a, const Factor& b, float beta, MatrixView<float> c);

/// What is done to a tile of c when its product is there: the tile, and the column of c where it begins.
using ProductEpilogue = std::function<void(MatrixView<float> tile, std::int64_t first_column)>;

/// The same product, cut into tiles of c that the team shares out. The cut is a function of the three extents, so the number of threads
/// changes no bit.
void multiply(Team& team, const Factor& a, const Factor& b, float beta, MatrixView<float> c, const ProductEpilogue& epilogue = {});

/// c = a b for large factors, cut into a few runs of rows a thread: as fast as the library goes. The cut follows the team, so the bits may too:
/// it is what `footfall bench` holds other work against, and no operation.
void multiply_large(Team& team, MatrixView<const float> a, MatrixView<const float> b, MatrixView<float> c);

/// How c is cut.
struct ProductTiles {
  std::int64_t rows = 0;     ///< of a tile
  std::int64_t columns = 0;  ///< of a tile
};
[[nodiscard]] ProductTiles product_tiles(std::int64_t rows, std::int64_t columns, std::int64_t depth);

}  // namespace footfall
