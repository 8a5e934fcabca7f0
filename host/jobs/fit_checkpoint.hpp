#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/jobs/part.hpp"
#include "host/model_folder/record.hpp"

namespace footfall {

/// What must not differ between the fit that left a checkpoint and the one that goes on, each as a text that changes with it.
struct FitIdentity {
  std::string job;      ///< with every choice made, but for its seed and the places of its files
  std::string data;     ///< what was read
  std::string seed;
  std::string device;   ///< its kind, and its instruction set: what decides the bits of a sum
};

/// What a fit keeps on disk while it works: MODEL/checkpoint/part-K.record for every finished part, and training.record for the part under
/// way. Each is written beside its name and renamed, ends in a digest and names its fit.
///
/// Nothing is written before `seconds` of work have gone by, and then at the end of the step that is under way; so much is lost at most, but
/// for what reads and prepares the data. 0 writes after every step.
class FitCheckpoint {
 public:
  FitCheckpoint(const std::filesystem::path& model, double seconds);

  /// Before anything is trained. With `resume` takes over what is there, or Error{bad_input} when that is damaged or of another fit, saying
  /// what differs. Without it whatever is there goes as soon as something is written.
  void open(FitIdentity identity, bool resume);

  /// What --tune chose: measured once, for timing would choose otherwise another time. Nothing, when it was not asked for.
  [[nodiscard]] const std::optional<std::vector<RnnAlgorithm>>& algorithms() const { return algorithms_; }
  void keep_algorithms(std::vector<RnnAlgorithm> algorithms) { algorithms_ = std::move(algorithms); }

  /// What the part yielded, when it was finished before.
  [[nodiscard]] std::optional<PartResult> finished(const std::string& part) const;
  void finish(const std::string& part, const PartResult& result);

  /// Runs a training of the part under way, from where it was kept; not at all when it was finished.
  using Work = std::function<TrainingResult(const TrainingHooks&)>;
  [[nodiscard]] TrainingResult train(const std::string& name, const std::function<void(const EpochRecord&)>& progress, const Work& work);

  [[nodiscard]] std::int64_t resumes() const { return resumes_; }   ///< how often this fit was taken up again
  /// Whether a fit that was to replace the model in this folder, or to make one, was killed and can go on.
  [[nodiscard]] static bool can_go_on(const std::filesystem::path& model);
  [[nodiscard]] static std::filesystem::path folder_of(const std::filesystem::path& model) { return model / "checkpoint"; }

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Training {
    bool finished = false;
    TrainingState state;
    TrainingResult result;
  };

  [[nodiscard]] bool is_due() const;
  void write();
  void take_over();
  void take_common(const Record& record);
  void check(const Record& record, const std::filesystem::path& file) const;
  [[nodiscard]] Record begin_record() const;
  void write_trainings() const;
  void read_trainings(const Record& record);

  std::filesystem::path folder_;
  double seconds_;
  FitIdentity identity_;
  std::string replaces_;                      ///< digest of the model.json that was there when the fit began; empty: none
  std::optional<std::vector<RnnAlgorithm>> algorithms_;
  std::map<std::string, Record> finished_;    ///< parts by name
  std::vector<std::string> unwritten_;        ///< of them
  std::size_t written_ = 0;                   ///< parts on disk
  std::map<std::string, Training> trainings_;
  bool begun_ = false;                        ///< the folder is ours
  std::int64_t resumes_ = 0;
  Moment last_ = std::chrono::steady_clock::now();
};

}  // namespace footfall
