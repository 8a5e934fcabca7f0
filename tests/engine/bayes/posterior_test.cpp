#include <gtest/gtest.h>

#include <hwy/targets.h>

#include <cmath>
#include <limits>

#include "engine/bayes/posterior.hpp"
#include "kernels/error.hpp"
#include "tests/engine/bayes/random_networks.hpp"

namespace footfall {
namespace {

struct Chunk {
  std::vector<float> posterior;   // [states, rows]
  std::vector<double> log_evidence;
  std::vector<std::uint8_t> status;
};

class TablePosteriorTest : public test::BackendTest {
 protected:
  [[nodiscard]] static TablePosteriorRequest request(const Network& network, std::int32_t target, bool log_evidence = true) {
    TablePosteriorRequest request;
    request.target = target;
    request.log_evidence = log_evidence;
    for (std::int32_t v = 0; v < network.size(); ++v) request.columns.push_back(v);
    return request;
  }

  [[nodiscard]] Chunk answer(TablePosterior& posterior, const CodeColumns& codes, Stream& stream, bool log_evidence = true) {
    Chunk chunk;
    chunk.posterior.assign(static_cast<std::size_t>(posterior.states() * codes.rows), -1.0F);
    chunk.log_evidence.assign(static_cast<std::size_t>(log_evidence ? codes.rows : 0), 1.0);
    chunk.status.assign(static_cast<std::size_t>(codes.rows), 99);
    posterior.answer(codes, {MatrixView<float>(view_of(chunk.posterior), posterior.states(), codes.rows), view_of(chunk.log_evidence), view_of(chunk.status)}, stream);
    return chunk;
  }
};

[[nodiscard]] std::vector<std::uint8_t> row_of(const std::vector<std::uint8_t>& codes, std::int64_t rows, std::int64_t row) {
  std::vector<std::uint8_t> cells;
  for (std::size_t at = static_cast<std::size_t>(row); at < codes.size(); at += static_cast<std::size_t>(rows)) cells.push_back(codes[at]);
  return cells;
}

[[nodiscard]] CodeColumns columns_of(const std::vector<std::uint8_t>& codes, std::int64_t rows) {
  return CodeColumns(view_of(codes), rows, static_cast<std::int64_t>(codes.size()) / rows);
}

/// A class with `children` of three states each, whose tables the caller fills.
[[nodiscard]] Network class_with_children(std::int32_t children) {
  Network network;
  network.variables.push_back({"class", {"a", "b"}});
  network.families.push_back({{}, {0.5, 0.5}});
  for (std::int32_t c = 0; c < children; ++c) {
    network.variables.push_back({"x" + std::to_string(c), {"0", "1", "2"}});
    network.families.push_back({{0}, {}});
  }
  return network;
}

/// Posterior and ln P(evidence) of a class with children by sums of logarithms in float64.
[[nodiscard]] test::Enumerated by_logarithms(const Network& network, const std::vector<std::uint8_t>& row) {
  double logs[2] = {};
  for (int state = 0; state < 2; ++state) {
    logs[state] = std::log(network.families[0].table[static_cast<std::size_t>(state)]);
    for (std::size_t v = 1; v < row.size(); ++v)
      if (row[v] < 3) logs[state] += std::log(network.families[v].table[static_cast<std::size_t>(state * 3 + row[v])]);
  }
  const double most = std::max(logs[0], logs[1]);
  const double sum = std::exp(logs[0] - most) + std::exp(logs[1] - most);
  return {{std::exp(logs[0] - most) / sum, std::exp(logs[1] - most) / sum}, most + std::log(sum)};
}

void expect_close_to(const test::Enumerated& truth, const Chunk& chunk, std::int64_t rows, std::int64_t row, double log_tolerance) {
  for (std::size_t s = 0; s < truth.posterior.size(); ++s)
    ASSERT_NEAR(static_cast<double>(chunk.posterior[s * static_cast<std::size_t>(rows) + static_cast<std::size_t>(row)]), truth.posterior[s], 5e-6) << "row " << row << ", state " << s;
  ASSERT_NEAR(chunk.log_evidence[static_cast<std::size_t>(row)], truth.log_evidence, log_tolerance) << "row " << row;
}

TEST_F(TablePosteriorTest, AHundredFactorsDoNotUnderflow) {
  // A product of a hundred entries of about 1e-3 is far below the smallest float32: without the exponent of the row every answer would be impossible evidence.
  test::Numbers numbers(91);
  constexpr std::int64_t rows = 65;
  Network network = class_with_children(100);
  for (std::size_t v = 1; v < network.families.size(); ++v)
    for (int state = 0; state < 2; ++state) {
      const double rare = 1e-3 * (1.0 + 0.3 * numbers.next());
      const double rarer = 1e-4 * (1.0 + 0.3 * numbers.next());
      for (const double entry : {rare, rarer, 1.0 - rare - rarer}) network.families[v].table.push_back(entry);
    }
  std::vector<std::uint8_t> codes = test::random_rows(network, rows, 0.1, 0.0, numbers);
  for (std::uint8_t& code : codes)
    if (code == 2) code = 0;
  for (std::int64_t r = 0; r < 5; ++r)
    for (std::size_t v = 0; v < network.variables.size(); ++v)
      if (codes[v * rows + static_cast<std::size_t>(r)] == missing_code) codes[v * rows + static_cast<std::size_t>(r)] = 1;  // complete rows
  TablePosterior posterior(backend(), factor_graph(network), request(network, 0), stream());
  const Chunk chunk = answer(posterior, columns_of(codes, rows), stream());
  for (std::int64_t r = 0; r < rows; ++r) {
    ASSERT_EQ(chunk.status[static_cast<std::size_t>(r)], static_cast<std::uint8_t>(RowStatus::ok)) << "row " << r;
    // 101 tables rounded once each and multiplied: 202 roundings of 2^-24.
    expect_close_to(by_logarithms(network, row_of(codes, rows, r)), chunk, rows, r, 202.0 * 0x1p-24);
  }
}

TEST_F(TablePosteriorTest, WhatFloat32CannotHoldIsAnsweredInFloat64) {
  // The first half of the children speaks for one class with odds of 1e60, the other half as much for the other: midway one class is below float32's range.
  test::Numbers numbers(92);
  constexpr std::int64_t rows = 40;
  Network network = class_with_children(40);
  for (std::size_t v = 1; v < network.families.size(); ++v) {
    const double low = 1e-3 * (1.0 + 0.3 * numbers.next());
    const std::vector<double> rare = {low, 0.5 - low, 0.5};
    const std::vector<double> common = {0.45, 0.05, 0.5};
    const bool first = v <= 20;
    for (int state = 0; state < 2; ++state) {
      const std::vector<double>& row = (state == 0) == first ? rare : common;
      network.families[v].table.insert(network.families[v].table.end(), row.begin(), row.end());
    }
  }
  const std::vector<std::uint8_t> codes(static_cast<std::size_t>(41 * rows), 0);
  TablePosterior posterior(backend(), factor_graph(network), request(network, 0), stream());
  const Chunk chunk = answer(posterior, columns_of(codes, rows), stream());
  for (std::int64_t r = 0; r < rows; ++r) expect_close_to(by_logarithms(network, row_of(codes, rows, r)), chunk, rows, r, 82.0 * 0x1p-24);
}

TEST_F(TablePosteriorTest, ChunksAndThreadsDoNotChangeABit) {
  test::Numbers numbers(93);
  constexpr std::int64_t rows = 700;
  const Network network = test::random_network({8, 4, 3, 0.05, 2.0}, numbers);
  // A third of the rows is complete, so that both plans run side by side.
  std::vector<std::uint8_t> codes = test::random_rows(network, rows, 0.12, 0.01, numbers);
  TablePosterior posterior(backend(), factor_graph(network), request(network, 3), stream());
  const CodeColumns all = columns_of(codes, rows);
  const Chunk whole = answer(posterior, all, stream());
  for (const std::int64_t size : {1, 31, 97, 333}) {
    if (size == 1 && !test::on_cpu()) continue;  // 700 launches of two plans say nothing new
    for (std::int64_t first = 0; first < rows; first += size) {
      const std::int64_t count = std::min(size, rows - first);
      const Chunk part = answer(posterior, all.row_range(first, count), stream());
      for (std::int64_t r = 0; r < count; ++r) {
        ASSERT_EQ(part.status[static_cast<std::size_t>(r)], whole.status[static_cast<std::size_t>(first + r)]);
        ASSERT_EQ(part.log_evidence[static_cast<std::size_t>(r)], whole.log_evidence[static_cast<std::size_t>(first + r)]);
        for (std::int64_t s = 0; s < posterior.states(); ++s)
          ASSERT_EQ(part.posterior[static_cast<std::size_t>(s * count + r)], whole.posterior[static_cast<std::size_t>(s * rows + first + r)]) << "row " << first + r;
      }
    }
  }
  if (!test::on_cpu()) return;
  const std::unique_ptr<Backend> alone = make_backend(Device{}, {.threads = 1, .graphs = true});
  const std::unique_ptr<Stream> order = alone->make_stream();
  TablePosterior again(*alone, factor_graph(network), request(network, 3), *order);
  test::expect_same_bits(answer(again, all, *order).posterior, whole.posterior, "one thread");
}

TEST_F(TablePosteriorTest, WideNetworksAreCutDownByPattern) {
  test::Numbers numbers(94);
  constexpr std::int64_t rows = 24;
  Network network;
  bool wide = false;
  while (!wide) {
    network = test::random_network({26, 4, 4, 0.02, 1.0}, numbers);
    wide = TablePosterior(backend(), factor_graph(network), request(network, 5), stream()).by_pattern();
  }
  // Three or four cells of a row are missing, in few patterns; enumeration reaches that.
  std::vector<std::uint8_t> codes = test::random_rows(network, rows, 0.0, 0.0, numbers);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t k = 0; k < 3 + r % 2; ++k) codes[static_cast<std::size_t>(((r % 5) * 4 + k * 6) % 26 * rows + r)] = r == 7 ? unseen_code : missing_code;
  for (const bool log_evidence : {true, false}) {
    TablePosterior posterior(backend(), factor_graph(network), request(network, 5, log_evidence), stream());
    const Chunk chunk = answer(posterior, columns_of(codes, rows), stream(), log_evidence);
    int possible = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
      const test::Enumerated truth = test::enumerate(network, 5, row_of(codes, rows, r));
      const bool is_possible = truth.log_evidence > -std::numeric_limits<double>::infinity();
      possible += is_possible ? 1 : 0;
      for (std::size_t s = 0; s < truth.posterior.size(); ++s)
        ASSERT_NEAR(static_cast<double>(chunk.posterior[s * rows + static_cast<std::size_t>(r)]), truth.posterior[s], 5e-6) << "row " << r << ", state " << s;
      const RowStatus expected = !is_possible ? RowStatus::impossible_evidence : r == 7 ? RowStatus::unseen_value : RowStatus::ok;
      ASSERT_EQ(chunk.status[static_cast<std::size_t>(r)], static_cast<std::uint8_t>(expected)) << "row " << r;
    }
    EXPECT_GT(possible, 0);
  }
}

