// Networks of features: the search that is led by the target's log loss, the loss itself, and codes of features.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/bayes/calibrated_loss.hpp"
#include "engine/bayes/feature_network.hpp"
#include "engine/bayes/feature_posterior.hpp"
#include "engine/bayes/structure_classifier.hpp"
#include "kernels/device/team.hpp"
#include "kernels/error.hpp"
#include "tests/engine/bayes/sample_file.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

double loss_of(const std::vector<float>& z, const std::vector<std::uint8_t>& y, double shift, double stretch) {
  double sum = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double p = 1.0 / (1.0 + std::exp(-(shift + stretch * static_cast<double>(z[i]))));
    sum -= std::log(y[i] != 0 ? p : 1.0 - p);
  }
  return sum / static_cast<double>(y.size());
}

TEST(CalibratedLoss, IsTheLeastOverShiftAndStretch) {
  test::Numbers numbers(1);
  std::vector<float> z;
  std::vector<std::uint8_t> y;
  for (int i = 0; i < 500; ++i) {
    const double logit = 2.0 * numbers.next();
    z.push_back(static_cast<float>(3.0 * logit + 1.0));  // too sure by three times, and shifted
    y.push_back(numbers.next() < 2.0 / (1.0 + std::exp(-logit)) - 1.0 ? 1 : 0);
  }
  Calibration calibration;
  const double least = calibrated_loss(z, y, 2, calibration, 12);
  EXPECT_NEAR(least, loss_of(z, y, calibration.shift[0], calibration.stretch), 1e-12);
  for (const double shift : {-0.02, 0.0, 0.02})
    for (const double stretch : {-0.01, 0.0, 0.01})
      EXPECT_GE(loss_of(z, y, calibration.shift[0] + shift, calibration.stretch + stretch), least - 1e-12);
}

TEST(CalibratedLoss, OfThreeClassesFallsToTheSharesWithoutEvidence) {
  const std::vector<float> z(120 * 2, 0.0F);
  std::vector<std::uint8_t> y;
  for (int i = 0; i < 120; ++i) y.push_back(static_cast<std::uint8_t>(i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2));
  Calibration calibration;
  const double entropy = -(0.5 * std::log(0.5) + std::log(1.0 / 3.0) / 3.0 + std::log(1.0 / 6.0) / 6.0);
  EXPECT_NEAR(calibrated_loss(z, y, 3, calibration, 12), entropy, 1e-9);
}

/// A target; a copy of it with noise; a copy of the copy; two columns whose equality tells of the target and which alone tell nothing; noise.
CodedTable riddle(std::int64_t rows) {
  test::Numbers numbers(2);
  std::vector<std::vector<std::uint8_t>> columns(6);
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto y = static_cast<std::uint8_t>(numbers.below(2)), left = static_cast<std::uint8_t>(numbers.below(2));
    const auto noisy = static_cast<std::uint8_t>(numbers.below(10) < 2 ? 1 - y : y);
    columns[0].push_back(y);
    columns[1].push_back(noisy);
    columns[2].push_back(noisy);
    columns[3].push_back(left);
    columns[4].push_back(static_cast<std::uint8_t>(numbers.below(10) < 2 ? numbers.below(2) : left ^ y));
    columns[5].push_back(static_cast<std::uint8_t>(numbers.below(3)));
  }
  return test::table_of_columns(columns, {2, 2, 2, 2, 2, 3});
}

