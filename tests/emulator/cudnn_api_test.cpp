// Binds the calls of cudnn_api.hpp, and tests that both sides can be asked.

#include "tests/emulator/cudnn_api.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

namespace footfall {

const CudnnApi& stand_in_cudnn() {
  static const CudnnApi api = [] {
    cudaStream_t stream = nullptr;
    cudnnHandle_t handle = nullptr;
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    cudnnCreate(&handle);
    cudnnSetStream(handle, stream);
    return CudnnApi{cudnnCreateRNNDescriptor,
                    cudnnDestroyRNNDescriptor,
                    cudnnSetRNNDescriptor_v8,
                    cudnnCreateRNNDataDescriptor,
                    cudnnDestroyRNNDataDescriptor,
                    cudnnSetRNNDataDescriptor,
                    cudnnCreateTensorDescriptor,
                    cudnnDestroyTensorDescriptor,
                    cudnnSetTensorNdDescriptor,
                    cudnnGetTensorNdDescriptor,
                    cudnnGetRNNWeightSpaceSize,
                    cudnnGetRNNWeightParams,
                    cudnnGetRNNTempSpaceSizes,
                    cudnnRNNForward,
                    cudnnRNNBackwardData_v8,
                    cudnnRNNBackwardWeights_v8,
                    handle,
                    false};
  }();
  return api;
}

namespace {
template <class F>
F find(void* library, const char* name) {
  return reinterpret_cast<F>(dlsym(library, name));
}
}  // namespace

const CudnnApi* installed_cudnn() {
  static const std::unique_ptr<CudnnApi> api = []() -> std::unique_ptr<CudnnApi> {
    const char* named = std::getenv("FOOTFALL_CUDNN_LIBRARY");
    void* all = dlopen(named != nullptr ? named : "libcudnn.so.9", RTLD_NOW | RTLD_LOCAL);
    if (all == nullptr) return nullptr;
    static std::vector<unsigned char> zeros(std::size_t{1} << 20, 0);
#define FOOTFALL_FIND(call) find<decltype(&call)>(all, #call)
    CudnnApi found{FOOTFALL_FIND(cudnnCreateRNNDescriptor),
                   FOOTFALL_FIND(cudnnDestroyRNNDescriptor),
                   FOOTFALL_FIND(cudnnSetRNNDescriptor_v8),
                   FOOTFALL_FIND(cudnnCreateRNNDataDescriptor),
                   FOOTFALL_FIND(cudnnDestroyRNNDataDescriptor),
                   FOOTFALL_FIND(cudnnSetRNNDataDescriptor),
                   FOOTFALL_FIND(cudnnCreateTensorDescriptor),
                   FOOTFALL_FIND(cudnnDestroyTensorDescriptor),
                   FOOTFALL_FIND(cudnnSetTensorNdDescriptor),
                   FOOTFALL_FIND(cudnnGetTensorNdDescriptor),
                   FOOTFALL_FIND(cudnnGetRNNWeightSpaceSize),
                   FOOTFALL_FIND(cudnnGetRNNWeightParams),
                   FOOTFALL_FIND(cudnnGetRNNTempSpaceSizes),
                   FOOTFALL_FIND(cudnnRNNForward),
                   FOOTFALL_FIND(cudnnRNNBackwardData_v8),
                   FOOTFALL_FIND(cudnnRNNBackwardWeights_v8),
                   reinterpret_cast<cudnnHandle_t>(zeros.data()),
                   true};
#undef FOOTFALL_FIND
    return std::make_unique<CudnnApi>(found);
  }();
  return api.get();
}

TEST(CudnnApi, TheInstalledLibraryHasEveryCall) {
  const CudnnApi* api = installed_cudnn();
  if (api == nullptr) GTEST_SKIP() << "cuDNN is not installed";
  EXPECT_NE(api->set_rnn, nullptr);
  EXPECT_NE(api->backward_weights, nullptr);
}

}  // namespace footfall
