#include "host/report/target_section.hpp"

#include <cmath>

#include <fmt/format.h>

#include "host/report/figure_table.hpp"
#include "host/report/number_text.hpp"
#include "host/report/words.hpp"

namespace footfall {
namespace {

/// The one figure that the verdict is about.
struct MainFigure {
  const char* key;
  const char* says;
  Unit unit;
};

MainFigure main_figure(HeadKind kind) {
  if (kind == HeadKind::binary) return {"auroc", "at telling customers apart (AUROC)", Unit::number};
  if (kind == HeadKind::number) return {"spearman", "at putting customers into order (rank correlation)", Unit::number};
  return {"accuracy", "at naming the right class (accuracy)", Unit::percent};
}

/// The model against its strongest baseline, in a sentence; differences within the spread over the folds are said to be so.
std::string verdict(const FitRecord& record, std::size_t target) {
  const HeadSpec& head = record.model.architecture.heads[target];
  const MainFigure figure = main_figure(head.kind);
  const double model = metric(record, "test", head.name, figure.key);
  std::string strongest;
  double best = -std::numeric_limits<double>::infinity();
  for (const std::string& name : baselines_of(record, head.name)) {
    const double value = baseline_metric(record, head.name, name, figure.key);
    if (!(value > best)) continue;
    best = value;
    strongest = name;
  }
  if (std::isnan(model) || strongest.empty()) return {};
  const double spread = deviation(record, "test", head.name, figure.key), gain = model - best;
  const char* word = gain <= 0.0                            ? "is no better than"
                     : !std::isnan(spread) && gain < spread ? "is a little better than"
                                                            : "is better than";
  const std::string within = gain > 0.0 && !std::isnan(spread) && gain < spread ? ", a difference within the spread over the folds" : "";
  return fmt::format("<p class=\"verdict\">The model <b>{}</b> the strongest simple prediction ({}) {}: {} against {}{}.</p>\n", word,
                     escape(baseline_title(strongest, head.kind)), figure.says, value_text(model, figure.unit),
                     value_text(best, figure.unit), within);
}

}  // namespace

Chapter target_section(const FitRecord& record, std::size_t target) {
  const HeadSpec& head = record.model.architecture.heads[target];
  std::string body =
      "<p class=\"question\">" + words_of(record, target).question + "</p>\n" + how_tested(record, target) + verdict(record, target);
  std::string tiles, charts;
  switch (head.kind) {
    case HeadKind::binary:
      tiles = binary_tiles(record, target);
      charts = binary_charts(record, target);
      break;
    case HeadKind::number:
      tiles = number_tiles(record, target);
      charts = number_charts(record, target);
      break;
    case HeadKind::classes:
      tiles = class_tiles(record, target);
      charts = class_charts(record, target);
      break;
  }
  body += tiles + baselines_explained(record, target) + charts + "<h3>All figures</h3>\n" + figure_table(record, target);
  return {fmt::format("target-{}", target + 1), head.name, body};
}

}  // namespace footfall