/// Products and sums are made in the same order by both, and no instruction rounds twice: the same bits. The promise is 1e-6.
TEST_F(TablePosteriorTest, TheDeviceAgreesWithTheProcessor) {
  if (test::on_cpu()) GTEST_SKIP() << "the processor alone";
  const std::unique_ptr<Backend> processor = make_backend(Device{}, {.threads = 2, .graphs = true});
  const std::unique_ptr<Stream> order = processor->make_stream();
  test::Numbers numbers(97);
  constexpr std::int64_t rows = 130;
  for (int round = 0; round < 8; ++round) {
    const Network network = test::random_network({6 + 3 * (round % 4), 5, 3, round % 2 == 0 ? 0.1 : 0.0, 1.0 + 4.0 * (round % 3)}, numbers);
    const std::vector<std::uint8_t> codes = test::random_rows(network, rows, 0.15, 0.02, numbers);
    TablePosterior here(*processor, factor_graph(network), request(network, 2), *order);
    TablePosterior there(backend(), factor_graph(network), request(network, 2), stream());
    const Chunk a = answer(here, columns_of(codes, rows), *order);
    const Chunk b = answer(there, columns_of(codes, rows), stream());
    EXPECT_EQ(a.status, b.status);
    test::expect_close(b.posterior, std::vector<double>(a.posterior.begin(), a.posterior.end()), {1e-6, 0.0}, "posterior");
    for (std::size_t r = 0; r < a.log_evidence.size(); ++r) {
      if (std::isinf(a.log_evidence[r]))
        ASSERT_EQ(a.log_evidence[r], b.log_evidence[r]) << "row " << r;
      else
        ASSERT_NEAR(a.log_evidence[r], b.log_evidence[r], 1e-6) << "row " << r;
    }
  }
}

