#include "engine/bayes/posterior.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "kernels/device/team.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Plans that are kept; when there are more, all but those of the chunk at hand go.
constexpr std::size_t most_plans = 4096;

/// A pattern may have a single row: its tables are not worth much work beforehand.
constexpr double pattern_fused_bytes = 2048.0;

/// Copies of a chunk on a device that does not share the host's memory.
struct ChunkOnDevice {
  Array<std::uint8_t> codes;
  Array<float> posterior;
  Array<double> log_evidence;
  Array<std::uint8_t> status;
};

template <class T>
void make_room(Array<T>& array, std::int64_t size, Stream& stream) {
  if (array.size() < size) array = Array<T>(stream, size);
}

}  // namespace

struct TablePosterior::State {
  Backend& backend;
  FactorGraph graph;
  TablePosteriorRequest request;
  std::unique_ptr<Posterior> whole;   // empty: by pattern
  std::unordered_map<std::string, std::unique_ptr<Posterior>> patterns;
  ChunkOnDevice chunk;

  [[nodiscard]] PlanRequest plan_request(const std::string* pattern, Seen otherwise) const {
    PlanRequest plan;
    plan.target = request.target;
    plan.columns = request.columns;
    plan.evidence = request.log_evidence;
    plan.memory = request.memory;
    for (std::size_t v = 0; v < request.columns.size(); ++v) {
      const bool observed = request.columns[v] >= 0 && (pattern == nullptr || (*pattern)[v] != 0);
      plan.seen.push_back(!observed ? Seen::never : otherwise);
    }
    if (pattern != nullptr) plan.fused_bytes = pattern_fused_bytes;
    return plan;
  }

  [[nodiscard]] bool reads(std::size_t variable) const { return request.columns[variable] >= 0 && static_cast<std::int32_t>(variable) != request.target; }

  void answer_by_pattern(const CodeColumns& here, const CodeColumns& there, const PosteriorOutput& out, Stream& stream);
  void flag_unseen(const CodeColumns& codes, const PosteriorOutput& out) const;
};

TablePosterior::TablePosterior(Backend& backend, const FactorGraph& graph, const TablePosteriorRequest& request, Stream& stream) {
  require(request.columns.size() == graph.variables.size(), "a posterior is asked for another number of variables");
  state_.reset(new State{backend, graph, request, nullptr, {}, {}});
  const PlanRequest open = state_->plan_request(nullptr, Seen::maybe);
  const PlanEstimate estimate = estimate_plan(graph, open);
  if (estimate.entries > most_open_entries || estimate.bytes > static_cast<double>(request.memory)) return;
  const PosteriorPlan general = compile_plan(graph, open);
  const PosteriorPlan complete = compile_plan(graph, state_->plan_request(nullptr, Seen::always));
  state_->whole = backend.bayes().make_posterior(general, &complete, stream);
}

TablePosterior::~TablePosterior() = default;
TablePosterior::TablePosterior(TablePosterior&&) noexcept = default;
TablePosterior& TablePosterior::operator=(TablePosterior&&) noexcept = default;

std::int32_t TablePosterior::states() const { return state_->graph.variables[static_cast<std::size_t>(state_->request.target)].size(); }

bool TablePosterior::by_pattern() const { return state_->whole == nullptr; }

void TablePosterior::answer_there(const CodeColumns& codes, const PosteriorOutput& out, Stream& stream) {
  require(!by_pattern(), "rows are grouped by pattern on the host");
  state_->whole->run(codes, {}, out, stream);
}

