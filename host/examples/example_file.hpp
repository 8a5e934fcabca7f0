#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/features/example_source.hpp"

namespace footfall {

/// A file of records, one after the other, each followed by its checksum (XXH64): written once from the beginning, then read in any order. It loses its name as
/// soon as it is open, so the disk is free again when the program ends, in whatever way. Errors name the place it had.
class RecordFile {
 public:
  /// Throws Error{failed} when the folder takes no file.
  explicit RecordFile(std::filesystem::path file);
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;             // one owner of the descriptor
  RecordFile& operator=(const RecordFile&) = delete;  // likewise

  static constexpr std::int64_t checksum_bytes = 8;

  /// Throws Error{failed} when the disk is full.
  void append(const std::vector<std::byte>& record);
  void flush();
  /// A run of records that lie side by side, with their checksums, which check() then looks at one by one.
  void read(std::int64_t offset, std::int64_t size, std::byte* into) const;
  /// Throws Error{failed} naming the file when a record of so many bytes is not what was written.
  void check(const std::byte* record, std::int64_t size, std::int64_t number) const;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::int64_t bytes() const { return written_; }

 private:
  void write(const std::byte* bytes, std::size_t size);

  std::filesystem::path file_;
  int descriptor_ = -1;
  std::int64_t written_ = 0;
  std::vector<std::byte> waiting_;
};

/// The features of examples: their events in one file, their profiles in the other, a record an example, in the order of the example table.
class ExampleFile {
 public:
  /// Makes `.examples-events` and `.examples-profiles` in the folder, which must be there.
  explicit ExampleFile(const std::filesystem::path& folder) : events_(folder / ".examples-events"), profiles_(folder / ".examples-profiles") {}

  /// Adds a table's examples behind those that are there.
  void append(const ExampleTable& table);
  void finish();
  [[nodiscard]] std::int64_t bytes() const { return events_.bytes() + profiles_.bytes(); }
  [[nodiscard]] const RecordFile& events() const { return events_; }
  [[nodiscard]] const RecordFile& profiles() const { return profiles_; }

 private:
  RecordFile events_, profiles_;
};

/// Examples that were spilled. `index` has the keys, columns, `first` and `length` of all of them.
class SpilledSource final : public ExampleSource {
 public:
  SpilledSource(const ExampleTable& index, const ExampleFile& file) : index_(index), file_(file) {}
  [[nodiscard]] const ExampleTable& index() const override { return index_; }
  [[nodiscard]] bool in_memory() const override { return false; }
  /// Throws Error{failed} naming the file when it is damaged.
  void gather(std::span<const std::int64_t> rows, Wanted wanted, ExampleTable& out) const override;

 private:
  const ExampleTable& index_;
  const ExampleFile& file_;
};

}  // namespace footfall
