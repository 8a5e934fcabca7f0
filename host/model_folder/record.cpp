#include "host/model_folder/record.hpp"

#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/model_folder/digest.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");

constexpr std::string_view first_line = "footfall record 1\n";
constexpr std::size_t digest_length = 16;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw bad_input(fmt::format("{} is damaged: {}", file.string(), what), "give --overwrite to start anew");
}

/// The bytes of a file without its digest, which must be theirs.
std::string checked(const std::filesystem::path& file) {
  std::string bytes = read_file(file);
  if (!bytes.starts_with(first_line)) refuse(file, "it does not begin as a record of footfall");
  if (bytes.size() < first_line.size() + digest_length) refuse(file, "it was cut off");
  const std::string digest = bytes.substr(bytes.size() - digest_length);
  bytes.resize(bytes.size() - digest_length);
  if (digest_of(bytes) != digest) refuse(file, "its contents are not those that were saved");
  return bytes;
}

}  // namespace

void Record::add(const std::string& name, char type, const void* values, std::size_t bytes) {
  require(!has(name), "two lists of a record with one name");
  List& list = lists_[name];
  list.type = type;
  if (bytes > 0) list.bytes.assign(static_cast<const char*>(values), bytes);
}

const std::string& Record::at(const std::string& name, char type, std::size_t unit, std::size_t size) const {
  const auto found = lists_.find(name);
  if (found == lists_.end()) refuse(file_, "it lacks \"" + name + "\"");
  const List& list = found->second;
  if (list.type != type || list.bytes.size() % unit != 0 || (size > 0 && list.bytes.size() != size)) refuse(file_, "its \"" + name + "\" is of another type");
  return list.bytes;
}

void Record::copy_out(const std::string& bytes, void* to) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

void Record::save(const std::filesystem::path& file) const {
  nlohmann::ordered_json header = nlohmann::ordered_json::array();
  std::size_t size = 0;
  for (const auto& [name, list] : lists_) {
    header.push_back({name, std::string(1, list.type), list.bytes.size()});
    size += list.bytes.size();
  }
  const std::string text = header.dump();
  std::string bytes = fmt::format("{}{}\n{}", first_line, text.size(), text);
  bytes.reserve(bytes.size() + size + digest_length);
  for (const auto& entry : lists_) bytes += entry.second.bytes;
  bytes += digest_of(bytes);
  write_file(file, bytes);
}

Record Record::load(const std::filesystem::path& file) {
  const std::string bytes = checked(file);
  std::size_t length = 0;
  const char* end = bytes.data() + bytes.size();
  const auto [after, problem] = std::from_chars(bytes.data() + first_line.size(), end, length);
  if (problem != std::errc() || after == end || static_cast<std::size_t>(end - after) - 1 < length) refuse(file, "its header is longer than the file");
  const auto header = nlohmann::json::parse(after + 1, after + 1 + length, nullptr, false);
  Record out;
  out.file_ = file;
  const char* from = after + 1 + length;
  try {
    for (const auto& entry : header) {
      const std::string name = entry.at(0), type = entry.at(1);
      const std::size_t size = entry.at(2);
      if (static_cast<std::size_t>(end - from) < size || type.size() != 1) refuse(file, "\"" + name + "\" ends behind the end of the file");
      out.add(name, type[0], from, size);
      from += size;
    }
  } catch (const nlohmann::json::exception& problem_of_header) {
    refuse(file, problem_of_header.what());
  }
  return out;
}

}  // namespace footfall
