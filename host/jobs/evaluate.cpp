#include "host/jobs/evaluate.hpp"

#include <algorithm>
#include <numeric>

#include "engine/train/predict.hpp"
#include "host/jobs/best_possible.hpp"
#include "host/jobs/network_part.hpp"
#include "host/journeys/clock.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::vector<LabelSchema> schemas_of(const SavedModel& model) {
  std::vector<LabelSchema> schemas;
  for (const SavedTarget& target : model.targets) schemas.push_back(target.schema);
  return schemas;
}

/// The job's targets must be those that the model knows, by name, kind and order.
void check_targets(const SavedModel& model, const Job& job) {
  const std::vector<TargetSpec>& known = model.job.targets;
  const auto same = [](const TargetSpec& a, const TargetSpec& b) { return a.name == b.name && a.kind == b.kind; };
  if (std::equal(known.begin(), known.end(), job.targets.begin(), job.targets.end(), same)) return;
  std::string names;
  for (const TargetSpec& target : known) names += (names.empty() ? "" : ", ") + target.name;
  throw bad_input(job.source + ": its targets are not those of the model (" + names + ")", "name the same targets, of the same kinds, in the same order");
}

}  // namespace

Evaluation evaluate_base(const SavedModel& model, const ReadBase& read, Workshop& shop) {
  Evaluation out;
  std::vector<std::int64_t> cutoffs = {0};
  if (read.base.journeys && read.job.split.cutoff) cutoffs = {parse_cutoff(*read.job.split.cutoff, read.base.journeys->clock)};
  if (read.base.journeys && read.job.split.cutoff) check_cutoff(read.base, cutoffs.front());
  out.prepared = prepare_known(read, cutoffs, model.features, schemas_of(model), shop.backend->team());
  ExampleTable table = out.prepared.table;
  const std::vector<UnseenCount> unseen = recode(table, dictionaries_of(read.base, model.features), model.transform, shop.backend->team());
  const DeviceExamples device = upload_examples(table, model.transform, model.architecture.profile_width > 0, *shop.backend, *shop.stream);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(table.size()));
  std::iota(rows.begin(), rows.end(), 0);
  out.tested.predictions = predict_rows(model.architecture, model.transform, model.parameters, table, device, {rows}, shop);
  if (model.network)
    out.tested.baselines = network_outcomes(*model.network, model.architecture.heads, out.prepared.table, dictionaries_of(read.base, model.features), out.tested.predictions, shop);
  out.figures = figures_json(judge(model.architecture.heads, out.prepared.labels, {out.tested}));
  add_network_figures(out.figures, model.architecture.heads, out.prepared.labels, {out.tested});
  out.ids = read.base.ids;
  return out;
}

nlohmann::ordered_json evaluate(const std::filesystem::path& folder, const Job& job, const RunOptions& options) {
  const SavedModel model = load_model(folder);
  check_targets(model, job);
  Workshop shop(options);
  const ReadBase read = read_base(job);
  for (const std::string& notice : read.notices) options.observer.note(notice);
  const Evaluation evaluation = evaluate_base(model, read, shop);
  nlohmann::ordered_json out;
  out["data"] = {{"rows_read", read.counts.rows_read()}, {"customers", read.base.customers()}};
  if (read.base.journeys) {
    const EventCounts counts = count_events(read.base, evaluation.prepared.cutoff, model.features.max_length);
    out["data"]["events_before_cutoff"] = counts.before_cutoff;
    out["data"]["events_kept"] = counts.kept;
  }
  out["test"] = evaluation.figures;
  add_best_auroc(out["test"], job, evaluation.ids, evaluation.prepared, {evaluation.tested});
  out["device"] = options.device.name();
  return out;
}

}  // namespace footfall
