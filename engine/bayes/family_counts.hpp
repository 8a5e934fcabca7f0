#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "engine/bayes/coded_table.hpp"
#include "kernels/backend.hpp"
#include "kernels/bayes/bayes.hpp"

namespace footfall {

/// Counts of combinations of states over the rows of a table, by sets of its columns, the last column of a set varying fastest. A row with a missing cell
/// in a set is left out of that set alone.
class TableCounts {
 public:
  /// Both must outlive it; the codes are copied to the stream's device once.
  TableCounts(const CodedTable& table, Backend& backend, Stream& stream);

  [[nodiscard]] const CodedTable& table() const { return table_; }
  [[nodiscard]] std::vector<std::vector<std::int64_t>> count(const ColumnSets& sets) const;

 private:
  const CodedTable& table_;
  Backend& backend_;
  Stream& stream_;
  Array<std::uint8_t> codes_;
};

/// A variable with its parents, which are ascending.
struct FamilyKey {
  std::int32_t child = 0;
  std::vector<std::int32_t> parents;

  auto operator<=>(const FamilyKey&) const = default;
};

/// Family counts that were asked for once, kept. Those that are not there yet are counted together.
class FamilyCounts {
 public:
  explicit FamilyCounts(const TableCounts& source) : source_(source) {}

  [[nodiscard]] const CodedTable& table() const { return source_.table(); }
  void want(const std::vector<FamilyKey>& families);
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(known_.size()); }
  /// [rows of the parents][states of the child], parents in ascending order.
  [[nodiscard]] const std::vector<std::int64_t>& of(const FamilyKey& family);

 private:
  const TableCounts& source_;
  std::map<FamilyKey, std::vector<std::int64_t>> known_;
};

}  // namespace footfall
