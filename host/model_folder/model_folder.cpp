#include "host/model_folder/model_folder.hpp"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "host/model_folder/digest.hpp"
#include "host/model_folder/model_json.hpp"
#include "host/networks/networks.hpp"
#include "host/table/atomic_file.hpp"
#include "host/table/safetensors.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t scale_fields = 6;

NamedTensor scale_tensor(const std::string& name, const std::vector<ColumnScale>& scale) {
  NamedTensor tensor{name, {static_cast<std::int64_t>(scale.size()), scale_fields}, {}};
  for (const ColumnScale& s : scale) tensor.values.insert(tensor.values.end(), {s.fill, s.mean, s.inverse, s.low, s.high, static_cast<float>(s.indicator)});
  return tensor;
}

std::vector<ColumnScale> scale_of(const NamedTensor& tensor) {
  std::vector<ColumnScale> out;
  for (std::size_t i = 0; i + scale_fields <= tensor.values.size(); i += scale_fields) {
    const float* v = tensor.values.data() + i;
    out.push_back({v[0], v[1], v[2], v[3], v[4], static_cast<std::int32_t>(v[5])});
  }
  return out;
}

NamedTensor matrix(const std::string& name, const std::vector<float>& values, std::int64_t columns) {
  const auto size = static_cast<std::int64_t>(values.size());
  return {name, {columns > 0 ? size / columns : 0, columns}, values};
}

/// The tensor of that name; its size must be what the model says.
const NamedTensor& tensor_at(const TensorFile& file, const std::string& name, std::int64_t size, const std::filesystem::path& path) {
  const NamedTensor* tensor = file.find(name);
  if (tensor == nullptr) throw bad_input(path.string() + " lacks the tensor \"" + name + "\"", "the model is damaged: fit it anew");
  if (static_cast<std::int64_t>(tensor->values.size()) != size)
    throw bad_input(path.string() + ": the tensor \"" + name + "\" holds " + std::to_string(tensor->values.size()) + " values, not " + std::to_string(size),
                    "the model is damaged: fit it anew");
  return *tensor;
}

TensorFile tensors_of(const SavedModel& model) {
  TensorFile file;
  file.metadata = {{"program", "footfall"}, {"format", std::to_string(SavedModel::format)}};
  const ParameterLayout layout(model.architecture);
  for (const Parameter& p : layout.all())
    file.tensors.push_back({p.name, p.shape, std::vector<float>(model.parameters.begin() + p.offset, model.parameters.begin() + p.offset + p.size())});
  const Transform& t = model.transform;
  file.tensors.push_back(scale_tensor("transform.event_scale", t.events.scale));
  file.tensors.push_back(scale_tensor("transform.profile_scale", t.profile.scale));
  file.tensors.push_back(matrix("transform.knots", t.knots, t.points));
  file.tensors.push_back(matrix("transform.scores", t.scores, t.points));
  file.tensors.push_back(scale_tensor("transform.fill", t.fill));
  file.tensors.push_back({"transform.gate", {static_cast<std::int64_t>(t.gate.size())}, t.gate});
  file.tensors.push_back(scale_tensor("transform.indicator_scale", t.indicator_scale));
  return file;
}

void read_tensors(const std::filesystem::path& path, SavedModel& model) {
  const TensorFile file = load_tensors(path);
  const ParameterLayout layout(model.architecture);
  model.parameters.assign(static_cast<std::size_t>(layout.size()), 0.0F);
  for (const Parameter& p : layout.all()) {
    const std::vector<float>& values = tensor_at(file, p.name, p.size(), path).values;
    std::copy(values.begin(), values.end(), model.parameters.begin() + p.offset);
  }
  Transform& t = model.transform;
  const auto events = static_cast<std::int64_t>(t.events.names.size()), profile = static_cast<std::int64_t>(t.profile.names.size());
  t.events.scale = scale_of(tensor_at(file, "transform.event_scale", events * scale_fields, path));
  t.profile.scale = scale_of(tensor_at(file, "transform.profile_scale", profile * scale_fields, path));
  t.knots = tensor_at(file, "transform.knots", profile * t.points, path).values;
  t.scores = tensor_at(file, "transform.scores", profile * t.points, path).values;
  t.fill = scale_of(tensor_at(file, "transform.fill", t.points > 0 ? profile * scale_fields : 0, path));
  const NamedTensor* gate = file.find("transform.gate");
  t.gate = tensor_at(file, "transform.gate", gate != nullptr && gate->values.empty() ? 0 : t.profile_width(), path).values;
  t.indicator_scale = scale_of(tensor_at(file, "transform.indicator_scale", t.profile.indicators() * scale_fields, path));
}

