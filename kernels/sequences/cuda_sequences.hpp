#pragma once

#include <memory>

#include "kernels/sequences/sequences.hpp"

namespace footfall {

class CudaStream;

/// Sequences on CUDA: recurrent layers by cuDNN, packing by kernels of our own.
[[nodiscard]] std::unique_ptr<Sequences> make_cuda_sequences();

/// The plans behind it.
[[nodiscard]] std::unique_ptr<Pack> make_cuda_pack(const PackSpec& spec, CudaStream& stream);
[[nodiscard]] std::unique_ptr<Rnn> make_cudnn_rnn(const RnnSpec& spec, CudaStream& stream);

}  // namespace footfall
