#pragma once

#include "host/job/job.hpp"
#include "host/job/section.hpp"

namespace footfall {

/// The last target of the job against those before it: its name is fit for a column of the scores and not taken.
void check_target(const Job& job, const Section& in);

/// What no single table can tell: whether events, customers, targets, split and policies go together. Throws bad_input.
void check_job(const Job& job);

}  // namespace footfall