TEST(ClassifierStructure, TakesWhatTellsOfTheTargetAndLeavesTheRest) {
  test::CountedTable data(riddle(3000));
  const ClassifierStructure found = classifier_structure(data.counts, 0, {}, data.backend->team());
  const auto touches = [&](std::size_t v) { return std::count(found.structure[v].begin(), found.structure[v].end(), 0) == 1; };
  EXPECT_TRUE(found.structure[0].empty());
  EXPECT_NE(touches(1), touches(2));  // one of two equal columns
  EXPECT_FALSE(touches(5));
  EXPECT_TRUE((found.structure[3] == std::vector<std::int32_t>{0, 4}) || (found.structure[4] == std::vector<std::int32_t>{0, 3}));
  EXPECT_EQ(found.structure[touches(1) ? 2 : 1], std::vector<std::int32_t>{touches(1) ? 1 : 2});  // the other hangs on its copy
  EXPECT_LT(found.loss, 0.4);   // the entropy of a coin is 0.69
}

TEST(ClassifierStructure, DoesNotDependOnThreads) {
  test::CountedTable one(riddle(1200), 1), three(riddle(1200), 3);
  const ClassifierStructure a = classifier_structure(one.counts, 0, {}, one.backend->team()), b = classifier_structure(three.counts, 0, {}, three.backend->team());
  EXPECT_EQ(a.structure, b.structure);
  EXPECT_EQ(a.loss, b.loss);
}

/// 600 customers with an age, a size that tells nothing, a city that tells of the target, a column of one value; some cells missing.
struct Customers {
  ExampleTable table;
  std::vector<std::string> cities{"Bern", "Genf", "Olten"}, only{"x"};
  Dictionaries dictionaries;
  std::vector<std::int64_t> rows;
  std::vector<std::int32_t> labels;

  Customers() {
    table.profile_numbers = {"age", "size", "recency", "days_7"};
    table.profile_codes = {"city", "only"};
    dictionaries.profile = {&cities, &only};
    test::Numbers numbers(5);
    for (std::int64_t i = 0; i < 600; ++i) {
      const double age = 20.0 + 50.0 * (numbers.next() + 1.0) / 2.0;
      const std::int64_t city = numbers.below(3);
      labels.push_back(i % 50 == 7 ? -1 : age > 45.0 && numbers.below(10) < 8 ? 1 : static_cast<std::int32_t>(city == 1 && numbers.below(2) == 0));
      table.keys.push_back({i, 0});
      const float gone = std::numeric_limits<float>::quiet_NaN();
      for (const double value : {age, numbers.next(), 30.0 - 20.0 * labels.back() + numbers.next(), 1.0 * labels.back()})
        table.profile_number.push_back(numbers.below(12) == 0 ? gone : static_cast<float>(value));
      table.profile_code.push_back(numbers.below(12) == 0 ? -1 : static_cast<std::int32_t>(city));
      table.profile_code.push_back(0);
      rows.push_back(i);
    }
  }
  [[nodiscard]] FeatureSample sample() const { return {table, dictionaries, 2, rows, labels, {"buys", {"no", "yes"}}}; }
};

class FeatureNetworks : public ::testing::TestWithParam<FeatureStructure> {};

TEST_P(FeatureNetworks, AnswerEveryCustomer) {
  const Customers customers;
  const std::unique_ptr<Backend> backend = make_backend(Device{}, {2, true});
  const std::unique_ptr<Stream> stream = backend->make_stream();
  const FeatureNetwork fitted = fit_feature_network(GetParam(), nullptr, customers.sample(), *backend, *stream);
  const std::vector<Variable>& variables = fitted.network.variables;
  const auto has = [&](const std::string& name) { return std::any_of(variables.begin(), variables.end(), [&](const Variable& v) { return v.name == name; }); };
  EXPECT_EQ(variables[static_cast<std::size_t>(fitted.target)].name, "buys");
  EXPECT_TRUE(has("age") && has("city") && has("recency"));
  EXPECT_FALSE(has("only"));    // it has one state
  EXPECT_FALSE(has("days_7"));  // a derived feature that is neither recency, frequency nor money
  const FeatureCodes reader(variables, fitted.target, customers.table, customers.dictionaries);
  std::vector<std::uint8_t> codes;
  reader.encode(customers.table, customers.rows, codes, backend->team());
  FeaturePosterior posterior(fitted.network, fitted.target, false, reader.columns(), *backend, *stream);
  const NetworkAnswer answer = posterior.answer(codes, 600);
  double right = 0.0;
  for (std::size_t i = 0; i < 600; ++i) {
    EXPECT_TRUE(answer.outcome.prediction[i] >= 0.0 && answer.outcome.prediction[i] <= 1.0);
    EXPECT_LT(answer.log_evidence[i], 0.0);
    right += (answer.outcome.prediction[i] > 0.5) == (customers.labels[i] == 1) ? 1.0 : 0.0;
  }
  EXPECT_GT(right / 600.0, 0.8);
}

