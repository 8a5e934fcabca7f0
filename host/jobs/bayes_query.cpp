#include "host/jobs/bayes_query.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "engine/bayes/inference.hpp"
#include "engine/bayes/sampling.hpp"
#include "host/networks/evidence.hpp"
#include "host/networks/networks.hpp"
#include "host/table/atomic_file.hpp"
#include "host/table/write.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

double log10_of(double natural) { return natural / std::numbers::ln10; }

void refuse_existing(const std::filesystem::path& file, bool overwrite) {
  if (!file.empty() && !overwrite && std::filesystem::exists(file)) throw bad_input(fmt::format("{} exists already", file.string()), "give --overwrite to replace it, or another --out");
}

bool ends_in(const std::filesystem::path& file, std::string_view ending) {
  std::string own = file.extension().string();
  std::transform(own.begin(), own.end(), own.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return own == ending;
}

std::filesystem::path beside(const std::filesystem::path& mar) { return std::filesystem::path(mar).replace_extension(".PR"); }

ordered_json by_state(const std::vector<Variable>& variables, const std::vector<std::vector<double>>& values) {
  ordered_json out = ordered_json::object();
  for (std::size_t v = 0; v < variables.size(); ++v) {
    ordered_json states = ordered_json::object();
    for (std::size_t s = 0; s < values[v].size(); ++s) states[variables[v].states[s]] = values[v][s];
    out[variables[v].name] = std::move(states);
  }
  return out;
}

ordered_json joint_rows(const std::vector<Variable>& all, const std::vector<std::int32_t>& of, const std::vector<double>& table) {
  ordered_json out = ordered_json::array();
  for (std::size_t row = 0; row < table.size(); ++row) {
    std::size_t left = row;
    std::vector<std::size_t> states(of.size());
    for (std::size_t i = of.size(); i-- > 0;) {
      const std::size_t size = all[static_cast<std::size_t>(of[i])].states.size();
      states[i] = left % size;
      left /= size;
    }
    ordered_json named = ordered_json::object();
    for (std::size_t i = 0; i < of.size(); ++i) named[all[static_cast<std::size_t>(of[i])].name] = all[static_cast<std::size_t>(of[i])].states[states[i]];
    out.push_back({{"states", std::move(named)}, {"probability", table[row]}});
  }
  return out;
}

/// JSON has no infinity.
ordered_json number_or_text(double value) {
  if (std::isfinite(value)) return value;
  return value > 0.0 ? "infinity" : "-infinity";
}

void add_exact(ordered_json& answer, const BayesQuery& query, const FactorGraph& graph, const Evidence& evidence, const InferenceOptions& options) {
  const std::vector<Variable>& variables = graph.variables;
  if (!query.joint.empty()) {
    const std::vector<std::int32_t> of = parse_names(variables, query.joint);
    answer["joint"] = joint_rows(variables, of, infer_joint(graph, evidence, of, options).table);
  }
  if (query.most_probable) {
    const Explanation best = most_probable_explanation(graph, evidence, options);
    answer["log10_most_probable"] = log10_of(best.log_probability);
    ordered_json states = ordered_json::object();
    for (std::size_t v = 0; v < variables.size(); ++v) states[variables[v].name] = variables[v].states[static_cast<std::size_t>(best.states[v])];
    answer["most_probable"] = std::move(states);
  }
  if (query.sensitivity.empty()) return;
  const std::vector<std::int32_t> target = parse_names(variables, query.sensitivity);
  if (target.size() != 1) throw bad_input("--sensitivity names no one variable", "name one");
  ordered_json weights = ordered_json::object();
  for (const WeightOfEvidence& each : weights_of_evidence(graph, evidence, target[0], options)) {
    ordered_json states = ordered_json::object();
    for (std::size_t s = 0; s < each.weights.size(); ++s) states[variables[static_cast<std::size_t>(target[0])].states[s]] = number_or_text(each.weights[s]);
    weights[variables[static_cast<std::size_t>(each.variable)].name] = std::move(states);
  }
  answer["weights_of_evidence"] = std::move(weights);
}

Marginals approximate(ordered_json& answer, const BayesQuery& query, const Evidence& evidence, Team& team) {
  if (!query.joint.empty() || query.most_probable || !query.sensitivity.empty())
    throw bad_input("--approximate answers with marginals alone", "leave out --joint, --mpe and --sensitivity");
  const Network network = read_network(query.network, query.normalise);
  WeightedEstimate estimate = weigh_samples(network, evidence, query.samples, query.seed, &team);
  answer["log10_evidence"] = log10_of(estimate.log_evidence);
  answer["log10_evidence_standard_error"] = log10_of(estimate.log_evidence_error);
  answer["samples"] = query.samples;
  answer["effective_samples"] = estimate.effective_samples;
  answer["marginals"] = by_state(network.variables, estimate.of);
  answer["standard_errors"] = by_state(network.variables, estimate.standard_error);
  return {estimate.log_evidence, std::move(estimate.of)};
}

}  // namespace

