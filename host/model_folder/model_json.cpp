#include "host/model_folder/model_json.hpp"

#include <nlohmann/json.hpp>

namespace footfall {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json describe(const FeatureSpec& f) {
  return {{"events", f.events},
          {"derived", f.derived},
          {"amount", f.amount},
          {"max_length", f.max_length},
          {"clock", {{"steps", f.clock.steps}, {"resolution", f.clock.resolution}}},
          {"items", f.items},
          {"many_per_moment", f.many_per_moment},
          {"many_per_day", f.many_per_day},
          {"interpolate", f.interpolate},
          {"drop_numbers", f.drop_numbers},
          {"drop_words", f.drop_words},
          {"windows", f.windows},
          {"horizon", f.horizon},
          {"summarized", f.summarized},
          {"wanted_types", f.wanted_types},
          {"counted_types", f.counted_types},
          {"event_numeric", f.event_numeric},
          {"event_categorical", f.event_categorical},
          {"profile_numeric", f.profile_numeric},
          {"profile_categorical", f.profile_categorical}};
}

FeatureSpec read_features(const json& j) {
  FeatureSpec f;
  f.events = j.at("events");
  f.derived = j.at("derived");
  f.amount = j.at("amount");
  f.max_length = j.at("max_length");
  f.clock.steps = j.at("clock").at("steps");
  f.clock.resolution = j.at("clock").at("resolution");
  f.items = j.at("items");
  f.many_per_moment = j.at("many_per_moment");
  f.many_per_day = j.at("many_per_day");
  f.interpolate = j.at("interpolate");
  f.drop_numbers = j.at("drop_numbers");
  f.drop_words = j.at("drop_words");
  f.horizon = j.at("horizon");
  f.wanted_types = j.at("wanted_types").get<std::vector<std::string>>();
  f.summarized = j.at("summarized").get<std::vector<std::string>>();
  f.windows = j.at("windows").get<std::vector<double>>();
  f.counted_types = j.at("counted_types").get<std::vector<std::string>>();
  f.event_numeric = j.at("event_numeric").get<std::vector<std::string>>();
  f.event_categorical = j.at("event_categorical").get<std::vector<std::string>>();
  f.profile_numeric = j.at("profile_numeric").get<std::vector<std::string>>();
  f.profile_categorical = j.at("profile_categorical").get<std::vector<std::string>>();
  return f;
}

ordered_json describe(const std::vector<Vocabulary>& vocabularies) {
  ordered_json out = ordered_json::array();
  for (const Vocabulary& v : vocabularies) out.push_back({{"name", v.name}, {"missing_code", v.missing_code}, {"words", v.words}});
  return out;
}

std::vector<Vocabulary> read_vocabularies(const json& j) {
  std::vector<Vocabulary> out;
  for (const json& entry : j) out.push_back({entry.at("name"), entry.at("words").get<std::vector<std::string>>(), entry.at("missing_code")});
  return out;
}

/// Scales lie among the tensors (they hold infinities, which JSON does not know); here are the names.
ordered_json describe(const Transform& t) {
  return {{"event_numbers", t.events.names},       {"event_logarithms", t.events.logarithm},
          {"event_words", describe(t.event_words)}, {"profile_numbers", t.profile.names},
          {"profile_logarithms", t.profile.logarithm}, {"profile_words", describe(t.profile_words)},
          {"points", t.points}};
}

void read_transform(const json& j, Transform& t) {
  t.events.names = j.at("event_numbers").get<std::vector<std::string>>();
  t.events.logarithm = j.at("event_logarithms").get<std::vector<std::uint8_t>>();
  t.event_words = read_vocabularies(j.at("event_words"));
  t.profile.names = j.at("profile_numbers").get<std::vector<std::string>>();
  t.profile.logarithm = j.at("profile_logarithms").get<std::vector<std::uint8_t>>();
  t.profile_words = read_vocabularies(j.at("profile_words"));
  t.points = j.at("points");
}

const char* text(HeadKind kind) { return kind == HeadKind::binary ? "binary" : kind == HeadKind::classes ? "class" : "number"; }

HeadKind head_kind(const std::string& name) {
  if (name == "binary") return HeadKind::binary;
  if (name == "class") return HeadKind::classes;
  if (name == "number") return HeadKind::number;
  throw std::invalid_argument("a target of unknown kind " + name);
}

ordered_json describe(const Architecture& a) {
  ordered_json heads = ordered_json::array();
  for (const HeadSpec& h : a.heads)
    heads.push_back({{"name", h.name}, {"kind", text(h.kind)}, {"classes", h.classes}, {"center", h.center}, {"spread", h.spread}, {"rate", h.rate}, {"smear", h.smear},
                     {"inverse_temperature", h.inverse_temperature}});
  ordered_json algorithm = ordered_json::array();
  for (const RnnAlgorithm each : a.algorithm) algorithm.push_back(name_of(each));
  const char* precision = a.precision == Precision::float32 ? "float32" : a.precision == Precision::tf32 ? "tf32" : "bf16";
  return {{"event_numbers", a.event_numbers}, {"event_indicators", a.event_indicators}, {"event_words", a.event_words}, {"embedding", a.embedding},
          {"cell", a.cell == Cell::lstm ? "lstm" : "gru"}, {"hidden", a.hidden}, {"profile_width", a.profile_width}, {"layers", a.layers},
          {"members", a.members}, {"dropout", a.dropout}, {"state_dropout", a.state_dropout}, {"precision", precision}, {"algorithm", algorithm}, {"heads", heads}};
}

Architecture read_architecture(const json& j) {
  Architecture a;
  a.event_numbers = j.at("event_numbers");
  a.event_indicators = j.at("event_indicators");
  a.event_words = j.at("event_words").get<std::vector<std::int64_t>>();
  a.embedding = j.at("embedding").get<std::vector<std::int64_t>>();
  a.cell = j.at("cell") == "lstm" ? Cell::lstm : Cell::gru;
  a.hidden = j.at("hidden").get<std::vector<std::int64_t>>();
  a.profile_width = j.at("profile_width");
  a.layers = j.at("layers").get<std::vector<std::int64_t>>();
  a.members = j.at("members");
  a.dropout = j.at("dropout");
  a.state_dropout = j.at("state_dropout");
  a.precision = j.at("precision") == "float32" ? Precision::float32 : j.at("precision") == "tf32" ? Precision::tf32 : Precision::bf16;
  for (const json& name : j.at("algorithm")) {
    const auto algorithm = algorithm_named(name);
    if (!algorithm) throw std::invalid_argument("a recurrent layer by the unknown algorithm " + name.get<std::string>());
    a.algorithm.push_back(*algorithm);
  }
  for (const json& h : j.at("heads")) {
    HeadSpec head;
    head.name = h.at("name");
    head.kind = head_kind(h.at("kind"));
    head.classes = h.at("classes").get<std::vector<std::string>>();
    head.center = h.at("center");
    head.spread = h.at("spread");
    head.rate = h.at("rate");
    head.smear = h.at("smear");
    head.inverse_temperature = h.at("inverse_temperature");
    a.heads.push_back(std::move(head));
  }
  return a;
}

const char* text(LabelKind kind) { return kind == LabelKind::binary ? "binary" : kind == LabelKind::number ? "number" : "class"; }

}  // namespace

