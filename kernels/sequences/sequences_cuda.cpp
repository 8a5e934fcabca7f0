#include "kernels/device/cuda_stream.hpp"
#include "kernels/sequences/cuda_sequences.hpp"

namespace footfall {
namespace {

class CudaSequences final : public Sequences {
 public:
  std::unique_ptr<Pack> make_pack(const PackSpec& spec, Stream& stream) override { return make_cuda_pack(spec, cuda_stream(stream)); }
  std::unique_ptr<Rnn> make_rnn(const RnnSpec& spec, Stream& stream) override { return make_cudnn_rnn(spec, cuda_stream(stream)); }
  bool has_algorithms(const RnnSpec& spec, Stream& stream) override { return cudnn_supports(spec, cuda_stream(stream)); }
};

}  // namespace

std::unique_ptr<Sequences> make_cuda_sequences() { return std::make_unique<CudaSequences>(); }

}  // namespace footfall
