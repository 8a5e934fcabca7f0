#include "engine/features/example_source.hpp"

#include <algorithm>

namespace footfall {
namespace {

template <class T>
void copy_rows(const std::vector<T>& from, std::int64_t row, std::int64_t rows, std::size_t columns, std::vector<T>& to, std::int64_t at) {
  const auto width = static_cast<std::int64_t>(columns);
  std::copy_n(from.begin() + row * width, rows * width, to.begin() + at * width);
}

}  // namespace

void begin_gathering(const ExampleTable& index, std::span<const std::int64_t> rows, Wanted wanted, ExampleTable& out) {
  out.event_numbers = index.event_numbers;
  out.event_codes = index.event_codes;
  out.profile_numbers = index.profile_numbers;
  out.profile_codes = index.profile_codes;
  out.keys.clear();
  out.first.clear();
  out.length.clear();
  std::int64_t events = 0;
  for (const std::int64_t row : rows) {
    const auto e = static_cast<std::size_t>(row);
    out.keys.push_back(index.keys[e]);
    if (!wanted.events || index.length.empty()) continue;
    out.first.push_back(events);
    out.length.push_back(index.length[e]);
    events += index.length[e];
  }
  const std::size_t examples = wanted.profile ? rows.size() : 0;
  out.event_number.resize(static_cast<std::size_t>(events) * out.event_numbers.size());
  out.event_code.resize(static_cast<std::size_t>(events) * out.event_codes.size());
  out.profile_number.resize(examples * out.profile_numbers.size());
  out.profile_code.resize(examples * out.profile_codes.size());
}

void TableSource::gather(std::span<const std::int64_t> rows, Wanted wanted, ExampleTable& out) const {
  begin_gathering(table_, rows, wanted, out);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    if (!out.first.empty()) {
      const std::int64_t first = table_.first[static_cast<std::size_t>(rows[i])];
      copy_rows(table_.event_number, first, out.length[i], out.event_numbers.size(), out.event_number, out.first[i]);
      copy_rows(table_.event_code, first, out.length[i], out.event_codes.size(), out.event_code, out.first[i]);
    }
    if (!wanted.profile) continue;
    copy_rows(table_.profile_number, rows[i], 1, out.profile_numbers.size(), out.profile_number, at);
    copy_rows(table_.profile_code, rows[i], 1, out.profile_codes.size(), out.profile_code, at);
  }
}

}  // namespace footfall
