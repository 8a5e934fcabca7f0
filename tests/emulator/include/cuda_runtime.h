#pragma once

// Stand-in for cuda_runtime.h: the part of the device language that footfall's kernels use, run by fibers on the host.
// Deliberately absent: atomics on floating point (their order is not fixed), textures, cooperative groups, __constant__.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>

#include "cuda_runtime_api.h"
#include "emulated_device.hpp"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __shared__ static thread_local  // one block at a time runs on a thread

#define threadIdx (::footfall_emulator::lane().thread)
#define blockIdx (::footfall_emulator::lane().block)
#define blockDim (::footfall_emulator::lane().block_dim)
#define gridDim (::footfall_emulator::lane().grid_dim)
constexpr int warpSize = 32;

using ::footfall_emulator::Site;

// ---- waiting for each other
inline void __syncthreads(Site site = std::source_location::current()) { ::footfall_emulator::block_barrier(0, site); }
inline int __syncthreads_count(int predicate, Site site = std::source_location::current()) {
  return static_cast<int>(::footfall_emulator::block_barrier(predicate != 0, site));
}
inline int __syncthreads_or(int predicate, Site site = std::source_location::current()) { return __syncthreads_count(predicate, site) > 0; }
inline int __syncthreads_and(int predicate, Site site = std::source_location::current()) {
  return __syncthreads_count(predicate == 0, site) == 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, Site site = std::source_location::current()) {
  ::footfall_emulator::warp_together(::footfall_emulator::Together::barrier, mask, 0, 0, 32, site);
}
inline void __threadfence() { std::atomic_thread_fence(std::memory_order_seq_cst); }
inline void __threadfence_block() { std::atomic_thread_fence(std::memory_order_seq_cst); }

// ---- warp
namespace footfall_emulator {
template <class T>
T shuffle(Together kind, unsigned mask, T value, unsigned argument, int width, Site site) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "a shuffle moves 4 or 8 bytes");
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  word = warp_together(kind, mask, word, argument, static_cast<unsigned>(width), site);
  std::memcpy(&value, &word, sizeof(T));
  return value;
}
}  // namespace footfall_emulator
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, Site site = std::source_location::current()) {
  return ::footfall_emulator::shuffle(::footfall_emulator::Together::shuffle, mask, value, static_cast<unsigned>(source), width, site);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, Site site = std::source_location::current()) {
  return ::footfall_emulator::shuffle(::footfall_emulator::Together::shuffle_up, mask, value, delta, width, site);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, Site site = std::source_location::current()) {
  return ::footfall_emulator::shuffle(::footfall_emulator::Together::shuffle_down, mask, value, delta, width, site);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, Site site = std::source_location::current()) {
  return ::footfall_emulator::shuffle(::footfall_emulator::Together::shuffle_xor, mask, value, static_cast<unsigned>(bits), width, site);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, Site site = std::source_location::current()) {
  return static_cast<unsigned>(::footfall_emulator::warp_together(::footfall_emulator::Together::ballot, mask, predicate != 0, 0, 32, site));
}
inline int __any_sync(unsigned mask, int predicate, Site site = std::source_location::current()) {
  return static_cast<int>(::footfall_emulator::warp_together(::footfall_emulator::Together::any, mask, predicate != 0, 0, 32, site));
}
inline int __all_sync(unsigned mask, int predicate, Site site = std::source_location::current()) {
  return static_cast<int>(::footfall_emulator::warp_together(::footfall_emulator::Together::all, mask, predicate != 0, 0, 32, site));
}
template <class T>
unsigned __match_any_sync(unsigned mask, T value, Site site = std::source_location::current()) {
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  return static_cast<unsigned>(::footfall_emulator::warp_together(::footfall_emulator::Together::match_any, mask, word, 0, 32, site));
}
inline unsigned __reduce_add_sync(unsigned mask, unsigned value, Site site = std::source_location::current()) {
  return static_cast<unsigned>(::footfall_emulator::warp_together(::footfall_emulator::Together::add, mask, value, 0, 32, site));
}
inline unsigned __reduce_max_sync(unsigned mask, unsigned value, Site site = std::source_location::current()) {
  return static_cast<unsigned>(::footfall_emulator::warp_together(::footfall_emulator::Together::max, mask, value, 0, 32, site));
}
inline unsigned __reduce_min_sync(unsigned mask, unsigned value, Site site = std::source_location::current()) {
  return static_cast<unsigned>(::footfall_emulator::warp_together(::footfall_emulator::Together::min, mask, value, 0, 32, site));
}
// There is no __activemask: what it answers depends on the compiler and the device, so no result may.

