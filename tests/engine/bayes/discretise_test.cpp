// Bands of numbers: where the cuts lie, what the states are called, and MDLP against a plain statement of its criterion.
#include "engine/bayes/discretise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "kernels/error.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

const double missing = std::numeric_limits<double>::quiet_NaN();

TEST(Bands, NamesAreTheCutsToTheBit) {
  EXPECT_EQ(band_names({2.5, 7}), (std::vector<std::string>{"<2.5", "2.5..7", ">=7"}));
  EXPECT_EQ(band_names({}), std::vector<std::string>{"any"});
  test::Numbers numbers(1);
  for (int k = 0; k < 200; ++k) {
    Cuts cuts;
    for (int i = 0; i < 5; ++i) cuts.push_back(std::ldexp(numbers.next(), static_cast<int>(numbers.below(80)) - 40));
    std::sort(cuts.begin(), cuts.end());
    EXPECT_EQ(cuts_of(band_names(cuts)), cuts);
  }
  EXPECT_EQ(cuts_of({"<-3", "-3..-1.5", ">=-1.5"}), (Cuts{-3, -1.5}));
  EXPECT_EQ(cuts_of({"any"}), Cuts());
}

TEST(Bands, OtherStatesAreNoBands) {
  for (const std::vector<std::string>& states :
       {std::vector<std::string>{"yes", "no"}, {"<2", ">=3"}, {"<2", "2..1", ">=1"}, {"<x", ">=x"}, {"<2", "5..7", ">=7"}, {"<2"}, {}, {"<2", "2..3x", ">=3"}, {"<2", "3", ">=3"}})
    EXPECT_FALSE(cuts_of(states));
}

TEST(Bands, ANumberOnACutIsAboveIt) {
  const Cuts cuts = {1.0, 2.0};
  EXPECT_EQ(band_of(cuts, 0.999), 0);
  EXPECT_EQ(band_of(cuts, 1.0), 1);
  EXPECT_EQ(band_of(cuts, 2.0), 2);
  EXPECT_EQ(band_of(cuts, std::numeric_limits<double>::infinity()), 2);
  EXPECT_EQ(band_of({}, 5.0), 0);
}

TEST(QuantileBands, HoldEqualShares) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<double>(i * 7 % 1000) / 8.0);
  values.push_back(missing);
  const Cuts cuts = quantile_cuts(values, 4);
  ASSERT_EQ(cuts.size(), 3U);
  std::map<std::int32_t, int> n;
  for (const double v : values)
    if (!std::isnan(v)) ++n[band_of(cuts, v)];
  for (std::int32_t k = 0; k < 4; ++k) EXPECT_EQ(n[k], 250);
}

TEST(QuantileBands, NeverPartEqualValues) {
  const std::vector<double> values = {0, 0, 0, 0, 0, 0, 0, 1, 2, 3};
  const Cuts cuts = quantile_cuts(values, 5);
  ASSERT_EQ(cuts.size(), 1U);  // the other places hold 0, which has nothing below it
  EXPECT_GT(cuts[0], 1.0);
  EXPECT_LE(cuts[0], 2.0);
  EXPECT_TRUE(quantile_cuts(std::vector<double>{3, 3, 3}, 4).empty());
  EXPECT_TRUE(quantile_cuts(std::vector<double>{missing}, 4).empty());
  EXPECT_THROW((void)quantile_cuts(values, 0), Error);
}

TEST(WidthBands, AreOfEqualWidth) {
  EXPECT_EQ(width_cuts(std::vector<double>{-1, missing, 3, 0}, 4), (Cuts{0, 1, 2}));
  EXPECT_TRUE(width_cuts(std::vector<double>{3, 3}, 4).empty());
}

/// Class entropy in bits of rows [first, end), from shares.
double entropy(const std::vector<int>& labels, std::size_t first, std::size_t end) {
  std::map<int, double> n;
  for (std::size_t i = first; i < end; ++i) n[labels[i]] += 1.0;
  double h = 0.0;
  for (const auto& [label, count] : n) h -= count / static_cast<double>(end - first) * std::log2(count / static_cast<double>(end - first));
  return h;
}

