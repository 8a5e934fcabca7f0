#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#ifdef FOOTFALL_EMULATED
#include "emulated_device.hpp"
/// The last parameter of every primitive: in the emulated build the place of the call, for its messages; on a device nothing.
#define FOOTFALL_FROM ::footfall_emulator::Site site = std::source_location::current()
#define FOOTFALL_AND_FROM , ::footfall_emulator::Site site = std::source_location::current()
#define FOOTFALL_PASS_FROM site
#define FOOTFALL_AND_PASS_FROM , site
#else
#define FOOTFALL_FROM
#define FOOTFALL_AND_FROM
#define FOOTFALL_PASS_FROM
#define FOOTFALL_AND_PASS_FROM
#endif

/// What threads of a warp and of a block do together. All kernels use these and nothing beside them, so that the same source runs on a
/// device and on the emulated one, which checks that everybody arrives. Shared by all:
/// - every thread of a block reaches every block_barrier; a thread that has nothing to do goes on with neutral values, it does not return;
/// - every lane named in a mask reaches the operation, with the same mask; the default mask names the whole warp.
namespace footfall {

constexpr unsigned warp_size = 32;
constexpr unsigned full_warp = 0xffffffffu;

/// Index of the calling thread in its block, its lane in its warp, and its warp in the block.
__device__ inline unsigned thread_index() { return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x; }
__device__ inline unsigned lane_index() { return thread_index() % warp_size; }
__device__ inline unsigned warp_index() { return thread_index() / warp_size; }
__device__ inline unsigned block_threads() { return blockDim.x * blockDim.y * blockDim.z; }

// ---- waiting
__device__ inline void block_barrier(FOOTFALL_FROM) { __syncthreads(FOOTFALL_PASS_FROM); }
__device__ inline void warp_barrier(unsigned mask = full_warp FOOTFALL_AND_FROM) { __syncwarp(mask FOOTFALL_AND_PASS_FROM); }
/// A barrier that also counts the threads for which `predicate` holds; the same answer everywhere.
__device__ inline int block_count(bool predicate FOOTFALL_AND_FROM) { return __syncthreads_count(predicate ? 1 : 0 FOOTFALL_AND_PASS_FROM); }

// ---- warps. T is 4 or 8 bytes; `width` is a power of two: the warp as groups of that many lanes.
template <class T>
__device__ inline T shuffle(T value, int source, int width = 32, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  return __shfl_sync(mask, value, source, width FOOTFALL_AND_PASS_FROM);
}
template <class T>
__device__ inline T shuffle_xor(T value, int bits, int width = 32, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  return __shfl_xor_sync(mask, value, bits, width FOOTFALL_AND_PASS_FROM);
}
template <class T>
__device__ inline T shuffle_down(T value, unsigned distance, int width = 32, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  return __shfl_down_sync(mask, value, distance, width FOOTFALL_AND_PASS_FROM);
}
template <class T>
__device__ inline T shuffle_up(T value, unsigned distance, int width = 32, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  return __shfl_up_sync(mask, value, distance, width FOOTFALL_AND_PASS_FROM);
}
__device__ inline unsigned ballot(bool predicate, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  return __ballot_sync(mask, predicate ? 1 : 0 FOOTFALL_AND_PASS_FROM);
}
__device__ inline bool any(bool predicate, unsigned mask = full_warp FOOTFALL_AND_FROM) { return __any_sync(mask, predicate ? 1 : 0 FOOTFALL_AND_PASS_FROM) != 0; }
__device__ inline bool all(bool predicate, unsigned mask = full_warp FOOTFALL_AND_FROM) { return __all_sync(mask, predicate ? 1 : 0 FOOTFALL_AND_PASS_FROM) != 0; }
/// Lanes that hold the same value as the calling one.
template <class T>
__device__ inline unsigned match(T value, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  return __match_any_sync(mask, value FOOTFALL_AND_PASS_FROM);
}

struct Sum {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Largest {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};
struct Smallest {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};

/// Reduction over groups of `width` lanes by the butterfly 16, 8, 4, 2, 1: each lane gets the result, and every run has the same order.
/// `combine` must give the same bits with its sides exchanged (sums, minima and Chan's merge written so do).
template <class T, class Combine>
__device__ inline T warp_reduce(T value, Combine combine, int width = 32, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  for (int bits = width / 2; bits > 0; bits /= 2) {
    const T other = shuffle_xor(value, bits, width, mask FOOTFALL_AND_PASS_FROM);
    value = combine(value, other);
  }
  return value;
}
template <class T>
__device__ inline T warp_sum(T value, int width = 32, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  return warp_reduce(value, Sum{}, width, mask FOOTFALL_AND_PASS_FROM);
}
template <class T>
__device__ inline T warp_max(T value, int width = 32, unsigned mask = full_warp FOOTFALL_AND_FROM) {
  return warp_reduce(value, Largest{}, width, mask FOOTFALL_AND_PASS_FROM);
}

// ---- blocks
/// Reduction over a block whose threads are a multiple of 32: butterflies in the warps, then a fixed butterfly over the warps' results.
/// Each thread gets the result. `slots` is shared memory for 32 values; it may be used again after the call. `neutral` changes nothing
/// in `combine`. Two barriers.
template <class T, class Combine>
__device__ inline T block_reduce(T value, Combine combine, T neutral, T* slots FOOTFALL_AND_FROM) {
  value = warp_reduce(value, combine, 32, full_warp FOOTFALL_AND_PASS_FROM);
  if (lane_index() == 0) slots[warp_index()] = value;
  block_barrier(FOOTFALL_PASS_FROM);
  value = lane_index() < block_threads() / warp_size ? slots[lane_index()] : neutral;
  value = warp_reduce(value, combine, 32, full_warp FOOTFALL_AND_PASS_FROM);
  block_barrier(FOOTFALL_PASS_FROM);
  return value;
}
template <class T>
__device__ inline T block_sum(T value, T* slots FOOTFALL_AND_FROM) {
  return block_reduce(value, Sum{}, T(0), slots FOOTFALL_AND_PASS_FROM);
}

/// The block's dynamic shared memory as an array of T; T is aligned to 16 bytes at most. Several arrays: offsets into this one, each a
/// multiple of its element.
template <class T>
__device__ inline T* dynamic_shared() {
  static_assert(alignof(T) <= 16);
#ifdef FOOTFALL_EMULATED
  std::size_t bytes = 0;
  return static_cast<T*>(::footfall_emulator::dynamic_shared(bytes));
#else
  extern __shared__ __align__(16) unsigned char footfall_dynamic_shared[];
  return reinterpret_cast<T*>(footfall_dynamic_shared);
#endif
}

// ---- atomics: integers only, because the order of arrival is not fixed and floating point would keep it
__device__ inline int atomic_add(int* at, int value) { return atomicAdd(at, value); }
__device__ inline unsigned atomic_add(unsigned* at, unsigned value) { return atomicAdd(at, value); }
__device__ inline unsigned long long atomic_add(unsigned long long* at, unsigned long long value) { return atomicAdd(at, value); }
__device__ inline int atomic_max(int* at, int value) { return atomicMax(at, value); }
__device__ inline unsigned atomic_max(unsigned* at, unsigned value) { return atomicMax(at, value); }
__device__ inline int atomic_min(int* at, int value) { return atomicMin(at, value); }
__device__ inline unsigned atomic_min(unsigned* at, unsigned value) { return atomicMin(at, value); }
__device__ inline unsigned atomic_or(unsigned* at, unsigned value) { return atomicOr(at, value); }

// ---- vector accesses: one transaction of sizeof(V) bytes, whose address must be a multiple of it (a device stops otherwise, error 716)
template <class V, class T>
__device__ inline V load_vector(const T* from FOOTFALL_AND_FROM) {
#ifdef FOOTFALL_EMULATED
  ::footfall_emulator::check_alignment(from, sizeof(V), FOOTFALL_PASS_FROM);
#endif
  return *reinterpret_cast<const V*>(from);
}
template <class V, class T>
__device__ inline void store_vector(T* to, V value FOOTFALL_AND_FROM) {
#ifdef FOOTFALL_EMULATED
  ::footfall_emulator::check_alignment(to, sizeof(V), FOOTFALL_PASS_FROM);
#endif
  *reinterpret_cast<V*>(to) = value;
}
/// A pointer is ready for accesses of V: for the choice between a vector loop and a plain one.
template <class V>
__host__ __device__ inline bool is_aligned_for(const void* pointer) {
  return reinterpret_cast<std::size_t>(pointer) % sizeof(V) == 0;
}

}  // namespace footfall
