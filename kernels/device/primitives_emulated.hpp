#pragma once

// The device-wide algorithms on the emulated device: plain loops that run as work of the stream. Included by primitives.cu only.

#include <algorithm>
#include <numeric>
#include <vector>

#include "emulated_device.hpp"

namespace footfall {
namespace emulated {

/// Scratch that the two-call forms ask for; what a call needs does not rest on its content, so it is dirtied.
template <class Work>
void as_library(const char* name, void* scratch, std::size_t given, std::size_t needed, cudaStream_t stream, Work work) {
  require(scratch != nullptr && given >= needed, "a device-wide algorithm has too little scratch");
  footfall_emulator::enqueue_library_call(name, stream, [=] {
    footfall_emulator::dirty(scratch, needed);
    work();
  });
}

template <class T>
void check(const T* memory, std::int64_t items, const char* who) {
  footfall_emulator::check_device_memory(memory, static_cast<std::size_t>(items) * sizeof(T), alignof(T), who);
}

}  // namespace emulated

template <class Key, class Value>
std::size_t sort_pairs_bytes(std::int64_t items, int) {
  return 256 + static_cast<std::size_t>(items) * (sizeof(Key) + sizeof(Value));
}
template <class Key, class Value>
void sort_pairs(void* scratch, std::size_t scratch_bytes, const Key* keys_in, Key* keys_out, const Value* values_in, Value* values_out, std::int64_t items, int key_bits,
                cudaStream_t stream) {
  if (items == 0) return;
  require(key_bits > 0 && key_bits <= static_cast<int>(8 * sizeof(Key)), "keys are sorted by more bits than they have");
  require(static_cast<const void*>(keys_in) != keys_out && static_cast<const void*>(values_in) != values_out, "pairs are sorted in place");
  emulated::as_library("sort_pairs", scratch, scratch_bytes, sort_pairs_bytes<Key, Value>(items, key_bits), stream, [=] {
    emulated::check(keys_in, items, "keys_in of sort_pairs");
    emulated::check(keys_out, items, "keys_out of sort_pairs");
    emulated::check(values_in, items, "values_in of sort_pairs");
    emulated::check(values_out, items, "values_out of sort_pairs");
    const Key mask = key_bits == static_cast<int>(8 * sizeof(Key)) ? ~Key{0} : static_cast<Key>((Key{1} << key_bits) - 1);
    std::vector<std::int64_t> order(static_cast<std::size_t>(items));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return (keys_in[a] & mask) < (keys_in[b] & mask); });
    for (std::int64_t i = 0; i < items; ++i) {
      keys_out[i] = keys_in[order[static_cast<std::size_t>(i)]];
      values_out[i] = values_in[order[static_cast<std::size_t>(i)]];
    }
  });
}

template <class T>
std::size_t exclusive_sum_bytes(std::int64_t items) {
  return 256 + static_cast<std::size_t>(items) / 64 * sizeof(T);
}
template <class T>
void exclusive_sum(void* scratch, std::size_t scratch_bytes, const T* in, T* out, std::int64_t items, cudaStream_t stream) {
  if (items == 0) return;
  emulated::as_library("exclusive_sum", scratch, scratch_bytes, exclusive_sum_bytes<T>(items), stream, [=] {
    emulated::check(in, items, "in of exclusive_sum");
    emulated::check(out, items, "out of exclusive_sum");
    T before = 0;
    for (std::int64_t i = 0; i < items; ++i) {
      const T here = in[i];
      out[i] = before;
      before = static_cast<T>(before + here);
    }
  });
}

}  // namespace footfall
