#include "tests/support/data_folder.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace footfall::test {

std::filesystem::path data_folder(const std::string& name) {
  const char* data = std::getenv("FOOTFALL_DATA");
  return data == nullptr || *data == '\0' ? std::filesystem::path() : std::filesystem::path(data) / name;
}

std::vector<std::string> file_stems(const std::filesystem::path& folder, const std::string& ending) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing))
    if (entry.path().extension() == ending) names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string test_name(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

}  // namespace footfall::test
