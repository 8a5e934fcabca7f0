#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/bayes/coded_table.hpp"
#include "engine/bayes/structure.hpp"
#include "kernels/backend.hpp"

namespace footfall::test {

/// $FOOTFALL_DATA/bayesnets, or nothing where the variable or the folder is missing.
[[nodiscard]] std::optional<std::filesystem::path> bayesnets();

/// A plain CSV of names, quoted or not, states sorted.
[[nodiscard]] CodedTable read_sample(const std::filesystem::path& csv);

/// "[A][S][T|A]" in the table's variables.
[[nodiscard]] Structure structure_of(const CodedTable& table, const std::string& model);
/// The line of a name in structures.txt.
[[nodiscard]] std::string true_structure(const std::filesystem::path& folder, const std::string& name);

/// A processor with so many threads, and a table's counts on it.
struct CountedTable {
  explicit CountedTable(CodedTable rows, int threads = 2)
      : table(std::move(rows)), backend(make_backend(Device{}, {threads, true})), stream(backend->make_stream()), counts(table, *backend, *stream) {}

  CodedTable table;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Stream> stream;
  TableCounts counts;
};

/// A table of codes from columns, states named "0", "1", …
[[nodiscard]] CodedTable table_of_columns(const std::vector<std::vector<std::uint8_t>>& columns, const std::vector<std::int32_t>& states);

}  // namespace footfall::test
