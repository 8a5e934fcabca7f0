#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "host/journeys/store/piece.hpp"

namespace footfall {

/// A partition on disk: a header, then ids, `first`, times and the columns one after the other, each value little-endian as it lies in
/// memory, each column filled up to 64 bytes. docs/journeys.md has the layout.
///
/// Writes it beside its name and renames it; returns the checksum (XXH64) of all bytes. Throws Error{failed} when the disk is full.
std::uint64_t write_piece(const std::filesystem::path& file, const StoreSchema& schema, const Piece& piece, bool flush);

/// A piece file that is open for reading.
class PieceFile {
 public:
  /// Throws Error{bad_input} naming the file when it is missing, cut off, or not of this schema.
  PieceFile(std::filesystem::path file, const StoreSchema& schema);
  ~PieceFile();
  PieceFile(const PieceFile&) = delete;             // one owner of the descriptor
  PieceFile& operator=(const PieceFile&) = delete;  // likewise

  [[nodiscard]] const PieceFacts& facts() const { return facts_; }
  /// Appends the partition to a base, whose columns of this schema are there; `targets` likewise. `code_of`, by event_names, turns stored
  /// codes into those of the base; empty ones leave them. Throws Error{bad_input} naming the file when its checksum is another.
  void append_to(Base& base, std::vector<Column>& targets, const std::vector<const std::vector<std::int32_t>*>& code_of, const std::uint64_t* checksum) const;
  /// The checksum of all bytes, read again.
  [[nodiscard]] std::uint64_t checksum() const;

 private:
  class ColumnReader;
  [[noreturn]] void refuse(std::string_view why) const;
  void read_whole(int descriptor, void* into, std::uint64_t size, std::uint64_t offset) const;

  std::filesystem::path file_;
  const StoreSchema& schema_;
  int descriptor_ = -1;
  PieceFacts facts_;
  std::int64_t name_bytes_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace footfall
