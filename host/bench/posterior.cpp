// Posteriors of one variable for every row of a table of one-byte codes in memory: complete rows, rows with a fifth of their cells missing, and complete rows
// with P(evidence) as well. Inference alone is in the clock. The limit is a copy of the bytes that a row must move: the cells its plan reads, and its answer.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/bayes/posterior.hpp"
#include "host/bench/limits.hpp"
#include "host/bench/posterior_data.hpp"
#include "host/networks/networks.hpp"
#include "host/table/safetensors.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t dumped_rows = 100'000;

struct Kind {
  const char* name;
  double missing;
  bool evidence;
};
constexpr Kind kinds[] = {{"posterior/complete", 0.0, false},
                          {"posterior/missing20", 0.2, false},
                          {"posterior/complete-with-evidence", 0.0, true},
                          {"posterior/observed20", 0.8, false}};

/// A table on the device and its answers.
class Answers {
 public:
  Answers(BenchRun& run, const PosteriorData& data, const Kind& kind)
      : run_(run),
        rows_(data.rows),
        states_(data.network.variables[static_cast<std::size_t>(data.target)].size()),
        cells_(data.cells(kind.missing)),
        codes_(upload(cells_, *run.shop.stream)),
        shares_(*run.shop.stream, rows_ * states_),
        log_evidence_(*run.shop.stream, kind.evidence ? rows_ : 0),
        status_(*run.shop.stream, rows_),
        timer_(run.shop.stream->make_timer()) {
    TablePosteriorRequest request;
    request.target = data.target;
    request.log_evidence = kind.evidence;
    for (std::int32_t v = 0; v < data.network.size(); ++v) request.columns.push_back(v);
    const FactorGraph graph = factor_graph(data.network);
    posterior_.emplace(*run.shop.backend, graph, request, *run.shop.stream);
    if (posterior_->by_pattern()) throw bad_input("bench posterior: this network's rows are grouped by pattern on the host", "give a smaller network");
    PlanRequest plan{data.target, std::vector<Seen>(graph.variables.size(), kind.missing > 0.0 ? Seen::maybe : Seen::always), request.columns, kind.evidence};
    const auto read = static_cast<std::int64_t>(compile_plan(graph, plan).inputs.size());
    bytes_ = read + states_ * 4 + (kind.evidence ? 8 : 0) + 1;
    clear(shares_.view(), *run.shop.stream);   // so that its pages are there
    clear(status_.view(), *run.shop.stream);
    clear(log_evidence_.view(), *run.shop.stream);
  }

  /// Bytes that a row moves at least.
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

  BenchTime once() {
    return time_once(*run_.shop.stream, *timer_, [&] {
      posterior_->answer_there(CodeColumns(std::as_const(codes_).view(), rows_, codes_.size() / rows_),
                               {shares_.matrix(states_, rows_), log_evidence_.view(), status_.view()}, *run_.shop.stream);
    });
  }

  void dump(const std::filesystem::path& file) {
    const std::int64_t rows = std::min(dumped_rows, rows_);
    const auto columns = static_cast<std::int64_t>(cells_.size()) / rows_;
    TensorFile tensors;
    tensors.tensors = {{"codes", {columns, rows}, {}}, {"posterior", {states_, rows}, {}}};
    for (std::int64_t c = 0; c < columns; ++c)
      for (std::int64_t r = 0; r < rows; ++r) tensors.tensors[0].values.push_back(cells_[static_cast<std::size_t>(c * rows_ + r)]);
    for (std::int64_t s = 0; s < states_; ++s) {
      const std::vector<float> column = download(shares_.view().sub(s * rows_, rows), *run_.shop.stream);
      tensors.tensors[1].values.insert(tensors.tensors[1].values.end(), column.begin(), column.end());
    }
    save_tensors(file, tensors);
  }

 private:
  BenchRun& run_;
  std::int64_t rows_, states_, bytes_ = 0;
  std::vector<std::uint8_t> cells_;
  Array<std::uint8_t> codes_;
  Array<float> shares_;
  Array<double> log_evidence_;
  Array<std::uint8_t> status_;
  std::unique_ptr<Timer> timer_;
  std::optional<TablePosterior> posterior_;
};

void measure(BenchRun& run, const PosteriorData& data, const Kind& kind) {
  Answers answers(run, data, kind);
  // A copy reads and writes each value once; half of a row's bytes in values, so that it moves as many.
  const std::int64_t values = std::max<std::int64_t>(1, data.rows * answers.bytes() / 8);
  Array<float> from(*run.shop.stream, values);
  Array<float> to(*run.shop.stream, values);
  clear(from.view(), *run.shop.stream);
  clear(to.view(), *run.shop.stream);
  CopyLimit limit(run, std::as_const(from).view(), to.view());
  const auto times = in_turns(run.request.sizes.repeats, {[&] { return answers.once(); }, [&] { return limit.once(); }});
  const BenchMiddle ours = middle_kernel(times[0]), most = middle_kernel(times[1]);
  BenchFigure figure;
  figure.name = kind.name;
  figure.unit = "rows/s";
  figure.rate = static_cast<double>(data.rows) / ours.seconds;
  figure.limit = static_cast<double>(data.rows) / most.seconds;
  figure.limit_of = "a copy of as many bytes";
  figure.spread = ours.spread;
  figure.limit_spread = most.spread;
  figure.wall = middle_wall(times[0]).seconds;
  figure.kernel = ours.seconds;
  figure.more.emplace_back("bytes_per_row", static_cast<double>(answers.bytes()));
  if (const std::filesystem::path file = run.dump_file(kind.name); !file.empty()) answers.dump(file);
  run.report(std::move(figure));
}

}  // namespace

void bench_posterior(BenchRun& run) {
  const PosteriorData data = posterior_data(run.request);
  if (!run.request.dump.empty()) write_network(run.request.dump / "posterior.bif", data.network);
  for (const Kind& kind : kinds)
    if (run.is_wanted(kind.name)) measure(run, data, kind);
}

}  // namespace footfall
