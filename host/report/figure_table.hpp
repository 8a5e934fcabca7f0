#pragma once

#include <string>
#include <vector>

#include "host/report/record.hpp"

namespace footfall {

/// A big number with what it means, and the baselines' below.
struct Tile {
  std::string name, big, text, beside;  ///< HTML
};
[[nodiscard]] std::string html(const std::vector<Tile>& tiles);

/// All figures of a target: the model, its baselines, and the model on the customers it learned from. The best of a row is bold.
[[nodiscard]] std::string figure_table(const FitRecord& record, std::size_t target);

/// "Logistic regression 0.917 · Constant 0.500" of a figure; empty where there are no baselines.
[[nodiscard]] std::string beside(const FitRecord& record, std::size_t target, const std::string& figure);

}  // namespace footfall