ordered_json answer_bayes_query(const BayesQuery& query, const RunOptions& options) {
  const bool mar = ends_in(query.out, ".mar");
  if (!query.out.empty() && !mar && !ends_in(query.out, ".json")) throw bad_input(fmt::format("{} names no format of answers", query.out.string()), "name it .json or .MAR");
  refuse_existing(query.out, query.overwrite);
  if (mar) refuse_existing(beside(query.out), query.overwrite);
  if (!query.evidence.empty() && !query.evidence_file.empty()) throw bad_input("--evidence and --evidence-file are both given", "give one");
  const FactorGraph graph = read_factor_graph(query.network, query.normalise);
  Evidence evidence;
  evidence.states = query.evidence_file.empty() ? parse_evidence(graph.variables, query.evidence) : read_evidence_file(query.evidence_file, graph.variables);
  evidence.likelihoods = parse_likelihoods(graph.variables, query.virtual_evidence);
  Team team(options.threads);
  ordered_json answer = ordered_json::object();
  Marginals marginals;
  if (query.approximate) {
    marginals = approximate(answer, query, evidence, team);
  } else {
    InferenceOptions inference;
    inference.memory = query.memory;
    inference.team = &team;
    marginals = infer_marginals(graph, evidence, inference);
    answer["log10_evidence"] = log10_of(marginals.log_evidence);
    answer["marginals"] = by_state(graph.variables, marginals.of);
    add_exact(answer, query, graph, evidence, inference);
  }
  if (mar) {
    write_file(query.out, print_mar(marginals));
    write_file(beside(query.out), print_pr(marginals));
  } else if (!query.out.empty()) {
    write_file(query.out, answer.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  }
  return answer;
}

void sample_bayes_network(const BayesSampleRequest& request, const RunOptions& options) {
  refuse_existing(request.out, request.overwrite);
  const Network network = read_network(request.network, request.normalise);
  const ForwardSampler sampler(network, request.seed);
  Team team(options.threads);
  std::vector<OutputColumn> columns;
  Table chunk;
  for (const Variable& variable : network.variables) {
    OutputColumn column;
    column.name = variable.name;
    column.type = ColumnType::text;
    columns.push_back(std::move(column));
    Column values;
    values.name = variable.name;
    values.type = ColumnType::text;
    values.dictionary = variable.states;
    chunk.columns.push_back(std::move(values));
  }
  TableWriter writer(request.out.string(), columns);
  // A chunk is a few megabytes however many variables there are.
  const std::int64_t chunk_rows = std::clamp<std::int64_t>((std::int64_t{1} << 22) / std::max<std::int64_t>(1, network.size()), 256, 65536);
  std::vector<std::vector<std::int32_t>> codes;
  for (std::int64_t first = 0; first < request.rows; first += chunk_rows) {
    chunk.rows = std::min(chunk_rows, request.rows - first);
    sampler.draw(first, chunk.rows, codes, &team);
    for (std::size_t v = 0; v < codes.size(); ++v) std::swap(chunk.columns[v].codes, codes[v]);
    writer.write(chunk);
    options.observer.progress("sample", first + chunk.rows, request.rows, "rows");
  }
  writer.finish();
}

}  // namespace footfall
