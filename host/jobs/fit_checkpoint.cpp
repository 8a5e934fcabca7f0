#include "host/jobs/fit_checkpoint.hpp"

#include <fmt/format.h>

#include "host/jobs/training_record.hpp"
#include "host/model_folder/digest.hpp"
#include "host/model_folder/model_folder.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr const char* training_file = "training.record";

std::filesystem::path part_file(const std::filesystem::path& folder, std::size_t number) { return folder / fmt::format("part-{}.record", number); }

std::string digest_of_model(const std::filesystem::path& model) { return holds_model(model) ? digest_of(read_file(model / "model.json")) : std::string(); }

/// The first record of a checkpoint, if there is one.
std::optional<std::filesystem::path> any_record(const std::filesystem::path& folder) {
  for (const std::filesystem::path& file : {folder / training_file, part_file(folder, 0)})
    if (std::filesystem::exists(file)) return file;
  return std::nullopt;
}

}  // namespace

FitCheckpoint::FitCheckpoint(const std::filesystem::path& model, double seconds) : folder_(folder_of(model)), seconds_(seconds), replaces_(digest_of_model(model)) {}

bool FitCheckpoint::can_go_on(const std::filesystem::path& model) {
  const std::optional<std::filesystem::path> file = any_record(folder_of(model));
  return file && Record::load(*file).text("replaces") == digest_of_model(model);
}

void FitCheckpoint::open(FitIdentity identity, bool resume) {
  identity_ = std::move(identity);
  if (!resume || !any_record(folder_)) return;
  take_over();
  begun_ = true;
  ++resumes_;
}

void FitCheckpoint::check(const Record& record, const std::filesystem::path& file) const {
  const auto same = [&](const char* name, const std::string& mine, const char* what) {
    if (record.text(name) != mine)
      throw bad_input(fmt::format("{} is the checkpoint of a fit with {}", file.string(), what), "give --overwrite to start anew, or what it was made with to go on");
  };
  same("device", identity_.device, fmt::format("another device ({}, not {})", record.text("device"), identity_.device).c_str());
  same("seed", identity_.seed, fmt::format("another seed ({}, not {})", record.text("seed"), identity_.seed).c_str());
  same("data", identity_.data, "other data");
  same("job", identity_.job, "another job");
}

Record FitCheckpoint::begin_record() const {
  Record record;
  record.put_text("device", identity_.device);
  record.put_text("seed", identity_.seed);
  record.put_text("data", identity_.data);
  record.put_text("job", identity_.job);
  record.put_text("replaces", replaces_);
  if (algorithms_) {
    std::vector<std::int32_t> numbers;
    for (const RnnAlgorithm algorithm : *algorithms_) numbers.push_back(static_cast<std::int32_t>(algorithm));
    record.put("algorithms", numbers);
  }
  return record;
}

void FitCheckpoint::take_common(const Record& record) {
  replaces_ = record.text("replaces");
  if (!record.has("algorithms")) return;
  algorithms_.emplace();
  for (const std::int32_t number : record.list<std::int32_t>("algorithms")) algorithms_->push_back(static_cast<RnnAlgorithm>(number));
}

void FitCheckpoint::take_over() {
  for (; std::filesystem::exists(part_file(folder_, written_)); ++written_) {
    Record record = Record::load(part_file(folder_, written_));
    check(record, part_file(folder_, written_));
    take_common(record);
    const std::string name = record.text("part");
    finished_.insert_or_assign(name, std::move(record));
  }
  const std::filesystem::path file = folder_ / training_file;
  if (!std::filesystem::exists(file)) return;
  const Record record = Record::load(file);
  check(record, file);
  take_common(record);
  read_trainings(record);
}

std::optional<PartResult> FitCheckpoint::finished(const std::string& part) const {
  const auto found = finished_.find(part);
  if (found == finished_.end()) return std::nullopt;
  return part_result(found->second);
}

void FitCheckpoint::finish(const std::string& part, const PartResult& result) {
  Record record = begin_record();
  record.put_text("part", part);
  put_part(record, result);
  finished_.insert_or_assign(part, std::move(record));
  unwritten_.push_back(part);
  trainings_.clear();
  if (is_due()) write();
}

TrainingResult FitCheckpoint::train(const std::string& name, const std::function<void(const EpochRecord&)>& progress, const Work& work) {
  Training& training = trainings_[name];
  if (training.finished) return training.result;
  const TrainingState from = training.state;
  TrainingHooks hooks;
  hooks.progress = progress;
  hooks.due = [&] { return is_due(); };
  hooks.keep = [&](const TrainingState& state) {
    training.state = state;
    write();
  };
  if (!from.parameters.empty()) hooks.from = &from;
  training.result = work(hooks);
  training.finished = true;
  training.state = {};
  return training.result;
}

bool FitCheckpoint::is_due() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - last_).count() >= seconds_; }

void FitCheckpoint::write() {
  std::error_code problem;
  if (!begun_) std::filesystem::remove_all(folder_, problem);
  if (!problem) std::filesystem::create_directories(folder_, problem);
  if (problem) throw_write_error(folder_, problem.value());
  begun_ = true;
  for (const std::string& part : unwritten_) finished_.at(part).save(part_file(folder_, written_++));
  unwritten_.clear();
  write_trainings();
  last_ = std::chrono::steady_clock::now();
}

void FitCheckpoint::write_trainings() const {
  Record record = begin_record();
  record.put("resumes", std::vector<std::int64_t>{resumes_});
  record.put("trainings", std::vector<std::int64_t>{static_cast<std::int64_t>(trainings_.size())});
  std::size_t number = 0;
  for (const auto& [name, training] : trainings_) {
    const std::string at = fmt::format("training {} ", number++);
    record.put_text(at + "name", name);
    record.put(at + "finished", std::vector<std::int32_t>{training.finished ? 1 : 0});
    if (training.finished) {
      put_training(record, at, training.result);
    } else {
      put_training(record, at, training.state);
    }
  }
  record.save(folder_ / training_file);
}

void FitCheckpoint::read_trainings(const Record& record) {
  resumes_ = record.value<std::int64_t>("resumes");
  const auto trainings = record.value<std::int64_t>("trainings");
  for (std::int64_t number = 0; number < trainings; ++number) {
    const std::string at = fmt::format("training {} ", number);
    Training& training = trainings_[record.text(at + "name")];
    training.finished = record.value<std::int32_t>(at + "finished") != 0;
    if (training.finished) {
      training.result = training_result(record, at);
    } else {
      training.state = training_state(record, at);
    }
  }
}

}  // namespace footfall
