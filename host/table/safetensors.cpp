#include "host/table/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

using Json = nlohmann::ordered_json;  // the header keeps the order of the tensors

static_assert(std::endian::native == std::endian::little, "values and lengths are written as they lie in memory");

/// The number of values of a shape; nothing when a dimension is negative or the product does not fit.
std::optional<std::uint64_t> count_of(const std::vector<std::int64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) return std::nullopt;
  }
  if (count > (std::uint64_t{1} << 60)) return std::nullopt;
  return count;
}

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw bad_input(fmt::format("{} is damaged: {}", file.string(), what), "fetch it again, or fit the model again");
}

/// Where a tensor lies in the data.
struct Extent {
  std::uint64_t from, to;
  NamedTensor tensor;
};

Extent read_entry(const std::filesystem::path& file, const std::string& name, const Json& entry, std::uint64_t data_size) {
  const auto fault = [&](const std::string& what) { refuse(file, fmt::format("tensor \"{}\" {}", name, what)); };
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets"))
    fault("lacks dtype, shape or data_offsets");
  if (entry["dtype"] != "F32") fault(fmt::format("has the type {}, not F32", entry["dtype"].dump()));
  Extent out{0, 0, {name, {}, {}}};
  if (!entry["shape"].is_array()) fault("has no shape");
  for (const Json& extent : entry["shape"]) {
    if (!extent.is_number_integer()) fault("has a shape that is no list of whole numbers");
    out.tensor.shape.push_back(extent.get<std::int64_t>());
  }
  const Json& offsets = entry["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
    fault("has no two data_offsets");
  out.from = offsets[0].get<std::uint64_t>();
  out.to = offsets[1].get<std::uint64_t>();
  const auto count = count_of(out.tensor.shape);
  if (!count || out.from > out.to || out.to - out.from != *count * sizeof(float)) fault("has offsets that do not fit its shape");
  if (out.to > data_size) fault(fmt::format("ends {} bytes behind the end of the file (it was cut off)", out.to - data_size));
  return out;
}

}  // namespace

const NamedTensor* TensorFile::find(const std::string& name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const NamedTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

void save_tensors(const std::filesystem::path& file, const TensorFile& content) {
  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  std::uint64_t at = 0;
  for (const NamedTensor& tensor : content.tensors) {
    const auto count = count_of(tensor.shape);
    require(count && *count == tensor.values.size(), "a tensor whose shape does not fit its values");
    require(!header.contains(tensor.name) && tensor.name != "__metadata__", "two tensors of one name");
    const std::uint64_t end = at + tensor.values.size() * sizeof(float);
    header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // values begin at a multiple of 8, so that readers may map the file
  const std::uint64_t length = text.size();
  char bytes[sizeof length];
  std::memcpy(bytes, &length, sizeof length);

  AtomicFile out(file);
  out.write({bytes, sizeof length});
  out.write(text);
  for (const NamedTensor& tensor : content.tensors) {
    out.write({reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float)});
  }
  out.commit();
}

TensorFile load_tensors(const std::filesystem::path& file) {
  const std::string bytes = read_file(file);
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) refuse(file, "it is shorter than 8 bytes");
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > bytes.size() - sizeof length) refuse(file, "its header is longer than the file");
  const std::string_view data = std::string_view(bytes).substr(sizeof length + length);
  std::set<std::string> keys;
  bool twice = false;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {  // a JSON object would silently keep one of two equal keys
    if (depth == 1 && event == Json::parse_event_t::key && !keys.insert(value.get<std::string>()).second) twice = true;
    return true;
  };
  const Json header =
      Json::parse(bytes.begin() + sizeof length, bytes.begin() + static_cast<std::ptrdiff_t>(sizeof length + length), watch, false);
  if (header.is_discarded() || !header.is_object()) refuse(file, "its header is no JSON object");
  if (twice) refuse(file, "its header names a tensor twice");

  TensorFile out;
  std::vector<Extent> extents;
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") {
      extents.push_back(read_entry(file, name, entry, data.size()));
      continue;
    }
    if (!entry.is_object()) refuse(file, "its __metadata__ is no object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) refuse(file, fmt::format("its __metadata__ \"{}\" is no text", key));
      out.metadata[key] = value.get<std::string>();
    }
  }
  std::stable_sort(extents.begin(), extents.end(),
                   [](const Extent& a, const Extent& b) { return a.from < b.from || (a.from == b.from && a.to < b.to); });
  std::uint64_t at = 0;
  for (Extent& extent : extents) {
    if (extent.from != at)
      refuse(file, fmt::format("tensor \"{}\" {}", extent.tensor.name, extent.from < at ? "overlaps another" : "follows a gap"));
    extent.tensor.values.resize((extent.to - extent.from) / sizeof(float));
    if (extent.to > extent.from) std::memcpy(extent.tensor.values.data(), data.data() + extent.from, extent.to - extent.from);
    at = extent.to;
    out.tensors.push_back(std::move(extent.tensor));
  }
  if (at != data.size()) refuse(file, fmt::format("{} bytes follow the last tensor", data.size() - at));
  return out;
}

}  // namespace footfall
