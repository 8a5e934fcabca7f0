#pragma once

#include <filesystem>
#include <optional>

#include "host/jobs/run.hpp"

namespace footfall {

struct ReportRequest {
  std::filesystem::path model;                  ///< folder of a fitted model
  std::optional<std::filesystem::path> scores;  ///< what `footfall score` wrote with it
  std::filesystem::path out;                    ///< the HTML file
  bool overwrite = false;
};

/// Writes what a model folder (and its scores) tell as one HTML page that needs no network. Written beside its name and renamed when whole.
/// Throws Error{bad_input} when the file exists already, there is no model, or the scores are not of this model.
void report(const ReportRequest& request, const Observer& observer);

}  // namespace footfall
