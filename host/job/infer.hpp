#pragma once

#include <string>
#include <vector>

#include "host/job/job.hpp"

namespace footfall {

struct InferredJob {
  Job job;
  std::vector<std::string> findings;  ///< what was inferred, a sentence each, for the user to check
};

/// The job of `footfall fit customers.csv --label Revenue`: one customer table, its columns by their types, one target.
///
/// files      patterns, relative ones taken from `folder`
/// label      the column to predict; the target is named by it, with other letters than those of a column of the scores replaced by _
/// positive   the value that counts as 1; empty: as a job that leaves it out
/// The customer is the first column that is named like an id ("id", "customer_id", "CustomerID") and holds a different value in each row,
/// or text that differs in each row; with none, the row number. Throws bad_input when the label is no column (with near names).
[[nodiscard]] InferredJob infer_job(const std::vector<std::string>& files, const std::string& label, const std::string& positive,
                                    const std::string& folder);

}  // namespace footfall
