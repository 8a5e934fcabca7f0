// The device-wide algorithms by CUB (github.com/NVIDIA/cccl, cub/device): the first call with null storage answers the bytes, the second runs.

#include "kernels/device/primitives.hpp"

#include "kernels/device/cuda_check.hpp"

#ifndef FOOTFALL_EMULATED

#include <cub/device/device_radix_sort.cuh>
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

}  // namespace footfall

#else

#include "kernels/device/primitives_emulated.hpp"

#endif

namespace footfall {

#define FOOTFALL_SORT(Key, Value)                                              \
  template std::size_t sort_pairs_bytes<Key, Value>(std::int64_t, int);        \
  template void sort_pairs<Key, Value>(void*, std::size_t, const Key*, Key*, const Value*, Value*, std::int64_t, int, cudaStream_t);
#define FOOTFALL_SCAN(T)                                \
  template std::size_t exclusive_sum_bytes<T>(std::int64_t); \
  template void exclusive_sum<T>(void*, std::size_t, const T*, T*, std::int64_t, cudaStream_t);

FOOTFALL_SORT(std::uint32_t, std::int32_t)
FOOTFALL_SORT(std::uint64_t, std::int64_t)
FOOTFALL_SCAN(std::int32_t)
FOOTFALL_SCAN(std::int64_t)
#undef FOOTFALL_SORT
#undef FOOTFALL_SCAN

}  // namespace footfall