nlohmann::ordered_json parsed(const std::filesystem::path& path) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(read_file(path));
  const int format = json.at("format");
  if (format != SavedModel::format)
    throw bad_input(path.string() + " has format " + std::to_string(format) + ", this footfall reads format " + std::to_string(SavedModel::format), "fit the model anew with this version");
  const std::string digest = json.at("digest");
  json.erase("digest");
  if (digest != digest_of(json.dump())) throw std::invalid_argument("its contents are not those that were saved");
  return json;
}

/// What was saved together must belong together.
void check_parts(const std::filesystem::path& folder, const SavedModel& model, const std::string& weights) {
  const std::filesystem::path file = folder / "weights.safetensors";
  if (digest_of(read_file(file)) != weights) throw bad_input(file.string() + " is damaged: its contents are not those that were saved with model.json", "fetch it again, or fit the model anew");
  const auto same = [](const TargetSpec& target, const HeadSpec& head) { return target.name == head.name; };
  if (!std::equal(model.job.targets.begin(), model.job.targets.end(), model.architecture.heads.begin(), model.architecture.heads.end(), same))
    throw bad_input(model.job.source + ": its targets are not those of model.json", "put them back, or fit the model anew");
}

void read_network_part(const std::filesystem::path& folder, const std::string& digest, SavedNetwork& network) {
  const std::filesystem::path file = folder / "network.bif";
  if (digest_of(read_file(file)) != digest) throw bad_input(file.string() + " is damaged: its contents are not those that were saved with model.json", "fetch it again, or fit the model anew");
  network.fitted.network = read_network(file);
}

}  // namespace

void save_model(const std::filesystem::path& folder, const SavedModel& model) {
  save_tensors(folder / "weights.safetensors", tensors_of(model));
  if (model.network) write_network(folder / "network.bif", model.network->fitted.network);
  write_file(folder / "job.toml", to_toml(model.job));
  nlohmann::ordered_json json = {{"program", "footfall"}, {"format", SavedModel::format}};
  json.update(describe_model(model));
  json["weights"] = digest_of(read_file(folder / "weights.safetensors"));
  if (model.network) json["network"]["digest"] = digest_of(read_file(folder / "network.bif"));
  json["digest"] = digest_of(json.dump());
  write_file(folder / "model.json", json.dump(1) + "\n");
}

SavedModel load_model(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "model.json";
  if (!std::filesystem::exists(path)) throw bad_input(folder.string() + " holds no model: model.json is missing", "fit one: footfall fit JOB --out " + folder.string());
  SavedModel model;
  std::string weights, network;
  try {
    const nlohmann::json json = parsed(path);
    read_description(json, model);
    weights = json.at("weights");
    if (model.network) network = json.at("network").at("digest");
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {
    throw bad_input(path.string() + " is damaged: " + problem.what(), "fit the model anew");
  }
  model.job = read_job((folder / "job.toml").string());
  read_tensors(folder / "weights.safetensors", model);
  check_parts(folder, model, weights);
  if (model.network) read_network_part(folder, network, *model.network);
  return model;
}

bool holds_model(const std::filesystem::path& folder) { return std::filesystem::exists(folder / "model.json"); }

}  // namespace footfall
