#include "host/journeys/store/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/journeys/requests.hpp"
#include "host/journeys/store/checksum.hpp"
#include "host/table/atomic_file.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

using nlohmann::ordered_json;

constexpr int format_version = 1;

/// JSON's numbers lose bits of 64-bit sums.
std::string hex(std::uint64_t value) { return fmt::format("{:016x}", value); }

std::uint64_t from_hex(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (problem != std::errc() || end != text.data() + text.size()) throw std::invalid_argument("\"" + text + "\" is no checksum");
  return value;
}

ordered_json to_json(const std::vector<InputFile>& files) {
  ordered_json out = ordered_json::array();
  for (const InputFile& file : files) out.push_back({{"file", file.name}, {"bytes", file.bytes}, {"changed", file.changed}, {"ends", hex(file.ends)}});
  return out;
}

std::vector<InputFile> files_from(const ordered_json& json) {
  std::vector<InputFile> out;
  for (const ordered_json& one : json)
    out.push_back({one.at("file"), one.at("bytes"), one.at("changed"), from_hex(one.at("ends").get<std::string>())});
  return out;
}

ordered_json to_json(const StoreSchema& schema) {
  ordered_json targets = ordered_json::array();
  for (const StoreSchema::Target& target : schema.targets)
    targets.push_back({{"name", target.name}, {"type", static_cast<int>(target.type)}, {"resolution", static_cast<int>(target.resolution)}});
  return {{"ids", schema.text_ids ? "text" : "integer"},
          {"clock", {{"steps", schema.clock_steps}, {"resolution", schema.clock_resolution}}},
          {"amount", schema.amount},
          {"type", schema.type},
          {"item", schema.item},
          {"categorical", schema.categorical},
          {"numeric", schema.numeric},
          {"code_bytes", schema.code_bytes},
          {"customers", schema.profiles},
          {"customers_categorical", schema.profile_categorical},
          {"customers_numeric", schema.profile_numeric},
          {"targets", targets}};
}

StoreSchema schema_from(const ordered_json& json) {
  StoreSchema out;
  out.text_ids = json.at("ids") == "text";
  out.clock_steps = json.at("clock").at("steps");
  out.clock_resolution = json.at("clock").at("resolution");
  out.amount = json.at("amount");
  out.type = json.at("type");
  out.item = json.at("item");
  out.categorical = json.at("categorical").get<std::vector<std::string>>();
  out.numeric = json.at("numeric").get<std::vector<std::string>>();
  out.code_bytes = json.at("code_bytes").get<std::vector<std::int32_t>>();
  out.profiles = json.at("customers");
  out.profile_categorical = json.at("customers_categorical").get<std::vector<std::string>>();
  out.profile_numeric = json.at("customers_numeric").get<std::vector<std::string>>();
  for (const ordered_json& one : json.at("targets"))
    out.targets.push_back({one.at("name"), static_cast<ColumnType>(one.at("type").get<int>()), static_cast<TimeResolution>(one.at("resolution").get<int>())});
  return out;
}

ordered_json to_json(const std::vector<StoredWords>& words) {
  ordered_json out = ordered_json::array();
  for (const StoredWords& one : words) out.push_back({{"column", one.column}, {"words", one.words}, {"used", one.used}, {"checksum", hex(one.checksum)}});
  return out;
}

std::vector<StoredWords> words_from(const ordered_json& json) {
  std::vector<StoredWords> out;
  for (const ordered_json& one : json) out.push_back({one.at("column"), one.at("words"), one.at("used"), from_hex(one.at("checksum").get<std::string>())});
  return out;
}

ordered_json to_json(const Manifest::Partition& p) {
  const PieceFacts& f = p.facts;
  return {{"customers", f.customers}, {"events", f.events}, {"lines", f.lines}, {"duplicates", f.duplicates}, {"customer_rows", f.profile_rows},
          {"without_events", f.customers_without_events}, {"without_row", f.customers_without_row}, {"oldest", f.oldest}, {"newest", f.newest},
          {"longest", f.longest}, {"bytes", p.bytes}, {"checksum", hex(p.checksum)}};
}

