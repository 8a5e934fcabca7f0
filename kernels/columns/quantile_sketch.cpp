#include "kernels/columns/quantile_sketch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/error.hpp"

namespace footfall {

QuantileSketch::QuantileSketch(std::int64_t capacity) : capacity_(capacity), levels_(1) {
  require(capacity >= 2 && capacity % 2 == 0, "a quantile sketch of an odd or no capacity");
}

void QuantileSketch::add(float value) {
  if (value != value) return;
  smallest_ = count_ == 0 ? value : std::min(smallest_, value);
  largest_ = count_ == 0 ? value : std::max(largest_, value);
  ++count_;
  // Compacting before the buffer would overflow, not when it is full, keeps `capacity` values exact.
  if (static_cast<std::int64_t>(levels_.front().values.size()) == capacity_) compact_full_levels();
  levels_.front().values.push_back(value);
}

void QuantileSketch::add(std::span<const float> values) {
  for (const float value : values) add(value);
}

void QuantileSketch::merge(const QuantileSketch& other) {
  require(capacity_ == other.capacity_, "quantile sketches of different capacity are merged");
  if (other.count_ == 0) return;
  smallest_ = count_ == 0 ? other.smallest_ : std::min(smallest_, other.smallest_);
  largest_ = count_ == 0 ? other.largest_ : std::max(largest_, other.largest_);
  count_ += other.count_;
  rank_error_ += other.rank_error_;
  if (levels_.size() < other.levels_.size()) levels_.resize(other.levels_.size());
  for (std::size_t h = 0; h < other.levels_.size(); ++h) {
    levels_[h].values.insert(levels_[h].values.end(), other.levels_[h].values.begin(), other.levels_[h].values.end());
  }
  const auto too_full = [this](const Level& level) { return static_cast<std::int64_t>(level.values.size()) > capacity_; };
  if (std::any_of(levels_.begin(), levels_.end(), too_full)) compact_full_levels();
}

void QuantileSketch::compact_full_levels() {
  for (std::size_t h = 0; h < levels_.size(); ++h) {
    const auto held = static_cast<std::int64_t>(levels_[h].values.size());
    if (held < capacity_) continue;
    if (h + 1 == levels_.size()) levels_.emplace_back();
    std::vector<float>& values = levels_[h].values;
    std::sort(values.begin(), values.end());
    // A value without a partner stays, so that the weights go on adding up to the count.
    const std::int64_t pairs = held / 2;
    for (std::int64_t i = 0; i < pairs; ++i)
      levels_[h + 1].values.push_back(values[static_cast<std::size_t>(2 * i + (levels_[h].odd ? 1 : 0))]);
    values.erase(values.begin(), values.begin() + 2 * pairs);
    levels_[h].odd = !levels_[h].odd;
    rank_error_ += std::int64_t{1} << h;
  }
}

std::vector<float> QuantileSketch::quantiles(std::span<const double> q) const {
  require(count_ > 0, "quantiles of no values");
  std::vector<std::pair<float, std::int64_t>> weighted;
  for (std::size_t h = 0; h < levels_.size(); ++h) {
    for (const float value : levels_[h].values) weighted.emplace_back(value, std::int64_t{1} << h);
  }
  std::sort(weighted.begin(), weighted.end());
  std::int64_t through = 0;
  for (auto& [value, weight] : weighted) weight = through += weight;  // from now on the values up to here
  const auto at_rank = [&](std::int64_t rank) {
    if (rank <= 0) return smallest_;
    if (rank >= count_ - 1) return largest_;
    const auto found =
        std::upper_bound(weighted.begin(), weighted.end(), rank, [](std::int64_t r, const auto& entry) { return r < entry.second; });
    return found->first;
  };
  std::vector<float> answers;
  answers.reserve(q.size());
  for (const double share : q) {
    require(share >= 0.0 && share <= 1.0, "a quantile outside [0, 1]");
    const double rank = share * static_cast<double>(count_ - 1);
    const auto below = static_cast<std::int64_t>(std::floor(rank));
    const double part = rank - static_cast<double>(below);
    const auto low = static_cast<double>(at_rank(below));
    const auto high = static_cast<double>(at_rank(below + 1));
    answers.push_back(part == 0.0 || low == high ? static_cast<float>(low) : static_cast<float>(low + (high - low) * part));
  }
  return answers;
}

float QuantileSketch::quantile(double q) const { return quantiles(std::span<const double>(&q, 1)).front(); }

}  // namespace footfall
