#include "engine/bayes/feature_network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "engine/bayes/discretise.hpp"
#include "engine/bayes/learn.hpp"
#include "engine/bayes/structure_classifier.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::size_t most_words = 64;
constexpr std::int32_t tenths = 10;
constexpr std::int32_t most_bands = 32;
constexpr std::int32_t most_parents = 3;
constexpr ParameterSpec smoothing{Prior::back_off, 10.0};

/// Recency, frequency and money, of all events or of one type.
bool is_derived_feature(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::string_view kind = dot == std::string_view::npos ? name : name.substr(dot + 1);
  constexpr std::string_view kinds[] = {"recency", "tenure", "events", "days", "gap_mean", "amount_sum", "amount_mean"};
  return std::find(std::begin(kinds), std::end(kinds), kind) != std::end(kinds);
}

std::vector<double> numbers_of(const FeatureSample& sample, std::size_t column) {
  std::vector<double> out;
  for (const std::int64_t row : sample.rows)
    out.push_back(sample.table.profile_number[static_cast<std::size_t>(row) * sample.table.profile_numbers.size() + column]);
  return out;
}

/// The commonest words, sorted; of equally common ones the smaller.
std::vector<std::string> words_of(const FeatureSample& sample, std::size_t column) {
  const std::vector<std::string>& dictionary = *sample.dictionaries.profile[column];
  std::vector<std::int64_t> n(dictionary.size());
  for (const std::int64_t row : sample.rows) {
    const std::int32_t code = sample.table.profile_code[static_cast<std::size_t>(row) * sample.table.profile_codes.size() + column];
    if (code >= 0) ++n[static_cast<std::size_t>(code)];
  }
  std::vector<std::size_t> order;
  for (std::size_t w = 0; w < n.size(); ++w)
    if (n[w] > 0) order.push_back(w);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return n[a] > n[b]; });
  if (order.size() > most_words) order.resize(most_words);
  std::vector<std::string> words;
  for (const std::size_t w : order) words.push_back(dictionary[w]);
  std::sort(words.begin(), words.end());
  return words;
}

/// The target first, then every column with two states at least.
std::vector<Variable> variables_of(const FeatureSample& sample, Banding banding, std::span<const std::int32_t> labels) {
  std::vector<Variable> out{sample.target};
  const auto add = [&](const std::string& name, std::vector<std::string> states) {
    const bool taken = std::any_of(out.begin(), out.end(), [&](const Variable& v) { return v.name == name; });
    if (states.size() > 1 && !taken) out.push_back({name, std::move(states)});
  };
  for (std::size_t c = 0; c < sample.table.profile_numbers.size(); ++c) {
    const std::string& name = sample.table.profile_numbers[c];
    if (static_cast<std::int64_t>(c) >= sample.customer_numbers && !is_derived_feature(name)) continue;
    const std::vector<double> values = numbers_of(sample, c);
    add(name, band_names(banding == Banding::entropy ? entropy_cuts(values, labels, sample.target.size(), most_bands - 1) : quantile_cuts(values, tenths)));
  }
  for (std::size_t c = 0; c < sample.table.profile_codes.size(); ++c) add(sample.table.profile_codes[c], words_of(sample, c));
  return out;
}

/// The rows as codes, the target among them.
CodedTable coded(const std::vector<Variable>& variables, std::int32_t target, const FeatureSample& sample, std::span<const std::int32_t> labels, Team& team) {
  CodedTable out{variables, {}, static_cast<std::int64_t>(sample.rows.size())};
  FeatureCodes(variables, target, sample.table, sample.dictionaries).encode(sample.table, sample.rows, out.codes, team);
  for (std::size_t i = 0; i < labels.size(); ++i)
    out.codes[static_cast<std::size_t>(target) * sample.rows.size() + i] = labels[i] < 0 ? missing_code : static_cast<std::uint8_t>(labels[i]);
  return out;
}

struct Candidate {
  CodedTable table;
  Structure structure;
};

