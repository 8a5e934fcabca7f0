#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/bayes/plan.hpp"
#include "kernels/error.hpp"
#include "tests/engine/bayes/random_networks.hpp"

namespace footfall {
namespace {

struct Answers {
  std::vector<float> posterior;   // [states, rows]
  std::vector<double> log_evidence;
  std::vector<std::uint8_t> status;
};

class PlanTest : public test::BackendTest {
 protected:
  [[nodiscard]] static PlanRequest request(const Network& network, std::int32_t target, Seen seen, bool evidence) {
    PlanRequest request;
    request.target = target;
    request.evidence = evidence;
    request.seen.assign(network.variables.size(), seen);
    for (std::int32_t v = 0; v < network.size(); ++v) request.columns.push_back(v);
    return request;
  }

  [[nodiscard]] Answers answer(const PosteriorPlan& general, const PosteriorPlan* complete, const std::vector<std::uint8_t>& codes, std::int64_t rows,
                               const std::vector<std::int64_t>& chosen = {}) {
    const std::unique_ptr<Posterior> posterior = backend().bayes().make_posterior(general, complete, stream());
    const Array<std::uint8_t> there = upload(codes, stream());
    const Array<std::int64_t> numbers = upload(chosen, stream());
    Array<float> shares = upload(std::vector<float>(static_cast<std::size_t>(rows * general.states), -1.0F), stream());
    Array<double> logs = upload(std::vector<double>(static_cast<std::size_t>(general.evidence ? rows : 0), 1.0), stream());
    Array<std::uint8_t> status = upload(std::vector<std::uint8_t>(static_cast<std::size_t>(rows), 99), stream());
    posterior->run(CodeColumns(there.view(), rows, static_cast<std::int64_t>(codes.size()) / rows), numbers.view(),
                   {shares.matrix(general.states, rows), logs.view(), status.view()}, stream());
    return {download(shares.view(), stream()), download(logs.view(), stream()), download(status.view(), stream())};
  }

  /// Posteriors within 5e-6 (the promise), logarithms within 1e-5: about 30 roundings of 2^-24 in a product and as many sums.
  void expect_exact(const Network& network, std::int32_t target, const std::vector<std::uint8_t>& codes, std::int64_t rows, const Answers& answers, const char* what) {
    const std::int32_t states = network.variables[static_cast<std::size_t>(target)].size();
    for (std::int64_t r = 0; r < rows; ++r) {
      std::vector<std::uint8_t> row;
      for (std::int32_t v = 0; v < network.size(); ++v) row.push_back(codes[static_cast<std::size_t>(v * rows + r)]);
      const test::Enumerated truth = test::enumerate(network, target, row);
      for (std::int32_t s = 0; s < states; ++s) {
        const float share = answers.posterior[static_cast<std::size_t>(s * rows + r)];
        ASSERT_NEAR(static_cast<double>(share), truth.posterior[static_cast<std::size_t>(s)], 5e-6) << what << ", row " << r << ", state " << s;
      }
      const auto status = static_cast<RowStatus>(answers.status[static_cast<std::size_t>(r)]);
      const bool possible = truth.log_evidence > -std::numeric_limits<double>::infinity();
      ASSERT_EQ(status == RowStatus::impossible_evidence, !possible) << what << ", row " << r;
      if (answers.log_evidence.empty()) continue;
      if (possible)
        ASSERT_NEAR(answers.log_evidence[static_cast<std::size_t>(r)], truth.log_evidence, 1e-5) << what << ", row " << r;
      else
        ASSERT_EQ(answers.log_evidence[static_cast<std::size_t>(r)], truth.log_evidence) << what << ", row " << r;
    }
  }
};

TEST_F(PlanTest, PosteriorsAreThoseOfEnumeration) {
  test::Numbers numbers(81);
  constexpr std::int64_t rows = 70;  // two whole blocks of 32 and a part
  for (int round = 0; round < 24; ++round) {
    const Network network = test::random_network({3 + round % 6, 4, 3, round % 4 == 3 ? 0.3 : 0.0, 1.0}, numbers);
    const FactorGraph graph = factor_graph(network);
    const auto target = static_cast<std::int32_t>(numbers.below(network.size()));
    const std::vector<std::uint8_t> open = test::random_rows(network, rows, 0.4, 0.1, numbers);
    const std::vector<std::uint8_t> whole = test::random_rows(network, rows, 0.0, 0.0, numbers);
    for (const bool evidence : {false, true}) {
      const PosteriorPlan general = compile_plan(graph, request(network, target, Seen::maybe, evidence));
      const PosteriorPlan complete = compile_plan(graph, request(network, target, Seen::always, evidence));
      expect_exact(network, target, open, rows, answer(general, nullptr, open, rows), "missing cells");
      expect_exact(network, target, open, rows, answer(general, &complete, open, rows), "missing cells, two plans");
      expect_exact(network, target, whole, rows, answer(general, nullptr, whole, rows), "whole rows, general plan");
      expect_exact(network, target, whole, rows, answer(complete, nullptr, whole, rows), "whole rows");
    }
  }
}

/// Tables whose entries span up to forty decimal orders: whatever float32 loses on the way must not reach an answer.
TEST_F(PlanTest, ExtremeTablesLoseNothing) {
  test::Numbers numbers(83);
  constexpr std::int64_t rows = 66;
  for (int round = 0; round < 20; ++round) {
    const Network network = test::random_network({9, 4, 3, round % 3 == 2 ? 0.1 : 0.0, 4.0 + 2.0 * (round % 9)}, numbers);
    const FactorGraph graph = factor_graph(network);
    const auto target = static_cast<std::int32_t>(numbers.below(network.size()));
    const std::vector<std::uint8_t> codes = test::random_rows(network, rows, 0.15 * (round % 4), 0.0, numbers);
    for (const bool evidence : {false, true}) {
      const PosteriorPlan general = compile_plan(graph, request(network, target, Seen::maybe, evidence));
      const PosteriorPlan complete = compile_plan(graph, request(network, target, Seen::always, evidence));
      expect_exact(network, target, codes, rows, answer(general, nullptr, codes, rows), "extreme tables");
      expect_exact(network, target, codes, rows, answer(general, &complete, codes, rows), "extreme tables, two plans");
    }
  }
}

TEST_F(PlanTest, MixturesOfWhatIsSeen) {
  test::Numbers numbers(82);
  constexpr std::int64_t rows = 40;
  for (int round = 0; round < 40; ++round) {
    const Network network = test::random_network({7, 4, 3, 0.0, 1.0}, numbers);
    PlanRequest asked = request(network, static_cast<std::int32_t>(numbers.below(7)), Seen::never, round % 2 == 1);
    std::vector<std::uint8_t> codes = test::random_rows(network, rows, 0.0, 0.0, numbers);
    for (std::int32_t v = 0; v < 7; ++v) {
      const std::int64_t draw = numbers.below(3);
      asked.seen[static_cast<std::size_t>(v)] = draw == 0 ? Seen::never : draw == 1 ? Seen::always : Seen::maybe;
      for (std::int64_t r = 0; r < rows; ++r)
        if (draw == 0 || (draw == 2 && numbers.below(2) == 0)) codes[static_cast<std::size_t>(v * rows + r)] = missing_code;
    }
    expect_exact(network, asked.target, codes, rows, answer(compile_plan(factor_graph(network), asked), nullptr, codes, rows), "a mixture");
  }
}

}  // namespace
}  // namespace footfall
