#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace footfall {

/// Device-wide algorithms of the hot loop: CUB's two-call forms on a device, plain loops on the emulated one.
///
/// All of them: pointers are device memory; `scratch` is at least as many bytes as the function of the same name with `_bytes` answers
/// for that many items (more is fine, so ask once with the most), aligned to 256; stream-ordered, nothing allocates or synchronises, so they can be captured.
/// Items are counted in 64 bits; 0 items leave the outputs as they are, except counts, which become 0.
/// Throws Error{failed} for what CUDA refuses.

/// Sorts pairs by their keys, ascending, equal keys in the order they came in. Looks at the lowest `key_bits` of a key.
/// In and out must not overlap. Key: std::uint32_t or std::uint64_t; Value: std::int32_t, std::uint32_t or std::int64_t.
template <class Key, class Value>
[[nodiscard]] std::size_t sort_pairs_bytes(std::int64_t items, int key_bits);
template <class Key, class Value>
void sort_pairs(void* scratch, std::size_t scratch_bytes, const Key* keys_in, Key* keys_out, const Value* values_in, Value* values_out, std::int64_t items, int key_bits,
                cudaStream_t stream);

/// out[i] = in[0] + ... + in[i - 1], out[0] = 0. In and out may be the same. T: std::int32_t, std::uint32_t or std::int64_t.
template <class T>
[[nodiscard]] std::size_t exclusive_sum_bytes(std::int64_t items);
template <class T>
void exclusive_sum(void* scratch, std::size_t scratch_bytes, const T* in, T* out, std::int64_t items, cudaStream_t stream);

/// Runs of equal neighbours: values[r] and counts[r] of run r, and their number in runs[0]. `values` and `counts` hold `items` entries.
/// After an exclusive_sum over `counts` the runs' boundaries are known. T: std::uint32_t, std::uint64_t or std::int32_t.
template <class T>
[[nodiscard]] std::size_t run_lengths_bytes(std::int64_t items);
template <class T>
void run_lengths(void* scratch, std::size_t scratch_bytes, const T* in, T* values, std::int32_t* counts, std::int64_t* runs, std::int64_t items, cudaStream_t stream);

/// out[0] = in[0] + ... + in[items - 1], of integers (of floating point CUB promises the same bits on one kind of device only).
/// T: std::int32_t, std::uint32_t or std::int64_t.
template <class T>
[[nodiscard]] std::size_t sum_bytes(std::int64_t items);
template <class T>
void sum(void* scratch, std::size_t scratch_bytes, const T* in, T* out, std::int64_t items, cudaStream_t stream);

}  // namespace footfall
