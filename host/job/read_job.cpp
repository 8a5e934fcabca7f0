#include "engine/model/architecture.hpp"
#include "host/job/checks.hpp"
#include "engine/data/near_names.hpp"
#include "host/job/job.hpp"
#include "host/job/section.hpp"
#include "host/table/atomic_file.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace footfall {
namespace {

constexpr std::int64_t largest_int32 = 2'147'483'647;

std::string absolute(const std::string& path, const std::filesystem::path& folder) {
  std::filesystem::path whole(path);
  if (whole.is_relative()) whole = folder / whole;
  return std::filesystem::absolute(whole).lexically_normal().string();
}

std::vector<std::string> read_paths(Section& in, std::string_view key, const std::filesystem::path& folder) {
  std::vector<std::string> paths = in.texts(key).value_or(std::vector<std::string>{});
  if (paths.empty())
    throw in.error(in.has(key) ? key : "", in.has(key) ? "is an empty list" : "lacks the key \"" + std::string(key) + "\"",
                   "name the files: " + std::string(key) + " = [\"data.csv\"]");
  for (std::string& path : paths) {
    if (path.empty()) throw in.error(key, "holds an empty path", "name a file");
    path = absolute(path, folder);
  }
  return paths;
}

FilesSpec read_files(Section& in, const std::filesystem::path& folder) {
  FilesSpec out;
  out.files = read_paths(in, "files", folder);
  out.header = in.texts("header").value_or(out.header);
  if (const auto delimiter = in.text("delimiter")) {
    if (delimiter->size() != 1) throw in.error("delimiter", "is not one character", "write \",\", \";\" or \"\\t\"");
    if (delimiter->find_first_of("\"\n\r") != std::string::npos)
      throw in.error("delimiter", "is a quote or a line end", "write \",\", \";\" or \"\\t\"");
    out.delimiter = delimiter->front();
  }
  return out;
}

/// A list of column names without the same name twice.
std::vector<std::string> read_columns(Section& in, std::string_view key) {
  const auto names = in.texts(key).value_or(std::vector<std::string>{});
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) throw in.error(key, "holds an empty name", "name a column");
    for (std::size_t j = 0; j < i; ++j)
      if (names[i] == names[j]) throw in.error(key, "names \"" + names[i] + "\" twice", "name each column once");
  }
  return names;
}

ColumnChoice read_choice(Section& in, std::string_view key) {
  if (in.is_auto(key)) return {.automatic = true, .names = {}};
  return {.automatic = false, .names = read_columns(in, key)};
}

EventsSpec read_events(Section& in, const std::filesystem::path& folder) {
  EventsSpec out;
  out.table = read_files(in, folder);
  out.customer = in.required_text("customer");
  out.time = in.required_text("time");
  out.time_format = in.text("time_format").value_or("");
  out.type = in.text("type").value_or("");
  out.item = in.text("item").value_or("");
  out.amount = in.text("amount").value_or("");
  out.numeric = read_columns(in, "numeric");
  out.categorical = read_columns(in, "categorical");
  out.merge = in.text("merge").value_or("");
  out.max_length = in.whole("max_length", {1, largest_int32}).value_or(out.max_length);
  out.where = in.text("where").value_or("");
  in.finish();
  return out;
}

CustomersSpec read_customers(Section& in, const std::filesystem::path& folder) {
  CustomersSpec out;
  out.table = read_files(in, folder);
  out.customer = in.text("customer").value_or("");
  out.numeric = read_choice(in, "numeric");
  out.categorical = read_choice(in, "categorical");
  out.ignore = read_columns(in, "ignore");
  in.finish();
  return out;
}

MissingSpec read_missing(Section& in) {
  MissingSpec out;
  if (const auto word = in.choice("numeric", {"mean", "median", "mode", "zero", "interpolate", "drop"}))
    out.numeric = static_cast<MissingNumber>(*word);
  if (const auto word = in.choice("categorical", {"own", "mode", "drop"})) out.categorical = static_cast<MissingCategory>(*word);
  out.missing_tokens = in.texts("missing_tokens").value_or(out.missing_tokens);
  in.finish();
  return out;
}

Horizon read_horizon(Section& in) {
  const auto text = in.moment("horizon");
  if (!text) throw in.error("", "lacks the key \"horizon\"", "say how far the window reaches: horizon = \"30d\"");
  try {
    return parse_horizon(*text);
  } catch (const Error& problem) {
    throw in.error("horizon", problem.what());
  }
}

