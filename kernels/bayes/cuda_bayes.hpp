#pragma once

#include <memory>

#include "kernels/bayes/bayes.hpp"

namespace footfall {

/// Counting and posteriors on CUDA; streams given to them are CUDA streams.
[[nodiscard]] std::unique_ptr<Bayes> make_cuda_bayes();

}  // namespace footfall
