#include "host/jobs/merge.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "engine/data/base.hpp"
#include "host/jobs/score_output.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// A worker's folder.
struct ScorePart {
  std::filesystem::path folder;
  ScoreManifest manifest;
};

void check_alike(const ScorePart& a, const ScorePart& b) {
  const auto differ = [&](const char* what) {
    throw bad_input(fmt::format("{} and {} hold scores of {}", a.folder.string(), b.folder.string(), what), "merge what the workers of one run wrote");
  };
  if (a.manifest.identity.model != b.manifest.identity.model) differ("different models");
  if (a.manifest.identity.as_of != b.manifest.identity.as_of) differ("different moments (--as-of)");
  if (a.manifest.identity.input != b.manifest.identity.input) differ("different events or customers");
  if (a.manifest.split.workers != b.manifest.split.workers) differ("different numbers of workers");
}

void check_files(const ScorePart& part) {
  for (const ScoreShard& shard : part.manifest.shards)
    if (!is_whole(part.folder, part.manifest.split, shard))
      throw bad_input((part.folder / shard_name(part.manifest.split, shard.number)).string() + " is missing or damaged", "run its worker again with --resume");
}

/// Every shard once: whose it is, by number.
std::vector<const ScorePart*> owners_of(const std::vector<ScorePart>& parts) {
  const ShardSplit split = parts.front().manifest.split;
  std::vector<const ScorePart*> owners(static_cast<std::size_t>(split.shards()));
  for (const ScorePart& part : parts)
    for (const ScoreShard& shard : part.manifest.shards) {
      const ScorePart*& owner = owners.at(static_cast<std::size_t>(shard.number));
      if (owner != nullptr)
        throw bad_input(fmt::format("worker {} is there twice: {} and {}", part.manifest.split.worker, owner->folder.string(), part.folder.string()), "name each worker's folder once");
      owner = &part;
    }
  for (std::int32_t worker = 0; worker < split.workers; ++worker) {
    const ShardSplit asked{split.workers, worker};
    for (std::int32_t shard = asked.first(); shard < asked.end(); ++shard)
      if (owners[static_cast<std::size_t>(shard)] == nullptr)
        throw bad_input(fmt::format("worker {} of {} is missing: nobody holds the partitions {} to {}", worker, split.workers, shard * split.partitions_a_shard(),
                                    (shard + 1) * split.partitions_a_shard() - 1),
                        "name its folder too, or run it");
  }
  return owners;
}

std::vector<ScorePart> read_parts(const MergeRequest& request) {
  std::vector<ScorePart> parts;
  for (const std::filesystem::path& folder : request.parts) {
    parts.push_back({folder, read_score_manifest(folder)});
    check_alike(parts.front(), parts.back());
  }
  if (parts.empty()) throw bad_input("no folder to merge is named", "name the folder of each worker");
  return parts;
}

ReadRequest reading(const std::filesystem::path& file) {
  ReadRequest request;
  request.files = {file.string()};
  request.text.missing_tokens = {};
  return request;
}

}  // namespace

MergeSummary merge_scores(const MergeRequest& request, const Observer& observer) {
  const ScoreOutput::Request output_request{request.out, request.overwrite ? Existing::overwrite : Existing::refuse, {}};
  ScoreOutput::check(output_request);
  const std::vector<ScorePart> parts = read_parts(request);
  const std::vector<const ScorePart*> owners = owners_of(parts);
  for (const ScorePart& part : parts) check_files(part);
  MergeSummary summary;
  summary.workers = parts.front().manifest.split.workers;
  std::int64_t total = 0;
  for (const ScorePart& part : parts) total += part.manifest.customers();
  std::unique_ptr<ScoreOutput> output;
  for (std::size_t number = 0; number < owners.size(); ++number) {
    const ScorePart& part = *owners[number];
    const ShardSplit& split = part.manifest.split;
    if (part.manifest.find(static_cast<std::int32_t>(number))->customers == 0) continue;
    TableReader reader(reading(part.folder / shard_name(split, static_cast<std::int32_t>(number))));
    if (!output) output = std::make_unique<ScoreOutput>(output_request, parts.front().manifest.identity, output_columns(reader.schema()));
    while (const std::optional<Table> table = reader.next()) {
      output->write(*table, static_cast<std::int32_t>(number) * split.partitions_a_shard());
      summary.customers += table->rows;
      observer.progress("merge", summary.customers, total, "customers");
    }
  }
  if (!output) throw bad_input("the parts hold no customer", "check what was scored");
  output->finish();
  return summary;
}

}  // namespace footfall
