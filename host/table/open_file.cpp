#include <algorithm>
#include <filesystem>
#include <numeric>

#include <fmt/format.h>
#include <glob.h>

#include "host/table/byte_source.hpp"
#include "host/table/raw.hpp"
#include "kernels/error.hpp"

namespace footfall {

std::string_view describe(RawForm form) {
  switch (form) {
    case RawForm::cells:
    case RawForm::text: return "text";
    case RawForm::integer: return "whole numbers";
    case RawForm::number: return "numbers";
    case RawForm::boolean: return "true and false";
    case RawForm::timestamp: return "times";
    case RawForm::nothing: return "nothing";
    case RawForm::unsupported: return "lists or structs";
  }
  return "values";
}

void FileReader::limit_to(std::int32_t /*first*/, std::int32_t /*end*/) { require(false, "a part of a file that has none is asked for"); }

void RawColumn::clear() {
  cells.clear();
  integers.clear();
  numbers.clear();
  valid.clear();
  form = RawForm::cells;
  resolution = TimeResolution::none;
}

std::unique_ptr<FileReader> open_file(const std::string& file, const TextOptions& options) {
  const std::string head = first_bytes(file, 4);
  if (head.empty()) throw bad_input(fmt::format("{} is empty", file), "fetch or write it again");
  const bool named_parquet = file.ends_with(".parquet") || file.ends_with(".pq");
  return named_parquet || head == "PAR1" ? open_parquet_file(file, options) : open_text_file(file, options);
}

std::vector<FileSize> file_sizes(const std::vector<std::string>& files, const TextOptions& text) {
  std::vector<FileSize> out;
  for (const std::string& file : files) {
    std::error_code ignored;
    FileSize size{static_cast<std::int64_t>(std::filesystem::file_size(file, ignored)), -1};
    const std::vector<std::int64_t> groups = open_file(file, text)->groups();
    if (!groups.empty()) size.rows = std::accumulate(groups.begin(), groups.end(), std::int64_t{0});
    out.push_back(size);
  }
  return out;
}

std::vector<std::string> column_names(const std::string& file, const TextOptions& text) { return open_file(file, text)->names(); }

std::vector<std::string> expand_files(const std::vector<std::string>& patterns, const std::filesystem::path& base) {
  std::vector<std::string> out;
  const auto add = [&out](const std::string& file) {
    if (std::find(out.begin(), out.end(), file) == out.end()) out.push_back(file);
  };
  for (const std::string& pattern : patterns) {
    const std::string path = std::filesystem::path(pattern).is_absolute() ? pattern : (base / pattern).lexically_normal().string();
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {  // a name that holds * or [ is a name first
      if (std::filesystem::is_directory(path, ignored)) {
        throw bad_input(fmt::format("{} is a folder", path),
                        fmt::format("name its files, such as \"{}\"", (std::filesystem::path(pattern) / "*.parquet").string()));
      }
      add(path);
      continue;
    }
    if (pattern.find_first_of("*?[") == std::string::npos)
      throw bad_input(fmt::format("{} does not exist", path), "check the name; paths are relative to the job file");
    glob_t found{};
    const int status = glob(path.c_str(), GLOB_NOSORT, nullptr, &found);
    std::vector<std::string> files;
    for (std::size_t i = 0; status == 0 && i < found.gl_pathc; ++i) {
      if (std::filesystem::is_regular_file(found.gl_pathv[i], ignored)) files.emplace_back(found.gl_pathv[i]);
    }
    globfree(&found);
    if (files.empty()) throw bad_input(fmt::format("no file matches {}", path), "check the pattern; paths are relative to the job file");
    std::sort(files.begin(), files.end());  // by bytes, the same in every locale
    for (const std::string& file : files) add(file);
  }
  return out;
}

}  // namespace footfall
