#pragma once

#include <filesystem>
#include <vector>

#include "host/jobs/fit.hpp"

namespace footfall {

/// The folder of a model while it is fitted. The files are written in a folder inside it and moved when all of them are whole: until then a
/// model that is to be replaced stays, and a fit that fails leaves nothing of its own behind but a checkpoint.
class FitFolder {
 public:
  /// Throws Error{bad_input} when there is something and `existing` says to refuse it, or when the folder cannot be made.
  FitFolder(std::filesystem::path folder, Existing existing);
  ~FitFolder();
  FitFolder(const FitFolder&) = delete;             // two owners would remove it twice
  FitFolder& operator=(const FitFolder&) = delete;  // likewise

  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }
  /// Where to write. What a fit that was killed has left there goes.
  [[nodiscard]] const std::filesystem::path& begin();
  /// Replaces the model that was there, model.json last; then the checkpoint goes.
  void finish();
  /// Takes away what a fit that was killed at its very end has left beside a finished model.
  static void tidy(const std::filesystem::path& folder);

 private:
  std::filesystem::path folder_, partial_;
  std::vector<std::filesystem::path> made_;   ///< the innermost first
  bool whole_ = false;
};

}  // namespace footfall
