#include "host/table/read.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "host/table/column_builder.hpp"
#include "host/table/expression.hpp"
#include "host/table/raw.hpp"
#include "host/table/survey.hpp"
#include "host/table/text_memory.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

ColumnKind kind_of(const ReadRequest& request, const std::string& name) {
  const auto found = request.kinds.find(name);
  return found == request.kinds.end() ? ColumnKind::automatic : found->second;
}

ColumnUse use_of(const ReadRequest& request, const std::string& name) {
  ColumnUse use{name, kind_of(request, name), nullptr};
  const auto format = request.time_formats.find(name);
  if (use.kind == ColumnKind::time && format != request.time_formats.end() && !format->second.empty())
    use.format = std::make_shared<const TimeFormat>(format->second);
  return use;
}

/// An expression sees numbers and times as the job has them, and everything else as the file has it, so that `item = 5` works although
/// items are read as text.
ColumnUse use_in_expression(const ReadRequest& request, const std::string& name) {
  ColumnUse use = use_of(request, name);
  if (use.kind == ColumnKind::text || use.kind == ColumnKind::id) use.kind = ColumnKind::automatic;
  return use;
}

/// A use of a source column, and where it finds its column in a chunk.
struct PlannedUse {
  ColumnPlan plan;
  std::size_t source = 0;  // index into sources, and so into the columns of a chunk
};

struct PlannedExpression {
  std::string name;
  Expression expression;
  std::vector<PlannedUse> uses;
};

}  // namespace

struct TableReader::State {
  State(ReadRequest wanted, std::int64_t rows) : request(std::move(wanted)), chunk_rows(rows) {
    require(chunk_rows > 0, "a chunk without rows");
    if (request.files.empty()) throw bad_input("no file to read", "name at least one in files");
    for (const std::string& file : request.files) {
      std::error_code ignored;
      const auto size = std::filesystem::file_size(file, ignored);
      if (!ignored) bytes_total += static_cast<std::int64_t>(size);
    }
    parse_expressions();
    find_columns();
    survey();
    make_builders(nullptr);
    for (ColumnBuilder& builder : builders) schema.columns.push_back(builder.take());
  }

  /// A reader of a part of the files, planned already.
  State(const State& whole, const ReadTask& task, std::int64_t rows, TextMemories* memories)
      : request(whole.request),
        chunk_rows(rows),
        schema(whole.schema),
        sources(whole.sources),
        source_index(whole.source_index),
        uses(whole.uses),
        filters(whole.filters),
        derived(whole.derived),
        part(task) {
    request.files = {whole.request.files.at(task.file)};
    request.allow_no_rows = true;
    bytes_total = whole.bytes_total;
    make_builders(memories);
    for (ColumnBuilder& builder : builders) builder.reserve(task.rows < 0 ? chunk_rows : std::min(chunk_rows, task.rows));
  }

  // Set-up

  void make_builders(TextMemories* memories) {
    for (const PlannedUse& use : uses) {
      const bool kept = memories != nullptr && memories->columns.contains(use.plan.name);
      builders.emplace_back(use.plan, kept ? &memories->columns[use.plan.name] : nullptr);
    }
    for (const PlannedExpression& one : derived) {
      ColumnPlan plan;
      plan.name = one.name;
      builders.emplace_back(std::move(plan));
    }
  }

  void parse_expressions() {
    if (!request.where.empty()) filters.push_back({"where", Expression::parse(request.where, "where"), {}});
    for (const auto& [name, text] : request.derived) derived.push_back({name, Expression::parse(text, name), {}});
  }

  std::size_t source_of(const std::string& name) {
    const auto [found, added] = source_index.try_emplace(name, sources.size());
    if (added) {
      sources.push_back(name);
      surveys.emplace_back();
      source_uses.emplace_back();
    }
    return found->second;
  }