INSTANTIATE_TEST_SUITE_P(Structures, FeatureNetworks, ::testing::Values(FeatureStructure::tan, FeatureStructure::chow_liu, FeatureStructure::hill_climb));

TEST(FeatureNetworks, OfAGivenNetworkLearnWhatHasColumns) {
  const Customers customers;
  const std::unique_ptr<Backend> backend = make_backend(Device{}, {2, true});
  const std::unique_ptr<Stream> stream = backend->make_stream();
  Network given;
  given.variables = {{"mood", {"good", "bad"}}, {"buys", {"no", "yes"}}, {"age", {"<45", ">=45"}}};
  given.families = {{{}, {0.3, 0.7}}, {{0, 2}, {0.9, 0.1, 0.2, 0.8, 0.5, 0.5, 0.4, 0.6}}, {{}, {0.5, 0.5}}};
  const FeatureNetwork fitted = fit_feature_network(FeatureStructure::given, &given, customers.sample(), *backend, *stream);
  EXPECT_EQ(fitted.target, 1);
  EXPECT_EQ(fitted.network.families[0].table, given.families[0].table);  // nobody's mood is known
  EXPECT_EQ(fitted.network.families[1].table, given.families[1].table);  // nor what follows from it
  double young = 0.0, seen = 0.0;
  for (std::size_t i = 0; i < 600; ++i) {
    const float age = customers.table.profile_number[i * 4];
    seen += std::isnan(age) ? 0.0 : 1.0;
    young += age < 45.0F ? 1.0 : 0.0;
  }
  EXPECT_NEAR(fitted.network.families[2].table[0], (young + 0.5) / (seen + 1.0), 1e-15);
  given.variables[1].states = {"false", "true"};
  EXPECT_THROW((void)fit_feature_network(FeatureStructure::given, &given, customers.sample(), *backend, *stream), Error);
}

TEST(FeatureCodes, ReadBandsWordsAndWholeNumbers) {
  ExampleTable table;
  table.profile_numbers = {"age", "members"};
  table.profile_codes = {"city"};
  table.keys.resize(3);
  table.profile_number = {44.5F, 2.0F, 45.0F, 3.0F, std::numeric_limits<float>::quiet_NaN(), 1.0F};
  table.profile_code = {1, -1, 0};
  const std::vector<std::string> cities = {"Basel", "Bern"};
  const Dictionaries dictionaries{{}, {&cities}};
  const std::vector<Variable> variables = {{"target", {"a", "b"}}, {"age", {"<45", ">=45"}}, {"members", {"1", "2"}}, {"city", {"Bern"}}, {"height", {"<1", ">=1"}}};
  const FeatureCodes reader(variables, 0, table, dictionaries);
  EXPECT_EQ(reader.columns(), (std::vector<std::int32_t>{-1, 1, 2, 3, -1}));
  std::vector<std::uint8_t> codes;
  Team team(1);
  reader.encode(table, std::vector<std::int64_t>{0, 1, 2}, codes, team);
  const std::uint8_t gone = missing_code, other = unseen_code;
  EXPECT_EQ(codes, (std::vector<std::uint8_t>{gone, gone, gone, 0, 1, gone, 1, other, 0, 0, gone, other, gone, gone, gone}));
}

}  // namespace
}  // namespace footfall
