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
/// Whether cuDNN has the precision and the algorithms of `spec` for its shape on the stream's device. What depends on the device is refused where the scratch is
/// asked for (status NOT_SUPPORTED), so that is what is asked.
[[nodiscard]] bool cudnn_supports(const RnnSpec& spec, CudaStream& stream);

}  // namespace footfall
