#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/base.hpp"

namespace footfall {

/// The columns of spilled rows: bytes a value (16, 8, 4, 2 or 1). Columns in `codes` are int32, -1 or more, and take fewer bytes in the
/// parts where they are small. Where ids are text, column `word_column` (of 4 bytes) holds places in the words of its segment.
struct SpillLayout {
  static constexpr std::size_t no_words = static_cast<std::size_t>(-1);

  std::vector<std::int32_t> widths;
  std::vector<std::size_t> codes;
  std::size_t word_column = no_words;

  [[nodiscard]] std::int64_t row_bytes() const;
  bool operator==(const SpillLayout&) const = default;
};

/// Rows that are to be dealt to the partitions.
struct SpillRows {
  std::int64_t rows = 0;
  const std::uint8_t* partition = nullptr;       ///< [rows]
  std::vector<const void*> columns;              ///< each [rows] values of its width; of the word column: places in `words`
  const std::vector<std::string>* words = nullptr;
};

/// Where the rows of one partition lie in a file: the columns one after the other, each begun at a multiple of 16 bytes, then the words (a
/// size of 4 bytes each, then their bytes).
struct SpillSegment {
  std::uint64_t offset = 0;
  std::uint64_t rows = 0;
  std::uint32_t words = 0;
  std::uint32_t unused = 0;
  std::uint64_t word_bytes = 0;
  std::uint64_t checksum = 0;   ///< of all of its bytes

  [[nodiscard]] bool operator==(const SpillSegment&) const = default;
};

/// The rows that were dealt at once.
struct SpillPart {
  static constexpr std::size_t narrowed = 32;   ///< so many columns of codes may be narrow, the first ones

  std::array<SpillSegment, Base::partitions> segments = {};
  std::array<std::uint8_t, narrowed> code_widths = {};

  [[nodiscard]] SpillSegment& operator[](std::size_t p) { return segments[p]; }
  [[nodiscard]] const SpillSegment& operator[](std::size_t p) const { return segments[p]; }
  /// Bytes a value of each column in this part.
  [[nodiscard]] std::vector<std::int32_t> widths(const SpillLayout& layout) const;
};

/// What the reading of one task gave, kept with its rows.
struct SpillCounts {
  std::int64_t rows_read = 0;    ///< of the input, before the filter
  std::int64_t rows = 0;         ///< kept
  std::int64_t id_runs = 0;      ///< how often the customer was another one than in the row before
  std::int64_t future = 0;       ///< events after now
  std::uint64_t bytes = 0;       ///< of the file

  void add(const SpillCounts& more);
};

/// The rows of one reading task by partition: parts of a few hundred thousand rows each, then an index. The file has its name only when
/// it is whole; what a kill left half-written is written anew.
class SpillWriter {
 public:
  SpillWriter(std::filesystem::path file, SpillLayout layout);
  ~SpillWriter();
  SpillWriter(const SpillWriter&) = delete;             // one owner of the half-written file
  SpillWriter& operator=(const SpillWriter&) = delete;  // likewise

  /// Deals the rows into a buffer of partitions, keeping their order, and writes it. Throws Error{failed} when the disk is full.
  void add(const SpillRows& rows);
  void finish(const SpillCounts& counts);
  /// Leaves so many bytes out before the next part: lets a test reach places that it has no disk for.
  void leave_hole(std::uint64_t bytes);

  /// Seconds spent dealing and writing.
  [[nodiscard]] double seconds_dealing() const;
  [[nodiscard]] double seconds_writing() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Rows of one partition, put together from many segments.
struct SpilledRows {
  std::int64_t rows = 0;
  std::vector<std::vector<std::byte>> columns;   ///< in the order of the layout; freed by taking them
  std::vector<std::string> words;                ///< all words of all segments; places in the word column point here

  template <class T>
  [[nodiscard]] std::span<const T> column(std::size_t c) const {
    return {reinterpret_cast<const T*>(columns[c].data()), columns[c].size() / sizeof(T)};
  }
};

/// A whole file of spilled rows.
class SpillFile {
 public:
  /// Reads the index. Throws Error{failed} naming the file when it is damaged, or of another layout.
  SpillFile(std::filesystem::path file, const SpillLayout& layout);

  [[nodiscard]] const SpillCounts& counts() const { return counts_; }
  [[nodiscard]] const std::vector<SpillPart>& parts() const { return parts_; }
  /// Adds the file's rows [first, first + some) of a partition: fills `into` from row `at`, where there must be room.
  void read(std::int32_t partition, std::int64_t& at, SpilledRows& into, std::vector<std::byte>& scratch) const;
  /// Rows of a partition.
  [[nodiscard]] std::int64_t rows(std::int32_t partition) const;

 private:
  [[noreturn]] void refuse(std::string_view why) const;
  void take_segment(const SpillSegment& segment, const std::vector<std::int32_t>& widths, const std::byte* bytes, std::int64_t at, SpilledRows& into) const;

  std::filesystem::path file_;
  SpillLayout layout_;
  SpillCounts counts_;
  std::vector<SpillPart> parts_;
};

/// All rows of a partition in the order of files, parts and rows.
[[nodiscard]] SpilledRows read_partition_rows(const std::vector<SpillFile>& files, const SpillLayout& layout, std::int32_t partition);

}  // namespace footfall