Manifest::Partition partition_from(const ordered_json& json) {
  Manifest::Partition out;
  out.facts = {json.at("customers"), json.at("events"), json.at("lines"), json.at("duplicates"), json.at("customer_rows"),
               json.at("without_events"), json.at("without_row"), json.at("oldest"), json.at("newest"), json.at("longest")};
  out.bytes = json.at("bytes");
  out.checksum = from_hex(json.at("checksum").get<std::string>());
  return out;
}

ordered_json to_json(const ReadCounts& c) {
  return {{"event_rows", c.event_rows}, {"event_rows_filtered", c.event_rows_filtered}, {"event_rows_merged", c.event_rows_merged}, {"event_rows_duplicate", c.event_rows_duplicate}, {"events", c.events},
          {"customer_rows", c.customer_rows}, {"customers_without_events", c.customers_without_events}, {"customers_without_row", c.customers_without_row}};
}

ReadCounts counts_from(const ordered_json& json) {
  ReadCounts out;
  out.event_rows = json.at("event_rows");
  out.event_rows_filtered = json.at("event_rows_filtered");
  out.event_rows_merged = json.at("event_rows_merged");
  out.event_rows_duplicate = json.at("event_rows_duplicate");
  out.events = json.at("events");
  out.customer_rows = json.at("customer_rows");
  out.customers_without_events = json.at("customers_without_events");
  out.customers_without_row = json.at("customers_without_row");
  return out;
}

}  // namespace

std::string request_of(const Job& resolved) {
  Job asked;
  asked.events = resolved.events;
  asked.customers = resolved.customers;
  asked.missing.missing_tokens = resolved.missing.missing_tokens;
  asked.events->max_length = EventsSpec().max_length;   // cut when examples are built, not before
  asked.events->table.files.clear();                    // they are looked at above
  if (asked.customers) asked.customers->table.files.clear();
  return to_toml(asked);
}

StoreOrigin origin_of(const Job& resolved, bool targets, bool drop_duplicates) {
  StoreOrigin out;
  out.events = look_at_files(expand_files(resolved.events->table.files, {}));
  if (resolved.customers) out.customers = look_at_files(expand_files(resolved.customers->table.files, {}));
  out.request = request_of(resolved);
  if (targets) out.targets = resolved.target_columns();
  out.drop_duplicates = drop_duplicates;
  return out;
}

bool suits(const StoreOrigin& stored, const StoreOrigin& wanted) {
  const auto is_there = [&](const std::string& column) { return std::find(stored.targets.begin(), stored.targets.end(), column) != stored.targets.end(); };
  return stored.events == wanted.events && stored.customers == wanted.customers && stored.request == wanted.request &&
         stored.drop_duplicates == wanted.drop_duplicates && std::all_of(wanted.targets.begin(), wanted.targets.end(), is_there);
}

PieceFacts Manifest::total() const {
  PieceFacts out;
  for (const Partition& partition : partitions) out.add(partition.facts);
  return out;
}

void write_manifest(const std::filesystem::path& folder, const Manifest& manifest) {
  ordered_json json = {{"format", format_version},
                       {"input",
                        {{"events", to_json(manifest.origin.events)},
                         {"customers", to_json(manifest.origin.customers)},
                         {"request", manifest.origin.request},
                         {"targets", manifest.origin.targets},
                         {"drop_duplicates", manifest.origin.drop_duplicates}}},
                       {"job", manifest.job},
                       {"schema", to_json(manifest.schema)},
                       {"counts", to_json(manifest.counts)},
                       {"notices", manifest.notices},
                       {"words",
                        {{"events", to_json(manifest.event_words)}, {"customers", to_json(manifest.profile_words)}, {"targets", to_json(manifest.target_words)}}}};
  ordered_json& partitions = json["partitions"] = ordered_json::array();
  for (const Manifest::Partition& partition : manifest.partitions) partitions.push_back(to_json(partition));
  write_file(folder / "manifest.json", json.dump(1) + "\n");
}

bool holds_store(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(folder / "manifest.json", ignored);
}

