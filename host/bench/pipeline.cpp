// Files to a file: a simulated shop is written, a small model fitted to a few of its customers, and the whole shop scored.
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/bench/subject.hpp"
#include "host/bench/turns.hpp"
#include "host/job/job.hpp"
#include "host/jobs/fit.hpp"
#include "host/jobs/score.hpp"
#include "host/simulate/simulate.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t most_fitted = 1000;   ///< customers of the small shop

/// A folder of its own, which goes away with the object.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& wanted) {
    std::error_code problem;
    folder_ = (wanted.empty() ? std::filesystem::temp_directory_path(problem) : wanted) / fmt::format("footfall-bench-{}", getpid());
    if (!problem) std::filesystem::create_directories(folder_, problem);
    if (problem) throw bad_input("the folder " + folder_.string() + " cannot be made: " + problem.message(), "choose another --scratch");
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;             // one owner of the folder
  ScratchFolder& operator=(const ScratchFolder&) = delete;  // likewise

  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

/// Bytes of a folder's Parquet files, all read once by the system's plain reads.
std::int64_t read_files(const std::filesystem::path& folder) {
  std::int64_t bytes = 0;
  std::vector<char> buffer(std::size_t{1} << 20);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".parquet" || entry.path().filename() == "truth.parquet") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0) bytes += file.gcount();
  }
  return bytes;
}

void fit_small_model(const ScratchFolder& scratch, const BenchRun& run, const RunOptions& quiet) {
  SimulateRequest shop;
  shop.customers = std::min(most_fitted, run.request.sizes.customers);
  shop.out = scratch / "small";
  shop.seed = run.request.seed;
  static_cast<void>(simulate(shop, quiet));
  Job job = read_job((scratch / "small" / "job.toml").string());
  job.split.refit = false;   // one fit is enough: what it learns is not looked at
  job.train.epochs = 1;
  job.train.batch = 256;
  static_cast<void>(fit(job, scratch / "model", Existing::refuse, quiet));
}

ScoreRequest score_request(const ScratchFolder& scratch) {
  ScoreRequest request;
  request.model = scratch / "model";
  request.out = scratch / "scores.parquet";
  request.events = {(scratch / "shop" / "events" / "*.parquet").string()};
  request.customers = {(scratch / "shop" / "customers.parquet").string()};
  request.overwrite = true;
  return request;
}

/// The stage that works longest bounds a chain whose stages work at the same time.
const StageTime& slowest(const ScoreSummary& summary) {
  return *std::max_element(summary.stages.begin(), summary.stages.end(), [](const StageTime& a, const StageTime& b) { return a.busy < b.busy; });
}

}  // namespace

void bench_pipeline(BenchRun& run) {
  if (!run.is_wanted("pipeline/score")) return;
  RunOptions quiet = run.options;
  quiet.observer = {};
  const ScratchFolder scratch(run.request.scratch);
  fit_small_model(scratch, run, quiet);
  SimulateRequest shop;
  shop.customers = run.request.sizes.customers;
  shop.out = scratch / "shop";
  shop.seed = run.request.seed;
  const SimulateSummary made = simulate(shop, quiet);
  std::vector<double> wall, busiest, plain;
  std::int64_t bytes = 0, customers = 0;
  for (std::int64_t k = 0; k <= run.request.sizes.repeats; ++k) {
    const auto began = std::chrono::steady_clock::now();
    bytes = read_files(scratch / "shop");
    const double read = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const ScoreSummary summary = score(score_request(scratch), quiet);
    customers = summary.customers;
    if (k == 0) continue;
    plain.push_back(read);
    wall.push_back(summary.seconds);
    busiest.push_back(slowest(summary).busy);
  }
  const BenchMiddle ours = middle(wall), most = middle(busiest);
  BenchFigure chain;
  chain.name = "pipeline/score";
  chain.unit = "events/s";
  chain.rate = static_cast<double>(made.events) / ours.seconds;
  chain.limit = static_cast<double>(made.events) / most.seconds;
  chain.limit_of = "the slowest stage alone";
  chain.spread = ours.spread;
  chain.limit_spread = most.spread;
  chain.wall = chain.kernel = ours.seconds;
  chain.more = {{"customers_per_s", static_cast<double>(customers) / ours.seconds},
                {"file_GB_per_s", static_cast<double>(bytes) * 1e-9 / ours.seconds},
                {"plain_read_GB_per_s", static_cast<double>(bytes) * 1e-9 / middle(plain).seconds}};
  run.report(std::move(chain));
}

}  // namespace footfall
