#include "engine/bayes/family_counts.hpp"

namespace footfall {

TableCounts::TableCounts(const CodedTable& table, Backend& backend, Stream& stream)
    : table_(table), backend_(backend), stream_(stream), codes_(upload(table.codes, stream)) {}

std::vector<std::vector<std::int64_t>> TableCounts::count(const ColumnSets& sets) const {
  if (sets.empty()) return {};
  const std::unique_ptr<Counter> counter = backend_.bayes().make_counter(table_.states(), sets, stream_);
  counter->add(CodeColumns(codes_.view(), table_.rows, table_.size()), stream_);
  return counter->counts(stream_);
}

void FamilyCounts::want(const std::vector<FamilyKey>& families) {
  std::vector<FamilyKey> missing;
  ColumnSets sets;
  for (const FamilyKey& family : families) {
    if (known_.contains(family)) continue;
    known_[family];  // a family that is wanted twice is counted once
    missing.push_back(family);
    sets.push_back(family.parents);
    sets.back().push_back(family.child);
  }
  if (missing.empty()) return;
  std::vector<std::vector<std::int64_t>> counts = source_.count(sets);
  for (std::size_t i = 0; i < missing.size(); ++i) known_[missing[i]] = std::move(counts[i]);
}

const std::vector<std::int64_t>& FamilyCounts::of(const FamilyKey& family) {
  const auto found = known_.find(family);
  if (found != known_.end()) return found->second;
  want({family});
  return known_.at(family);
}

}  // namespace footfall