TEST_F(TablePosteriorTest, EveryInstructionSetGivesTheSameBits) {
  if (!test::on_cpu()) GTEST_SKIP() << "instruction sets belong to the CPU backend";
  test::Numbers numbers(99);
  constexpr std::int64_t rows = 300;
  const Network network = test::random_network({9, 4, 3, 0.02, 3.0}, numbers);
  const std::vector<std::uint8_t> codes = test::random_rows(network, rows, 0.1, 0.01, numbers);
  const ColumnSets sets = {{0, 1}, {2, 5, 7}, {8}, {0, 1, 2, 3, 4, 5, 6, 7, 8}};
  std::vector<std::int32_t> states;
  for (const Variable& variable : network.variables) states.push_back(variable.size());
  TablePosterior posterior(backend(), factor_graph(network), request(network, 2), stream());
  const auto count = [&] {
    const std::unique_ptr<Counter> counter = backend().bayes().make_counter(states, sets, stream());
    counter->add(columns_of(codes, rows), stream());
    return counter->counts(stream());
  };
  const Chunk best = answer(posterior, columns_of(codes, rows), stream());
  const auto counts = count();
  for (std::int64_t rest = hwy::SupportedTargets(); rest != 0; rest &= rest - 1) {
    hwy::SetSupportedTargetsForTest(rest & ~(rest - 1));
    hwy::GetChosenTarget().DeInit();
    const Chunk chunk = answer(posterior, columns_of(codes, rows), stream());
    test::expect_same_bits(chunk.posterior, best.posterior, "posterior");
    EXPECT_EQ(chunk.log_evidence, best.log_evidence);
    EXPECT_EQ(chunk.status, best.status);
    EXPECT_EQ(count(), counts);
    hwy::SetSupportedTargetsForTest(0);
  }
  hwy::GetChosenTarget().DeInit();
}

