#include "engine/bayes/plan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "engine/bayes/plan_order.hpp"
#include "engine/bayes/plan_writer.hpp"
#include "kernels/bayes/codes.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Tables over hidden variables alone, which no row's cost depends on.
constexpr double most_folded_cells = 4.0 * 1024.0 * 1024.0;

/// Rough costs in clocks for a vector of 16 rows (measured on Sapphire Rapids: a gather from the first, the second cache and beyond), for choices between
/// forms of the same sum. They change speed, never a result beyond its rounding.
[[nodiscard]] double gather_cost(double bytes) { return bytes <= 32768.0 ? 10.0 : bytes <= 1048576.0 ? 16.0 : 60.0; }
constexpr double load_cost = 0.6;
constexpr double evidence_cost = 1.5;

[[nodiscard]] double bytes_of(double rows, double cells) { return rows * cells * static_cast<double>(sizeof(float)); }

/// The target's own cells are not read.
[[nodiscard]] std::vector<Seen> seen_without_target(const PlanRequest& request) {
  std::vector<Seen> seen = request.seen;
  seen[static_cast<std::size_t>(request.target)] = Seen::never;
  return seen;
}

class Compiler {
 public:
  Compiler(const FactorGraph& graph, const PlanRequest& request) : request_(request), radix_(graph, seen_without_target(request)), writer_(radix_, request_) {
    for (const Factor& factor : graph.factors) keep(piece_of(factor, radix_));
    drop_barren();
    if (!request_.evidence) keep_connected();
    order_ = elimination_order(scopes(), request_.target, radix_);
  }

  [[nodiscard]] const Elimination& elimination() const { return order_; }

  [[nodiscard]] PosteriorPlan compile() {
    for (const std::int32_t variable : order_.order) eliminate(variable);
    return finish();
  }

 private:
  /// Takes a piece up: constants are scaled, a number goes into the scale.
  void keep(Piece piece) {
    if (piece.constant()) {
      if (request_.evidence)
        log_scale_ += scale_piece(piece);
      else
        scale_rows(piece, radix_);
      if (piece.index.empty() && piece.scope.empty()) {
        if (piece.values.front() == 0.0)
          impossible_ = true;
        else
          log_scale_ += std::log(piece.values.front());
        return;
      }
    }
    pieces_.push_back(std::move(piece));
  }

  [[nodiscard]] std::vector<std::vector<std::int32_t>> scopes() const {
    std::vector<std::vector<std::int32_t>> all;
    for (const Piece& piece : pieces_) all.push_back(piece.scope);
    return all;
  }

  /// Takes the pieces out whose scope holds a variable.
  [[nodiscard]] std::vector<Piece> take(std::int32_t variable) {
    std::vector<Piece> taken;
    std::vector<Piece> rest;
    for (Piece& piece : pieces_) (holds(piece.scope, variable) ? taken : rest).push_back(std::move(piece));
    pieces_ = std::move(rest);
    return taken;
  }