Manifest read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "manifest.json";
  if (!holds_store(folder)) throw bad_input(folder.string() + " is no journeys store: it has no manifest.json", "make one: footfall prepare job.toml --out FOLDER");
  try {
    const ordered_json json = ordered_json::parse(read_file(file));
    if (json.at("format") != format_version)
      throw bad_input(fmt::format("{} is of format {}, and this program reads format {}", file.string(), json.at("format").dump(), format_version), "prepare the journeys again");
    Manifest out;
    const ordered_json& input = json.at("input");
    out.origin = {files_from(input.at("events")), files_from(input.at("customers")), input.at("request"), input.at("targets").get<std::vector<std::string>>(), input.at("drop_duplicates")};
    out.job = json.at("job");
    out.schema = schema_from(json.at("schema"));
    out.counts = counts_from(json.at("counts"));
    out.notices = json.at("notices").get<std::vector<std::string>>();
    for (const ordered_json& one : json.at("partitions")) out.partitions.push_back(partition_from(one));
    if (out.partitions.size() != Base::partitions) throw std::invalid_argument(fmt::format("{} partitions", out.partitions.size()));
    out.event_words = words_from(json.at("words").at("events"));
    out.profile_words = words_from(json.at("words").at("customers"));
    out.target_words = words_from(json.at("words").at("targets"));
    const bool fits = out.event_words.size() == out.schema.event_names().size() && out.profile_words.size() == out.schema.profile_names().size() &&
                      out.target_words.size() == out.schema.target_names().size() && out.schema.code_bytes.size() == out.event_words.size();
    if (!fits) throw std::invalid_argument("its words are not those of its columns");
    return out;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& problem) {
    throw bad_input(fmt::format("{} is damaged: {}", file.string(), problem.what()), "prepare the journeys again");
  }
}

std::filesystem::path piece_path(const std::filesystem::path& folder, std::int32_t partition) { return folder / fmt::format("partition-{:03}.bin", partition); }

std::filesystem::path words_path(const std::filesystem::path& folder, WordsOf table, std::size_t column) {
  constexpr const char* names[] = {"events", "customers", "targets"};
  return folder / fmt::format("words-{}-{:03}.bin", names[static_cast<int>(table)], column);
}

std::uint64_t write_words(const std::filesystem::path& file, const std::vector<std::string>& words, const std::vector<std::uint8_t>& used) {
  AtomicFile out(file);
  Checksum sum;
  std::string block;
  const auto flush = [&](std::size_t least) {
    if (block.size() < least) return;
    sum.add(std::as_bytes(std::span(block)));
    out.write(block);
    block.clear();
  };
  for (std::size_t w = 0; w < words.size(); ++w) {
    const std::uint32_t size = static_cast<std::uint32_t>(words[w].size()) << 1 | (used.empty() || used[w] != 0 ? 1U : 0U);
    block.append(reinterpret_cast<const char*>(&size), 4);
    block += words[w];
    flush(std::size_t{1} << 20);
  }
  flush(1);
  out.commit();
  return sum.value();
}

Words read_words(const std::filesystem::path& file, const StoredWords& about) {
  const std::string bytes = read_file(file);
  const auto refuse = [&] { return bad_input(file.string() + " is damaged: its checksum is not that of manifest.json", "prepare the journeys again"); };
  if (checksum_of(std::as_bytes(std::span(bytes))) != about.checksum) throw refuse();
  Words out;
  const bool all = about.words == about.used;
  std::size_t at = 0;
  for (std::int64_t w = 0; w < about.words; ++w) {
    std::uint32_t size = 0;
    if (at + 4 > bytes.size()) throw refuse();
    std::memcpy(&size, bytes.data() + at, 4);
    const bool used = (size & 1) != 0;
    size >>= 1;
    if (at + 4 + size > bytes.size()) throw refuse();
    if (!all) out.code_of.push_back(used ? static_cast<std::int32_t>(out.dictionary.size()) : -1);
    if (used) out.dictionary.emplace_back(bytes, at + 4, size);
    at += 4 + size;
  }
  return out;
}

}  // namespace footfall
