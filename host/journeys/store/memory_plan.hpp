#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/journeys/store/schema.hpp"
#include "host/table/table.hpp"

namespace footfall {

/// How the memory that a preparation may use is given out. Reading and sorting follow each other, so each has all that the program and the
/// names leave.
struct MemoryPlan {
  std::int64_t total = 0;           ///< what --memory promises
  std::int64_t program = 0;         ///< in use before the first row is read: libraries, code, the job
  std::int64_t names = 0;           ///< vocabularies of text columns
  std::int64_t texts = 0;           ///< of them, that a reader remembers in all its columns
  std::int64_t readers = 0;         ///< how many read at once
  std::int64_t rows_at_once = 0;    ///< rows that a reader decodes and deals before it writes them
  std::int64_t row_bytes = 0;       ///< of a reader, at most: decoded cells, codes, buffers of partitions
  std::int64_t reader_bytes = 0;    ///< of all readers: rows_at_once * row_bytes and what decoding needs
  std::int64_t sorting = 0;         ///< for the partitions that are sorted at once

  /// A line for each share, for people.
  [[nodiscard]] std::vector<std::string> lines() const;
};

/// Divides `memory` bytes (0: as much as is wanted) between `threads` readers. Throws Error{bad_input} when that cannot work, saying how
/// much would.
[[nodiscard]] MemoryPlan plan_memory(std::int64_t memory, int threads, const Table& columns, const SpillLayout& layout);

/// How many partitions can be sorted at once when the largest needs so many bytes. Throws Error{bad_input} when not even one can.
[[nodiscard]] int sorters_of(const MemoryPlan& plan, int threads, std::int64_t piece_bytes);

/// Bytes of data that the process has (VmData): what a limit on its memory counts.
[[nodiscard]] std::int64_t bytes_in_use();

}  // namespace footfall
