#pragma once

#include <string>

#include "host/report/html.hpp"
#include "host/report/record.hpp"

namespace footfall {

/// Everything about one target: the question, how it was tested, headline figures in words, charts, all figures.
[[nodiscard]] Chapter target_section(const FitRecord& record, std::size_t target);

/// The tiles and the charts of a target of each kind; HTML. The charts are empty when the model was not tested.
[[nodiscard]] std::string binary_tiles(const FitRecord& record, std::size_t target);
[[nodiscard]] std::string binary_charts(const FitRecord& record, std::size_t target);
[[nodiscard]] std::string number_tiles(const FitRecord& record, std::size_t target);
[[nodiscard]] std::string number_charts(const FitRecord& record, std::size_t target);
[[nodiscard]] std::string class_tiles(const FitRecord& record, std::size_t target);
[[nodiscard]] std::string class_charts(const FitRecord& record, std::size_t target);

}  // namespace footfall
