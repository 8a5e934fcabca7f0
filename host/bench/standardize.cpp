// Fit and transform of a table of float32 with missing cells, in memory: moments in one read, fill and scale in one read and one write.
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "engine/data/draw.hpp"
#include "host/bench/limits.hpp"
#include "host/table/safetensors.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr double giga = 1e9;
constexpr std::int64_t drawn_rows = 65'536;   ///< the table repeats them

std::vector<float> draw_rows(const BenchSizes& sizes, std::int64_t rows, std::uint64_t seed) {
  Draw draw(seed);
  std::vector<float> cells(static_cast<std::size_t>(rows * sizes.columns));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto column = static_cast<double>(i % static_cast<std::size_t>(sizes.columns));
    const double value = 10.0 * column + (1.0 + column) * (draw.uniform() + draw.uniform() - 1.0);
    cells[i] = draw.uniform() < sizes.missing ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(value);
  }
  return cells;
}

/// The table on the device, its moments and its standardized copy.
class Table {
 public:
  explicit Table(BenchRun& run)
      : run_(run),
        rows_(run.request.sizes.rows),
        columns_(run.request.sizes.columns),
        cells_(*run.shop.stream, rows_ * columns_),
        out_(*run.shop.stream, run.request.sizes.in_place ? 0 : rows_ * columns_),
        state_(*run.shop.stream, columns_),
        fit_(*run.shop.stream, columns_),
        timer_(run.shop.stream->make_timer()) {
    drawn_ = draw_rows(run.request.sizes, std::min(drawn_rows, rows_), run.request.seed);
    fill_cells();
    if (out_.size() > 0) clear(out_.view(), *run.shop.stream);
    static_cast<void>(fit_once());
    place_scales();
  }

  [[nodiscard]] View<const float> cells() const { return cells_.view(); }
  [[nodiscard]] View<float> out() { return run_.request.sizes.in_place ? cells_.view() : out_.view(); }
  /// From where to where the limit copies: all cells into the other table, else the first half over the second.
  [[nodiscard]] View<const float> copied() const { return cells().sub(0, run_.request.sizes.in_place ? cells_.size() / 2 : cells_.size()); }
  [[nodiscard]] View<float> place_of_copy() { return run_.request.sizes.in_place ? cells_.view().sub(cells_.size() / 2, cells_.size() / 2) : out_.view(); }
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] double bytes() const { return 4.0 * static_cast<double>(cells_.size()); }

  BenchTime fit_once() {
    Stream& stream = *run_.shop.stream;
    if (run_.request.sizes.in_place) fill_cells();   // not timed: transforms and limits have written over them
    const std::vector<Moments> none(static_cast<std::size_t>(columns_));
    copy<Moments>(view_of(none), state_.view(), stream);
    return time_once(stream, *timer_, [&] { run_.shop.backend->columns().moments(std::as_const(cells_).matrix(rows_, columns_), state_.view(), stream); });
  }
  BenchTime transform_once() {
    Stream& stream = *run_.shop.stream;
    return time_once(stream, *timer_, [&] {
      run_.shop.backend->columns().standardize(std::as_const(cells_).matrix(rows_, columns_), std::as_const(fit_).view(), (run_.request.sizes.in_place ? cells_ : out_).matrix(rows_, columns_), stream);
    });
  }
  /// The rows that the table repeats, their number, means, deviations and the first standardized rows.
  void dump(const std::filesystem::path& file) {
    Stream& stream = *run_.shop.stream;
    const auto drawn = static_cast<std::int64_t>(drawn_.size()) / columns_;
    TensorFile tensors;
    tensors.tensors = {{"drawn", {drawn, columns_}, drawn_}, {"mean", {columns_}, {}}, {"deviation", {columns_}, {}}, {"standardized", {drawn, columns_}, {}}};
    for (const Moments& m : download(state_.view(), stream)) {
      tensors.tensors[1].values.push_back(static_cast<float>(m.mean));
      tensors.tensors[2].values.push_back(static_cast<float>(std::sqrt(m.m2 / static_cast<double>(std::max<std::int64_t>(m.count, 1)))));
    }
    if (run_.request.sizes.in_place) static_cast<void>(fit_once());
    static_cast<void>(transform_once());
    tensors.tensors[3].values = download(out().sub(0, drawn * columns_), stream);
    save_tensors(file, tensors);
  }
  /// Seconds in which the cells come from page-locked host memory, and as many go back; 0 where they are there already.
  [[nodiscard]] double copy_to_device() { return run_.on_cuda() ? copy_seconds(true) : 0.0; }
  [[nodiscard]] double copy_to_host() { return run_.on_cuda() ? copy_seconds(false) : 0.0; }

 private:
  void fill_cells() {
    const auto block = static_cast<std::int64_t>(drawn_.size());
    for (std::int64_t first = 0; first < cells_.size(); first += block) {
      const std::int64_t count = std::min(block, cells_.size() - first);
      copy<float>(view_of(std::as_const(drawn_)).sub(0, count), cells_.view().sub(first, count), *run_.shop.stream);
    }
  }

  /// The mean fills; deviation 1.
  void place_scales() {
    const std::vector<Moments> moments = download(state_.view(), *run_.shop.stream);
    std::vector<ColumnScale> scales;
    for (const Moments& m : moments) {
      ColumnScale scale;
      scale.fill = scale.mean = static_cast<float>(m.mean);
      const double deviation = m.count > 0 ? std::sqrt(m.m2 / static_cast<double>(m.count)) : 0.0;
      scale.inverse = deviation > 0.0 ? static_cast<float>(1.0 / deviation) : 1.0F;
      scales.push_back(scale);
    }
    copy<ColumnScale>(view_of(std::as_const(scales)), fit_.view(), *run_.shop.stream);
  }

  double copy_seconds(bool there) {
    Stream& stream = *run_.shop.stream;
    const std::int64_t piece = std::min<std::int64_t>(std::int64_t{1} << 24, cells_.size());
    Pinned<float> host(stream, piece);
    std::fill_n(host.span().begin(), piece, 0.0F);
    const BenchTime time = time_once(stream, *timer_, [&] {
      for (std::int64_t first = 0; first < cells_.size(); first += piece) {
        const std::int64_t count = std::min(piece, cells_.size() - first);
        if (there) {
          copy<float>(std::as_const(host).view().sub(0, count), out().sub(first, count), stream);
        } else {
          copy<float>(std::as_const(cells_).view().sub(first, count), host.view().sub(0, count), stream);
        }
      }
    });
    return time.kernel;
  }

  BenchRun& run_;
  std::int64_t rows_, columns_;
  std::vector<float> drawn_;
  Array<float> cells_, out_;
  Array<Moments> state_;
  Array<ColumnScale> fit_;
  std::unique_ptr<Timer> timer_;
};

