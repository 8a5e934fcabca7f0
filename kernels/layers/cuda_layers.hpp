#pragma once

#include <memory>

#include "kernels/layers/layers.hpp"

namespace footfall {

/// The layers on CUDA; streams given to them are CUDA streams.
[[nodiscard]] std::unique_ptr<Layers> make_cuda_layers();

}  // namespace footfall
