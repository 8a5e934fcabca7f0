#include "host/jobs/evaluate.hpp"

#include <algorithm>
#include <numeric>

#include "engine/train/predict.hpp"
#include "host/jobs/best_possible.hpp"
#include "host/jobs/network_part.hpp"
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

Evaluation evaluate_examples(const SavedModel& model, const Job& job, const std::filesystem::path& folder, const RunOptions& options, Workshop& shop) {
  Evaluation out;
  const std::vector<LabelSchema> schemas = schemas_of(model);
  const KnownExamples known{model.features, schemas};
  out.examples = examples_of_job(job, &known, folder, options, shop.backend->team());
  const Prepared& prepared = out.examples.prepared;
  const Dictionaries dictionaries = dictionaries_of(out.examples);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(prepared.table.size()));
  std::iota(rows.begin(), rows.end(), 0);
  const std::unique_ptr<ExampleSource> source = prepared.source();
  BlockFeed feed(*source, dictionaries, model.transform, {model.architecture.has_events(), model.architecture.profile_width > 0}, block_size(prepared.table, prediction_batch),
                 *shop.backend, *shop.stream);
  out.tested.predictions = predict_rows(model.architecture, model.transform, model.parameters, feed, rows, shop);
  if (model.network) {
    ExampleTable own;
    out.tested.baselines = network_outcomes(*model.network, model.architecture.heads, prepared.with_profiles(own), dictionaries, out.tested.predictions, shop);
  }
  out.figures = figures_json(judge(model.architecture.heads, prepared.labels, {out.tested}));
  add_network_figures(out.figures, model.architecture.heads, prepared.labels, {out.tested});
  return out;
}

nlohmann::ordered_json evaluate(const std::filesystem::path& folder, const Job& job, const RunOptions& options, const std::filesystem::path& scratch) {
  const SavedModel model = load_model(folder);
  check_targets(model, job);
  Workshop shop(options);
  const Evaluation evaluation = evaluate_examples(model, job, scratch, options, shop);
  const ReadBase& read = evaluation.examples.read;
  for (const std::string& notice : read.notices) options.observer.note(notice);
  nlohmann::ordered_json out;
  out["data"] = {{"rows_read", read.counts.rows_read()}, {"customers", read.base.customers()}};
  if (read.base.journeys) {
    out["data"]["events_before_cutoff"] = evaluation.examples.counts.before_cutoff;
    out["data"]["events_kept"] = evaluation.examples.counts.kept;
  }
  out["test"] = evaluation.figures;
  add_best_auroc(out["test"], job, read.base.ids, evaluation.examples.prepared, {evaluation.tested});
  out["device"] = options.device.name();
  return out;
}

}  // namespace footfall
