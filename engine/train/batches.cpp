#include "engine/train/batches.hpp"

#include <algorithm>

#include "engine/data/draw.hpp"

namespace footfall {
namespace {

void sort_by_length(std::span<const std::int32_t> lengths, std::span<std::int64_t> examples) {
  if (lengths.empty()) return;
  std::stable_sort(examples.begin(), examples.end(),
                   [&](std::int64_t a, std::int64_t b) { return lengths[static_cast<std::size_t>(a)] > lengths[static_cast<std::size_t>(b)]; });
}

void count_steps(std::span<const std::int32_t> lengths, BatchPlan& plan) {
  if (lengths.empty()) return;
  for (std::int64_t k = 0; k < plan.batches(); ++k) {
    const std::int64_t begin = plan.start[static_cast<std::size_t>(k)], end = plan.start[static_cast<std::size_t>(k) + 1];
    for (std::int64_t i = begin; i < end; ++i) plan.steps += lengths[static_cast<std::size_t>(plan.order[static_cast<std::size_t>(i)])];
    plan.padded += (end - begin) * lengths[static_cast<std::size_t>(plan.order[static_cast<std::size_t>(begin)])];
  }
}

}  // namespace

BatchPlan plan_epoch(std::span<const std::int32_t> lengths, std::span<const std::int64_t> examples, std::int64_t batch, std::int64_t window,
                     std::uint64_t seed) {
  Draw draw(seed);
  std::vector<std::int64_t> shuffled(examples.begin(), examples.end());
  draw.shuffle(std::span<std::int64_t>(shuffled));
  const auto n = static_cast<std::int64_t>(shuffled.size());
  for (std::int64_t begin = 0; begin < n; begin += window * batch) {
    const std::int64_t count = std::min(window * batch, n - begin);
    sort_by_length(lengths, std::span<std::int64_t>(shuffled).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)));
  }
  std::vector<std::int64_t> starts;
  for (std::int64_t begin = 0; begin < n; begin += batch) starts.push_back(begin);
  draw.shuffle(std::span<std::int64_t>(starts));
  BatchPlan plan;
  plan.start.push_back(0);
  for (const std::int64_t begin : starts) {
    const std::int64_t end = std::min(n, begin + batch);
    plan.order.insert(plan.order.end(), shuffled.begin() + begin, shuffled.begin() + end);
    plan.start.push_back(static_cast<std::int64_t>(plan.order.size()));
    // A batch that ends one window and begins the next is sorted again here.
    sort_by_length(lengths, std::span<std::int64_t>(plan.order).last(static_cast<std::size_t>(end - begin)));
  }
  count_steps(lengths, plan);
  return plan;
}

std::vector<std::vector<std::int64_t>> epoch_windows(std::span<const std::int64_t> examples, std::int64_t batch, std::int64_t window, std::uint64_t seed) {
  constexpr std::int64_t run = 1024;
  const auto n = static_cast<std::int64_t>(examples.size());
  if (n <= window) return {std::vector<std::int64_t>(examples.begin(), examples.end())};
  std::vector<std::int64_t> runs;
  for (std::int64_t begin = 0; begin < n; begin += run) runs.push_back(begin);
  Draw draw(seed);
  draw.shuffle(std::span<std::int64_t>(runs));
  const auto most = static_cast<std::size_t>(std::max(window / batch, std::int64_t{1}) * batch);
  std::vector<std::vector<std::int64_t>> windows(1);
  for (const std::int64_t begin : runs)
    for (std::int64_t i = begin; i < std::min(n, begin + run); ++i) {
      if (windows.back().size() == most) windows.emplace_back();
      windows.back().push_back(examples[static_cast<std::size_t>(i)]);
    }
  return windows;
}

std::vector<std::vector<std::int64_t>> windows_of(std::span<const std::int64_t> examples) {
  std::vector<std::vector<std::int64_t>> windows;
  for (std::size_t begin = 0; begin < examples.size(); begin += static_cast<std::size_t>(prediction_window)) {
    const auto some = examples.subspan(begin, std::min(static_cast<std::size_t>(prediction_window), examples.size() - begin));
    windows.emplace_back(some.begin(), some.end());
  }
  return windows;
}

BatchPlan plan_groups(std::span<const std::int32_t> lengths, std::span<const std::vector<std::int64_t>> groups, std::int64_t batch) {
  BatchPlan plan;
  plan.start.push_back(0);
  for (const std::vector<std::int64_t>& group : groups) {
    std::vector<std::int64_t> sorted = group;
    sort_by_length(lengths, sorted);
    const auto n = static_cast<std::int64_t>(sorted.size());
    for (std::int64_t begin = 0; begin < n; begin += batch) {
      const std::int64_t end = std::min(n, begin + batch);
      plan.order.insert(plan.order.end(), sorted.begin() + begin, sorted.begin() + end);
      plan.start.push_back(static_cast<std::int64_t>(plan.order.size()));
    }
  }
  count_steps(lengths, plan);
  return plan;
}

}  // namespace footfall
