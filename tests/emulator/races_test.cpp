// Races of a kernel's threads, which only the thread-checked build sees (FOOTFALL_SANITIZE=thread).

#include "kernels/device/block.cuh"
#include "kernels/device/launch.cuh"
#include "tests/emulator/support.hpp"

namespace footfall {
namespace {

class RacesDeathTest : public EmulatedDevice {
 protected:
  void SetUp() override {
#ifndef __SANITIZE_THREAD__
    GTEST_SKIP() << "needs the thread-checked build";
#endif
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EmulatedDevice::SetUp();
  }
  void TearDown() override {
#ifdef __SANITIZE_THREAD__
    EmulatedDevice::TearDown();
#endif
  }
};

template <bool barrier>
__global__ void neighbours_kernel(int* out) {
  __shared__ int tile[64];
  tile[threadIdx.x] = static_cast<int>(threadIdx.x);
  if constexpr (barrier) block_barrier();
  out[blockIdx.x * 64 + threadIdx.x] = tile[(threadIdx.x + 1) % 64];
}
__global__ void blocks_kernel(int* out) {
  if (threadIdx.x == 0) *out = static_cast<int>(blockIdx.x);
}

/// ThreadSanitizer reports and goes on; its exit status is 66 when it has reported.
void run(cudaStream_t stream, int* memory) {
  cudaStreamSynchronize(stream);
  cudaFree(memory);
  std::exit(0);
}

TEST_F(RacesDeathTest, ThreadsOfABlockWithoutABarrier) {
  int* out = device<int>(128);
  EXPECT_EXIT((launch(neighbours_kernel<false>, 2, 64, 0, stream_, out), run(stream_, out)), testing::ExitedWithCode(66), "data race(.|\n)*neighbours_kernel(.|\n)*thread \\(");
}
TEST_F(RacesDeathTest, BlocksOnOneByteOfGlobalMemory) {
  int* out = device<int>(1);
  EXPECT_EXIT((launch(blocks_kernel, 4, 32, 0, stream_, out), run(stream_, out)), testing::ExitedWithCode(66), "data race(.|\n)*blocks_kernel");
}
TEST_F(RacesDeathTest, ABarrierIsAnOrder) {
  int* out = device<int>(128);
  launch(neighbours_kernel<true>, 2, 64, 0, stream_, out);
  EXPECT_EQ(host(out, 1)[0], 1);
}

}  // namespace
}  // namespace footfall
