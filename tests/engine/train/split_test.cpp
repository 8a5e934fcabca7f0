// Folds and shares that hold every stratum alike.
#include "engine/train/split.hpp"

#include <gtest/gtest.h>

#include <map>

namespace footfall {
namespace {

/// 60 of one kind, 33 of another, 7 unknown, mixed.
std::vector<std::int32_t> strata_of_100() {
  std::vector<std::int32_t> strata;
  for (std::int32_t i = 0; i < 100; ++i) strata.push_back(i * 37 % 100 < 60 ? 0 : i * 37 % 100 < 93 ? 1 : 2);
  return strata;
}

TEST(StratifiedFolds, SizesDifferByOneAtMost) {
  for (const std::int32_t folds : {2, 3, 5, 7}) {
    const auto strata = strata_of_100();
    const auto fold = stratified_folds(strata, folds, 42);
    std::map<std::int32_t, int> all;
    std::map<std::pair<std::int32_t, std::int32_t>, int> by_stratum;
    for (std::size_t i = 0; i < 100; ++i) {
      ++all[fold[i]];
      ++by_stratum[{strata[i], fold[i]}];
    }
    EXPECT_EQ(all.size(), static_cast<std::size_t>(folds));
    const int counts[] = {60, 33, 7};
    for (std::int32_t f = 0; f < folds; ++f) {
      EXPECT_NEAR(all[f], 100.0 / folds, 0.999) << folds;
      for (std::int32_t s = 0; s < 3; ++s) EXPECT_NEAR((by_stratum[{s, f}]), static_cast<double>(counts[s]) / folds, 0.999) << folds;
    }
  }
}

TEST(StratifiedShare, RoundsInEveryStratum) {
  const auto strata = strata_of_100();
  const auto marked = stratified_share(strata, 0.2, 42);
  std::map<std::int32_t, int> count;
  for (std::size_t i = 0; i < 100; ++i) count[strata[i]] += marked[i];
  EXPECT_EQ(count[0], 12);
  EXPECT_EQ(count[1], 7);  // 6.6
  EXPECT_EQ(count[2], 1);  // 1.4
}

TEST(StratifiedShare, NothingAndAll) {
  const auto strata = strata_of_100();
  EXPECT_EQ(stratified_share(strata, 0.0, 1), std::vector<std::uint8_t>(100, 0));
  EXPECT_EQ(stratified_share(strata, 1.0, 1), std::vector<std::uint8_t>(100, 1));
  EXPECT_TRUE(stratified_share({}, 0.5, 1).empty());
}

TEST(Stratified, TheSeedDecides) {
  const auto strata = strata_of_100();
  EXPECT_EQ(stratified_folds(strata, 5, 42), stratified_folds(strata, 5, 42));
  EXPECT_NE(stratified_folds(strata, 5, 42), stratified_folds(strata, 5, 43));
  EXPECT_EQ(stratified_share(strata, 0.5, 42), stratified_share(strata, 0.5, 42));
  EXPECT_NE(stratified_share(strata, 0.5, 42), stratified_share(strata, 0.5, 43));
}

}  // namespace
}  // namespace footfall
