#pragma once

#include <memory>

#include "kernels/columns/columns.hpp"

namespace footfall {

/// The column operations on CUDA; streams given to them are CUDA streams.
[[nodiscard]] std::unique_ptr<Columns> make_cuda_columns();

}  // namespace footfall
