// A whole table through recode and the encoder on the device, against a float64 statement of what each column means.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "engine/train/predict.hpp"
#include "engine/transform/transform.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t rows = 50, trained = 40;  ///< the rest was not seen by the fit
const std::vector<std::string> colours = {"blue", "green", "red", "white"};

/// Columns: spread with a tenth missing, few values, constant, never there; a colour, "white" only where the fit does not look.
ExampleTable table_of() {
  ExampleTable table;
  table.profile_numbers = {"spread", "steps", "constant", "empty"};
  table.profile_codes = {"colour"};
  test::Numbers numbers(3);
  for (std::int64_t i = 0; i < rows; ++i) {
    table.keys.push_back({i, 0});
    table.profile_number.push_back(i % 10 == 3 ? missing
                                               : static_cast<float>(std::exp(3.0 * numbers.next())) * (i >= trained ? 3.0F : 1.0F));
    table.profile_number.push_back(i == 4 || i == 41 ? missing : static_cast<float>(i * i % 5) - (i >= trained ? 0.5F : 1.0F));
    table.profile_number.push_back(i < trained ? 3.0F : static_cast<float>(i));
    table.profile_number.push_back(i < trained ? missing : static_cast<float>(i));
    table.profile_code.push_back(i == 45 ? 3 : i % 7 == 2 ? -1 : static_cast<std::int32_t>(i % 5 == 0 ? 2 : i % 2));
  }
  return table;
}

double signed_log(double x) { return x < 0.0 ? -std::log1p(-x) : std::log1p(x); }

/// By halving, of the distribution function.
double quantile(double p) {
  double low = -10.0, high = 10.0;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2.0;
    (0.5 * std::erfc(-middle / std::numbers::sqrt2) < p ? low : high) = middle;
  }
  return low;
}

/// What the transform promises of one column of numbers.
class ReferenceColumn {
 public:
  ReferenceColumn(const ExampleTable& table, std::size_t column, NumericMissing policy) {
    for (std::size_t i = 0; i < rows; ++i) cells_.push_back(signed_log(table.profile_number[i * table.profile_numbers.size() + column]));
    for (std::size_t i = 0; i < trained; ++i)
      if (!std::isnan(cells_[i])) known_.push_back(cells_[i]);
    std::sort(known_.begin(), known_.end());
    const auto [mean, deviation] = moments(known_);
    mean_ = mean;
    deviation_ = deviation;
    fill_ = fill_by(policy);
    fills_scores_ = policy != NumericMissing::mean;
    for (const double x : known_) {
      const auto [low, high] = std::equal_range(known_.begin(), known_.end(), x);
      scores_[x] =
          quantile(static_cast<double>((low - known_.begin()) + (high - known_.begin())) / (2.0 * static_cast<double>(known_.size())));
    }
    std::vector<double> all;
    for (const double x : known_) all.push_back(scores_[x]);
    const auto [centre, spread] = moments(all);
    for (auto& score : scores_) score.second = spread > 1e-9 ? (score.second - centre) / spread : 0.0;
  }

  [[nodiscard]] double score(std::size_t i) const {
    if (known_.empty() || (std::isnan(cells_[i]) && !fills_scores_)) return 0.0;
    const double x = std::isnan(cells_[i]) ? fill_ : cells_[i];
    const auto above = scores_.lower_bound(x);
    if (above == scores_.begin()) return above->second;
    if (above == scores_.end()) return scores_.rbegin()->second;
    const auto below = std::prev(above);
    return below->second + (above->second - below->second) * (x - below->first) / (above->first - below->first);
  }
  [[nodiscard]] double scaled(std::size_t i) const {
    if (deviation_ < 1e-9) return 0.0;
    return std::clamp(((std::isnan(cells_[i]) ? fill_ : cells_[i]) - mean_) / deviation_, -4.0, 4.0);
  }
  [[nodiscard]] bool has_indicator() const { return !known_.empty() && known_.size() < trained; }
  [[nodiscard]] double indicator(std::size_t i) const {
    const double share = 1.0 - static_cast<double>(known_.size()) / static_cast<double>(trained);
    return ((std::isnan(cells_[i]) ? 1.0 : 0.0) - share) / std::sqrt(share * (1.0 - share));
  }

 private:
  static std::pair<double, double> moments(const std::vector<double>& values) {
    double mean = 0.0, square = 0.0;
    for (const double x : values) mean += x / static_cast<double>(values.size());
    for (const double x : values) square += (x - mean) * (x - mean) / static_cast<double>(values.size());
    return {mean, std::sqrt(square)};
  }
  [[nodiscard]] double fill_by(NumericMissing policy) const {
    if (known_.empty() || policy == NumericMissing::zero) return 0.0;
    if (policy == NumericMissing::median) return known_[(known_.size() - 1) / 2];
    if (policy == NumericMissing::mean) return mean_;
    double best = known_.front();
    for (const double x : known_)
      if (std::count(known_.begin(), known_.end(), x) > std::count(known_.begin(), known_.end(), best)) best = x;
    return best;
  }

  std::vector<double> cells_, known_;
  double mean_ = 0.0, deviation_ = 0.0, fill_ = 0.0;
  bool fills_scores_ = false;
  std::map<double, double> scores_;
};

struct Fitted {
  Transform transform;
  ExampleTable table;
  std::vector<UnseenCount> unseen;
};

