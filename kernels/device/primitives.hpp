#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace footfall {

/// Device-wide algorithms of the hot loop: CUB's two-call forms on a device, plain loops on the emulated one.
///
/// All of them: pointers are device memory; `scratch` is at least as many bytes as the function of the same name with `_bytes` answers
/// for that many items (more is fine, so ask once with the most), aligned to 256; stream-ordered, nothing allocates or synchronises, so they can be captured.
/// Items are counted in 64 bits; 0 items leave the outputs as they are.
/// Throws Error{failed} for what CUDA refuses.

/// Sorts pairs by their keys, ascending, equal keys in the order they came in. Looks at the lowest `key_bits` of a key.
/// In and out must not overlap. Key and Value: std::uint32_t and std::int32_t, or std::uint64_t and std::int64_t.
template <class Key, class Value>
[[nodiscard]] std::size_t sort_pairs_bytes(std::int64_t items, int key_bits);
template <class Key, class Value>
void sort_pairs(void* scratch, std::size_t scratch_bytes, const Key* keys_in, Key* keys_out, const Value* values_in, Value* values_out, std::int64_t items, int key_bits,
                cudaStream_t stream);

/// out[i] = in[0] + ... + in[i - 1], out[0] = 0. In and out may be the same. T: std::int32_t or std::int64_t.
template <class T>
[[nodiscard]] std::size_t exclusive_sum_bytes(std::int64_t items);
template <class T>
void exclusive_sum(void* scratch, std::size_t scratch_bytes, const T* in, T* out, std::int64_t items, cudaStream_t stream);

}  // namespace footfall
