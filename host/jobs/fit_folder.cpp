#include "host/jobs/fit_folder.hpp"

#include "host/jobs/fit_checkpoint.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// What a fit writes. model.json comes last: a folder without it is no model.
constexpr const char* files_of_model[] = {"weights.safetensors", "network.bif", "job.toml", "metrics.json", "test_predictions.parquet", "history.csv", "model.json"};

}  // namespace

FitFolder::FitFolder(std::filesystem::path folder, Existing existing) : folder_(std::move(folder)) {
  if (folder_.has_parent_path() && !folder_.has_filename()) folder_ = folder_.parent_path();
  partial_ = folder_ / ".partial";
  if (std::filesystem::is_directory(folder_) && !std::filesystem::is_empty(folder_) && existing == Existing::refuse)
    throw bad_input(folder_.string() + " exists already", "give --overwrite to replace it, --resume to go on, or another --out");
  for (std::filesystem::path missing = folder_; !missing.empty() && !std::filesystem::exists(missing); missing = missing.parent_path()) made_.push_back(missing);
  std::error_code problem;
  std::filesystem::create_directories(folder_, problem);
  if (!problem && !std::filesystem::is_directory(folder_)) problem = std::make_error_code(std::errc::not_a_directory);
  if (problem) throw bad_input("the folder " + folder_.string() + " cannot be made: " + problem.message(), "choose another --out");
}

FitFolder::~FitFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(partial_, ignored);
  if (whole_) return;
  const std::filesystem::path checkpoint = FitCheckpoint::folder_of(folder_);
  std::filesystem::remove(checkpoint, ignored);  // when nothing is in it
  for (const std::filesystem::path& folder : made_) std::filesystem::remove(folder, ignored);
}

const std::filesystem::path& FitFolder::begin() {
  std::error_code problem;
  std::filesystem::remove_all(partial_, problem);
  if (!problem) std::filesystem::create_directories(partial_, problem);
  if (problem) throw_write_error(partial_, problem.value());
  return partial_;
}

void FitFolder::finish() {
  std::error_code problem;
  std::filesystem::remove(folder_ / "model.json", problem);
  for (const char* name : files_of_model) {
    if (!problem) std::filesystem::remove(folder_ / name, problem);
    if (!problem && std::filesystem::exists(partial_ / name)) std::filesystem::rename(partial_ / name, folder_ / name, problem);
  }
  if (problem) throw_write_error(folder_, problem.value());
  whole_ = true;
  tidy(folder_);
}

void FitFolder::tidy(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder / ".partial", ignored);
  std::filesystem::remove_all(FitCheckpoint::folder_of(folder), ignored);
}

}  // namespace footfall