Candidate best_tan(const FeatureSample& sample, std::span<const std::int32_t> labels, Backend& backend, Stream& stream) {
  std::optional<Candidate> best;
  double least = std::numeric_limits<double>::infinity();
  for (const Banding banding : {Banding::entropy, Banding::quantile}) {
    CodedTable table = coded(variables_of(sample, banding, labels), 0, sample, labels, backend.team());
    const TableCounts counts(table, backend, stream);
    ClassifierSpec spec;
    spec.back_off = smoothing.weight;
    ClassifierStructure found = classifier_structure(counts, 0, spec, backend.team());
    if (!(found.loss < least)) continue;
    least = found.loss;
    best = Candidate{table, std::move(found.structure)};
  }
  return std::move(*best);
}

Candidate other_structure(FeatureStructure kind, const FeatureSample& sample, std::span<const std::int32_t> labels, Backend& backend, Stream& stream) {
  Candidate out{coded(variables_of(sample, Banding::entropy, labels), 0, sample, labels, backend.team()), {}};
  const TableCounts counts(out.table, backend, stream);
  if (kind == FeatureStructure::chow_liu) {
    out.structure = chow_liu_structure(counts, 0);
    return out;
  }
  HillClimbSpec spec;
  spec.max_parents = most_parents;
  out.structure = hill_climb(counts, spec).structure;
  // The target comes first, so that back-off forgets it last.
  for (std::vector<std::int32_t>& parents : out.structure) std::sort(parents.begin(), parents.end());
  return out;
}

/// Families whose variables all have columns are learned, the others stay as they are.
FeatureNetwork learned_from(const Network& given, const FeatureSample& sample, std::span<const std::int32_t> labels, Backend& backend, Stream& stream) {
  FeatureNetwork out{given, given.index_of(sample.target.name)};
  const Variable& target = given.variables[static_cast<std::size_t>(out.target)];
  if (target.states != sample.target.states)
    throw bad_input(fmt::format("the states of \"{}\" in the network are {}, those of the target are {}", target.name, fmt::join(target.states, ", "), fmt::join(sample.target.states, ", ")),
                    "name the same states in the same order");
  const CodedTable table = coded(given.variables, out.target, sample, labels, backend.team());
  std::vector<std::int32_t> columns = FeatureCodes(given.variables, out.target, sample.table, sample.dictionaries).columns();
  columns[static_cast<std::size_t>(out.target)] = out.target;
  Structure structure;
  std::vector<bool> seen;
  for (std::size_t v = 0; v < given.families.size(); ++v) {
    const std::vector<std::int32_t>& parents = given.families[v].parents;
    seen.push_back(columns[v] >= 0 && std::all_of(parents.begin(), parents.end(), [&](std::int32_t p) { return columns[static_cast<std::size_t>(p)] >= 0; }));
    structure.push_back(seen.back() ? parents : std::vector<std::int32_t>());
  }
  const Network learned = learn_parameters(TableCounts(table, backend, stream), structure, smoothing);
  for (std::size_t v = 0; v < seen.size(); ++v)
    if (seen[v]) out.network.families[v] = learned.families[v];
  return out;
}

}  // namespace

FeatureNetwork fit_feature_network(FeatureStructure kind, const Network* given, const FeatureSample& sample, Backend& backend, Stream& stream) {
  std::vector<std::int32_t> labels;
  for (const std::int64_t row : sample.rows) labels.push_back(sample.labels[static_cast<std::size_t>(row)]);
  if (std::none_of(labels.begin(), labels.end(), [](std::int32_t label) { return label >= 0; }))
    throw bad_input(fmt::format("no label of \"{}\" is known, so no network can be learned", sample.target.name), "check the target's column");
  FeatureNetwork out;
  if (kind == FeatureStructure::given) {
    out = learned_from(*given, sample, labels, backend, stream);
  } else {
    const Candidate candidate = kind == FeatureStructure::tan ? best_tan(sample, labels, backend, stream) : other_structure(kind, sample, labels, backend, stream);
    out.network = learn_parameters(TableCounts(candidate.table, backend, stream), candidate.structure, smoothing);
  }
  if (out.network.name.empty()) out.network.name = sample.target.name;
  check_network(out.network);
  return out;
}

}  // namespace footfall