  /// Decides which columns of the files are needed, and checks that every file has them.
  void find_columns() {
    const auto first = open_file(request.files[0], request.text);
    std::vector<std::string> wanted = request.columns;
    if (wanted.empty()) {
      for (std::size_t i = 0; i < first->names().size(); ++i) {
        if (first->forms()[i] != RawForm::unsupported) wanted.push_back(first->names()[i]);
      }
    }
    std::unordered_set<std::string> seen;
    for (const std::string& name : wanted) {
      if (!seen.insert(name).second) continue;
      const std::size_t source = source_of(name);
      column_uses.push_back(use_of(request, name));
      source_uses[source].push_back(column_uses.back());
    }
    const std::vector<std::string>& names = first->names();
    for (std::vector<PlannedExpression>* list : {&filters, &derived}) {
      for (PlannedExpression& one : *list) {
        for (const std::string& name : one.expression.columns()) {
          if (std::find(names.begin(), names.end(), name) == names.end()) {
            Table known;  // the expression's own message points at the name
            for (const std::string& column : names) known.columns.emplace_back().name = column;
            (void)one.expression.check(known);
          }
          source_uses[source_of(name)].push_back(use_in_expression(request, name));
        }
      }
    }
    if (sources.empty())
      throw bad_input(fmt::format("{} has no column that can be read", request.files[0]), "give a file with plain columns");
  }

  /// The columns of a file that the sources are, or an error about those that are not there.
  std::vector<std::size_t> locate(const FileReader& reader, const std::string& file) const {
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < reader.names().size(); ++i) index.emplace(reader.names()[i], i);
    std::vector<std::size_t> out;
    for (const std::string& name : sources) {
      const auto found = index.find(name);
      if (found == index.end()) refuse_missing(reader, file, name);
      out.push_back(found->second);
    }
    if (request.columns.empty() && &file != &request.files[0]) {
      for (const std::string& name : reader.names()) {
        if (source_index.contains(name)) continue;
        if (reader.forms()[index.at(name)] == RawForm::unsupported) continue;
        throw bad_input(fmt::format("{} has a column \"{}\" that {} lacks", file, name, request.files[0]),
                        "files that are read together need the same columns");
      }
    }
    return out;
  }

  [[noreturn]] void refuse_missing(const FileReader& reader, const std::string& file, const std::string& name) const {
    if (const std::string doubt = reader.doubt(); !doubt.empty())
      throw bad_input(fmt::format("{} has no column \"{}\"", file, name), doubt);
    const bool in_first = &file != &request.files[0];
    throw bad_input(in_first ? fmt::format("{} has no column \"{}\", which {} has", file, name, request.files[0])
                             : fmt::format("{} has no column \"{}\"", file, name),
                    suggest_names(name, reader.names()));
  }

  /// Looks at the form of every column in every file and, where that does not settle its type, at every cell.
  void survey() {
    for (const std::string& file : request.files) {
      const auto reader = open_file(file, request.text);
      const std::vector<std::size_t> where = locate(*reader, file);
      groups.push_back(reader->groups());
      std::vector<std::size_t> selected, surveyed;
      for (std::size_t s = 0; s < sources.size(); ++s) {
        const RawForm form = reader->forms()[where[s]];
        surveys[s].declare(form, reader->resolution(where[s]), file);
        bool cells = false;
        for (const ColumnUse& use : source_uses[s]) {
          if (!needs_cells(use, form)) continue;
          cells = true;
          use.kind == ColumnKind::time ? surveys[s].want_time() : surveys[s].want_type();
        }
        if (!cells) continue;
        selected.push_back(where[s]);
        surveyed.push_back(s);
      }
      if (selected.empty()) continue;
      reader->select(selected);
      RawChunk chunk;
      while (reader->next(chunk)) {
        for (std::size_t i = 0; i < surveyed.size(); ++i) surveys[surveyed[i]].see(chunk.columns[i], chunk, file, reader->counting());
      }
    }
    for (const ColumnUse& use : column_uses) uses.push_back(planned(use));
    for (std::vector<PlannedExpression>* list : {&filters, &derived}) {
      for (PlannedExpression& one : *list) plan_expression(one, list == &filters);
    }
  }

  PlannedUse planned(const ColumnUse& use) {
    const std::size_t source = source_index.at(use.name);
    return {surveys[source].plan(use), source};
  }

  void plan_expression(PlannedExpression& one, bool is_filter) {
    Table types;
    for (const std::string& name : one.expression.columns()) {
      one.uses.push_back(planned(use_in_expression(request, name)));
      Column& column = types.columns.emplace_back();
      column.name = name;
      column.type = one.uses.back().plan.type;
      column.resolution = one.uses.back().plan.resolution;
    }
    const ColumnType type =
        one.expression.check(types, [this](const std::string& name) { return surveys[source_index.at(name)].why_text(); });
    const bool fits =
        is_filter ? type == ColumnType::boolean : type == ColumnType::number || type == ColumnType::integer || type == ColumnType::boolean;
    if (!fits) {
      throw bad_input(fmt::format("{} = \"{}\" gives {}, not {}", one.name, one.expression.text(), describe(type),
                                  is_filter ? "true or false" : "numbers"),
                      is_filter ? "write a comparison, such as \"amount > 0\"" : "write arithmetic over numeric columns");
    }
  }

  // Reading

  /// Loads the next piece of a file into `chunk` and decides which of its rows are kept. False at the end of the last file.
  bool load() {
    while (true) {
      if (reader == nullptr) {
        if (file == request.files.size()) return false;
        reader = open_file(request.files[file], request.text);
        if (part.first_group < part.end_group) reader->limit_to(part.first_group, part.end_group);
        reader->select(locate(*reader, request.files[file]));
      }
      if (reader->next(chunk)) break;
      std::error_code ignored;
      const auto size = std::filesystem::file_size(request.files[file], ignored);
      if (!ignored) bytes_behind += static_cast<std::int64_t>(size);
      reader.reset();
      at = chunk.rows = 0;
      ++file;
    }
    at = 0;
    rows_read += chunk.rows;
    keep.clear();
    for (const PlannedExpression& filter : filters) keep = filter.expression.filter(evaluate(filter, nullptr));
    for (std::size_t i = 0; i < derived.size(); ++i) compute(i);
    return true;
  }

  RowRange whole_chunk(const std::vector<std::uint8_t>* mask) const {
    return {chunk, mask, 0, chunk.rows, request.files[file], reader->counting()};
  }

  /// The columns of an expression over the rows of the chunk that `mask` keeps.
  Table evaluate(const PlannedExpression& one, const std::vector<std::uint8_t>* mask) const {
    Table table;
    for (const PlannedUse& use : one.uses) {
      ColumnBuilder builder(use.plan);
      builder.append(chunk.columns[use.source], whole_chunk(mask));
      table.columns.push_back(builder.take());
      table.rows = table.columns.back().size();
    }
    if (one.uses.empty()) table.rows = mask == nullptr ? chunk.rows : std::count(mask->begin(), mask->end(), std::uint8_t{1});
    return table;
  }

  /// The values of a derived column, spread over all rows of the chunk (rows that are not kept are missing).
  void compute(std::size_t i) {
    const std::vector<std::uint8_t>* mask = keep.empty() ? nullptr : &keep;
    Column values = derived[i].expression.compute(evaluate(derived[i], mask), derived[i].name);
    if (mask != nullptr) {
      std::vector<double> spread(static_cast<std::size_t>(chunk.rows), std::numeric_limits<double>::quiet_NaN());
      std::size_t from = 0;
      for (std::size_t row = 0; row < spread.size(); ++row) {
        if (keep[row] != 0) spread[row] = values.numbers[from++];
      }
      values.numbers = std::move(spread);
      values.valid.clear();  // NaN says it
    }
    computed.resize(derived.size());
    computed[i] = std::move(values);
  }

  /// Appends rows of the loaded piece until the chunk is full; gives the number of rows taken.
  std::int64_t take_rows(std::int64_t room, Table& out) {
    std::int64_t to = at, taken = 0;
    for (; to < chunk.rows && taken < room; ++to) {
      if (!keep.empty() && keep[static_cast<std::size_t>(to)] == 0) continue;
      if (out.origin.files().empty() || origin_file != file) {
        out.origin.add_file(request.files[file], reader->counting());
        origin_file = file;
      }
      out.origin.add_row(chunk.positions[static_cast<std::size_t>(to)]);
      ++taken;
    }
    RowRange rows = whole_chunk(keep.empty() ? nullptr : &keep);
    rows.from = at;
    rows.to = to;
    for (std::size_t i = 0; i < uses.size(); ++i) builders[i].append(chunk.columns[uses[i].source], rows);
    for (std::size_t i = 0; i < derived.size(); ++i) builders[uses.size() + i].append_numbers(computed[i], rows, request.derived[i].second);
    at = to;
    return taken;
  }

  std::optional<Table> next() {
    Table out;
    const std::int64_t read_before = rows_read;
    while (out.rows < chunk_rows) {
      if (at == chunk.rows && !load()) break;
      out.rows += take_rows(chunk_rows - out.rows, out);
    }
    rows_given += out.rows;
    if (out.rows == 0) {
      refuse_nothing(rows_given, rows_read);
      return std::nullopt;
    }
    for (ColumnBuilder& builder : builders) out.columns.push_back(builder.take());
    out.rows_read = rows_read - read_before;
    return out;
  }

  void refuse_nothing(std::int64_t kept, std::int64_t read) const {
    if (kept > 0 || request.allow_no_rows) return;
    if (read > 0) {
      throw bad_input(fmt::format("where = \"{}\" keeps none of the {} rows of {}", request.where, read, request.files[0]),
                      "correct the filter");
    }
    throw bad_input(fmt::format("{} holds no rows", request.files.size() == 1 ? request.files[0]
                                                                              : fmt::format("none of {} and the other {} files",
                                                                                            request.files[0], request.files.size() - 1)),
                    "fetch or write it again");
  }

  [[nodiscard]] std::vector<ReadTask> tasks(std::int64_t wanted) const {
    std::vector<ReadTask> out;
    for (std::size_t f = 0; f < groups.size(); ++f) {
      if (groups[f].empty()) out.push_back({.file = f});
      for (std::size_t g = 0; g < groups[f].size(); ++g) {
        const auto group = static_cast<std::int32_t>(g);
        if (g > 0 && out.back().rows + groups[f][g] <= wanted) {
          out.back().end_group = group + 1;
          out.back().rows += groups[f][g];
        } else {
          out.push_back({.file = f, .first_group = group, .end_group = group + 1, .rows = groups[f][g]});
        }
      }
    }
    return out;
  }

  ReadRequest request;
  std::int64_t chunk_rows;
  Table schema;

  std::vector<std::string> sources;  // distinct columns of the files
  std::unordered_map<std::string, std::size_t> source_index;
  std::vector<ColumnSurvey> surveys;                // one a source
  std::vector<std::vector<ColumnUse>> source_uses;  // one a source
  std::vector<ColumnUse> column_uses;
  std::vector<PlannedUse> uses;
  std::vector<PlannedExpression> filters;  // none or one
  std::vector<PlannedExpression> derived;

  std::vector<std::vector<std::int64_t>> groups;  // of each file
  ReadTask part;                                  // what is read of the one file, unless it is all

  std::vector<ColumnBuilder> builders;  // uses, then derived
  std::size_t file = 0, origin_file = 0;
  std::unique_ptr<FileReader> reader;
  RawChunk chunk;
  std::vector<std::uint8_t> keep;  // of the rows of the chunk; empty: all
  std::vector<Column> computed;    // derived columns over the rows of the chunk
  std::int64_t at = 0;             // first row of the chunk that was not looked at
  std::int64_t rows_read = 0, rows_given = 0;
  std::int64_t bytes_total = 0, bytes_behind = 0;
};

TableReader::TableReader(ReadRequest request, std::int64_t chunk_rows) : state_(std::make_unique<State>(std::move(request), chunk_rows)) {}
TableReader::TableReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableReader::~TableReader() = default;
TableReader::TableReader(TableReader&&) noexcept = default;
TableReader& TableReader::operator=(TableReader&&) noexcept = default;

std::optional<Table> TableReader::next() { return state_->next(); }
const Table& TableReader::schema() const { return state_->schema; }
std::vector<ReadTask> TableReader::tasks(std::int64_t rows) const { return state_->tasks(rows); }
TableReader TableReader::part(const ReadTask& task, std::int64_t chunk_rows, TextMemories* memories) const {
  return TableReader(std::make_unique<State>(*state_, task, chunk_rows, memories));
}
void TableReader::check_rows(std::int64_t rows_kept, std::int64_t rows_read) const { state_->refuse_nothing(rows_kept, rows_read); }
std::int64_t TableReader::rows_read() const { return state_->rows_read; }
std::int64_t TableReader::bytes_total() const { return state_->bytes_total; }
std::int64_t TableReader::bytes_done() const {
  return state_->bytes_behind + (state_->reader != nullptr ? state_->reader->bytes_done() : 0);
}

Table read_table(const ReadRequest& request) {
  TableReader reader(request, std::numeric_limits<std::int64_t>::max());
  if (auto table = reader.next()) return std::move(*table);
  Table empty = reader.schema();
  empty.rows_read = reader.rows_read();
  return empty;
}

}  // namespace footfall