TargetSpec read_target(Section& in) {
  constexpr std::string_view later = "every event of the window counts; remove the key";
  TargetSpec out;
  out.name = in.required_text("name");
  const std::string kind = in.required_text("kind");
  if (kind == "next-item")
    throw in.error("kind", "is \"next-item\", which is not available in this version of footfall", "use happens, silent, sum or column");
  out.kind = static_cast<TargetKind>(*in.choice("kind", {"happens", "silent", "sum", "column"}));
  if (out.windowed()) {
    out.horizon = read_horizon(in);
    out.event = in.text("event").value_or("");
    for (const std::string_view key : {"where", "start", "aggregate", "above"}) in.not_available(key, later);
    for (const std::string_view key : {"column", "positive", "as"})
      if (in.has(key))
        throw in.error(key, "belongs to kind = \"column\", and this target is of kind \"" + kind + "\"", "remove it, or change the kind");
  } else {
    out.column = in.required_text("column");
    out.positive = in.text("positive");
    out.as_class = in.choice("as", {"class"}).has_value();
    if (out.positive && out.as_class) throw in.error("positive", "and as = \"class\" contradict each other", "keep one of them");
    for (const std::string_view key : {"horizon", "event"})
      if (in.has(key))
        throw in.error(key, "belongs to a target over a window, and this one is of kind \"column\"", "remove it, or change the kind");
  }
  in.finish();
  return out;
}

/// The one of the four ways of testing that the job asks for.
SplitKind read_split_kind(Section& in) {
  std::vector<std::pair<std::string_view, SplitKind>> asked;
  if (in.has("test")) asked.emplace_back("test", SplitKind::test);
  if (in.has("folds")) asked.emplace_back("folds", SplitKind::folds);
  if (in.has("test_files")) asked.emplace_back("test_files", SplitKind::test_files);
  if (in.flag("out_of_time").value_or(false)) asked.emplace_back("out_of_time", SplitKind::out_of_time);
  if (asked.size() > 1)
    throw in.error(asked[1].first, "and " + std::string(asked[0].first) + " are two ways of testing",
                   "keep one of test, folds, test_files and out_of_time");
  return asked.empty() ? SplitKind::test : asked.front().second;
}

SplitSpec read_split(Section& in, const std::filesystem::path& folder) {
  SplitSpec out;
  out.kind = read_split_kind(in);
  out.cutoff = in.moment("cutoff");
  out.test = in.number(
                   "test", [](double x) { return x > 0 && x < 1; }, "a share above 0 and below 1")
                 .value_or(out.test);
  out.folds = static_cast<std::int32_t>(in.whole("folds", {2, 1000}).value_or(0));
  if (in.has("test_files")) out.test_files = read_paths(in, "test_files", folder);
  out.steps_back = static_cast<std::int32_t>(in.whole("steps_back", {0, 1000}).value_or(0));
  out.seed = static_cast<std::uint64_t>(in.whole("seed", {0}).value_or(static_cast<std::int64_t>(out.seed)));
  out.refit = in.flag("refit").value_or(true);
  if (!out.refit && out.kind != SplitKind::test)
    throw in.error("refit", "= false keeps the tested model, and only `test` has one", "remove refit, or test on a share: test = 0.2");
  in.not_available("positions", "it belongs to next-item targets, which are not available either");
  in.finish();
  return out;
}

ModelSpec read_model(Section& in, const std::filesystem::path& folder) {
  ModelSpec out;
  out.lstm = in.wholes("lstm", {1, 65536}).value_or(out.lstm);
  if (const auto word = in.choice("cell", {"lstm", "gru"})) out.cell = static_cast<CellKind>(*word);
  if (!in.is_auto("profile")) out.profile = in.wholes("profile", {1, 65536});
  if (out.lstm.empty() && out.profile && out.profile->empty())
    throw in.error("lstm", "and profile are both empty lists", "keep one encoder: lstm = [64], or profile = [64, 64]");
  out.derived = in.flag("derived").value_or(out.derived);
  if (!in.is_auto("members"))
    if (const auto members = in.whole("members", {1, 1024})) out.members = static_cast<std::int32_t>(*members);
  if (const auto word = in.choice("scale", {"standard", "minmax", "none"})) out.scale = static_cast<ScaleKind>(*word);
  if (!in.is_auto("dropout"))
    out.dropout = in.number(
        "dropout", [](double x) { return x >= 0 && x < 1; }, "\"auto\", or a share from 0 to below 1");
  out.network = in.text("network").value_or(out.network);
  constexpr std::string_view structures[] = {"none", "tan", "chow-liu", "hill-climb"};
  if (std::find(std::begin(structures), std::end(structures), out.network) == std::end(structures)) {
    if (!std::filesystem::path(out.network).has_extension())
      throw in.error("network", "is \"" + out.network + "\", which is no structure", "write none, tan, chow-liu, hill-climb or the file of a network (.bif)");
    out.network = absolute(out.network, folder);
  }
  in.finish();
  return out;
}

