#include "host/bench/limits.hpp"

#include <utility>
#include <vector>

#include "engine/data/draw.hpp"
#include "kernels/device/bandwidth.hpp"
#include "kernels/layers/product.hpp"

namespace footfall {
namespace {

constexpr std::int64_t block = std::int64_t{1} << 20;

/// Numbers in [-1, 1): zeros would let a processor clock higher than it does with data.
void fill(Array<float>& array, Stream& stream, std::uint64_t seed) {
  Draw draw(seed);
  std::vector<float> values(static_cast<std::size_t>(std::min(block, array.size())));
  for (float& x : values) x = draw.within(1.0);
  for (std::int64_t first = 0; first < array.size(); first += block) {
    const std::int64_t count = std::min(block, array.size() - first);
    copy<float>(view_of(std::as_const(values)).sub(0, count), array.view().sub(first, count), stream);
  }
}

std::int64_t product_size(const BenchRun& run) {
  if (run.request.sizes.product > 0) return run.request.sizes.product;
  return run.on_cuda() ? 8192 : 2048;
}

}  // namespace

CopyLimit::CopyLimit(BenchRun& run, View<const float> from, View<float> to) : run_(run), from_(from), to_(to), timer_(run.shop.stream->make_timer()) {}

BenchTime CopyLimit::once() {
  Stream& stream = *run_.shop.stream;
  return time_once(stream, *timer_, [&] {
    if (run_.on_cuda()) {
      copy<float>(from_, to_, stream);
    } else {
      copy_past_caches(run_.shop.backend->team(), from_, to_);
    }
  });
}

BenchTime CopyLimit::read_once() {
  if (run_.on_cuda()) {
    const BenchTime time = once();
    return {time.wall / 2.0, time.kernel / 2.0};
  }
  return time_once(*run_.shop.stream, *timer_, [&] { sum_ += read_all(run_.shop.backend->team(), from_); });
}

ProductLimit::ProductLimit(BenchRun& run)
    : run_(run),
      size_(product_size(run)),
      a_(*run.shop.stream, size_ * size_),
      b_(*run.shop.stream, size_ * size_),
      c_(*run.shop.stream, size_ * size_),
      timer_(run.shop.stream->make_timer()) {
  fill(a_, *run.shop.stream, run.request.seed);
  fill(b_, *run.shop.stream, run.request.seed + 1);
}

BenchTime ProductLimit::once() {
  Stream& stream = *run_.shop.stream;
  return time_once(stream, *timer_, [&] {
    const MatrixView<const float> a = std::as_const(a_).matrix(size_, size_), b = std::as_const(b_).matrix(size_, size_);
    if (run_.on_cuda()) {
      run_.shop.backend->layers().linear(a, b, {}, Activation::none, c_.matrix(size_, size_), Precision::float32, stream);
    } else {
      multiply_large(run_.shop.backend->team(), a, b, c_.matrix(size_, size_));
    }
  });
}

double ProductLimit::operations() const {
  const auto n = static_cast<double>(size_);
  return 2.0 * n * n * n;
}

}  // namespace footfall
