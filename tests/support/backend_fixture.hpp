#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/device/array.hpp"

namespace footfall::test {

/// Runs a test's body on the backend that FOOTFALL_TEST_DEVICE names: cpu (the default), emulated (the CUDA sources on the emulated
/// device) or cuda. Where there is no CUDA device its tests skip, unless FOOTFALL_REQUIRE_CUDA=1 makes that a failure.
/// The backend lives as long as the process, a stream as long as its test.
class BackendTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] Backend& backend() const { return *backend_; }
  [[nodiscard]] Stream& stream() const { return *stream_; }

 private:
  Backend* backend_ = nullptr;
  std::unique_ptr<Stream> stream_;
};

/// "cpu", "emulated" or "cuda".
[[nodiscard]] std::string test_device();
[[nodiscard]] inline bool on_cpu() { return test_device() == "cpu"; }

/// Points the loader at the CUDA library of the test's device, in the build folder that FOOTFALL_BUILD_DIR names where it is set.
void select_cuda_library();

/// How far a result may be from its float64 reference: |a - b| <= absolute + relative * |b|.
struct Tolerance {
  double absolute = 0.0;
  double relative = 0.0;
};

/// Fails with the first few places that are too far apart. NaN is close to NaN alone, an infinity to the same infinity alone.
void expect_close(const std::vector<float>& actual, const std::vector<double>& expected, Tolerance tolerance, std::string_view what);

/// The same bits in each place.
void expect_same_bits(const std::vector<float>& a, const std::vector<float>& b, std::string_view what);

/// Numbers in [-1, 1) of a fixed generator that shares no code with the library: the same on every machine.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] double next();
  [[nodiscard]] std::int64_t below(std::int64_t limit);
  /// `count` values in [-scale, scale).
  [[nodiscard]] std::vector<float> floats(std::int64_t count, double scale = 1.0);

 private:
  [[nodiscard]] std::uint64_t bits();
  std::uint64_t state_;
};

}  // namespace footfall::test
