#include "host/report/report.hpp"

#include <fmt/format.h>

#include "host/report/sections.hpp"
#include "host/report/target_section.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::string title_of(const FitRecord& record) {
  std::string names;
  for (const HeadSpec& head : record.model.architecture.heads) names += (names.empty() ? "" : ", ") + head.name;
  return "Predictions of " + names;
}

std::string subtitle_of(const FitRecord& record) {
  std::string text = fmt::format("Report of the model in {}, fitted with footfall on {}", record.folder, record.model.device);
  if (record.model.job.events && record.model.job.split.cutoff) text += ", with what was known before " + *record.model.job.split.cutoff;
  return text + ".";
}

}  // namespace

void report(const ReportRequest& request, const Observer& observer) {
  if (!request.overwrite && std::filesystem::exists(request.out))
    throw bad_input(request.out.string() + " exists already", "give --overwrite to replace it, or another --out");
  if (std::filesystem::is_directory(request.out)) throw bad_input(request.out.string() + " is a folder", "name a file: --out report.html");
  const FitRecord record = read_record(request.model);
  std::vector<Chapter> sections;
  for (std::size_t t = 0; t < record.model.architecture.heads.size(); ++t) sections.push_back(target_section(record, t));
  if (record.model.network) sections.push_back(network_section(record));
  if (request.scores) {
    observer.note("reading the scores in " + request.scores->string());
    sections.push_back(scores_section(record, read_scores(*request.scores, record.model)));
  }
  sections.push_back(training_section(record));
  sections.push_back(data_section(record));
  sections.push_back(making_section(record));
  write_file(request.out, page(title_of(record), subtitle_of(record), sections));
}

}  // namespace footfall
