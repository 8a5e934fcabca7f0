#include "host/journeys/store/memory_plan.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t mebibyte = std::int64_t{1} << 20;
constexpr std::int64_t margin = 24 * mebibyte;           // stacks, small change of the allocator
constexpr std::int64_t decoding = 24 * mebibyte;         // of a reader: pages and packed columns of a row group
constexpr std::int64_t most_rows = 1 << 19, least_rows = 4096;
constexpr std::int64_t least_names = 8 * mebibyte;

/// A cell of text that no other row has costs its place in the dictionary, the index and the codes.
constexpr std::int64_t bytes_of_text = 4 + 40 + 2 * 16;

/// A remembered text: itself and its place in two indexes.
constexpr std::int64_t bytes_of_memory = 40 + 3 * 16 + 3 * 16;

std::int64_t table_bytes(const Table& columns) {
  std::int64_t sum = 8;   // where the row comes from
  for (const Column& column : columns.columns) sum += 1 + (column.type == ColumnType::text ? bytes_of_text : 8);
  return sum;
}

std::string in_mebibytes(std::int64_t bytes) { return fmt::format("{:>7.1f} MiB", static_cast<double>(bytes) / mebibyte); }

}  // namespace

std::int64_t bytes_in_use() {
  std::ifstream in("/proc/self/status");
  std::string word;
  while (in >> word) {
    std::int64_t kibibytes = 0;
    if (word == "VmData:" && in >> kibibytes) return kibibytes * 1024;
  }
  return 64 * mebibyte;
}

MemoryPlan plan_memory(std::int64_t memory, int threads, const Table& columns, const SpillLayout& layout) {
  MemoryPlan plan;
  plan.readers = threads;
  plan.program = bytes_in_use() + margin;
  plan.row_bytes = table_bytes(columns) + 2 * layout.row_bytes();   // dealt, and codes and numbers on the way there
  if (memory <= 0) memory = plan.program + 8 * threads * (decoding + most_rows * plan.row_bytes);
  plan.total = memory;
  const std::int64_t least = plan.program + least_names + threads * (decoding + least_rows * plan.row_bytes);
  if (memory < least)
    throw bad_input(fmt::format("{} MiB of memory are too little to prepare journeys with {} thread{}", memory / mebibyte, threads, threads == 1 ? "" : "s"),
                    fmt::format("give --memory {}MiB or more, or fewer --threads", (least + mebibyte - 1) / mebibyte));
  const std::int64_t rest = memory - plan.program;
  plan.names = std::max(least_names, rest / 4);
  plan.texts = plan.names / 2 / threads / bytes_of_memory;
  const std::int64_t a_reader = std::max((rest - plan.names) / threads, decoding + least_rows * plan.row_bytes);
  plan.rows_at_once = std::clamp((a_reader - decoding) / plan.row_bytes, least_rows, most_rows);
  plan.reader_bytes = threads * (decoding + plan.rows_at_once * plan.row_bytes);
  plan.sorting = rest - plan.names;
  return plan;
}

int sorters_of(const MemoryPlan& plan, int threads, std::int64_t piece_bytes) {
  if (piece_bytes > plan.sorting) {
    const std::int64_t wanted = plan.program + piece_bytes * 4 / 3 + mebibyte;
    throw bad_input(fmt::format("the largest of {} partitions needs {} MiB to be sorted, and --memory {} MiB leaves {} MiB for that", Base::partitions,
                                piece_bytes / mebibyte, plan.total / mebibyte, plan.sorting / mebibyte),
                    fmt::format("give --memory {}MiB or more", (wanted + mebibyte - 1) / mebibyte));
  }
  return static_cast<int>(std::clamp<std::int64_t>(plan.sorting / std::max<std::int64_t>(1, piece_bytes), 1, threads));
}

std::vector<std::string> MemoryPlan::lines() const {
  return {fmt::format("{}  in all (--memory)", in_mebibytes(total)),
          fmt::format("{}  the program itself", in_mebibytes(program)),
          fmt::format("{}  names of text columns, at most", in_mebibytes(names)),
          fmt::format("{}  while reading: {} readers, each {} rows of at most {} bytes, and {} MiB to decode", in_mebibytes(reader_bytes), readers,
                      rows_at_once, row_bytes, decoding / mebibyte),
          fmt::format("{}  while sorting: as many of {} partitions at once as fit", in_mebibytes(sorting), Base::partitions)};
}

}  // namespace footfall