ordered_json describe_model(const SavedModel& model) {
  ordered_json targets = ordered_json::array();
  for (const SavedTarget& t : model.targets) targets.push_back({{"kind", text(t.schema.kind)}, {"classes", t.schema.classes}, {"deciles", t.deciles}});
  ordered_json out = {{"fingerprint", model.fingerprint}, {"device", model.device},          {"features", describe(model.features)},
                      {"transform", describe(model.transform)}, {"architecture", describe(model.architecture)}, {"targets", targets}};
  if (model.network)
    out["network"] = {{"target", model.network->target}, {"variable", model.network->fitted.target},
                      {"weights", {{"model", model.network->weights.first}, {"network", model.network->weights.second}}}};
  return out;
}

void read_description(const json& j, SavedModel& model) {
  model.fingerprint = j.at("fingerprint");
  model.device = j.at("device");
  model.features = read_features(j.at("features"));
  read_transform(j.at("transform"), model.transform);
  model.architecture = read_architecture(j.at("architecture"));
  for (const json& t : j.at("targets")) {
    SavedTarget target;
    const std::string kind = t.at("kind");
    target.schema.kind = kind == "binary" ? LabelKind::binary : kind == "number" ? LabelKind::number : LabelKind::category;
    target.schema.classes = t.at("classes").get<std::vector<std::string>>();
    target.deciles = t.at("deciles").get<std::vector<double>>();
    model.targets.push_back(std::move(target));
  }
  if (const auto found = j.find("network"); found != j.end()) {
    model.network.emplace();
    model.network->target = found->at("target");
    model.network->fitted.target = found->at("variable");
    model.network->weights = {found->at("weights").at("model"), found->at("weights").at("network")};
  }
}

}  // namespace footfall
