// Kernels on the emulated device: blocks, warps, shared memory, and what it says about kernels that are wrong.

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "kernels/device/block.cuh"
#include "kernels/device/launch.cuh"
#include "tests/emulator/support.hpp"

namespace footfall {
namespace {

class EmulatedBlock : public EmulatedDevice {};
class EmulatedBlockDeathTest : public EmulatedDevice {};

__global__ void sum_kernel(const float* in, double* out, int n) {
  __shared__ double slots[32];
  double value = 0;
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n; i += static_cast<int>(gridDim.x * blockDim.x)) value += in[i];
  value = block_sum(value, slots);
  if (threadIdx.x == 0) out[blockIdx.x] = value;
}

TEST_F(EmulatedBlock, SumsOverBlocksInEveryOrder) {
  // Whole numbers below 2^53: the sum is exact in float64, so any order gives the same.
  std::vector<float> values(1025);
  std::iota(values.begin(), values.end(), 1.0f);
  for (const std::uint64_t seed : {0u, 1u, 7u, 1234u}) {
    footfall_emulator::set_seed(seed);
    double* out = device<double>(3);
    launch(sum_kernel, 3, 128, 0, stream_, device(values), out, 1025);
    const std::vector<double> sums = host(out, 3);
    EXPECT_EQ(sums[0] + sums[1] + sums[2], 1025.0 * 1026.0 / 2.0);
  }
}

__global__ void warp_kernel(int* out) {
  const int lane = static_cast<int>(lane_index());
  int* row = out + 8 * static_cast<int>(thread_index());
  row[0] = shuffle(lane * 10, 3);
  row[1] = shuffle_up(lane, 2);
  row[2] = shuffle_down(lane, 30);
  row[3] = shuffle_xor(lane, 5);
  row[4] = static_cast<int>(ballot(lane % 3 == 0));
  row[5] = static_cast<int>(match(lane / 8));
  row[6] = shuffle(lane, 1, 8);
  row[7] = warp_sum(lane, 8);
}

TEST_F(EmulatedBlock, WarpOperationsFollowTheProgrammingGuide) {
  int* out = device<int>(64 * 8);
  launch(warp_kernel, 1, 64, 0, stream_, out);
  const std::vector<int> all = host(out, 64 * 8);
  unsigned thirds = 0;
  for (unsigned i = 0; i < 32; i += 3) thirds |= 1u << i;
  for (int t = 0; t < 64; ++t) {
    const int lane = t % 32;
    const int* row = &all[static_cast<std::size_t>(t) * 8];
    EXPECT_EQ(row[0], 30);
    EXPECT_EQ(row[1], lane < 2 ? lane : lane - 2);
    EXPECT_EQ(row[2], lane + 30 < 32 ? lane + 30 : lane);
    EXPECT_EQ(row[3], lane ^ 5);
    EXPECT_EQ(static_cast<unsigned>(row[4]), thirds);
    EXPECT_EQ(static_cast<unsigned>(row[5]), 0xffu << (lane / 8 * 8));
    EXPECT_EQ(row[6], lane / 8 * 8 + 1);
    EXPECT_EQ(row[7], lane / 8 * 8 * 8 + 28);
  }
}

__global__ void reverse_kernel(const int* in, int* out) {
  int* tile = dynamic_shared<int>();
  tile[threadIdx.x] = in[threadIdx.x];
  block_barrier();
  out[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

TEST_F(EmulatedBlock, DynamicSharedMemory) {
  std::vector<int> values(200);
  std::iota(values.begin(), values.end(), 0);
  int* out = device<int>(200);
  launch(reverse_kernel, 1, 200, 200 * sizeof(int), stream_, device(values), out);
  std::reverse(values.begin(), values.end());
  EXPECT_EQ(host(out, 200), values);
}

__global__ void static_shared_kernel(float* out) {
  __shared__ float tile[32];
  out[blockIdx.x * 32 + threadIdx.x] = tile[threadIdx.x];
  tile[threadIdx.x] = 1;
}

TEST_F(EmulatedBlock, SharedMemoryIsPoisonForEveryBlock) {
  float* out = device<float>(64);
  launch(static_shared_kernel, 2, 32, 0, stream_, out);
  for (const float v : host(out, 64)) EXPECT_TRUE(std::isnan(v));
}

__global__ void count_kernel(unsigned* counter) { atomic_add(counter, 1u); }

TEST_F(EmulatedBlock, AtomicsCountEveryThread) {
  unsigned* counter = device(std::vector<unsigned>{0});
  launch(count_kernel, dim3(5, 2, 2), dim3(8, 4, 2), 0, stream_, counter);
  EXPECT_EQ(host(counter, 1)[0], 20u * 64u);
}

TEST_F(EmulatedBlock, RefusesLaunchesThatADeviceRefuses) {
  int* out = device<int>(1);
  EXPECT_THROW(launch(reverse_kernel, 0, 32, 0, stream_, out, out), Error);
  EXPECT_THROW(launch(reverse_kernel, 1, 1025, 0, stream_, out, out), Error);
  EXPECT_THROW(launch(reverse_kernel, dim3(1, 65536), 32, 0, stream_, out, out), Error);
  EXPECT_THROW(launch(reverse_kernel, 1, 32, 49 * 1024, stream_, out, out), Error);
  allow_shared(reverse_kernel, 100 * 1024);
  EXPECT_THROW(launch(reverse_kernel, 1, 32, 101 * 1024, stream_, out, out), Error);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

// ---- what is wrong must be said

void run(cudaStream_t stream) { cudaStreamSynchronize(stream); }

__global__ void divergent_barrier_kernel(int* out) {
  if (threadIdx.x < 16) block_barrier();
  out[threadIdx.x] = 1;
}
TEST_F(EmulatedBlockDeathTest, BarrierThatNotEverybodyReaches) {
  int* out = device<int>(64);
  EXPECT_DEATH((launch(divergent_barrier_kernel, 1, 64, 0, stream_, out), run(stream_)), "divergent block barrier.*\n.*block_test.cpp");
}

__global__ void two_barriers_kernel(int* out) {
  if (threadIdx.x < 16) {
    block_barrier();
    out[0] = 1;
  } else {
    block_barrier();
    out[1] = 1;
  }
}
TEST_F(EmulatedBlockDeathTest, BarriersInTwoBranches) {
  int* out = device<int>(64);
  EXPECT_DEATH((launch(two_barriers_kernel, 1, 64, 0, stream_, out), run(stream_)), "wait at different barriers");
}

__global__ void divergent_shuffle_kernel(int* out) {
  int value = static_cast<int>(threadIdx.x);
  if (threadIdx.x < 16) value = shuffle_xor(value, 1);
  out[threadIdx.x] = value;
}
TEST_F(EmulatedBlockDeathTest, ShuffleInDivergentCode) {
  int* out = device<int>(32);
  EXPECT_DEATH((launch(divergent_shuffle_kernel, 1, 32, 0, stream_, out), run(stream_)), "divergent warp operation");
}

__global__ void wrong_mask_kernel(int* out) { out[threadIdx.x] = shuffle(static_cast<int>(threadIdx.x), 0, 32, 0xffffu); }
TEST_F(EmulatedBlockDeathTest, ShuffleOfALaneOutsideItsMask) {
  int* out = device<int>(32);
  EXPECT_DEATH((launch(wrong_mask_kernel, 1, 32, 0, stream_, out), run(stream_)), "is not in its own mask");
}

__global__ void past_the_end_kernel(float* out) { out[blockIdx.x * blockDim.x + threadIdx.x] = 1; }
TEST_F(EmulatedBlockDeathTest, WritesPastTheEnd) {
  float* out = device<float>(1000);
  EXPECT_DEATH((launch(past_the_end_kernel, 4, 256, 0, stream_, out), run(stream_)), "past the end of the 4000 bytes|WRITE of size 4");
  float* one_less = device<float>(63);
  EXPECT_DEATH((launch(past_the_end_kernel, 1, 64, 0, stream_, one_less), run(stream_)), "write outside an allocation.*block_test.cpp.*past the end of the 252 bytes|WRITE of size 4");
}

TEST_F(EmulatedBlockDeathTest, DynamicSharedMemoryThatIsTooSmall) {
  int* out = device<int>(64);
  EXPECT_DEATH((launch(reverse_kernel, 1, 64, 60 * sizeof(int), stream_, out, out), run(stream_)), "past the end of the 240 bytes of dynamic shared memory.*block_test.cpp");
}

__global__ void vector_kernel(const float* in, float* out) {
  const float4 v = load_vector<float4>(in + threadIdx.x * 4 + 1);
  out[threadIdx.x] = v.x + v.y + v.z + v.w;
}
TEST_F(EmulatedBlockDeathTest, UnalignedVectorLoad) {
  float* in = device<float>(64);
  EXPECT_DEATH((launch(vector_kernel, 1, 8, 0, stream_, in, in), run(stream_)), "misaligned address: an access of 16 bytes at .*block_test.cpp");
}

TEST_F(EmulatedBlockDeathTest, HostPointerGivenToAKernel) {
  std::vector<int> values(32);
  EXPECT_DEATH(launch(reverse_kernel, 1, 32, 128, stream_, values.data(), device<int>(32)), "block_test.cpp.*with a pointer to host memory");
}

}  // namespace
}  // namespace footfall
