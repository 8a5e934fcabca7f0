// The packing plan on CUDA. Its backward sorts the steps of all tables at once by the vector they took, then sums runs of equal vectors
// in that order: no float atomics, so the bits repeat. Nothing of it depends on what lies in device memory, so it can be captured.

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

#include "kernels/device/primitives.hpp"
#include "kernels/sequences/cuda_sequences.hpp"
#include "kernels/sequences/pack_kernels.hpp"
#include "kernels/sequences/sequences_check.hpp"

namespace footfall {
namespace {

class CudaPack final : public Pack {
 public:
  CudaPack(const PackSpec& spec, CudaStream& stream);

  std::int64_t features() const override { return plan_.features; }
  void forward(const PackInput& in, std::int64_t time, MatrixView<float> out, Stream& stream) override;
  void backward(const PackInput& in, std::int64_t time, MatrixView<const float> dout, View<float> gradient, Stream& stream) override;

 private:
  PackSpec spec_;
  PackPlan plan_;
  Array<PackTable> tables_;
  Array<PackSlot> slots_;
  Array<std::uint32_t> keys_, sorted_keys_;
  Array<std::int32_t> values_, sorted_values_;
  Array<std::byte> sort_scratch_;
  Array<double> head_, tail_;
  int key_bits_ = 0;
};

CudaPack::CudaPack(const PackSpec& spec, CudaStream& stream) : spec_(spec) {
  check_pack_spec(spec_);
  std::vector<PackTable> tables;
  std::vector<PackSlot> slots;
  std::int64_t base = 0;
  std::int64_t column = spec_.numeric + spec_.indicators;
  plan_.numeric = static_cast<std::int32_t>(spec_.numeric);
  plan_.first_embedded = static_cast<std::int32_t>(column);
  for (const EmbeddingTable& table : spec_.tables) {
    for (std::int32_t k = 0; k < table.width; ++k) slots.push_back({static_cast<std::int32_t>(tables.size()), k});
    tables.push_back({table.offset, static_cast<std::int32_t>(base), table.width, static_cast<std::int32_t>(column)});
    base += table.rows;
    column += table.width;
    plan_.widest = std::max(plan_.widest, table.width);
  }
  const std::int64_t items = static_cast<std::int64_t>(tables.size()) * spec_.max_steps;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  require(base < most && items < most && spec_.max_steps < most, "a packing with more steps or vectors than 2^31");
  plan_.features = static_cast<std::int32_t>(column);
  plan_.vectors = static_cast<std::int32_t>(base);
  if (tables.empty()) return;
  tables_ = upload(tables, stream);
  slots_ = upload(slots, stream);
  plan_.tables = tables_.view();
  plan_.slots = slots_.view();
  key_bits_ = static_cast<int>(std::bit_width(static_cast<std::uint32_t>(base)));
  keys_ = Array<std::uint32_t>(stream, items);
  sorted_keys_ = Array<std::uint32_t>(stream, items);
  values_ = Array<std::int32_t>(stream, items);
  sorted_values_ = Array<std::int32_t>(stream, items);
  sort_scratch_ = Array<std::byte>(stream, static_cast<std::int64_t>(sort_pairs_bytes<std::uint32_t, std::int32_t>(items, key_bits_)));
  const std::int64_t sums = (items + pack_piece - 1) / pack_piece * plan_.widest;
  head_ = Array<double>(stream, sums);
  tail_ = Array<double>(stream, sums);
}

void CudaPack::forward(const PackInput& in, std::int64_t time, MatrixView<float> out, Stream& stream) {
  check_pack_input(spec_, in, time);
  require(out.rows == time * in.first.size && out.columns == features() && out.dense(), "packed steps of another shape than the packing");
  launch_pack(in, plan_, out, cuda_stream(stream));
}

void CudaPack::backward(const PackInput& in, std::int64_t time, MatrixView<const float> dout, View<float> gradient, Stream& stream) {
  check_pack_input(spec_, in, time);
  const std::int64_t steps = time * in.first.size;
  require(dout.rows == steps && dout.columns == features(), "gradients of packed steps of another shape than the packing");
  if (spec_.tables.empty()) return;
  CudaStream& on = cuda_stream(stream);
  const std::int64_t items = static_cast<std::int64_t>(spec_.tables.size()) * steps;
  launch_pack_keys(in, plan_, time, keys_.view().sub(0, items), values_.view().sub(0, items), on);
  sort_pairs(sort_scratch_.view().data, static_cast<std::size_t>(sort_scratch_.size()), keys_.view().data, sorted_keys_.view().data,
             values_.view().data, sorted_values_.view().data, items, key_bits_, on.native());
  launch_pack_sums(plan_, sorted_keys_.view().sub(0, items), sorted_values_.view().sub(0, items), steps, dout, head_.view(), tail_.view(),
                   gradient, on);
}

}  // namespace

std::unique_ptr<Pack> make_cuda_pack(const PackSpec& spec, CudaStream& stream) { return std::make_unique<CudaPack>(spec, stream); }

}  // namespace footfall