/// A child with `parents` binary parents of its own, of which only the child may be seen: a product over all of them is one step of 2^(parents + 1) entries.
[[nodiscard]] Network child_of_many(std::int32_t parents, test::Numbers& numbers) {
  Network network;
  Family child;
  for (std::int32_t p = 0; p < parents; ++p) {
    network.variables.push_back({"p" + std::to_string(p), {"0", "1"}});
    const double share = 0.5 + 0.4 * numbers.next();
    network.families.push_back({{}, {share, 1.0 - share}});
    child.parents.push_back(p);
  }
  for (std::int64_t r = 0; r < std::int64_t{1} << parents; ++r) {
    const double share = 0.5 + 0.49 * numbers.next();
    child.table.insert(child.table.end(), {share, 1.0 - share});
  }
  network.variables.push_back({"child", {"0", "1"}});
  network.families.push_back(child);
  return network;
}

TEST_F(TablePosteriorTest, LargePlansShareARowAmongThreads) {
  // On a device plans of more than 1,024 slots give a block to a row: 12 parents have 4,096 slots, in shared memory, 14 have 16,384, in global memory.
  test::Numbers numbers(98);
  constexpr std::int64_t rows = 20;
  for (const std::int32_t parents : {12, 14}) {
    const Network network = child_of_many(parents, numbers);
    const std::vector<std::uint8_t> codes = test::random_rows(network, rows, 0.5, 0.0, numbers);
    TablePosterior posterior(backend(), factor_graph(network), request(network, 0), stream());
    EXPECT_FALSE(posterior.by_pattern());
    const Chunk chunk = answer(posterior, columns_of(codes, rows), stream());
    for (std::int64_t r = 0; r < rows; ++r) expect_close_to(test::enumerate(network, 0, row_of(codes, rows, r)), chunk, rows, r, 1e-5);
  }
}