// ---- atomics, integers only
namespace footfall_emulator {
template <class T, class Change>
T atomic_change(T* address, Change change) {
  std::atomic_ref<T> there(*address);
  T before = there.load(std::memory_order_relaxed);
  while (!there.compare_exchange_weak(before, change(before), std::memory_order_relaxed)) {
  }
  return before;
}
}  // namespace footfall_emulator
#define FOOTFALL_ATOMICS(T)                                                                                                    \
  inline T atomicAdd(T* address, T value) { return std::atomic_ref<T>(*address).fetch_add(value, std::memory_order_relaxed); } \
  inline T atomicExch(T* address, T value) { return std::atomic_ref<T>(*address).exchange(value, std::memory_order_relaxed); } \
  inline T atomicOr(T* address, T value) { return std::atomic_ref<T>(*address).fetch_or(value, std::memory_order_relaxed); }   \
  inline T atomicAnd(T* address, T value) { return std::atomic_ref<T>(*address).fetch_and(value, std::memory_order_relaxed); } \
  inline T atomicXor(T* address, T value) { return std::atomic_ref<T>(*address).fetch_xor(value, std::memory_order_relaxed); } \
  inline T atomicMax(T* address, T value) {                                                                                    \
    return ::footfall_emulator::atomic_change(address, [value](T old) { return std::max(old, value); });                       \
  }                                                                                                                            \
  inline T atomicMin(T* address, T value) {                                                                                    \
    return ::footfall_emulator::atomic_change(address, [value](T old) { return std::min(old, value); });                       \
  }                                                                                                                            \
  inline T atomicCAS(T* address, T compare, T value) {                                                                         \
    std::atomic_ref<T>(*address).compare_exchange_strong(compare, value, std::memory_order_relaxed);                           \
    return compare;                                                                                                            \
  }
FOOTFALL_ATOMICS(int)
FOOTFALL_ATOMICS(unsigned)
FOOTFALL_ATOMICS(unsigned long long)
#undef FOOTFALL_ATOMICS
inline int atomicSub(int* address, int value) { return atomicAdd(address, -value); }

// ---- memory hints: plain loads and stores with the device's alignment rule
template <class T>
T __ldg(const T* p, Site site = std::source_location::current()) {
  ::footfall_emulator::check_alignment(p, sizeof(T), site);
  return *p;
}
#define FOOTFALL_LOAD(name)                                              \
  template <class T>                                                     \
  T name(const T* p, Site site = std::source_location::current()) {      \
    ::footfall_emulator::check_alignment(p, sizeof(T), site);            \
    return *p;                                                           \
  }
#define FOOTFALL_STORE(name)                                             \
  template <class T>                                                     \
  void name(T* p, T v, Site site = std::source_location::current()) {    \
    ::footfall_emulator::check_alignment(p, sizeof(T), site);            \
    *p = v;                                                              \
  }
FOOTFALL_LOAD(__ldcs)
FOOTFALL_LOAD(__ldcg)
FOOTFALL_LOAD(__ldca)
FOOTFALL_STORE(__stcs)
FOOTFALL_STORE(__stcg)
#undef FOOTFALL_LOAD
#undef FOOTFALL_STORE

// ---- arithmetic
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline int __ffsll(long long x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned long long>(x)) + 1; }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<std::uint64_t>(a) * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}
inline float __fmaf_rn(float a, float b, float c) { return std::fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __saturatef(float x) { return x != x ? 0.0f : std::min(std::max(x, 0.0f), 1.0f); }
using std::isfinite;
using std::isinf;
using std::isnan;
#define FOOTFALL_MINMAX(T)                          \
  inline T min(T a, T b) { return b < a ? b : a; }  \
  inline T max(T a, T b) { return a < b ? b : a; }
FOOTFALL_MINMAX(int)
FOOTFALL_MINMAX(unsigned)
FOOTFALL_MINMAX(long)
FOOTFALL_MINMAX(unsigned long)
FOOTFALL_MINMAX(long long)
FOOTFALL_MINMAX(unsigned long long)
#undef FOOTFALL_MINMAX
inline float min(float a, float b) { return std::fmin(a, b); }
inline float max(float a, float b) { return std::fmax(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }
