#include "host/jobs/posterior.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/bayes/posterior.hpp"
#include "engine/data/near_names.hpp"
#include "engine/pipeline/pipeline.hpp"
#include "host/networks/networks.hpp"
#include "host/table/code_reader.hpp"
#include "host/table/write.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::size_t chunks_in_memory = 4;   ///< one for each stage and one between
constexpr std::int64_t default_plan_memory = std::int64_t{1} << 30;

/// In the order of RowStatus.
const std::vector<std::string> status_names = {"ok", "impossible-evidence", "unseen-value"};

[[nodiscard]] std::int32_t find_variable(const FactorGraph& graph, const std::string& name, const std::string& file) {
  std::vector<std::string> names;
  for (const Variable& variable : graph.variables) {
    if (variable.name == name) return static_cast<std::int32_t>(names.size());
    names.push_back(variable.name);
  }
  throw bad_input(fmt::format("--target {}: {} has no variable \"{}\"", name, file, name), suggest_names(name, names));
}

/// Names of the target's columns: its states, with the variable before them where a name is taken.
[[nodiscard]] std::vector<std::string> state_columns(const Variable& target) {
  const std::set<std::string> taken = {"row", "log_evidence", "status"};
  std::vector<std::string> names;
  for (const std::string& state : target.states) names.push_back(taken.count(state) != 0 || state.empty() ? target.name + "_" + state : state);
  return names;
}

[[nodiscard]] std::vector<OutputColumn> output_columns_of(const Variable& target, bool log_evidence) {
  std::vector<OutputColumn> columns = {{"row", ColumnType::integer, TimeResolution::none, false, true}};
  for (const std::string& name : state_columns(target)) columns.push_back({name, ColumnType::number, TimeResolution::none, true});
  if (log_evidence) columns.push_back({"log_evidence", ColumnType::number});
  columns.push_back({"status", ColumnType::text});
  return columns;
}

[[nodiscard]] Column column_of(std::string name, ColumnType type) {
  Column column;
  column.name = std::move(name);
  column.type = type;
  return column;
}

/// What goes round in the pipeline.
struct Buffer {
  std::vector<std::uint8_t> codes;   ///< [columns, rows of a chunk]
  std::int64_t first = 0;
  std::int64_t rows = 0;
  std::vector<float> shares;         ///< [states, rows of a chunk]
  std::vector<double> log_evidence;
  std::vector<std::uint8_t> status;
  Table table;                       ///< the answers as columns
};

/// The stages, and what they share.
class Answering {
 public:
  Answering(const PosteriorRequest& request, const RunOptions& options)
      : request_(request), options_(options), graph_(read_factor_graph(request.network, request.normalise)), target_(find_variable(graph_, request.target, request.network.string())) {
    const std::vector<std::string> files = expand_files(request.cases, ".");
    std::vector<CodedColumn> columns = choose_columns(files);
    width_ = static_cast<std::int64_t>(columns.size());
    for (const CodedColumn& column : columns) names_.push_back(column.name);
    unseen_.assign(columns.size(), 0);
    reader_.emplace(files, text_, std::move(columns));
    shop_.emplace(options);
    posterior_.emplace(*shop_->backend, graph_, plan_, *shop_->stream);
    if (!request.out.empty()) writer_.emplace(request.out.string(), output_columns_of(variable(), request.log_evidence), WriteOptions{});
  }

  PosteriorSummary run() {
    PosteriorSummary summary;
    Pipeline<Buffer> pipeline("read", [&](Buffer& buffer) { return read(buffer); });
    pipeline.then("infer", [&](Buffer& buffer) { return infer(buffer); });
    pipeline.then("write", [&](Buffer& buffer) { return write(buffer, summary); });
    std::vector<Buffer> buffers(chunks_in_memory);
    summary.stages = pipeline.run(buffers);
    if (rows_ == 0) throw bad_input(fmt::format("{} holds no rows", fmt::join(request_.cases, ", ")), "give cases to answer");
    if (writer_) {
      StageClock(summary.stages.back()).work([&] {
        writer_->finish();
        return Load{0, 0};
      });
    }
    summary.rows = rows_;
    summary.by_pattern = posterior_->by_pattern();
    for (std::size_t c = 0; c < unseen_.size(); ++c)
      if (unseen_[c] != 0) summary.unseen_columns.push_back(names_[c]);
    return summary;
  }

 private:
  [[nodiscard]] const Variable& variable() const { return graph_.variables[static_cast<std::size_t>(target_)]; }

  /// Which variables have a column, and the notes about those that have none.
  [[nodiscard]] std::vector<CodedColumn> choose_columns(const std::vector<std::string>& files) {
    text_ = request_.text;
    const std::vector<std::string> there = column_names(files.front(), text_);
    plan_.target = target_;
    plan_.log_evidence = request_.log_evidence;
    plan_.memory = options_.memory > 0 ? options_.memory / 4 : default_plan_memory;
    std::vector<CodedColumn> columns;
    std::vector<std::string> never;
    for (std::size_t v = 0; v < graph_.variables.size(); ++v) {
      const Variable& each = graph_.variables[v];
      plan_.columns.push_back(-1);
      // A state that is called like a missing cell is a state.
      std::erase_if(text_.missing_tokens, [&](const std::string& token) { return !token.empty() && std::find(each.states.begin(), each.states.end(), token) != each.states.end(); });
      if (static_cast<std::int32_t>(v) == target_) continue;
      if (std::find(there.begin(), there.end(), each.name) == there.end()) {
        never.push_back(each.name);
      } else {
        if (each.size() > most_states) throw bad_input(fmt::format("variable \"{}\" has {} states; a column holds 254 at most", each.name, each.size()), "leave its column out");
        plan_.columns.back() = static_cast<std::int32_t>(columns.size());
        columns.push_back({each.name, each.states});
      }
    }
    if (!never.empty()) {
      constexpr std::size_t shown = 5;
      const std::size_t count = std::min(never.size(), shown);
      options_.observer.note(fmt::format("{} has no column for {} of the network's variables, which are then not observed: {}{}", files.front(), never.size(),
                                         fmt::join(never.begin(), never.begin() + static_cast<std::ptrdiff_t>(count), ", "), never.size() > shown ? ", ..." : ""));
    }
    return columns;
  }

