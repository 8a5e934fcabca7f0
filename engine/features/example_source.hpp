#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "engine/features/examples.hpp"

namespace footfall {

/// Which features of examples are asked for.
struct Wanted {
  bool events = true;
  bool profile = true;
};

/// Where the features of examples are kept: in memory, or outside it. What every example has a little of is in memory always.
class ExampleSource {
 public:
  virtual ~ExampleSource() = default;

  /// Keys, names of columns, `first` and `length` of all examples. The features themselves are here only when they are in memory.
  [[nodiscard]] virtual const ExampleTable& index() const = 0;
  [[nodiscard]] virtual bool in_memory() const = 0;
  /// Makes `out` a table of these examples alone, in this order, with what is wanted of them; its memory is used again.
  virtual void gather(std::span<const std::int64_t> rows, Wanted wanted, ExampleTable& out) const = 0;
};

/// A table in memory, which must outlive this.
class TableSource final : public ExampleSource {
 public:
  explicit TableSource(const ExampleTable& table) : table_(table) {}
  [[nodiscard]] const ExampleTable& index() const override { return table_; }
  [[nodiscard]] bool in_memory() const override { return true; }
  void gather(std::span<const std::int64_t> rows, Wanted wanted, ExampleTable& out) const override;

 private:
  const ExampleTable& table_;
};

/// Begins a table of some examples of another: names, keys, places of their events; makes room for what is wanted.
void begin_gathering(const ExampleTable& index, std::span<const std::int64_t> rows, Wanted wanted, ExampleTable& out);

/// Visits examples in their order, a few at a time: work(table of them).
template <class Work>
void visit_examples(const ExampleSource& source, std::span<const std::int64_t> rows, Wanted wanted, const Work& work) {
  constexpr std::int64_t most_examples = 4096, most_event_rows = std::int64_t{1} << 16;
  const ExampleTable& index = source.index();
  ExampleTable table;
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    std::int64_t events = 0;
    do {
      events += index.length.empty() ? 0 : index.length[static_cast<std::size_t>(rows[end])];
      ++end;
    } while (end < rows.size() && end - begin < static_cast<std::size_t>(most_examples) && (!wanted.events || events < most_event_rows));
    source.gather(rows.subspan(begin, end - begin), wanted, table);
    work(std::as_const(table));
  }
}

}  // namespace footfall
