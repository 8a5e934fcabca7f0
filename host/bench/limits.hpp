#pragma once

#include <cstdint>

#include "host/bench/subject.hpp"
#include "host/bench/turns.hpp"

namespace footfall {

/// The limits of a device, each as one piece of work that can be run in turns with what it limits.

/// Copies an array to another: by the device's copy, on a CPU past its caches.
class CopyLimit {
 public:
  CopyLimit(BenchRun& run, View<const float> from, View<float> to);
  /// Reads and writes each value once.
  [[nodiscard]] BenchTime once();
  /// Reads each value once: on a CPU by loads alone; a device copies, and half of that copy's time is the reading.
  [[nodiscard]] BenchTime read_once();

 private:
  BenchRun& run_;
  View<const float> from_;
  View<float> to_;
  std::unique_ptr<Timer> timer_;
  float sum_ = 0.0F;
};

/// A large square matrix product in float32, by the library of the layers: cuBLAS, on a CPU oneDNN on as many threads.
class ProductLimit {
 public:
  explicit ProductLimit(BenchRun& run);
  [[nodiscard]] BenchTime once();
  /// Two a multiply-add.
  [[nodiscard]] double operations() const;

 private:
  BenchRun& run_;
  std::int64_t size_;
  Array<float> a_, b_, c_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace footfall
