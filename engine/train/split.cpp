#include "engine/train/split.hpp"

#include <cmath>
#include <map>

#include "engine/data/draw.hpp"

namespace footfall {
namespace {

/// The members of every stratum, each shuffled.
std::map<std::int32_t, std::vector<std::size_t>> shuffled_strata(std::span<const std::int32_t> strata, std::uint64_t seed) {
  std::map<std::int32_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < strata.size(); ++i) groups[strata[i]].push_back(i);
  Draw draw(seed);
  for (auto& group : groups) draw.shuffle(std::span<std::size_t>(group.second));
  return groups;
}

}  // namespace

std::vector<std::int32_t> stratified_folds(std::span<const std::int32_t> strata, std::int32_t folds, std::uint64_t seed) {
  std::vector<std::int32_t> fold(strata.size());
  std::int32_t next = 0;  // goes on from stratum to stratum, so that folds differ by one at most
  for (const auto& group : shuffled_strata(strata, seed))
    for (const std::size_t i : group.second) {
      fold[i] = next;
      next = (next + 1) % folds;
    }
  return fold;
}

std::vector<std::uint8_t> stratified_share(std::span<const std::int32_t> strata, double share, std::uint64_t seed) {
  std::vector<std::uint8_t> marked(strata.size());
  for (const auto& group : shuffled_strata(strata, seed)) {
    const auto count = static_cast<std::size_t>(std::llround(share * static_cast<double>(group.second.size())));
    for (std::size_t i = 0; i < count; ++i) marked[group.second[i]] = 1;
  }
  return marked;
}

}  // namespace footfall
