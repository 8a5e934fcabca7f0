#pragma once

#include <filesystem>
#include <string>

#include "tests/host/table/temporary_folder.hpp"

namespace footfall::testing {

/// Names that would break a page which forgets to escape one.
inline const std::string first_target = "gone";
inline const std::string nasty_class = "<script>alert('1')</script>";
inline const std::string nasty_column = "a<i> & 'b'";

/// Two small fitted models with their scores, made once for all tests of the process.
///
/// table: a customer table with a binary, a class and a number target, missing cells, two folds
/// shop:  an event log with happens, silent and sum targets, out of time
struct FittedModels {
  FittedModels();

  TemporaryFolder folder;
  std::filesystem::path table, shop;
  std::string table_scores, shop_scores;  ///< Parquet
};

[[nodiscard]] const FittedModels& fitted_models();

/// Scores a model again into another file of any kind.
void score_to(const std::filesystem::path& model, const std::string& out);

}  // namespace footfall::testing
