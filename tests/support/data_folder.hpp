#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace footfall::test {

/// $FOOTFALL_DATA/NAME; empty where the variable is not set.
[[nodiscard]] std::filesystem::path data_folder(const std::string& name);

/// Files of a folder with this ending, by name without it, sorted; none when the folder is missing. To list a test's cases when it runs.
[[nodiscard]] std::vector<std::string> file_stems(const std::filesystem::path& folder, const std::string& ending);

/// A name as GoogleTest takes one: what is no letter or digit becomes an underscore.
[[nodiscard]] std::string test_name(std::string name);

}  // namespace footfall::test
