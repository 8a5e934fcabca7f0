// The device-wide algorithms by CUB (github.com/NVIDIA/cccl, cub/device): the first call with null storage answers the bytes, the second runs.

#include "kernels/device/primitives.hpp"

#include "kernels/device/cuda_check.hpp"

#ifndef FOOTFALL_EMULATED

#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_reduce.cuh>
#include <cub/device/device_run_length_encode.cuh>
#include <cub/device/device_scan.cuh>

namespace footfall {

template <class Key, class Value>
std::size_t sort_pairs_bytes(std::int64_t items, int key_bits) {
  std::size_t bytes = 0;
  FOOTFALL_CUDA_CHECK(cub::DeviceRadixSort::SortPairs(nullptr, bytes, static_cast<const Key*>(nullptr), static_cast<Key*>(nullptr), static_cast<const Value*>(nullptr),
                                                      static_cast<Value*>(nullptr), items, 0, key_bits));
  return bytes;
}
template <class Key, class Value>
void sort_pairs(void* scratch, std::size_t scratch_bytes, const Key* keys_in, Key* keys_out, const Value* values_in, Value* values_out, std::int64_t items, int key_bits,
                cudaStream_t stream) {
  if (items == 0) return;
  FOOTFALL_CUDA_CHECK(cub::DeviceRadixSort::SortPairs(scratch, scratch_bytes, keys_in, keys_out, values_in, values_out, items, 0, key_bits, stream));
}

template <class T>
std::size_t exclusive_sum_bytes(std::int64_t items) {
  std::size_t bytes = 0;
  FOOTFALL_CUDA_CHECK(cub::DeviceScan::ExclusiveSum(nullptr, bytes, static_cast<const T*>(nullptr), static_cast<T*>(nullptr), items));
  return bytes;
}
template <class T>
void exclusive_sum(void* scratch, std::size_t scratch_bytes, const T* in, T* out, std::int64_t items, cudaStream_t stream) {
  if (items == 0) return;
  FOOTFALL_CUDA_CHECK(cub::DeviceScan::ExclusiveSum(scratch, scratch_bytes, in, out, items, stream));
}

template <class T>
std::size_t run_lengths_bytes(std::int64_t items) {
  std::size_t bytes = 0;
  FOOTFALL_CUDA_CHECK(cub::DeviceRunLengthEncode::Encode(nullptr, bytes, static_cast<const T*>(nullptr), static_cast<T*>(nullptr), static_cast<std::int32_t*>(nullptr),
                                                         static_cast<std::int64_t*>(nullptr), items));
  return bytes;
}
template <class T>
void run_lengths(void* scratch, std::size_t scratch_bytes, const T* in, T* values, std::int32_t* counts, std::int64_t* runs, std::int64_t items, cudaStream_t stream) {
  if (items == 0) {
    FOOTFALL_CUDA_CHECK(cudaMemsetAsync(runs, 0, sizeof *runs, stream));
    return;
  }
  FOOTFALL_CUDA_CHECK(cub::DeviceRunLengthEncode::Encode(scratch, scratch_bytes, in, values, counts, runs, items, stream));
}

template <class T>
std::size_t sum_bytes(std::int64_t items) {
  std::size_t bytes = 0;
  FOOTFALL_CUDA_CHECK(cub::DeviceReduce::Sum(nullptr, bytes, static_cast<const T*>(nullptr), static_cast<T*>(nullptr), items));
  return bytes;
}
template <class T>
void sum(void* scratch, std::size_t scratch_bytes, const T* in, T* out, std::int64_t items, cudaStream_t stream) {
  if (items == 0) {
    FOOTFALL_CUDA_CHECK(cudaMemsetAsync(out, 0, sizeof *out, stream));
    return;
  }
  FOOTFALL_CUDA_CHECK(cub::DeviceReduce::Sum(scratch, scratch_bytes, in, out, items, stream));
}

}  // namespace footfall

#else

#include "kernels/device/primitives_emulated.hpp"

#endif

namespace footfall {

#define FOOTFALL_SORT(Key, Value)                                              \
  template std::size_t sort_pairs_bytes<Key, Value>(std::int64_t, int);        \
  template void sort_pairs<Key, Value>(void*, std::size_t, const Key*, Key*, const Value*, Value*, std::int64_t, int, cudaStream_t);
#define FOOTFALL_SUMS(T)                                                                                          \
  template std::size_t exclusive_sum_bytes<T>(std::int64_t);                                                      \
  template void exclusive_sum<T>(void*, std::size_t, const T*, T*, std::int64_t, cudaStream_t);                   \
  template std::size_t sum_bytes<T>(std::int64_t);                                                                \
  template void sum<T>(void*, std::size_t, const T*, T*, std::int64_t, cudaStream_t);
#define FOOTFALL_RUNS(T)                                                                                          \
  template std::size_t run_lengths_bytes<T>(std::int64_t);                                                        \
  template void run_lengths<T>(void*, std::size_t, const T*, T*, std::int32_t*, std::int64_t*, std::int64_t, cudaStream_t);

FOOTFALL_SORT(std::uint32_t, std::int32_t)
FOOTFALL_SORT(std::uint32_t, std::uint32_t)
FOOTFALL_SORT(std::uint32_t, std::int64_t)
FOOTFALL_SORT(std::uint64_t, std::int32_t)
FOOTFALL_SORT(std::uint64_t, std::int64_t)
FOOTFALL_SUMS(std::int32_t)
FOOTFALL_SUMS(std::uint32_t)
FOOTFALL_SUMS(std::int64_t)
FOOTFALL_RUNS(std::uint32_t)
FOOTFALL_RUNS(std::uint64_t)
FOOTFALL_RUNS(std::int32_t)

}  // namespace footfall
