#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/bayes/codes.hpp"
#include "kernels/bayes/posterior_plan.hpp"
#include "kernels/device/array.hpp"

namespace footfall {

/// Sets of columns whose combinations of states are counted. The table of a set has an entry for each combination, the last column varying
/// fastest: for a family give the parents in their order, then the child. A column may not be named twice in a set; the empty set counts rows.
using ColumnSets = std::vector<std::vector<std::int32_t>>;

/// Exact counts of combinations of states, gathered over chunks of rows. Integers alone, so neither the order of chunks nor the number of threads
/// changes them.
class Counter {
 public:
  virtual ~Counter() = default;
  /// Adds the rows of a chunk. A row whose cell is missing or unseen in a column of a set is left out of that set, and of no other.
  virtual void add(const CodeColumns& codes, Stream& stream) = 0;
  /// The table of each set, in the order of the sets; waits for the stream. Counting may go on.
  [[nodiscard]] virtual std::vector<std::vector<std::int64_t>> counts(Stream& stream) = 0;
};

/// What is known of a row's answer.
enum class RowStatus : std::uint8_t {
  ok = 0,
  impossible_evidence = 1,  ///< P(evidence) = 0: the posterior is 0 for every state, the logarithm minus infinity
  unseen_value = 2,         ///< a cell that was read holds no state of its variable; the posterior is that of the other cells
};

struct PosteriorOutput {
  MatrixView<float> posterior;   ///< [states of the target, rows]: one column of the table after the other
  View<double> log_evidence;     ///< natural; rows, or empty when it is not wanted
  View<std::uint8_t> status;     ///< RowStatus; rows
};

/// A posterior's plans on a device.
class Posterior {
 public:
  virtual ~Posterior() = default;
  /// Answers rows of a table. `rows` empty: all of them; else the row numbers (on the device) that are answered, the others stay as they are.
  /// A row's answer depends on its cells alone: any cut into chunks gives the same bits.
  virtual void run(const CodeColumns& codes, View<const std::int64_t> rows, const PosteriorOutput& out, Stream& stream) = 0;
};

/// Counting and exact posteriors over tables of state codes.
class Bayes {
 public:
  virtual ~Bayes() = default;

  /// A counter at zero. `states[c]` are the states of column c; codes from there on count as missing. Error{bad_input} for a table of more than
  /// 2^31 entries. Cost: sets that share columns are counted together where their joint table is small, so all pairs of 40 columns of three states take about a tenth
  /// of 780 passes.
  [[nodiscard]] virtual std::unique_ptr<Counter> make_counter(const std::vector<std::int32_t>& states, const ColumnSets& sets, Stream& stream) = 0;

  /// `general` answers every row. `complete`, where it is not nullptr, answers those whose cells are states in all of its inputs, and is the faster of both.
  [[nodiscard]] virtual std::unique_ptr<Posterior> make_posterior(const PosteriorPlan& general, const PosteriorPlan* complete, Stream& stream) = 0;
};

}  // namespace footfall
