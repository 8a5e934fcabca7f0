#pragma once

#include <memory>

#include "host/job/job.hpp"
#include "host/jobs/score.hpp"
#include "host/model_folder/model_folder.hpp"
#include "host/score_state/state_folder.hpp"

namespace footfall {

/// Opens the state that `request` names to go on from; null when it names none. A note says
/// so when the model is one whose customers are all computed anew. Throws Error{bad_input} when it is not of this model, or when the
/// request asks for what a state cannot give.
[[nodiscard]] std::unique_ptr<StateFolder> open_state(const ScoreRequest& request, const SavedModel& model, const std::string& digest, const Observer& observer);

/// The job without the event files that a state has; without events when there are no others. A note says how many it has. Throws Error{bad_input}
/// when one of them has changed since it was read.
[[nodiscard]] Job unread_job(Job job, const StateFolder& state, const Observer& observer);

/// The files that are in the state of a score of this job, which may name a store: those of the state before (or null) and its own. Throws
/// Error{bad_input} when the store was made of files that the state has.
[[nodiscard]] StoreOrigin origin_of_state(const Job& job, const StateFolder* state);

}  // namespace footfall
