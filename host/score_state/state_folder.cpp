#include "host/score_state/state_folder.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/model_folder/digest.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

constexpr const char* facts_name = "state.json";

std::string manifest_digest(const std::filesystem::path& folder) { return digest_of(read_file(StateFolder::journeys_path(folder) / "manifest.json")); }

Error damaged(const std::filesystem::path& file, const std::string& why) {
  return bad_input(fmt::format("{} is damaged: {}", file.string(), why), "score from scratch with --save-state");
}

StateFacts facts_from(const ordered_json& json) {
  StateFacts facts;
  facts.model = json.at("model");
  facts.as_of = json.at("as_of");
  facts.width = json.at("width");
  for (const ordered_json& one : json.at("partitions")) {
    facts.customers.push_back(one.at("customers"));
    facts.checksums.push_back(std::stoull(one.at("checksum").get<std::string>(), nullptr, 16));
  }
  if (facts.customers.size() != Base::partitions) throw std::invalid_argument(fmt::format("{} partitions", facts.customers.size()));
  return facts;
}

StateFacts read_facts(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / facts_name;
  if (!holds_state(folder)) throw bad_input(folder.string() + " is no state of scores: it has no state.json", "make one: footfall score MODEL --save-state FOLDER --out SCORES");
  try {
    ordered_json json = ordered_json::parse(read_file(file));
    if (json.at("holds") != "score state" || json.at("format") != StateFacts::format)
      throw bad_input(fmt::format("{} is of format {}, and this program reads format {}", file.string(), json.at("format").dump(), StateFacts::format), "score from scratch with --save-state");
    const std::string digest = json.at("digest");
    json.erase("digest");
    if (digest_of(json.dump()) != digest) throw damaged(file, "its contents are not those that were saved");
    if (json.at("journeys") != manifest_digest(folder)) throw damaged(StateFolder::journeys_path(folder) / "manifest.json", "it is not the one that was saved");
    return facts_from(json);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {
    throw damaged(file, problem.what());
  }
}

}  // namespace

bool holds_state(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(folder / facts_name, ignored);
}

void write_state_facts(const std::filesystem::path& folder, const StateFacts& facts) {
  ordered_json json = {{"program", "footfall"}, {"holds", "score state"}, {"format", StateFacts::format}, {"model", facts.model}, {"as_of", facts.as_of},
                       {"width", facts.width}, {"journeys", manifest_digest(folder)}, {"partitions", ordered_json::array()}};
  for (std::size_t p = 0; p < facts.customers.size(); ++p) json["partitions"].push_back({{"customers", facts.customers[p]}, {"checksum", fmt::format("{:016x}", facts.checksums[p])}});
  json["digest"] = digest_of(json.dump());
  write_file(folder / facts_name, json.dump(1) + "\n");
}

StateFolder::StateFolder(std::filesystem::path folder) : folder_(std::move(folder)), facts_(read_facts(folder_)), journeys_(journeys_path(folder_)) {
  for (std::size_t p = 0; p < facts_.customers.size(); ++p)
    if (facts_.customers[p] != journeys_.manifest().partitions[p].facts.customers) throw damaged(folder_ / facts_name, "its customers are not those of its journeys");
}

std::filesystem::path StateFolder::states_path(const std::filesystem::path& folder, std::int32_t partition) { return folder / fmt::format("states-{:03}.bin", partition); }

CarriedStates StateFolder::load(std::int32_t first, std::int32_t end) const {
  CarriedStates states;
  for (std::int32_t p = first; p < end; ++p) {
    const auto at = static_cast<std::size_t>(p);
    if (facts_.customers[at] > 0) read_states(states_path(folder_, p), facts_.customers[at], facts_.width, facts_.checksums[at], states);
  }
  return states;
}

std::string StateFolder::fingerprint() const { return digest_of(read_file(folder_ / facts_name)); }

}  // namespace footfall