  std::optional<Load> read(Buffer& buffer) {
    buffer.rows = reader_->next(buffer.codes);
    if (buffer.rows == 0) return std::nullopt;
    buffer.first = rows_;
    rows_ += buffer.rows;
    return Load{buffer.rows, buffer.rows * width_};
  }

  Load infer(Buffer& buffer) {
    const auto room = static_cast<std::size_t>(reader_->most_rows());
    buffer.shares.resize(room * static_cast<std::size_t>(posterior_->states()));
    buffer.status.resize(room);
    if (request_.log_evidence) buffer.log_evidence.resize(room);
    CodeColumns codes(view_of(std::as_const(buffer.codes)), reader_->most_rows(), width_);
    codes.rows = buffer.rows;
    posterior_->answer(codes,
                       {MatrixView<float>(view_of(buffer.shares), posterior_->states(), reader_->most_rows()),
                        request_.log_evidence ? view_of(buffer.log_evidence) : View<double>(), view_of(buffer.status)},
                       *shop_->stream);
    note_unseen(buffer);
    return {buffer.rows, buffer.rows * (width_ + posterior_->states() * static_cast<std::int64_t>(sizeof(float)))};
  }

  /// Which columns hold values that are no state.
  void note_unseen(const Buffer& buffer) {
    for (std::size_t c = 0; c < unseen_.size(); ++c) {
      const std::uint8_t* column = buffer.codes.data() + c * static_cast<std::size_t>(reader_->most_rows());
      if (unseen_[c] == 0 && std::memchr(column, unseen_code, static_cast<std::size_t>(buffer.rows)) != nullptr) unseen_[c] = 1;
    }
  }

  Load write(Buffer& buffer, PosteriorSummary& summary) {
    for (std::int64_t r = 0; r < buffer.rows; ++r) {
      const auto status = static_cast<RowStatus>(buffer.status[static_cast<std::size_t>(r)]);
      summary.impossible += status == RowStatus::impossible_evidence ? 1 : 0;
      summary.unseen += status == RowStatus::unseen_value ? 1 : 0;
    }
    fill_table(buffer);
    if (writer_)
      writer_->write(buffer.table);
    else
      request_.show(buffer.table);
    options_.observer.progress("posterior", reader_->bytes_done(), reader_->bytes_total(), "bytes");
    return {buffer.rows, 0};
  }

  /// Columns without rows.
  [[nodiscard]] Table empty_table() const {
    Table table;
    for (const OutputColumn& column : output_columns_of(variable(), request_.log_evidence)) table.columns.push_back(column_of(column.name, column.type));
    table.columns.back().dictionary = status_names;
    return table;
  }

  /// The memory of the chunk before is taken again.
  void fill_table(Buffer& buffer) const {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();   // a missing cell of a Column
    Table& table = buffer.table;
    if (table.columns.empty()) table = empty_table();
    table.rows = buffer.rows;
    const auto rows = static_cast<std::size_t>(buffer.rows);
    const auto impossible = [&](std::size_t r) { return buffer.status[r] == static_cast<std::uint8_t>(RowStatus::impossible_evidence); };
    std::vector<std::int64_t>& row = table.columns.front().integers;
    row.resize(rows);
    std::iota(row.begin(), row.end(), buffer.first);
    const auto states = static_cast<std::size_t>(posterior_->states());
    for (std::size_t s = 0; s < states; ++s) {
      std::vector<double>& numbers = table.columns[1 + s].numbers;
      numbers.resize(rows);
      const float* shares = buffer.shares.data() + s * static_cast<std::size_t>(reader_->most_rows());
      for (std::size_t r = 0; r < rows; ++r) numbers[r] = impossible(r) ? none : static_cast<double>(shares[r]);
    }
    if (request_.log_evidence) {
      std::vector<double>& numbers = table.columns[1 + states].numbers;
      numbers.resize(rows);
      for (std::size_t r = 0; r < rows; ++r) numbers[r] = impossible(r) ? none : buffer.log_evidence[r];
    }
    table.columns.back().codes.assign(buffer.status.begin(), buffer.status.begin() + buffer.rows);
  }

  const PosteriorRequest& request_;
  const RunOptions& options_;
  FactorGraph graph_;
  std::int32_t target_;
  TextOptions text_;
  TablePosteriorRequest plan_;
  std::vector<std::string> names_;     // of the columns that are read
  std::vector<std::uint8_t> unseen_;   // whether a column held a value that is no state
  std::int64_t width_ = 0;
  std::optional<CodeReader> reader_;
  std::optional<Workshop> shop_;
  std::optional<TablePosterior> posterior_;
  std::optional<TableWriter> writer_;
  std::int64_t rows_ = 0;
};

}  // namespace

PosteriorSummary posterior(const PosteriorRequest& request, const RunOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  if (!request.out.empty() && !request.overwrite && std::filesystem::exists(request.out))
    throw bad_input(request.out.string() + " exists already", "give --overwrite to replace it, or another --out");
  require(!request.out.empty() || request.show, "posteriors go nowhere");
  PosteriorSummary summary = Answering(request, options).run();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return summary;
}

}  // namespace footfall
