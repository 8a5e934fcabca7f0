#include "bench/micro/place.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <thread>
#include <utility>

#include "engine/data/draw.hpp"
#include "kernels/device/cuda_library.hpp"

namespace footfall::micro {
namespace {

constexpr std::int64_t block = std::int64_t{1} << 20;   ///< what is drawn; longer arrays repeat it

std::string setting(const char* name, const std::string& otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

template <class T>
Array<T> repeated(const std::vector<T>& drawn, std::int64_t count) {
  Stream& stream = *place().stream;
  Array<T> there(stream, count);
  for (std::int64_t first = 0; first < count; first += block) {
    const std::int64_t here = std::min(block, count - first);
    copy<T>(view_of(drawn).sub(0, here), there.view().sub(first, here), stream);
  }
  stream.synchronize();
  return there;
}

}  // namespace

Place& place() {
  static Place made = [] {
    set_cuda_library_name("libfootfall_cuda.so");
    const int all = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    BackendOptions options;
    options.threads = std::stoi(setting("FOOTFALL_BENCH_THREADS", std::to_string(all)));
    Place at;
    at.backend = make_backend(choose_device(setting("FOOTFALL_BENCH_DEVICE", "cpu")).device, options);
    at.stream = at.backend->make_stream();
    at.timer = at.stream->make_timer();
    return at;
  }();
  return made;
}

Array<float> numbers(std::int64_t count, double missing) {
  Draw draw(7);
  std::vector<float> drawn(static_cast<std::size_t>(std::min(block, count)));
  for (float& x : drawn) x = draw.uniform() < missing ? std::numeric_limits<float>::quiet_NaN() : draw.within(1.0);
  return repeated(drawn, count);
}

Array<std::int32_t> codes(std::int64_t count, std::int64_t below) {
  Draw draw(8);
  std::vector<std::int32_t> drawn(static_cast<std::size_t>(std::min(block, count)));
  for (std::int32_t& x : drawn) x = static_cast<std::int32_t>(draw.below(static_cast<std::uint64_t>(below)));
  return repeated(drawn, count);
}

}  // namespace footfall::micro

BENCHMARK_MAIN();
