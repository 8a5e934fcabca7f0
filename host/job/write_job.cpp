#include "engine/model/architecture.hpp"
#include "host/job/job.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace footfall {
namespace {

/// A TOML basic string.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\')
      out += std::string("\\") + letter;
    else if (letter == '\n')
      out += "\\n";
    else if (letter == '\t')
      out += "\\t";
    else if (letter == '\r')
      out += "\\r";
    else if (code < 0x20 || code == 0x7F)
      out += fmt::format("\\u{:04X}", code);
    else
      out += letter;
  }
  return out + "\"";
}

std::string written(const std::string& text) { return quoted(text); }
std::string written(const char* text) { return quoted(text); }
std::string written(bool value) { return value ? "true" : "false"; }
std::string written(std::int32_t value) { return std::to_string(value); }
std::string written(std::int64_t value) { return std::to_string(value); }
std::string written(std::uint64_t value) { return std::to_string(value); }

/// The shortest text that reads back as the same number, with the point that makes it a float of TOML.
std::string written(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

template <class Value>
std::string written(const std::vector<Value>& values) {
  std::string out = "[";
  for (std::size_t i = 0; i < values.size(); ++i) out += (i == 0 ? "" : ", ") + written(values[i]);
  return out + "]";
}

std::string written(const ColumnChoice& choice) { return choice.automatic ? quoted("auto") : written(choice.names); }

template <class Value>
std::string written(const std::optional<Value>& value) {
  return value ? written(*value) : quoted("auto");
}

constexpr const char* missing_number_words[] = {"mean", "median", "mode", "zero", "interpolate", "drop"};
constexpr const char* missing_category_words[] = {"own", "mode", "drop"};
constexpr const char* target_words[] = {"happens", "silent", "sum", "column"};
constexpr const char* cell_words[] = {"lstm", "gru"};
constexpr const char* scale_words[] = {"standard", "minmax", "none"};
constexpr const char* precision_words[] = {"float32", "tf32", "bf16"};

template <class Word, class Kind>
const char* word(const Word& words, Kind kind) {
  return words[static_cast<std::size_t>(kind)];
}

class Writer {
 public:
  void table(const char* heading) { text_ += (text_.empty() ? "" : "\n") + std::string(heading) + "\n"; }
  template <class Value>
  void key(const char* name, const Value& value) {
    text_ += fmt::format("{:<14} = {}\n", name, written(value));
  }
  /// A key that is left out when it holds nothing.
  template <class Value>
  void optional_key(const char* name, const Value& value) {
    if (!value.empty()) key(name, value);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void write(Writer& out, const FilesSpec& spec) {
  out.key("files", spec.files);
  out.optional_key("header", spec.header);
  if (spec.delimiter) out.key("delimiter", std::string(1, *spec.delimiter));
}

void write(Writer& out, const EventsSpec& spec) {
  out.table("[events]");
  write(out, spec.table);
  out.key("customer", spec.customer);
  out.key("time", spec.time);
  out.optional_key("time_format", spec.time_format);
  out.optional_key("type", spec.type);
  out.optional_key("item", spec.item);
  out.optional_key("amount", spec.amount);
  out.key("numeric", spec.numeric);
  out.key("categorical", spec.categorical);
  out.optional_key("merge", spec.merge);
  out.key("max_length", spec.max_length);
  out.optional_key("where", spec.where);
}

void write(Writer& out, const CustomersSpec& spec) {
  out.table("[customers]");
  write(out, spec.table);
  out.optional_key("customer", spec.customer);
  out.key("numeric", spec.numeric);
  out.key("categorical", spec.categorical);
  out.key("ignore", spec.ignore);
}

void write(Writer& out, const MissingSpec& spec) {
  out.table("[missing]");
  out.key("numeric", word(missing_number_words, spec.numeric));
  out.key("categorical", word(missing_category_words, spec.categorical));
  out.key("missing_tokens", spec.missing_tokens);
}

void write(Writer& out, const TargetSpec& spec) {
  out.table("[[target]]");
  out.key("name", spec.name);
  out.key("kind", word(target_words, spec.kind));
  if (spec.windowed()) {
    out.optional_key("event", spec.event);
    if (spec.horizon.steps)
      out.key("horizon", spec.horizon.amount);
    else
      out.key("horizon", spec.horizon.text);
    return;
  }
  out.key("column", spec.column);
  if (spec.positive) out.key("positive", *spec.positive);
  if (spec.as_class) out.key("as", "class");
}

void write(Writer& out, const SplitSpec& spec) {
  out.table("[split]");
  if (spec.cutoff) out.key("cutoff", *spec.cutoff);
  switch (spec.kind) {
    case SplitKind::test: out.key("test", spec.test); break;
    case SplitKind::folds: out.key("folds", spec.folds); break;
    case SplitKind::test_files: out.key("test_files", spec.test_files); break;
    case SplitKind::out_of_time: out.key("out_of_time", true); break;
  }
  out.key("steps_back", spec.steps_back);
  out.key("seed", spec.seed);
  if (spec.kind == SplitKind::test) out.key("refit", spec.refit);
}

void write(Writer& out, const ModelSpec& spec) {
  out.table("[model]");
  out.key("lstm", spec.lstm);
  out.key("cell", word(cell_words, spec.cell));
  out.key("profile", spec.profile);
  out.key("derived", spec.derived);
  out.key("members", spec.members);
  out.key("scale", word(scale_words, spec.scale));
  out.key("dropout", spec.dropout);
  out.key("network", spec.network);
}

void write(Writer& out, const TrainSpec& spec) {
  out.table("[train]");
  out.key("epochs", spec.epochs);
  out.key("batch", spec.batch);
  out.key("learning_rate", spec.learning_rate);
  out.key("weight_decay", spec.weight_decay);
  out.key("validation", spec.validation);
  out.key("patience", spec.patience);
  out.key("precision", spec.precision ? word(precision_words, *spec.precision) : "auto");
  out.key("class_weight", spec.balanced ? "balanced" : "none");
  std::vector<std::string> algorithms;
  for (const RnnAlgorithm each : spec.algorithms) algorithms.emplace_back(name_of(each));
  if (!algorithms.empty()) out.key("algorithms", algorithms);
}

}  // namespace

std::string to_toml(const Job& job) {
  Writer out;
  if (job.events) write(out, *job.events);
  if (job.customers) write(out, *job.customers);
  write(out, job.missing);
  for (const TargetSpec& target : job.targets) write(out, target);
  write(out, job.split);
  write(out, job.model);
  write(out, job.train);
  return out.text();
}

Horizon Job::longest_horizon() const {
  Horizon longest;
  for (const TargetSpec& target : targets)
    if (target.windowed() && target.horizon.amount > longest.amount) longest = target.horizon;
  return longest;
}

std::vector<std::string> Job::target_columns() const {
  std::vector<std::string> names;
  for (const TargetSpec& target : targets)
    if (!target.windowed() && std::find(names.begin(), names.end(), target.column) == names.end()) names.push_back(target.column);
  return names;
}

bool Job::operator==(const Job& other) const {
  return events == other.events && customers == other.customers && missing == other.missing && targets == other.targets &&
         split == other.split && model == other.model && train == other.train;
}

}  // namespace footfall