  /// A hidden variable without observed descendants sums to 1, whatever its parents are (Shachter 1986): its family says nothing.
  void drop_barren() {
    for (bool again = true; again;) {
      again = false;
      std::vector<int> uses(request_.seen.size(), 0);
      for (const Piece& piece : pieces_)
        for (const std::int32_t variable : piece.scope) ++uses[static_cast<std::size_t>(variable)];
      for (std::size_t p = 0; p < pieces_.size(); ++p) {
        for (const std::int32_t variable : pieces_[p].scope) {
          if (uses[static_cast<std::size_t>(variable)] != 1 || variable == request_.target || radix_.seen(variable) != Seen::never) continue;
          const Piece* const only = &pieces_[p];
          const Piece rest = summed_out(std::span(&only, 1), variable, radix_);
          const auto [least, most] = std::minmax_element(rest.values.begin(), rest.values.end());
          if (*most - *least > 1e-12 * *most) continue;
          log_scale_ += std::log(*most);
          pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(p));
          again = true;
          break;
        }
        if (again) break;
      }
    }
  }

  /// What observed variables cut off from the target changes P(evidence) alone. Only whether it can be 0 is kept of it: 1 for each entry above 0, and
  /// nothing of a part without zeros.
  void keep_connected() {
    std::vector<Piece> kept;
    std::vector<Piece> rest = std::move(pieces_);
    for (bool target = true; target || !rest.empty(); target = false) {
      std::vector<std::int32_t> reached = target ? std::vector<std::int32_t>{request_.target} : rest.front().scope;
      std::vector<Piece> part;
      if (!target && reached.empty()) {
        part.push_back(std::move(rest.front()));
        rest.erase(rest.begin());
      } else {
        part = take_connected(rest, reached);
      }
      const bool zeros = std::any_of(part.begin(), part.end(), [](const Piece& piece) { return std::count(piece.values.begin(), piece.values.end(), 0.0) > 0; });
      if (!target && !zeros) continue;
      for (Piece& piece : part) {
        if (!target)
          for (double& value : piece.values) value = value > 0.0 ? 1.0 : 0.0;
        kept.push_back(std::move(piece));
      }
    }
    pieces_ = std::move(kept);
  }

  /// Takes the pieces out that are connected with the reached variables.
  [[nodiscard]] static std::vector<Piece> take_connected(std::vector<Piece>& from, std::vector<std::int32_t>& reached) {
    std::vector<Piece> part;
    for (bool again = true; again;) {
      again = false;
      std::vector<Piece> rest;
      for (Piece& piece : from) {
        const bool joined = std::any_of(piece.scope.begin(), piece.scope.end(), [&](std::int32_t variable) { return holds(reached, variable); });
        if (joined) reached = united(reached, piece.scope);
        again = again || joined;
        (joined ? part : rest).push_back(std::move(piece));
      }
      from = std::move(rest);
    }
    return part;
  }

  void eliminate(std::int32_t variable) {
    std::vector<Piece> taken = take(variable);
    std::vector<const Piece*> all;
    for (const Piece& piece : taken) all.push_back(&piece);
    if (folds(taken, variable))
      keep(summed_out(all, variable, radix_));
    else
      pieces_.push_back(run(std::move(taken), variable));
  }

  /// Whether a product is summed now, into a table, rather than for each row.
  [[nodiscard]] bool folds(const std::vector<Piece>& taken, std::int32_t variable) const {
    if (!std::all_of(taken.begin(), taken.end(), [](const Piece& piece) { return piece.constant(); })) return false;
    std::vector<std::int32_t> index;
    std::vector<std::int32_t> scope;
    double before = 0.0;
    for (const Piece& piece : taken) {
      index = united(index, piece.index);
      scope = united(scope, piece.scope);
      const double cells = radix_.cells(piece.scope);
      if (!piece.index.empty()) before += cells * (gather_cost(bytes_of(radix_.rows(piece.index), cells)) + load_cost);
    }
    const bool maybe = radix_.seen(variable) == Seen::maybe;
    const double product = radix_.cells(scope);
    before += product * load_cost * (maybe ? 2.0 : 1.0) + (maybe ? static_cast<double>(radix_.states(variable)) * evidence_cost : 0.0);
    const double cells = product / static_cast<double>(radix_.states(variable));
    const double rows = radix_.rows(index) * (maybe ? static_cast<double>(radix_.digits(variable)) : 1.0);
    if (rows == 1.0) return cells <= most_folded_cells;
    const double bytes = bytes_of(rows, cells);
    return bytes <= request_.fused_bytes && cells * gather_cost(bytes) <= before;
  }

  /// The product of pieces as slots, summed over a variable.
  [[nodiscard]] Piece run(std::vector<Piece> taken, std::int32_t variable) {
    std::vector<Piece> operands;
    std::vector<Piece> constants;
    for (Piece& piece : taken) {
      if (!piece.constant())
        operands.push_back(std::move(piece));
      else if (!piece.index.empty())
        operands.push_back(writer_.gathered(piece));
      else
        constants.push_back(std::move(piece));
    }
    if (radix_.seen(variable) == Seen::maybe) operands.push_back(writer_.evidence(variable));
    if (!constants.empty()) operands.push_back(one_constant(constants));
    return writer_.contracted(std::move(operands), variable);
  }

  [[nodiscard]] Piece one_constant(const std::vector<Piece>& constants) {
    std::vector<const Piece*> all;
    for (const Piece& piece : constants) all.push_back(&piece);
    Piece piece = product(all, radix_);
    log_scale_ += scale_piece(piece);
    return piece;
  }

  /// What multiplying two tables over the same scope together saves a row, and the size of the product. No gain where it is too large or of a range that would
  /// need float64.
  struct Fusion {
    double gain = -1.0;
    double bytes = 0.0;
    [[nodiscard]] bool better_than(const Fusion& other) const { return gain > other.gain || (gain == other.gain && bytes < other.bytes); }
  };
  [[nodiscard]] Fusion fusion_of(const Piece& a, const Piece& b) const {
    const double cells = radix_.cells(a.scope);
    const auto cost = [&](double rows) { return gather_cost(bytes_of(rows, cells)); };
    const double rows = radix_.rows(united(a.index, b.index));
    const double bytes = bytes_of(rows, cells);
    if (bytes > request_.fused_bytes || a.lower + b.lower < -70.0) return {};
    return {cost(radix_.rows(a.index)) + cost(radix_.rows(b.index)) + load_cost - cost(rows), bytes};
  }

  [[nodiscard]] Piece fused(const Piece& a, const Piece& b) {
    const std::vector<const Piece*> both = {&a, &b};
    Piece piece = product(both, radix_);
    if (request_.evidence)
      log_scale_ += scale_piece(piece);
    else
      scale_rows(piece, radix_);
    return piece;
  }

  /// Multiplies tables over the same scope together while that makes a row cheaper: the most gain first, then the smallest table. Of very many tables each
  /// first joins one of the last few that it suits, so that the time to compile stays in proportion.
  void fuse(std::vector<Piece>& tables) {
    constexpr std::size_t many = 24;
    constexpr std::size_t last_few = 8;
    if (tables.size() > many) {
      std::vector<Piece> joined;
      for (Piece& table : tables) {
        Fusion best;
        std::size_t with = joined.size();
        for (std::size_t i = joined.size() > last_few ? joined.size() - last_few : 0; i < joined.size(); ++i)
          if (const Fusion each = fusion_of(joined[i], table); each.gain >= 0.0 && each.better_than(best)) best = each, with = i;
        if (with == joined.size())
          joined.push_back(std::move(table));
        else
          joined[with] = fused(joined[with], table);
      }
      tables = std::move(joined);
      return;
    }
    while (tables.size() > 1) {
      Fusion best;
      std::size_t a = 0, b = 0;
      for (std::size_t i = 0; i < tables.size(); ++i)
        for (std::size_t j = i + 1; j < tables.size(); ++j)
          if (const Fusion each = fusion_of(tables[i], tables[j]); each.gain >= 0.0 && each.better_than(best)) best = each, a = i, b = j;
      if (a == b) return;
      tables[a] = fused(tables[a], tables[b]);
      tables.erase(tables.begin() + static_cast<std::ptrdiff_t>(b));
    }
  }

  /// Only pieces over the target, and numbers of a row, are left.
  [[nodiscard]] PosteriorPlan finish() {
    std::vector<Piece> tables;
    std::vector<Piece> numbers;
    std::vector<Piece> constants;
    std::vector<Piece> operands;
    for (Piece& piece : pieces_) {
      if (!piece.constant())
        operands.push_back(std::move(piece));
      else if (piece.index.empty())
        constants.push_back(std::move(piece));
      else
        (piece.scope.empty() ? numbers : tables).push_back(std::move(piece));
    }
    if (constants.empty() && tables.empty() && std::none_of(operands.begin(), operands.end(), [&](const Piece& piece) { return !piece.scope.empty(); }))
      constants.push_back(uniform());
    if (impossible_) constants.push_back(uniform(0.0));
    fuse(tables);
    fuse(numbers);
    if (!constants.empty() && !tables.empty()) {
      std::vector<const Piece*> all = {&tables.front()};
      for (const Piece& piece : constants) all.push_back(&piece);
      Piece whole = product(all, radix_);
      if (request_.evidence)
        log_scale_ += scale_piece(whole);
      else
        scale_rows(whole, radix_);
      tables.front() = std::move(whole);
      constants.clear();
    }
    const bool alone = operands.empty() && numbers.empty() && constants.empty();
    const bool normalised = alone && tables.size() == 1 && !request_.evidence;
    if (normalised) normalise(tables.front());
    if (alone) return writer_.finish(writer_.gathered(tables), normalised, log_scale_);
    if (!tables.empty()) operands.push_back(writer_.gathered(tables));
    if (!numbers.empty()) operands.push_back(writer_.gathered(numbers));
    if (!constants.empty()) operands.push_back(one_constant(constants));
    return writer_.finish(writer_.contracted(std::move(operands), std::nullopt), false, log_scale_);
  }

  [[nodiscard]] Piece uniform(double value = 1.0) const {
    Piece piece;
    piece.scope = {request_.target};
    piece.values.assign(static_cast<std::size_t>(radix_.states(request_.target)), value);
    return piece;
  }

  void normalise(Piece& piece) const {
    const auto cells = static_cast<std::size_t>(radix_.cells(piece.scope));
    for (std::size_t first = 0; first < piece.values.size(); first += cells) {
      double sum = 0.0;
      for (std::size_t i = first; i < first + cells; ++i) sum += piece.values[i];
      if (sum == 0.0) continue;
      for (std::size_t i = first; i < first + cells; ++i) piece.values[i] /= sum;
    }
  }

  const PlanRequest& request_;
  Radix radix_;
  PlanWriter writer_;
  std::vector<Piece> pieces_;
  Elimination order_;
  double log_scale_ = 0.0;
  bool impossible_ = false;  // a factor forbids everything
};