class EncoderTest : public test::BackendTest {
 protected:
  [[nodiscard]] Fitted fitted(const TransformSpec& spec) {
    Fitted out{{}, table_of(), {}};
    std::vector<std::int64_t> training;
    for (std::int64_t i = 0; i < trained; ++i) training.push_back(i);
    const Dictionaries words{{}, {&colours}};
    out.transform = fit_transform(out.table, words, training, spec, backend(), stream());
    out.unseen = recode(out.table, words, out.transform, backend().team());
    return out;
  }
  [[nodiscard]] std::vector<float> encoded(const Fitted& of) {
    const DeviceExamples device = upload_examples(of.table, of.transform, true, backend(), stream());
    return download(device.profile.view(), stream());
  }
};

TEST_F(EncoderTest, ScoresThenNumbersThenIndicatorsThenWords) {
  for (const NumericMissing policy : {NumericMissing::mean, NumericMissing::median, NumericMissing::mode, NumericMissing::zero}) {
    TransformSpec spec;
    spec.numeric = policy;
    const Fitted all = fitted(spec);
    const ExampleTable raw = table_of();
    std::vector<ReferenceColumn> columns;
    for (std::size_t c = 0; c < 4; ++c) columns.emplace_back(raw, c, policy);
    std::vector<double> expected;
    for (std::size_t i = 0; i < rows; ++i) {
      for (const ReferenceColumn& column : columns) expected.push_back(column.score(i));
      for (const ReferenceColumn& column : columns) expected.push_back(column.scaled(i));
      for (const ReferenceColumn& column : columns)
        if (column.has_indicator()) expected.push_back(column.indicator(i));
      // missing, unseen, blue, green, red
      const std::int32_t colour = raw.profile_code[i], code = colour < 0 ? 0 : colour == 3 ? 1 : 2 + colour;
      for (std::int32_t k = 0; k < 5; ++k) expected.push_back(k == code ? 1.0 : 0.0);
    }
    ASSERT_EQ(all.transform.profile_width(), 4 + 4 + 2 + 5);
    // Logarithm, subtraction and product round to 6e-8 of numbers up to 5; where the map is steepest a score moves ten times as far as its
    // input.
    test::expect_close(encoded(all), expected, {2e-5, 0.0}, "policy " + std::to_string(static_cast<int>(policy)));
  }
}

TEST_F(EncoderTest, AGateMultipliesEachInput) {
  Fitted all = fitted({});
  const std::vector<float> plain = encoded(all);
  const std::int64_t width = all.transform.profile_width();
  for (std::int64_t j = 0; j < width; ++j) all.transform.gate.push_back(0.25F * static_cast<float>(j));
  std::vector<double> expected;
  for (std::size_t i = 0; i < plain.size(); ++i)
    expected.push_back(0.25 * static_cast<double>(static_cast<std::int64_t>(i) % width) * plain[i]);
  test::expect_close(encoded(all), expected, {0.0, 1e-7}, "gated");
}

TEST_F(EncoderTest, UnseenWordsAreCountedByColumn) {
  const Fitted all = fitted({});
  ASSERT_EQ(all.unseen.size(), 1u);
  EXPECT_EQ(all.unseen[0].column, "colour");
  EXPECT_EQ(all.unseen[0].cells, 1);
}

TEST_F(EncoderTest, RecodeTakesTheLogarithmOfWhatTheFitFound) {
  TransformSpec plain;
  plain.scale = Scale::none;
  const ExampleTable raw = table_of();
  test::expect_same_bits(fitted(plain).table.profile_number, raw.profile_number, "without a scale cells stay as they are");
  std::vector<double> expected;
  for (const float x : raw.profile_number) expected.push_back(signed_log(x));
  test::expect_close(fitted({}).table.profile_number, expected, {0.0, 3e-7}, "logarithm");
}

TEST_F(EncoderTest, MissingWordsGoWhereThePolicySends) {
  TransformSpec spec;
  spec.categorical = CategoricalMissing::mode;
  const Fitted all = fitted(spec);
  const ExampleTable raw = table_of();
  std::vector<int> count(4);
  for (std::size_t i = 0; i < trained; ++i)
    if (raw.profile_code[i] >= 0) ++count[static_cast<std::size_t>(raw.profile_code[i])];
  const auto most = static_cast<std::int32_t>(std::max_element(count.begin(), count.end()) - count.begin());
  for (std::size_t i = 0; i < rows; ++i)
    if (raw.profile_code[i] < 0) {
      EXPECT_EQ(all.table.profile_code[i], 2 + most);
    }
}

TEST_F(EncoderTest, ARowsEncodingDoesNotDependOnItsNeighbours) {
  const Fitted all = fitted({});
  const std::vector<float> together = encoded(all);
  const auto width = static_cast<std::size_t>(all.transform.profile_width());
  for (const std::size_t i : {std::size_t{0}, std::size_t{13}, std::size_t{49}}) {
    Fitted one = all;
    one.table.keys = {all.table.keys[i]};
    one.table.profile_number.assign(all.table.profile_number.begin() + static_cast<std::ptrdiff_t>(4 * i),
                                    all.table.profile_number.begin() + static_cast<std::ptrdiff_t>(4 * i + 4));
    one.table.profile_code = {all.table.profile_code[i]};
    const auto from = together.begin() + static_cast<std::ptrdiff_t>(i * width);
    test::expect_same_bits(encoded(one), std::vector<float>(from, from + static_cast<std::ptrdiff_t>(width)), "row " + std::to_string(i));
  }
}

TEST_F(EncoderTest, ATableWithoutProfilesHasNoWidth) {
  ExampleTable table;
  table.keys.resize(3);
  const Transform t = fit_transform(table, {}, std::vector<std::int64_t>{0, 1, 2}, {}, backend(), stream());
  EXPECT_EQ(t.profile_width(), 0);
  EXPECT_EQ(upload_examples(table, t, true, backend(), stream()).profile.size(), 0);
}

}  // namespace
}  // namespace footfall
