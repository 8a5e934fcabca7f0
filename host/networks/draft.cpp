#include "host/networks/draft.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "host/networks/networks.hpp"

namespace footfall {

std::int64_t table_entries(const std::vector<Variable>& variables, const std::vector<std::int32_t>& scope, std::int64_t before) {
  std::int64_t entries = 1;
  for (const std::int32_t v : scope) {
    const std::int64_t size = variables[static_cast<std::size_t>(v)].size();
    if (size > 0 && entries > largest_tables / size)
      throw bad_input(fmt::format("a table over {} variables has more than {} entries", scope.size(), largest_tables), "give the variable fewer parents or states");
    entries *= size;
  }
  if (before + entries > largest_tables)
    throw bad_input(fmt::format("the tables have more than {} entries together", largest_tables), "give the variables fewer parents or states");
  return entries;
}

Draft::Draft(std::string file) : file_(std::move(file)) {}

Error Draft::error(std::int64_t line, std::string_view cause, std::string_view remedy) const {
  return bad_input(fmt::format("{}:{}: {}", file_, line, cause), remedy);
}

std::int32_t Draft::add_variable(Variable variable, std::int64_t line) {
  if (variable.name.empty()) throw error(line, "a variable has no name", "name it");
  if (variable.states.empty()) throw error(line, fmt::format("the variable \"{}\" has no state", variable.name), "list its states");
  const auto index = static_cast<std::int32_t>(draft_.network.variables.size());
  if (const auto [at, fresh] = names_.emplace(variable.name, index); !fresh)
    throw error(line, fmt::format("the variable \"{}\" is there twice, first in line {}", variable.name, declared_[static_cast<std::size_t>(at->second)]),
                "rename or remove one");
  std::unordered_map<std::string, std::int32_t> states;
  for (std::int32_t s = 0; s < variable.size(); ++s)
    if (!states.emplace(variable.states[static_cast<std::size_t>(s)], s).second)
      throw error(line, fmt::format("the variable \"{}\" has the state \"{}\" twice", variable.name, variable.states[static_cast<std::size_t>(s)]), "rename or remove one");
  draft_.network.variables.push_back(std::move(variable));
  draft_.network.families.emplace_back();
  draft_.lines.push_back(0);
  declared_.push_back(line);
  states_.push_back(std::move(states));
  return index;
}

std::int32_t Draft::find(const std::string& variable, std::int64_t line) const {
  if (const auto at = names_.find(variable); at != names_.end()) return at->second;
  std::vector<std::string> names;
  for (const Variable& each : draft_.network.variables) names.push_back(each.name);
  throw error(line, fmt::format("there is no variable \"{}\"", variable), suggest_names(variable, names, "variables"));
}

std::int32_t Draft::find_state(std::int32_t variable, const std::string& state, std::int64_t line) const {
  const auto& states = states_[static_cast<std::size_t>(variable)];
  if (const auto at = states.find(state); at != states.end()) return at->second;
  const Variable& owner = draft_.network.variables[static_cast<std::size_t>(variable)];
  throw error(line, fmt::format("the variable \"{}\" has no state \"{}\"", owner.name, state), suggest_names(state, owner.states, "states"));
}

Family& Draft::add_family(std::int32_t variable, std::vector<std::int32_t> parents, std::int64_t line) {
  const std::string& name = draft_.network.variables[static_cast<std::size_t>(variable)].name;
  std::int64_t& known = draft_.lines[static_cast<std::size_t>(variable)];
  if (known > 0) throw error(line, fmt::format("the variable \"{}\" has a second table, the first is in line {}", name, known), "remove one");
  known = line;
  std::vector<std::int32_t> scope = parents;
  std::sort(scope.begin(), scope.end());
  if (const auto twice = std::adjacent_find(scope.begin(), scope.end()); twice != scope.end())
    throw error(line, fmt::format("the variable \"{}\" has the parent \"{}\" twice", name, draft_.network.variables[static_cast<std::size_t>(*twice)].name), "name each parent once");
  scope.push_back(variable);
  std::int64_t entries = 0;
  try {
    entries = table_entries(draft_.network.variables, scope, entries_);
  } catch (const Error& problem) {
    throw error(line, fmt::format("the table of \"{}\": {}", name, problem.what()), {});
  }
  entries_ += entries;
  Family& family = draft_.network.families[static_cast<std::size_t>(variable)];
  family.parents = std::move(parents);
  family.table.assign(static_cast<std::size_t>(entries), unset);
  return family;
}

void Draft::check_whole(std::int32_t variable) const {
  const Variable& child = draft_.network.variables[static_cast<std::size_t>(variable)];
  if (draft_.lines[static_cast<std::size_t>(variable)] == 0)
    throw error(declared_[static_cast<std::size_t>(variable)], fmt::format("the variable \"{}\" has no table of probabilities", child.name), "give it one");
  const Family& family = draft_.network.families[static_cast<std::size_t>(variable)];
  const auto hole = std::find(family.table.begin(), family.table.end(), unset);
  if (hole == family.table.end()) return;
  std::int64_t row = (hole - family.table.begin()) / child.size();
  std::string states;
  for (std::size_t i = family.parents.size(); i-- > 0;) {
    const Variable& parent = draft_.network.variables[static_cast<std::size_t>(family.parents[i])];
    states = parent.name + " = " + parent.states[static_cast<std::size_t>(row % parent.size())] + (states.empty() ? "" : ", ") + states;
    row /= parent.size();
  }
  throw error(draft_.lines[static_cast<std::size_t>(variable)], fmt::format("the table of \"{}\" lacks the row for {}", child.name, states), "give it, or a default row");
}

DraftNetwork Draft::finish() && {
  if (draft_.network.variables.empty()) throw bad_input(file_ + " declares no variable", "is it a file of this format, and whole?");
  for (std::int32_t v = 0; v < draft_.network.size(); ++v) check_whole(v);
  return std::move(draft_);
}

}  // namespace footfall