void TablePosterior::State::answer_by_pattern(const CodeColumns& here, const CodeColumns& there, const PosteriorOutput& out, Stream& stream) {
  std::unordered_map<std::string, std::vector<std::int64_t>> groups;
  std::string pattern(graph.variables.size(), 0);
  for (std::int64_t r = 0; r < here.rows; ++r) {
    for (std::size_t v = 0; v < pattern.size(); ++v)
      pattern[v] = reads(v) && here.data[request.columns[v] * here.stride + r] < graph.variables[v].size() ? 1 : 0;
    groups[pattern].push_back(r);
  }
  if (patterns.size() + groups.size() > most_plans)
    std::erase_if(patterns, [&](const auto& known) { return groups.count(known.first) == 0; });
  struct Group {
    const std::string* pattern;
    const std::vector<std::int64_t>* rows;
    std::unique_ptr<Posterior>* plan;
  };
  std::vector<Group> work;
  for (const auto& [which, rows] : groups) work.push_back({&which, &rows, &patterns[which]});
  const auto answer_group = [&](const Group& group) {
    if (*group.plan == nullptr) *group.plan = backend.bayes().make_posterior(compile_plan(graph, plan_request(group.pattern, Seen::always)), nullptr, stream);
    const Array<std::int64_t> rows = upload(*group.rows, stream);
    (*group.plan)->run(there, rows.view(), out, stream);
  };
  if (stream.place() == Place::host) {
    backend.team().run(static_cast<std::int64_t>(work.size()), [&](std::int64_t i, int /*thread*/) { answer_group(work[static_cast<std::size_t>(i)]); });
  } else {
    for (const Group& group : work) answer_group(group);
  }
}

/// No plan reads all cells: that of complete rows looks at the blanket alone, a pattern's at the cells that hold a state.
void TablePosterior::State::flag_unseen(const CodeColumns& codes, const PosteriorOutput& out) const {
  for (std::size_t v = 0; v < graph.variables.size(); ++v) {
    if (!reads(v)) continue;
    const std::uint8_t* const column = codes.data + request.columns[v] * codes.stride;
    const std::uint8_t* const end = column + codes.rows;
    const std::uint8_t* at = column;
    while (at < end && (at = static_cast<const std::uint8_t*>(std::memchr(at, unseen_code, static_cast<std::size_t>(end - at)))) != nullptr) {
      std::uint8_t& status = out.status.data[at - column];
      if (status == static_cast<std::uint8_t>(RowStatus::ok)) status = static_cast<std::uint8_t>(RowStatus::unseen_value);
      ++at;
    }
  }
}

void TablePosterior::answer(const CodeColumns& codes, const PosteriorOutput& out, Stream& stream) {
  require(codes.place == Place::host && out.posterior.place == Place::host, "a chunk of the host is wanted");
  require(out.posterior.rows == states() && out.posterior.columns >= codes.rows && out.status.size >= codes.rows, "a posterior does not fit its output");
  if (codes.rows == 0) return;
  if (stream.place() == Place::host) {
    if (by_pattern())
      state_->answer_by_pattern(codes, codes, out, stream);
    else
      state_->whole->run(codes, {}, out, stream);
  } else {
    ChunkOnDevice& there = state_->chunk;
    const std::int64_t cells = (codes.columns - 1) * codes.stride + codes.rows;
    make_room(there.codes, cells, stream);
    make_room(there.posterior, states() * codes.rows, stream);
    make_room(there.status, codes.rows, stream);
    if (!out.log_evidence.empty()) make_room(there.log_evidence, codes.rows, stream);
    copy<std::uint8_t>(View<const std::uint8_t>(codes.data, cells, Place::host), there.codes.view().sub(0, cells), stream);
    CodeColumns moved = codes;
    moved.data = there.codes.view().data;
    moved.place = Place::device;
    const View<double> logs = out.log_evidence.empty() ? View<double>() : there.log_evidence.view().sub(0, codes.rows);
    const PosteriorOutput to{there.posterior.matrix(states(), codes.rows), logs, there.status.view().sub(0, codes.rows)};
    if (by_pattern())
      state_->answer_by_pattern(codes, moved, to, stream);
    else
      state_->whole->run(moved, {}, to, stream);
    for (std::int32_t s = 0; s < states(); ++s)
      copy<float>(there.posterior.view().sub(s * codes.rows, codes.rows), View<float>(out.posterior.data + s * out.posterior.stride, codes.rows, Place::host), stream);
    copy<std::uint8_t>(to.status, out.status.sub(0, codes.rows), stream);
    if (!logs.empty()) copy<double>(logs, out.log_evidence.sub(0, codes.rows), stream);
    stream.synchronize();
  }
  state_->flag_unseen(codes, out);
}

}  // namespace footfall