TEST_F(TablePosteriorTest, EntriesBelowFloat32AreKept) {
  // Both classes make the first child's state as good as impossible: 1e-50 and 3e-50 are no float32, but their ratio decides.
  Network network = class_with_children(3);
  network.families[1].table = {1e-50, 0.5, 0.5, 3e-50, 0.5, 0.5};
  for (std::size_t v = 2; v < 4; ++v) network.families[v].table = {0.2, 0.3, 0.5, 0.4, 0.4, 0.2};
  constexpr std::int64_t rows = 4;
  const std::vector<std::uint8_t> codes = {0, 0, 0, 0, 0, 0, 0, 1, 2, 1, missing_code, 0, 0, 1, 1, missing_code};
  TablePosterior posterior(backend(), factor_graph(network), request(network, 0), stream());
  const Chunk chunk = answer(posterior, columns_of(codes, rows), stream());
  for (std::int64_t r = 0; r < rows; ++r) expect_close_to(by_logarithms(network, row_of(codes, rows, r)), chunk, rows, r, 1e-6);
}

TEST_F(TablePosteriorTest, ColumnsThatAreNotThereAreSummedOut) {
  test::Numbers numbers(95);
  constexpr std::int64_t rows = 33;
  const Network network = test::random_network({7, 3, 3, 0.0, 1.0}, numbers);
  TablePosteriorRequest asked = request(network, 2);
  asked.columns = {1, -1, -1, 0, -1, 2, -1};  // in another order than the variables
  const std::vector<std::uint8_t> table = test::random_rows(network, rows, 0.2, 0.05, numbers);
  const std::vector<std::uint8_t> three(table.begin(), table.begin() + 3 * rows);
  TablePosterior posterior(backend(), factor_graph(network), asked, stream());
  const Chunk chunk = answer(posterior, CodeColumns(view_of(three), rows, 3), stream());
  for (std::int64_t r = 0; r < rows; ++r) {
    std::vector<std::uint8_t> row(7, missing_code);
    bool unseen = false;
    for (std::size_t v = 0; v < 7; ++v) {
      if (asked.columns[v] < 0) continue;
      row[v] = three[static_cast<std::size_t>(asked.columns[v] * rows + r)];
      unseen = unseen || (row[v] != missing_code && row[v] >= network.variables[v].size());
    }
    expect_close_to(test::enumerate(network, 2, row), chunk, rows, r, 1e-5);
    ASSERT_EQ(chunk.status[static_cast<std::size_t>(r)], static_cast<std::uint8_t>(unseen ? RowStatus::unseen_value : RowStatus::ok)) << "row " << r;
  }
}

TEST_F(TablePosteriorTest, WhatDoesNotFitIsRefusedWithItsSize) {
  test::Numbers numbers(96);
  const Network network = test::random_network({60, 4, 5, 0.0, 1.0}, numbers);
  TablePosteriorRequest asked = request(network, 0);
  asked.memory = 1 << 20;
  TablePosterior posterior(backend(), factor_graph(network), asked, stream());
  EXPECT_TRUE(posterior.by_pattern());
  // Nothing observed: the descendants of the first variable say nothing, whatever their tables would need.
  const std::vector<std::uint8_t> nothing(60, missing_code);
  const Chunk prior = answer(posterior, columns_of(nothing, 1), stream());
  for (std::size_t s = 0; s < prior.posterior.size(); ++s) EXPECT_NEAR(static_cast<double>(prior.posterior[s]), network.families[0].table[s], 1e-6);
  std::vector<std::uint8_t> last(60, missing_code);
  for (std::size_t v = 40; v < 60; ++v) last[v] = 0;
  try {
    static_cast<void>(answer(posterior, columns_of(last, 1), stream()));
    ADD_FAILURE() << "a posterior that needs more than 1 MiB was answered";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_NE(std::string(error.what()).find("GiB"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace footfall
