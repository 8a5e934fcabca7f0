#include "host/jobs/about.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "host/table/library.hpp"
#include "kernels/device/processor.hpp"

namespace footfall {

std::vector<std::pair<std::string, std::string>> linked_libraries() {
  return {{"Arrow", arrow_version()},
          {"oneDNN", onednn_version()},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
          {"JSON", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
          {"loops", vector_instructions()}};
}

}  // namespace footfall
