#include "host/jobs/learn_network.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "engine/bayes/learn_em.hpp"
#include "engine/data/near_names.hpp"
#include "host/jobs/learn_states.hpp"
#include "host/networks/networks.hpp"
#include "host/table/code_reader.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr const char* structures[] = {"naive", "chow-liu", "tan", "hill-climb"};

std::int32_t variable_named(const CodedTable& table, const std::string& name, const std::string& option) {
  std::vector<std::string> names;
  for (const Variable& variable : table.variables) {
    if (variable.name == name) return static_cast<std::int32_t>(names.size());
    names.push_back(variable.name);
  }
  throw bad_input(fmt::format("{} {}: there is no such column", option, name), suggest_names(name, names));
}

std::vector<Arc> arcs_named(const CodedTable& table, const std::vector<std::pair<std::string, std::string>>& arcs, const std::string& option) {
  std::vector<Arc> out;
  for (const auto& [from, to] : arcs) out.emplace_back(variable_named(table, from, option), variable_named(table, to, option));
  return out;
}

/// The columns of the variables as codes, one byte a cell.
CodedTable coded_table(const LearnRequest& request, const std::vector<std::string>& files, std::vector<Variable> variables) {
  std::vector<CodedColumn> columns;
  for (const Variable& variable : variables) {
    if (variable.size() > most_states) throw bad_input(fmt::format("variable \"{}\" has {} states; a column holds {} at most", variable.name, variable.size(), most_states), "leave it out");
    columns.push_back({variable.name, variable.states});
  }
  TextOptions text = request.text;
  for (const Variable& variable : variables)   // a state that is called like a missing cell is a state
    std::erase_if(text.missing_tokens, [&](const std::string& token) { return !token.empty() && std::find(variable.states.begin(), variable.states.end(), token) != variable.states.end(); });
  CodeReader reader(files, text, std::move(columns));
  std::vector<std::vector<std::uint8_t>> all(variables.size());
  std::vector<std::uint8_t> chunk;
  while (const std::int64_t rows = reader.next(chunk))
    for (std::size_t c = 0; c < all.size(); ++c) {
      const auto first = chunk.begin() + static_cast<std::ptrdiff_t>(c) * reader.most_rows();
      all[c].insert(all[c].end(), first, first + rows);
    }
  CodedTable out{std::move(variables), {}, all.empty() ? 0 : static_cast<std::int64_t>(all.front().size())};
  for (std::vector<std::uint8_t>& column : all) {
    out.codes.insert(out.codes.end(), column.begin(), column.end());
    column = {};
  }
  if (out.rows == 0) throw bad_input(files.front() + " holds no rows", "give rows to learn from");
  return out;
}

Structure learned_structure(const LearnRequest& request, const TableCounts& counts) {
  const CodedTable& table = counts.table();
  const std::int32_t target = request.target.empty() ? 0 : variable_named(table, request.target, "--target");
  if (request.structure == "naive") return naive_structure(table.size(), target);
  if (request.structure == "tan") return tan_structure(counts, target);
  if (request.structure == "chow-liu") return chow_liu_structure(counts, target);
  HillClimbSpec spec;
  spec.score = {request.score, request.equivalent_sample_size.value_or(ScoreSpec().equivalent_sample_size)};
  spec.max_parents = request.max_parents;
  spec.required = arcs_named(table, request.required, "--require");
  spec.forbidden = arcs_named(table, request.forbidden, "--forbid");
  return hill_climb(counts, spec).structure;
}

ParameterSpec parameters_of(const LearnRequest& request) {
  if (request.equivalent_sample_size) return {Prior::bdeu, *request.equivalent_sample_size};
  if (request.pseudo_count) return {Prior::dirichlet, *request.pseudo_count};
  if (request.back_off) return {Prior::back_off, *request.back_off};
  return {};
}

void check_request(const LearnRequest& request) {
  const bool named = std::find(std::begin(structures), std::end(structures), request.structure) != std::end(structures);
  if (!named && !std::filesystem::path(request.structure).has_extension())
    throw bad_input("--structure " + request.structure + " is none", "write naive, chow-liu, tan, hill-climb or the file of a network");
  if ((request.structure == "naive" || request.structure == "tan") && request.target.empty())
    throw bad_input("--structure " + request.structure + " needs to know the target", "give --target COLUMN");
  if (request.structure != "hill-climb" && !(request.required.empty() && request.forbidden.empty()))
    throw bad_input("--require and --forbid are for --structure hill-climb", "leave them out");
  if (request.equivalent_sample_size.has_value() + request.pseudo_count.has_value() + request.back_off.has_value() > 1)
    throw bad_input("--equivalent-sample-size, --pseudo-count and --back-off exclude each other", "give one of them");
  for (const std::optional<double>& weight : {request.equivalent_sample_size, request.pseudo_count, request.back_off})
    if (weight && !(*weight > 0.0)) throw bad_input(fmt::format("the smoothing {} is not above 0", *weight), "give a number above 0, or none for maximum likelihood");
  if (request.max_parents < 0) throw bad_input("--max-parents is below 0", "give a whole number from 0 on");
  (void)network_format(request.out);
  if (!request.overwrite && std::filesystem::exists(request.out)) throw bad_input(request.out.string() + " exists already", "give --overwrite to replace it, or another --out");
}

Network by_expectation(const LearnRequest& request, const Structure& structure, const TableCounts& counts, Workshop& shop, const RunOptions& options, LearnSummary& summary) {
  EmSpec spec;
  spec.prior = parameters_of(request);
  EmResult learned = learn_em(counts, structure, spec, shop.backend->team());
  summary.iterations = static_cast<std::int32_t>(learned.objective.size());
  if (!learned.converged) options.observer.note(fmt::format("--em: still rising after {} iterations", summary.iterations));
  return std::move(learned.network);
}

}  // namespace

LearnSummary learn_network(const LearnRequest& request, const RunOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  check_request(request);
  const std::vector<std::string> files = expand_files(request.files, ".");
  const bool given = std::find(std::begin(structures), std::end(structures), request.structure) == std::end(structures);
  Structure structure;
  std::vector<Variable> variables;
  if (given) {
    const Network network = read_network(request.structure);
    variables = network.variables;
    for (const Family& family : network.families) structure.push_back(family.parents);
  } else {
    variables = learn_states(request, files);
  }
  const CodedTable table = coded_table(request, files, std::move(variables));
  Workshop shop(options);
  const TableCounts counts(table, *shop.backend, *shop.stream);
  if (!given) structure = learned_structure(request, counts);
  LearnSummary out;
  Network network = request.em ? by_expectation(request, structure, counts, shop, options, out) : learn_parameters(counts, structure, parameters_of(request));
  network.name = request.out.stem().string();
  check_network(network);
  FamilyCounts families(counts);
  out.score = structure_score({request.score, request.equivalent_sample_size.value_or(ScoreSpec().equivalent_sample_size)}, structure, families);
  out.rows = table.rows;
  out.missing = std::count_if(table.codes.begin(), table.codes.end(), [](std::uint8_t code) { return code >= unseen_code; });
  out.variables = network.size();
  for (const std::vector<std::int32_t>& parents : structure) out.arcs += static_cast<std::int32_t>(parents.size());
  out.free_parameters = network.free_parameters();
  write_network(request.out, network);
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return out;
}

}  // namespace footfall
