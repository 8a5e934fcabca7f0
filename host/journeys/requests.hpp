#pragma once

#include "host/job/job.hpp"
#include "host/table/read.hpp"

namespace footfall {

/// What has to be read of the event files. The amount is a column of its name, or a derived one named by its expression.
[[nodiscard]] ReadRequest events_request(const Job& job);

/// Name of the column of the read table that holds the amount; empty when the job names none.
[[nodiscard]] std::string amount_column(const EventsSpec& events);

/// Names of the numeric columns of the journeys: those of the job or, where lines are merged, X_sum and X_mean of each and, last, `lines`.
[[nodiscard]] std::vector<std::string> event_number_names(const EventsSpec& events);

/// What has to be read of the customer table, "auto" being resolved: its customer, features and, when asked for, its target columns.
[[nodiscard]] ReadRequest customers_request(const Job& job, bool targets);

/// Resolves "auto" against the files of the customer table, whose types are looked at only when the job needs them, and checks the names
/// that the job gives. Adds a notice for each column that "auto" passes over.
[[nodiscard]] Job resolved_job(const Job& job, bool targets, std::vector<std::string>& notices);

}  // namespace footfall