void check_request(const FactorGraph& graph, const PlanRequest& request) {
  require(request.target >= 0 && request.target < static_cast<std::int32_t>(graph.variables.size()), "a posterior of no variable");
  require(request.seen.size() == graph.variables.size() && request.columns.size() == graph.variables.size(), "a plan is asked for another number of variables");
  for (std::size_t v = 0; v < graph.variables.size(); ++v) {
    const bool read = request.seen[v] != Seen::never && static_cast<std::int32_t>(v) != request.target;
    if (read && graph.variables[v].size() > most_states) {
      throw bad_input(fmt::format("variable \"{}\" has {} states; a table holds 254 at most", graph.variables[v].name, graph.variables[v].size()),
                      "leave its column out, or group its states");
    }
  }
}

}  // namespace

PlanEstimate estimate_plan(const FactorGraph& graph, const PlanRequest& request) {
  check_request(graph, request);
  const Compiler compiler(graph, request);
  const Elimination& order = compiler.elimination();
  // Three operands of four bytes an entry, and a constant of eight.
  return {order.largest, order.entries, order.entries * 20.0};
}

PosteriorPlan compile_plan(const FactorGraph& graph, const PlanRequest& request) {
  check_request(graph, request);
  Compiler compiler(graph, request);
  const double bytes = compiler.elimination().largest * 20.0;
  if (bytes > static_cast<double>(request.memory)) {
    throw bad_input(fmt::format("exact posteriors of \"{}\" multiply tables of {:.3g} entries, {:.3g} GiB, more than the {} MiB that they may take",
                                graph.variables[static_cast<std::size_t>(request.target)].name, compiler.elimination().largest, bytes / 1073741824.0, request.memory >> 20),
                    "give --memory more, or observe more variables");
  }
  return compiler.compile();
}

}  // namespace footfall
