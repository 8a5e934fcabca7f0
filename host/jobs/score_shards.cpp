#include "host/jobs/score_shards.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/data/base.hpp"
#include "host/journeys/store/checksum.hpp"
#include "host/model_folder/digest.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr const char* manifest_name = "manifest.json";
constexpr std::int32_t largest_shard = 16;     ///< partitions
constexpr std::int32_t shards_a_worker = 8;    ///< at least, as long as shards can be made smaller

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw bad_input(fmt::format("{} is damaged: {}", file.string(), what), "score again with --overwrite");
}

ScoreManifest manifest_of(const nlohmann::json& json) {
  ScoreManifest manifest;
  manifest.identity = {json.at("model"), json.at("as_of"), json.at("input")};
  manifest.split = {json.at("workers"), json.at("worker")};
  for (const auto& entry : json.at("shards"))
    manifest.shards.push_back({entry.at("first").get<std::int32_t>() / manifest.split.partitions_a_shard(), entry.at("customers"), entry.at("bytes"), entry.at("checksum")});
  return manifest;
}

}  // namespace

std::int32_t ShardSplit::partitions_a_shard() const {
  if (workers == 1) return largest_shard;
  std::int32_t size = largest_shard;
  while (size > 1 && Base::partitions / size < shards_a_worker * workers) size /= 2;
  return size;
}

std::int32_t ShardSplit::shards() const { return Base::partitions / partitions_a_shard(); }

const ScoreShard* ScoreManifest::find(std::int32_t number) const {
  const auto found = std::find_if(shards.begin(), shards.end(), [&](const ScoreShard& shard) { return shard.number == number; });
  return found == shards.end() ? nullptr : &*found;
}

std::int64_t ScoreManifest::customers() const {
  std::int64_t sum = 0;
  for (const ScoreShard& shard : shards) sum += shard.customers;
  return sum;
}

std::string shard_name(const ShardSplit& split, std::int32_t number) {
  const std::int32_t size = split.partitions_a_shard();
  return fmt::format("part-{:03}-{:03}.parquet", number * size, (number + 1) * size - 1);
}

void write_score_manifest(const std::filesystem::path& folder, const ScoreManifest& manifest, bool flushed) {
  nlohmann::ordered_json json = {{"program", "footfall"},
                                 {"holds", "scores"},
                                 {"format", 1},
                                 {"model", manifest.identity.model},
                                 {"as_of", manifest.identity.as_of},
                                 {"input", manifest.identity.input},
                                 {"workers", manifest.split.workers},
                                 {"worker", manifest.split.worker},
                                 {"customers", manifest.customers()},
                                 {"shards", nlohmann::ordered_json::array()}};
  const std::int32_t size = manifest.split.partitions_a_shard();
  for (const ScoreShard& shard : manifest.shards)
    json["shards"].push_back({{"file", shard.customers > 0 ? nlohmann::ordered_json(shard_name(manifest.split, shard.number)) : nlohmann::ordered_json()},
                              {"first", shard.number * size},
                              {"last", (shard.number + 1) * size - 1},
                              {"customers", shard.customers},
                              {"bytes", shard.bytes},
                              {"checksum", shard.checksum}});
  json["digest"] = digest_of(json.dump());
  AtomicFile file(folder / manifest_name);
  file.write(json.dump(1) + "\n");
  if (flushed) {
    file.commit();
  } else {
    file.rename();
  }
}

bool holds_scores(const std::filesystem::path& folder) { return std::filesystem::exists(folder / manifest_name); }

ScoreManifest read_score_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / manifest_name;
  if (!holds_scores(folder)) throw bad_input(folder.string() + " holds no whole scores: manifest.json is missing", "name a folder that footfall score wrote to its end");
  try {
    nlohmann::ordered_json json = nlohmann::ordered_json::parse(read_file(file));
    if (json.at("holds") != "scores" || json.at("format") != 1) throw bad_input(file.string() + " is of no scores that this footfall reads", "score again");
    const std::string digest = json.at("digest");
    json.erase("digest");
    if (digest_of(json.dump()) != digest) refuse(file, "its contents are not those that were saved");
    return manifest_of(json);
  } catch (const nlohmann::json::exception& problem) {
    refuse(file, problem.what());
  }
}

std::string file_checksum(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw failure(file.string() + " cannot be read", "check the disk and try again");
  Checksum sum;
  std::vector<char> block(std::size_t{1} << 20);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
    sum.add(std::as_bytes(std::span<const char>(block.data(), static_cast<std::size_t>(in.gcount()))));
  if (in.bad()) throw failure(file.string() + " cannot be read to its end", "check the disk and try again");
  return fmt::format("{:016x}", sum.value());
}

bool is_whole(const std::filesystem::path& folder, const ShardSplit& split, const ScoreShard& shard) {
  if (shard.customers == 0) return true;
  const std::filesystem::path file = folder / shard_name(split, shard.number);
  std::error_code problem;
  if (static_cast<std::int64_t>(std::filesystem::file_size(file, problem)) != shard.bytes || problem) return false;
  return file_checksum(file) == shard.checksum;
}

}  // namespace footfall