std::size_t kinds(const std::vector<int>& labels, std::size_t first, std::size_t end) {
  std::map<int, int> n;
  for (std::size_t i = first; i < end; ++i) ++n[labels[i]];
  return n.size();
}

/// Fayyad and Irani's criterion as it is printed: pairs of neighbouring values around each accepted cut.
std::vector<std::pair<double, double>> plain_mdlp(const std::vector<double>& x, const std::vector<int>& y) {
  std::vector<std::pair<double, double>> out;
  const std::function<void(std::size_t, std::size_t)> split = [&](std::size_t first, std::size_t end) {
    const double n = static_cast<double>(end - first);
    double least = std::numeric_limits<double>::infinity();
    std::size_t at = 0;
    for (std::size_t i = first + 1; i < end; ++i) {
      if (x[i] == x[i - 1]) continue;
      const double e = static_cast<double>(i - first) / n * entropy(y, first, i) + static_cast<double>(end - i) / n * entropy(y, i, end);
      if (e < least - 1e-12) {
        least = e;
        at = i;
      }
    }
    if (at == 0) return;
    const double k = static_cast<double>(kinds(y, first, end)), k1 = static_cast<double>(kinds(y, first, at)), k2 = static_cast<double>(kinds(y, at, end));
    const double h = entropy(y, first, end), h1 = entropy(y, first, at), h2 = entropy(y, at, end);
    const double delta = std::log2(std::pow(3.0, k) - 2.0) - (k * h - k1 * h1 - k2 * h2);
    if (!(h - least > (std::log2(n - 1.0) + delta) / n)) return;
    out.emplace_back(x[at - 1], x[at]);
    split(first, at);
    split(at, end);
  };
  split(0, x.size());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(EntropyBands, EqualThePlainCriterion) {
  test::Numbers numbers(2);
  std::size_t cuts_seen = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const auto classes = static_cast<std::int32_t>(2 + trial % 3);
    std::vector<double> x;
    std::vector<int> y;
    for (int i = 0; i < 300; ++i) x.push_back(trial % 2 == 0 ? numbers.next() : static_cast<double>(numbers.below(30)));
    std::sort(x.begin(), x.end());
    for (int i = 0; i < 300; ++i) y.push_back(numbers.below(10) < 6 ? i / 60 % classes : static_cast<int>(numbers.below(classes)));
    const auto expected = plain_mdlp(x, y);
    std::vector<double> shuffled = x;
    std::vector<std::int32_t> labels(y.begin(), y.end());
    for (std::size_t i = shuffled.size(); i > 1; --i) {
      const auto j = static_cast<std::size_t>(numbers.below(static_cast<std::int64_t>(i)));
      std::swap(shuffled[i - 1], shuffled[j]);
      std::swap(labels[i - 1], labels[j]);
    }
    shuffled.push_back(missing);
    labels.push_back(0);
    shuffled.push_back(0.0);
    labels.push_back(-1);
    const Cuts cuts = entropy_cuts(shuffled, labels, classes);
    ASSERT_EQ(cuts.size(), expected.size()) << trial;
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      EXPECT_GT(cuts[i], expected[i].first);
      EXPECT_LE(cuts[i], expected[i].second);
    }
    cuts_seen += cuts.size();
  }
  EXPECT_GT(cuts_seen, 40U);
}

TEST(EntropyBands, FindNothingInNoiseAndTheStepThatIsThere) {
  std::vector<double> x;
  std::vector<std::int32_t> step, noise;
  test::Numbers numbers(3);
  for (int i = 0; i < 500; ++i) {
    x.push_back(i / 100.0);
    step.push_back(i >= 250 ? 1 : 0);
    noise.push_back(static_cast<std::int32_t>(numbers.below(2)));
  }
  EXPECT_EQ(entropy_cuts(x, step, 2), Cuts{2.5});  // 2.495 and 2.5 are its neighbours, and 2.5 has the fewest digits
  EXPECT_TRUE(entropy_cuts(x, noise, 2).empty());
  EXPECT_EQ(entropy_cuts(x, step, 2, 0), Cuts());
}

}  // namespace
}  // namespace footfall
