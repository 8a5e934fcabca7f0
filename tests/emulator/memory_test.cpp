// Memory of the emulated device: poison, guard zones, frees in stream order, kinds of pointers.

#include <cmath>
#include <cstring>

#include "kernels/device/launch.cuh"
#include "tests/emulator/support.hpp"

namespace footfall {
namespace {

class Memory : public EmulatedDevice {};
class MemoryDeathTest : public EmulatedDevice {};

__global__ void read_kernel(const float* in, float* out) { out[threadIdx.x] = in[threadIdx.x]; }

TEST_F(Memory, FreshMemoryIsPoison) {
  const std::vector<float> values = host(device<float>(10), 10);
  for (const float v : values) EXPECT_TRUE(std::isnan(v));
  float* pinned = nullptr;
  ASSERT_EQ(cudaHostAlloc(&pinned, 40, cudaHostAllocDefault), cudaSuccess);
  EXPECT_TRUE(std::isnan(pinned[9]));
  cudaFreeHost(pinned);
}

TEST_F(Memory, AlignmentIs256AndSizesAreCounted) {
  const footfall_emulator::Census before = footfall_emulator::census();
  for (const std::size_t bytes : {1u, 255u, 257u, 5000u}) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(device<char>(bytes)) % 256, 0u);
  const footfall_emulator::Census after = footfall_emulator::census();
  EXPECT_EQ(after.device_allocations - before.device_allocations, 4u);
  EXPECT_EQ(after.device_bytes - before.device_bytes, 5513u);
}

TEST_F(Memory, OutOfMemoryIsAnErrorNotAnEnd) {
  void* p = nullptr;
  EXPECT_EQ(cudaMalloc(&p, std::size_t{1} << 40), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(Memory, AFreeIsInTheOrderOfItsStream) {
  float* a = nullptr;
  ASSERT_EQ(cudaMallocAsync(&a, 4, stream_), cudaSuccess);
  float* out = device<float>(1);
  cudaMemsetAsync(a, 0, 4, stream_);
  launch(read_kernel, 1, 1, 0, stream_, a, out);
  EXPECT_EQ(cudaFreeAsync(a, stream_), cudaSuccess);
  EXPECT_EQ(host(out, 1)[0], 0.0f);
}

TEST_F(Memory, KindsOfPointersAreToldApart) {
  cudaPointerAttributes attributes{};
  int here = 0;
  cudaPointerGetAttributes(&attributes, &here);
  EXPECT_EQ(attributes.type, cudaMemoryTypeUnregistered);
  cudaPointerGetAttributes(&attributes, device<int>(4) + 1);
  EXPECT_EQ(attributes.type, cudaMemoryTypeDevice);
}

TEST_F(Memory, HugeAllocationsTakeAddressesOnly) {
  // More than 2^31 floats: poison at both ends, memory only where it is touched.
  const std::size_t count = (std::size_t{1} << 31) + 10;
  float* big = device<float>(count);
  float* out = device<float>(2);
  cudaMemsetAsync(big + count - 1, 0, 4, stream_);
  launch(read_kernel, 1, 2, 0, stream_, big + count - 2, out);
  const std::vector<float> ends = host(out, 2);
  EXPECT_TRUE(std::isnan(ends[0]));
  EXPECT_EQ(ends[1], 0.0f);
}

TEST_F(MemoryDeathTest, UseAfterAStreamOrderedFree) {
  float *a = nullptr, *out = device<float>(1);
  cudaMallocAsync(&a, 4, stream_);
  cudaFreeAsync(a, stream_);
  EXPECT_DEATH((launch(read_kernel, 1, 1, 0, stream_, a, out), cudaStreamSynchronize(stream_)), "which was freed");
}

TEST_F(MemoryDeathTest, DoubleFree) {
  float* a = nullptr;
  cudaMallocAsync(&a, 4, stream_);
  cudaFreeAsync(a, stream_);
  EXPECT_DEATH(cudaFreeAsync(a, stream_), "double free");
}

TEST_F(MemoryDeathTest, TheHostReadsDeviceMemory) {
  float* a = device<float>(64);
  cudaMemsetAsync(a, 0, 256, stream_);
  cudaStreamSynchronize(stream_);
  EXPECT_DEATH(std::printf("%f", static_cast<double>(*static_cast<volatile float*>(a))), "host code accesses device memory");
}

TEST_F(MemoryDeathTest, LeaksFailAtTheEnd) {
  EXPECT_EXIT(
      {
        void* p = nullptr;
        cudaMalloc(&p, 100);
        std::exit(0);
      },
      testing::ExitedWithCode(86), "leak");
}

}  // namespace
}  // namespace footfall