BenchFigure figure_of(const std::string& name, double bytes, double limit_bytes, const std::vector<BenchTime>& work, const std::vector<BenchTime>& limit) {
  const BenchMiddle ours = middle_kernel(work), most = middle_kernel(limit);
  BenchFigure figure;
  figure.name = name;
  figure.unit = "GB/s";
  figure.rate = bytes / giga / ours.seconds;
  figure.limit = limit_bytes / giga / most.seconds;
  figure.spread = ours.spread;
  figure.limit_spread = most.spread;
  figure.wall = middle_wall(work).seconds;
  figure.kernel = ours.seconds;
  return figure;
}

}  // namespace

void bench_standardize(BenchRun& run) {
  const BenchSizes& sizes = run.request.sizes;
  Table table(run);
  const double copied = 8.0 * static_cast<double>(table.copied().size);
  CopyLimit reads(run, table.cells(), table.out()), copies(run, table.copied(), table.place_of_copy());   // the very bytes
  const auto times = in_turns(sizes.repeats, {[&] { return table.fit_once(); }, [&] { return reads.read_once(); }, [&] { return table.transform_once(); },
                                              [&] { return copies.once(); }});
  BenchFigure fit = figure_of("standardize/fit", table.bytes(), table.bytes(), times[0], times[1]);
  fit.limit_of = run.on_cuda() ? "half the time of a copy of as many bytes" : "reads of as many bytes";
  fit.copy = table.copy_to_device();
  BenchFigure transform = figure_of("standardize/transform", 2.0 * table.bytes(), copied, times[2], times[3]);
  transform.limit_of = "a copy of as many bytes";
  transform.copy = table.copy_to_device() + table.copy_to_host();
  for (BenchFigure* figure : {&fit, &transform}) {
    figure->more.emplace_back("rows_per_s", static_cast<double>(table.rows()) / figure->kernel);
    if (run.is_wanted(figure->name)) run.report(std::move(*figure));
  }
  if (const std::filesystem::path file = run.dump_file("standardize"); !file.empty()) table.dump(file);
}

}  // namespace footfall
