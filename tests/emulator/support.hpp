#pragma once

// A stream and plain device arrays, for tests of the emulated device itself.

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <vector>

namespace footfall {

class EmulatedDevice : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess); }
  void TearDown() override {
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    for (void* p : memory_) EXPECT_EQ(cudaFree(p), cudaSuccess);
    EXPECT_EQ(cudaStreamDestroy(stream_), cudaSuccess);
    footfall_emulator::set_seed(0);
  }

  template <class T>
  T* device(std::size_t count) {
    void* p = nullptr;
    EXPECT_EQ(cudaMalloc(&p, count * sizeof(T)), cudaSuccess);
    memory_.push_back(p);
    return static_cast<T*>(p);
  }
  template <class T>
  T* device(const std::vector<T>& values) {
    T* p = device<T>(values.size());
    EXPECT_EQ(cudaMemcpyAsync(p, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice, stream_), cudaSuccess);
    return p;
  }
  /// The values on the host: ordinary memory, so the call waits.
  template <class T>
  std::vector<T> host(const T* from, std::size_t count) {
    std::vector<T> values(count);
    EXPECT_EQ(cudaMemcpyAsync(values.data(), from, count * sizeof(T), cudaMemcpyDeviceToHost, stream_), cudaSuccess);
    return values;
  }

  cudaStream_t stream_ = nullptr;
  std::vector<void*> memory_;
};

}  // namespace footfall