TrainSpec read_train(Section& in) {
  TrainSpec out;
  const auto whole = [&](std::string_view key, std::int64_t lowest) -> std::optional<std::int32_t> {
    if (in.is_auto(key)) return std::nullopt;
    const auto value = in.whole(key, {lowest, largest_int32});
    return value ? std::optional<std::int32_t>(static_cast<std::int32_t>(*value)) : std::nullopt;
  };
  const auto number = [&](std::string_view key, const std::function<bool(double)>& holds,
                          std::string_view expected) -> std::optional<double> {
    return in.is_auto(key) ? std::nullopt : in.number(key, holds, expected);
  };
  out.epochs = whole("epochs", 1);
  out.batch = whole("batch", 1);
  out.learning_rate = number(
      "learning_rate", [](double x) { return x > 0; }, "\"auto\", or a number above 0");
  out.weight_decay = number(
      "weight_decay", [](double x) { return x >= 0; }, "\"auto\", or a number of 0 or more");
  out.validation = number(
      "validation", [](double x) { return x >= 0 && x < 1; }, "\"auto\", or a share from 0 to below 1");
  out.patience = whole("patience", 0);
  if (!in.is_auto("precision"))
    if (const auto word = in.choice("precision", {"float32", "tf32", "bf16"})) out.precision = static_cast<Precision>(*word);
  if (const auto word = in.choice("class_weight", {"none", "balanced"})) out.balanced = *word == 1;
  if (!in.is_auto("algorithms"))
    if (const auto words = in.texts("algorithms"))
      for (const std::string& word : *words) {
        const auto algorithm = algorithm_named(word);
        if (!algorithm) throw in.error("algorithms", "holds \"" + word + "\"", "write \"auto\", or standard, persistent or persistent-small for each recurrent layer");
        out.algorithms.push_back(*algorithm);
      }
  in.finish();
  return out;
}

/// Refuses what no table of a job is called.
void check_tables(const toml::table& root, const std::string& source) {
  const std::vector<std::string> known{"events", "customers", "missing", "target", "split", "model", "train"};
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    const std::string place = source + ":" + std::to_string(node.source().begin.line) + ": ";
    if (name == "examples") throw bad_input(place + "[examples] is not available in this version of footfall", "remove the table");
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::vector<std::string> near = near_names(name, known);
      throw bad_input(place + (node.is_table() || node.is_array_of_tables() ? "unknown table [" + name + "]"
                                                                            : "unknown key \"" + name + "\" outside of every table"),
                      near.empty() ? "a job holds [events], [customers], [missing], [[target]], [split], [model] and [train]"
                                   : "did you mean [" + near.front() + "]?");
    }
    if (name == "target" ? !node.is_array_of_tables() : !node.is_table())
      throw bad_input(place + "\"" + name + "\" is no " + (name == "target" ? "list of tables" : "table"),
                      name == "target" ? "write [[target]] above the keys of each target" : "write [" + name + "] above its keys");
  }
}

}  // namespace

Horizon parse_horizon(const std::string& text) {
  constexpr std::string_view expected =
      "write a whole number and a unit, as in 30d, 4w, 24h, 15min or 90s (a bare whole number where time is a step number)";
  const auto wrong = [&] { return bad_input("\"" + text + "\" is no length of time", expected); };
  std::int64_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc() || count <= 0) throw wrong();
  const std::string unit(end, text.data() + text.size());
  constexpr std::int64_t most_steps = 9'007'199'254'740'992;
  if (unit.empty() && count > most_steps) throw wrong();
  if (unit.empty()) return {.amount = count, .steps = true, .text = std::to_string(count)};
  constexpr std::int64_t second = 1'000'000;
  std::int64_t size = 0;
  if (unit == "s") size = second;
  if (unit == "min") size = 60 * second;
  if (unit == "h") size = 3600 * second;
  if (unit == "d") size = 86'400 * second;
  if (unit == "w") size = 7 * 86'400 * second;
  constexpr std::int64_t ten_thousand_years = 3'650'000LL * 86'400 * second;
  if (size == 0 || count > ten_thousand_years / size) throw wrong();
  return {.amount = count * size, .steps = false, .text = text};
}

Job parse_job(const std::string& text, const std::string& name, const std::string& folder) {
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& problem) {
    throw bad_input(name + ":" + std::to_string(problem.source().begin.line) + ": " + std::string(problem.description()),
                    "a job file is TOML");
  } catch (const TomlFault& problem) {
    throw bad_input(name + " is no TOML: " + problem.what(), "check its brackets, quotes and equal signs");
  }
  check_tables(root, name);
  const std::filesystem::path base(folder);
  Job job;
  job.source = name;
  const auto with = [&](const char* key, const auto& use) {
    if (const toml::table* table = root[key].as_table()) {
      Section in(*table, name, key);
      use(in);
    }
  };
  if (const toml::array* targets = root["target"].as_array()) {
    for (const toml::node& node : *targets) {
      Section in(*node.as_table(), name, "[target]");
      job.targets.push_back(read_target(in));
      check_target(job, in);
    }
  }
  with("events", [&](Section& in) { job.events = read_events(in, base); });
  with("customers", [&](Section& in) { job.customers = read_customers(in, base); });
  with("missing", [&](Section& in) { job.missing = read_missing(in); });
  with("split", [&](Section& in) { job.split = read_split(in, base); });
  with("model", [&](Section& in) { job.model = read_model(in, base); });
  with("train", [&](Section& in) { job.train = read_train(in); });
  check_job(job);
  return job;
}

Job read_job(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored) || std::filesystem::is_directory(path, ignored)) throw bad_input(path + ": there is no such job file", "check the path");
  return parse_job(read_file(path), path, std::filesystem::absolute(path).parent_path().string());
}

}  // namespace footfall
