#include "tests/support/backend_fixture.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "kernels/device/cuda_library.hpp"
#include "kernels/error.hpp"

namespace footfall::test {
namespace {

[[nodiscard]] std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

/// What the process has made of its device, once.
struct Shared {
  std::unique_ptr<Backend> backend;
  std::string problem;
};

[[nodiscard]] Shared make_shared_backend() {
  Shared shared;
  const BackendOptions options{.threads = 2, .graphs = true};
  if (on_cpu()) {
    shared.backend = make_backend(Device{Device::Kind::cpu, 0}, options);
    return shared;
  }
  select_cuda_library();
  try {
    shared.backend = make_backend(Device{Device::Kind::cuda, 0}, options);
  } catch (const Error& error) {
    shared.problem = error.what();
  }
  return shared;
}

[[nodiscard]] Shared& shared_backend() {
  static Shared* const shared = new Shared(make_shared_backend());  // never destroyed: a CUDA context outlives main badly
  return *shared;
}

[[nodiscard]] bool close(double a, double b, Tolerance tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= tolerance.absolute + tolerance.relative * std::abs(b);
}

constexpr int places_shown = 5;

}  // namespace

std::string test_device() {
  const std::string device = environment("FOOTFALL_TEST_DEVICE", "cpu");
  if (device != "cpu" && device != "emulated" && device != "cuda") {
    throw std::runtime_error("FOOTFALL_TEST_DEVICE=" + device + "; write cpu, emulated or cuda");
  }
  return device;
}

void select_cuda_library() {
  std::string name = test_device() == "emulated" ? "libfootfall_cuda_emulated.so" : "libfootfall_cuda.so";
  const std::string folder = environment("FOOTFALL_BUILD_DIR", "");
  if (!folder.empty()) name.insert(0, folder + "/");
  set_cuda_library_name(name);
}

void BackendTest::SetUp() {
  Shared& shared = shared_backend();
  if (shared.backend == nullptr) {
    if (test_device() == "cuda" && environment("FOOTFALL_REQUIRE_CUDA", "0") != "1") GTEST_SKIP() << shared.problem;
    FAIL() << shared.problem;
  }
  backend_ = shared.backend.get();
  stream_ = backend_->make_stream();
}

void BackendTest::TearDown() {
  if (stream_) stream_->synchronize();
}

void expect_close(const std::vector<float>& actual, const std::vector<double>& expected, Tolerance tolerance, std::string_view what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  int shown = 0;
  for (std::size_t i = 0; i < actual.size() && shown < places_shown; ++i) {
    if (close(static_cast<double>(actual[i]), expected[i], tolerance)) continue;
    ADD_FAILURE() << what << "[" << i << "] is " << actual[i] << ", expected " << expected[i] << ", apart "
                  << std::abs(static_cast<double>(actual[i]) - expected[i]);
    ++shown;
  }
}

void expect_same_bits(const std::vector<float>& a, const std::vector<float>& b, std::string_view what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  int shown = 0;
  for (std::size_t i = 0; i < a.size() && shown < places_shown; ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(float)) == 0) continue;
    ADD_FAILURE() << what << "[" << i << "] is " << a[i] << " and " << b[i];
    ++shown;
  }
}

std::uint64_t Numbers::bits() {
  // SplitMix64 (Steele, Lea, Flood 2014).
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

double Numbers::next() { return static_cast<double>(bits() >> 11) * 0x1p-52 - 1.0; }

std::int64_t Numbers::below(std::int64_t limit) { return static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(limit)); }

std::vector<float> Numbers::floats(std::int64_t count, double scale) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(next() * scale);
  return values;
}

}  // namespace footfall::test
