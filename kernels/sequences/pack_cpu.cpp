// Forward: tiles of sequences, each step of each one row that is written once, whole.
// Backward: for each table the steps are sorted by (code, position), so that a vector's gradient is one sum in the order of positions,
// taken in float64 by one thread, whatever the team.

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/columns/standardize_math.hpp"
#include "kernels/device/team.hpp"
#include "kernels/sequences/cpu_sequences.hpp"
#include "kernels/sequences/sequences_check.hpp"

namespace footfall {
namespace {

constexpr std::int64_t kTileSequences = 32;
constexpr std::int64_t kSlices = 16;  ///< of a table's sorted steps

class CpuPack final : public Pack {
 public:
  CpuPack(const PackSpec& spec, Team& team, Stream& stream)
      : spec_((check_pack_spec(spec), spec)),
        team_(team),
        keys_(stream, static_cast<std::int64_t>(spec.tables.size()) * spec.max_steps),
        counts_(spec.tables.size()) {}

  std::int64_t features() const override { return spec_.numeric + spec_.indicators + embedding_width(spec_); }
  void forward(const PackInput& in, std::int64_t time, MatrixView<float> out, Stream& stream) override;
  void backward(const PackInput& in, std::int64_t time, MatrixView<const float> dout, View<float> gradient, Stream& stream) override;

 private:
  void write_step(const PackInput& in, std::int64_t event, float* out) const;
  void sort_steps(const PackInput& in, std::int64_t time, std::int64_t table);
  void sum_slice(std::int64_t table, std::int64_t slice, std::int64_t column, MatrixView<const float> dout, View<float> gradient) const;

  PackSpec spec_;
  Team& team_;
  Array<std::uint64_t> keys_;         ///< a table's steps: code * 2^32 + position
  std::vector<std::int64_t> counts_;  ///< steps of each table
};

void CpuPack::write_step(const PackInput& in, std::int64_t event, float* out) const {
  const float* numbers = in.numeric.data + event * in.numeric.stride;
  for (std::int64_t c = 0; c < spec_.numeric; ++c) {
    const ColumnScale& scale = in.scale.data[c];
    out[c] = standardized(numbers[c], scale);
    if (scale.indicator >= 0) out[scale.indicator] = is_missing(numbers[c]) ? 1.0F : 0.0F;
  }
  float* to = out + spec_.numeric + spec_.indicators;
  const std::int32_t* codes = in.codes.data + event * in.codes.stride;
  for (std::size_t c = 0; c < spec_.tables.size(); ++c) {
    const EmbeddingTable& table = spec_.tables[c];
    std::copy_n(in.parameters.data + table.offset + static_cast<std::int64_t>(codes[c]) * table.width, table.width, to);
    to += table.width;
  }
}

void CpuPack::forward(const PackInput& in, std::int64_t time, MatrixView<float> out, Stream&) {
  check_pack_input(spec_, in, time);
  const std::int64_t batch = in.first.size;
  require(out.rows == time * batch && out.columns == features() && out.dense(), "packed steps of another shape than the packing");
  const auto row_bytes = static_cast<std::size_t>(out.columns) * sizeof(float);
  team_.run((batch + kTileSequences - 1) / kTileSequences, [&](std::int64_t tile, int) {
    const std::int64_t end = std::min(batch, (tile + 1) * kTileSequences);
    for (std::int64_t t = 0; t < time; ++t) {
      for (std::int64_t b = tile * kTileSequences; b < end; ++b) {
        float* row = out.data + (t * batch + b) * out.columns;
        if (t < in.length.data[b]) {
          write_step(in, in.first.data[b] + t, row);
        } else {
          std::memset(row, 0, row_bytes);
        }
      }
    }
  });
}

void CpuPack::sort_steps(const PackInput& in, std::int64_t time, std::int64_t table) {
  const std::int64_t batch = in.first.size;
  std::uint64_t* keys = keys_.view().data + table * spec_.max_steps;
  std::int64_t count = 0;
  for (std::int64_t t = 0; t < time; ++t) {
    for (std::int64_t b = 0; b < batch; ++b) {
      if (t >= in.length.data[b]) continue;
      const auto code = static_cast<std::uint64_t>(in.codes.data[(in.first.data[b] + t) * in.codes.stride + table]);
      keys[count++] = code << 32 | static_cast<std::uint64_t>(t * batch + b);
    }
  }
  std::sort(keys, keys + count);
  counts_[static_cast<std::size_t>(table)] = count;
}

/// Adds the gradients of the codes whose first step lies in the slice.
void CpuPack::sum_slice(std::int64_t table, std::int64_t slice, std::int64_t column, MatrixView<const float> dout,
                        View<float> gradient) const {
  const EmbeddingTable& entry = spec_.tables[static_cast<std::size_t>(table)];
  const std::int64_t count = counts_[static_cast<std::size_t>(table)];
  const std::uint64_t* keys = keys_.view().data + table * spec_.max_steps;
  const auto code = [&](std::int64_t i) { return keys[i] >> 32; };
  const std::int64_t end = (slice + 1) * count / kSlices;
  std::int64_t i = slice * count / kSlices;
  while (i > 0 && i < end && code(i) == code(i - 1)) ++i;
  std::vector<double> sum(static_cast<std::size_t>(entry.width));
  while (i < end) {
    const std::uint64_t here = code(i);
    std::fill(sum.begin(), sum.end(), 0.0);
    for (; i < count && code(i) == here; ++i) {
      const float* from = dout.data + static_cast<std::int64_t>(keys[i] & 0xFFFFFFFFU) * dout.stride + column;
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += from[k];
    }
    float* to = gradient.data + entry.offset + static_cast<std::int64_t>(here) * entry.width;
    for (std::size_t k = 0; k < sum.size(); ++k) to[k] += static_cast<float>(sum[k]);
  }
}

void CpuPack::backward(const PackInput& in, std::int64_t time, MatrixView<const float> dout, View<float> gradient, Stream&) {
  check_pack_input(spec_, in, time);
  require(dout.rows == time * in.first.size && dout.columns == features(), "gradients of packed steps of another shape than the packing");
  const auto tables = static_cast<std::int64_t>(spec_.tables.size());
  if (tables == 0) return;
  team_.run(tables, [&](std::int64_t table, int) { sort_steps(in, time, table); });
  team_.run(tables * kSlices, [&](std::int64_t piece, int) {
    const std::int64_t table = piece / kSlices;
    std::int64_t column = spec_.numeric + spec_.indicators;
    for (std::int64_t c = 0; c < table; ++c) column += spec_.tables[static_cast<std::size_t>(c)].width;
    sum_slice(table, piece % kSlices, column, dout, gradient);
  });
}

}  // namespace

std::unique_ptr<Pack> make_cpu_pack(const PackSpec& spec, Team& team, Stream& stream) {
  return std::make_unique<CpuPack>(spec, team, stream);
}

}  // namespace footfall
