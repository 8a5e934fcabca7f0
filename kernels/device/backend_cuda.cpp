// The table of contents of the CUDA backend, and the pool that device memory comes from.

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <string>

#include "kernels/backend.hpp"
#include "kernels/bayes/cuda_bayes.hpp"
#include "kernels/columns/cuda_columns.hpp"
#include "kernels/device/cuda_check.hpp"
#include "kernels/device/cuda_library.hpp"
#include "kernels/device/cuda_stream.hpp"
#include "kernels/device/team.hpp"
#include "kernels/layers/cuda_layers.hpp"
#include "kernels/sequences/cuda_sequences.hpp"

namespace footfall {
namespace {

/// Memory that was given back stays in the pool instead of going to the driver at each synchronisation, and is reused only where
/// events order it: the two other ways make timing depend on chance or put waits in that nobody sees.
void set_up_pool(int device) {
  int supported = 0;
  FOOTFALL_CUDA_CHECK(cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, device));
  if (supported == 0)
    throw failure("the driver of cuda:" + std::to_string(device) + " has no memory pools",
                  "install a newer NVIDIA driver, or use --device cpu");
  cudaMemPool_t pool = nullptr;
  FOOTFALL_CUDA_CHECK(cudaDeviceGetDefaultMemPool(&pool, device));
  std::uint64_t keep = std::numeric_limits<std::uint64_t>::max();
  FOOTFALL_CUDA_CHECK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep));
  int off = 0;
  FOOTFALL_CUDA_CHECK(cudaMemPoolSetAttribute(pool, cudaMemPoolReuseAllowOpportunistic, &off));
  FOOTFALL_CUDA_CHECK(cudaMemPoolSetAttribute(pool, cudaMemPoolReuseAllowInternalDependencies, &off));
}

class CudaBackend final : public Backend {
 public:
  CudaBackend(int index, const BackendOptions& options)
      : index_(index),
        graphs_(options.graphs),
        team_(options.threads),
        columns_(make_cuda_columns()),
        sequences_(make_cuda_sequences()),
        layers_(make_cuda_layers()),
        bayes_(make_cuda_bayes()) {
    // cuBLAS reads it when a handle is made; with two workspaces of 4 MiB a stream gives the same bits in every run (cuBLAS, "Results
    // reproducibility").
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:2", 0);
    use_device(index);
    set_up_pool(index);
  }

  [[nodiscard]] Device device() const override { return Device{Device::Kind::cuda, index_}; }
  [[nodiscard]] std::unique_ptr<Stream> make_stream() override { return std::make_unique<CudaStream>(index_, graphs_); }
  [[nodiscard]] Columns& columns() override { return *columns_; }
  [[nodiscard]] Sequences& sequences() override { return *sequences_; }
  [[nodiscard]] Layers& layers() override { return *layers_; }
  [[nodiscard]] Bayes& bayes() override { return *bayes_; }
  [[nodiscard]] Team& team() override { return team_; }

 private:
  int index_;
  bool graphs_;
  Team team_;
  std::unique_ptr<Columns> columns_;
  std::unique_ptr<Sequences> sequences_;
  std::unique_ptr<Layers> layers_;
  std::unique_ptr<Bayes> bayes_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) Backend* footfall_cuda_make_backend(int index, const BackendOptions* options,
                                                                                      std::string* problem) {
  try {
    CudaState state;
    footfall_cuda_state(&state);
    if (index >= 0 && index < static_cast<int>(state.devices.size())) return new CudaBackend(index, *options);
    *problem =
        state.devices.empty() ? state.problem : "there are " + std::to_string(state.devices.size()) + " CUDA devices, numbered from 0";
  } catch (const std::exception& error) {
    *problem = error.what();
  }
  return nullptr;
}

}  // namespace footfall
