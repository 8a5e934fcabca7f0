#include "host/jobs/score_update.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "host/jobs/score_states.hpp"
#include "host/journeys/store/fingerprint.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

namespace fs = std::filesystem;

bool same_content(const InputFile& a, const InputFile& b) { return a.bytes == b.bytes && a.ends == b.ends; }

bool same_name(const InputFile& a, const InputFile& b) {
  std::error_code ignored;
  return a.name == b.name || fs::weakly_canonical(a.name, ignored) == fs::weakly_canonical(b.name, ignored);
}

/// Whether the state has read this file, whatever its name was.
bool is_read(const std::vector<InputFile>& read, const InputFile& file) {
  if (std::any_of(read.begin(), read.end(), [&](const InputFile& one) { return same_content(one, file); })) return true;
  if (std::any_of(read.begin(), read.end(), [&](const InputFile& one) { return same_name(one, file); }))
    throw bad_input(file.name + " has changed since its events came into the state", "give the new events in a file of their own, or score from scratch with --save-state");
  return false;
}

std::vector<InputFile> files_of(const Job& job) {
  if (!job.journeys.empty()) return read_manifest(job.journeys).origin.events;
  return job.events ? look_at_files(expand_files(job.events->table.files, {})) : std::vector<InputFile>();
}

}  // namespace

std::unique_ptr<StateFolder> open_state(const ScoreRequest& request, const SavedModel& model, const std::string& digest, const Observer& observer) {
  const bool saves = !request.save_state.empty();
  if (request.update.empty() && !saves) return nullptr;
  const char* option = request.update.empty() ? "--save-state" : "--update";
  if (!model.job.events) throw bad_input(fmt::format("{} is given, but the model was fitted without an event log", option), "leave it out");
  if (!model.job.events->merge.empty())
    throw bad_input(fmt::format("{} is given, but [events] merge joins lines, and lines of one event might come with different files", option), "score from scratch");
  if (saves && request.split.workers > 1) throw bad_input("--save-state and --workers exclude each other", "a worker sees a part of the customers; give one of them");
  if (saves && request.resume) throw bad_input("--save-state and --resume exclude each other", "give --overwrite: shards that are whole say nothing of the states");
  if (request.update.empty()) return nullptr;
  auto state = std::make_unique<StateFolder>(request.update);
  if (state->facts().model != digest) throw bad_input(request.update.string() + " is the state of another model", "score from scratch with --save-state");
  if (state->facts().width != StateFlow::width_of(model)) throw bad_input(request.update.string() + " holds states of another shape than the model's", "score from scratch with --save-state");
  if (state->facts().width == 0)
    observer.note(model.features.interpolate ? "everybody is computed anew: a missing number that is interpolated changes with the events that follow it"
                                             : "everybody is computed anew: the model has no recurrent layers to go on with");
  return state;
}

Job unread_job(Job job, const StateFolder& state, const Observer& observer) {
  std::vector<std::string> unread;
  const std::vector<InputFile> given = files_of(job), &read = state.journeys().manifest().origin.events;
  for (const InputFile& file : given)
    if (!is_read(read, file)) unread.push_back(file.name);
  if (unread.size() < given.size())
    observer.note(fmt::format("{} of the {} event files {} in the state already", given.size() - unread.size(), given.size(), given.size() - unread.size() == 1 ? "is" : "are"));
  job.events->table.files = unread;
  if (unread.empty()) job.events.reset();
  return job;
}

StoreOrigin origin_of_state(const Job& job, const StateFolder* state) {
  StoreOrigin origin;
  if (state != nullptr) origin.events = state->journeys().manifest().origin.events;
  for (const InputFile& file : files_of(job)) {
    if (is_read(origin.events, file)) throw bad_input(fmt::format("{} is in the state already", file.name), "prepare a store of the new events alone");
    origin.events.push_back(file);
  }
  return origin;
}

}  // namespace footfall
