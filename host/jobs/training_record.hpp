#pragma once

#include "engine/train/trainer.hpp"
#include "host/jobs/part.hpp"
#include "host/model_folder/record.hpp"

namespace footfall {

/// Trainings and finished parts as lists of a record, each list named behind `prefix`, and back. What is read is what was put, to the bit.
void put_training(Record& record, const std::string& prefix, const TrainingState& state);
void put_training(Record& record, const std::string& prefix, const TrainingResult& result);
[[nodiscard]] TrainingState training_state(const Record& record, const std::string& prefix);
[[nodiscard]] TrainingResult training_result(const Record& record, const std::string& prefix);

/// What a finished part yielded: its history, its predictions and those of its baselines; neither its transform nor its network, which
/// nobody needs once they have predicted.
void put_part(Record& record, const PartResult& part);
[[nodiscard]] PartResult part_result(const Record& record);

}  // namespace footfall
