// The CPU's counter: pairs of a cover and a part of the rows are the tiles of the team.

#include <algorithm>

#include "kernels/bayes/count_loops.hpp"
#include "kernels/bayes/cpu_bayes.hpp"
#include "kernels/device/tiles.hpp"

namespace footfall {
namespace {

class CpuCounter final : public Counter {
 public:
  CpuCounter(Team& team, const std::vector<std::int32_t>& states, const ColumnSets& sets)
      : team_(team), plan_(plan_covers(states, sets)), totals_(static_cast<std::size_t>(plan_.entries), 0), scratch_(static_cast<std::size_t>(team.threads())) {}

  void add(const CodeColumns& codes, Stream& /*stream*/) override {
    require(codes.columns >= static_cast<std::int64_t>(plan_.states.size()), "a chunk has fewer columns than the counter");
    require(codes.data == nullptr || codes.place == Place::host, "memory of another device in an operation of the CPU");
    const std::int64_t parts = (codes.rows + count_part_rows - 1) / count_part_rows;
    const auto covers = static_cast<std::int64_t>(plan_.covers.size());
    // All covers of a part, one after the other: its columns stay in the cache that the cores share.
    team_.run(parts * covers, [&](std::int64_t tile, int thread) {
      const Cover& cover = plan_.covers[static_cast<std::size_t>(tile % covers)];
      const std::int64_t first = tile / covers * count_part_rows;
      count_cover(codes.row_range(first, std::min(count_part_rows, codes.rows - first)), cover, scratch_[static_cast<std::size_t>(thread)],
                  totals_.data() + cover.offset);
    });
  }

  [[nodiscard]] std::vector<std::vector<std::int64_t>> counts(Stream& /*stream*/) override { return tables_of_sets(plan_, totals_); }

 private:
  Team& team_;
  CoverPlan plan_;
  std::vector<std::int64_t> totals_;
  std::vector<std::vector<std::uint32_t>> scratch_;  // of each thread
};

}  // namespace

std::unique_ptr<Counter> make_cpu_counter(Team& team, const std::vector<std::int32_t>& states, const ColumnSets& sets) {
  return std::make_unique<CpuCounter>(team, states, sets);
}

}  // namespace footfall
