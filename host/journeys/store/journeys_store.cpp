#include "host/journeys/store/journeys_store.hpp"

#include <algorithm>

#include "host/journeys/store/piece_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

std::vector<Words> read_all(const std::filesystem::path& folder, WordsOf table, const std::vector<StoredWords>& about) {
  std::vector<Words> out;
  for (std::size_t c = 0; c < about.size(); ++c) out.push_back(read_words(words_path(folder, table, c), about[c]));
  return out;
}

CategoryColumn named(const std::string& name, const std::vector<std::string>& names, const std::vector<Words>& words) {
  CategoryColumn out{.name = name, .codes = {}, .dictionary = {}};
  if (name.empty()) return out;
  const auto found = std::find(names.begin(), names.end(), name);
  require(found != names.end(), "a stored column without names");
  out.dictionary = words[static_cast<std::size_t>(found - names.begin())].dictionary;
  return out;
}

}  // namespace

JourneysStore::JourneysStore(std::filesystem::path folder) : folder_(std::move(folder)), manifest_(read_manifest(folder_)) {
  event_words_ = read_all(folder_, WordsOf::events, manifest_.event_words);
  profile_words_ = read_all(folder_, WordsOf::profiles, manifest_.profile_words);
  target_words_ = read_all(folder_, WordsOf::targets, manifest_.target_words);
  partition_first_.push_back(0);
  for (const Manifest::Partition& partition : manifest_.partitions) partition_first_.push_back(partition_first_.back() + partition.facts.customers);
  total_ = manifest_.total();
}

std::int64_t JourneysStore::bytes(std::int32_t first, std::int32_t end) const {
  std::int64_t sum = 0;
  for (std::int32_t p = first; p < end; ++p) {
    const Manifest::Partition& partition = manifest_.partitions.at(static_cast<std::size_t>(p));
    sum += static_cast<std::int64_t>(partition.bytes);
    if (schema().text_ids) sum += partition.facts.customers * static_cast<std::int64_t>(sizeof(std::string));
  }
  return sum;
}

Base JourneysStore::empty_base() const {
  const StoreSchema& s = schema();
  const std::vector<std::string> names = s.event_names();
  Base base;
  base.ids.text = s.text_ids;
  Journeys& journeys = base.journeys.emplace();
  journeys.clock = s.clock();
  journeys.type = named(s.type, names, event_words_);
  journeys.item = named(s.item, names, event_words_);
  for (const std::string& name : s.categorical) journeys.categorical.push_back(named(name, names, event_words_));
  for (const std::string& name : s.numeric) journeys.numeric.push_back({.name = name, .values = {}});
  if (!s.profiles) return base;
  Profiles& profiles = base.profiles.emplace();
  for (const std::string& name : s.profile_numeric) profiles.numeric.push_back({.name = name, .values = {}});
  for (const std::string& name : s.profile_categorical) profiles.categorical.push_back(named(name, s.profile_names(), profile_words_));
  return base;
}

std::vector<Column> JourneysStore::empty_targets() const {
  std::vector<Column> out;
  std::size_t text = 0;
  for (const StoreSchema::Target& target : schema().targets) {
    Column& column = out.emplace_back();
    column.name = target.name;
    column.type = target.type;
    column.resolution = target.resolution;
    if (target.type == ColumnType::text) column.dictionary = target_words_[text++].dictionary;
  }
  return out;
}

void JourneysStore::load_into(std::int32_t first, std::int32_t end, Base& base, std::vector<Column>& targets) const {
  require(first >= 0 && first <= end && end <= Base::partitions, "partitions that a store does not have");
  base.journeys->first.assign(1, 0);
  base.partition_first.assign(1, 0);
  std::vector<const std::vector<std::int32_t>*> code_of;   // names that only merged lines have stand between those in use
  for (const Words& words : event_words_) code_of.push_back(&words.code_of);
  for (std::int32_t p = 0; p < Base::partitions; ++p) {
    const Manifest::Partition& partition = manifest_.partitions[static_cast<std::size_t>(p)];
    if (p >= first && p < end && partition.facts.customers > 0) {
      const PieceFile file(piece_path(folder_, p), schema());
      if (file.facts().customers != partition.facts.customers || file.facts().events != partition.facts.events)
        throw bad_input(piece_path(folder_, p).string() + " is damaged: its size is not that of manifest.json", "prepare the journeys again");
      file.append_to(base, targets, code_of, &partition.checksum);
    }
    base.partition_first.push_back(base.ids.size());
  }
}

Base JourneysStore::load(std::int32_t first, std::int32_t end, Base recycled) const {
  TargetColumns unasked;
  return load(first, end, std::move(recycled), unasked);
}

Base JourneysStore::load(std::int32_t first, std::int32_t end, Base recycled, TargetColumns& targets_out) const {
  Base base = recycled.journeys ? std::move(recycled) : empty_base();
  base.ids.numbers.clear();
  base.ids.names.clear();
  Journeys& journeys = *base.journeys;
  journeys.time.clear();
  journeys.amount.clear();
  journeys.type.codes.clear();
  journeys.item.codes.clear();
  for (CategoryColumn& column : journeys.categorical) column.codes.clear();
  for (NumberColumn& column : journeys.numeric) column.values.clear();
  if (base.profiles) {
    base.profiles->present.clear();
    for (CategoryColumn& column : base.profiles->categorical) column.codes.clear();
    for (NumberColumn& column : base.profiles->numeric) column.values.clear();
  }
  std::vector<Column> targets = empty_targets();
  load_into(first, end, base, targets);
  targets_out.clear();
  for (Column& target : targets) targets_out.emplace(target.name, std::move(target));
  return base;
}

ReadBase JourneysStore::read() const {
  ReadBase out;
  out.base = empty_base();
  std::vector<Column> targets = empty_targets();
  load_into(0, Base::partitions, out.base, targets);
  for (Column& target : targets) out.targets.emplace(target.name, std::move(target));
  out.job = parse_job(manifest_.job, (folder_ / "manifest.json").string(), folder_.string());
  out.counts = manifest_.counts;
  out.notices = manifest_.notices;
  return out;
}

Job JourneysStore::resolve(const Job& job) const {
  Job out = job;
  const Job stored = parse_job(manifest_.job, manifest_.origin.request, "/");
  if (out.customers && stored.customers) {
    if (out.customers->numeric.automatic) out.customers->numeric = stored.customers->numeric;
    if (out.customers->categorical.automatic) out.customers->categorical = stored.customers->categorical;
  }
  return out;
}

JourneysStore open_store(const Job& job, bool targets) {
  JourneysStore store(job.journeys);
  const Job resolved = store.resolve(job);
  if (!resolved.events || request_of(resolved) != store.manifest().origin.request)
    throw bad_input(job.journeys + " was prepared for a job that reads other columns, or reads them otherwise", "prepare the journeys of this job");
  const std::vector<std::string>& there = store.manifest().origin.targets;
  if (targets)
    for (const std::string& column : resolved.target_columns())
      if (std::find(there.begin(), there.end(), column) == there.end())
        throw bad_input(job.journeys + " lacks the target column \"" + column + "\"", "prepare the journeys of this job");
  return store;
}

ReadBase read_stored(const Job& job, bool targets) {
  const JourneysStore store = open_store(job, targets);
  ReadBase out = store.read();
  out.job = store.resolve(job);
  if (!targets) out.targets.clear();
  return out;
}

}  // namespace footfall
