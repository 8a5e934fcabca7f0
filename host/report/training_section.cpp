#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/report/sections.hpp"
#include "host/report/svg_chart.hpp"

namespace footfall {
namespace {

std::vector<std::string> fits_of(const FitRecord& record) {
  std::vector<std::string> fits;
  for (const HistoryLine& line : record.history)
    if (std::find(fits.begin(), fits.end(), line.fit) == fits.end()) fits.push_back(line.fit);
  return fits;
}

const char* loss_name(HeadKind kind) {
  if (kind == HeadKind::number) return "squared error of the scaled logarithm";
  return kind == HeadKind::binary ? "log loss (nats)" : "cross-entropy (nats)";
}

std::string loss_figure(const FitRecord& record, std::size_t target, const std::vector<std::string>& fits) {
  const HeadSpec& head = record.model.architecture.heads[target];
  LineChart chart{"Loss of " + head.name,
                  {"epoch: times the model has seen its training part", Unit::count, {}, {}, {}},
                  {loss_name(head.kind), Unit::number, {}, {}, {}},
                  {}};
  bool validated = false;
  for (std::size_t f = fits.size(); f-- > 0;) {
    const bool last = f + 1 == fits.size(), first = f == 0;
    LineSeries training{{}, last ? "second" : "second faint", {}, false, {}}, validation{{}, last ? "model" : "model faint", {}, false, {}};
    for (const HistoryLine& line : record.history) {
      if (line.fit != fits[f]) continue;
      const auto epoch = static_cast<double>(line.epoch);
      training.points.push_back({epoch, line.training[target]});
      if (!std::isnan(line.validation[target])) validation.points.push_back({epoch, line.validation[target]});
    }
    const std::string which = fits.size() == 1   ? std::string()
                              : last             ? ", " + (fits[f] == "final" ? std::string("final model") : fits[f])
                              : fits.size() == 2 ? ", tested model"
                                                 : ", folds";
    if (last || first) training.name = "training part" + which;
    if ((last || first) && !validation.points.empty()) validation.name = "validation part" + which;
    validated = validated || !validation.points.empty();
    if (!validation.points.empty()) chart.series.push_back(std::move(validation));
    chart.series.push_back(std::move(training));
  }
  std::string reading = "Lower is better. ";
  reading += validated ? "The validation part was kept from learning; where its line rises while the training line still falls, the model "
                         "begins to learn by heart."
                       : "There was no validation part.";
  return figure_html(chart, reading);
}

}  // namespace

Chapter training_section(const FitRecord& record) {
  const std::vector<std::string> fits = fits_of(record);
  std::string body, charts;
  for (std::size_t t = 0; t < record.model.architecture.heads.size(); ++t) charts += loss_figure(record, t, fits);
  if (fits.size() > 1)
    body +=
        "<p>Strong lines belong to the model that was saved, fitted on all customers; faint ones to the models that were fitted for the "
        "test.</p>\n";
  return {"training", "How the model learned", body + "<div class=\"charts\">\n" + charts + "</div>\n"};
}

}  // namespace footfall
