#include "host/score_state/state_writer.hpp"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "host/journeys/store/piece_file.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

namespace fs = std::filesystem;

fs::path named(const fs::path& folder) { return folder.has_parent_path() && !folder.has_filename() ? folder.parent_path() : folder; }

/// The columns of the events; the customer table is read anew for every update.
StoreSchema schema_of(const Base& names, bool amount) {
  const Journeys& journeys = *names.journeys;
  StoreSchema schema;
  schema.text_ids = names.ids.text;
  schema.clock_steps = journeys.clock.steps;
  schema.clock_resolution = journeys.clock.resolution;
  schema.type = journeys.type.name;
  schema.item = journeys.item.name;
  schema.amount = amount;
  for (const CategoryColumn& column : journeys.categorical) schema.categorical.push_back(column.name);
  for (const NumberColumn& column : journeys.numeric) schema.numeric.push_back(column.name);
  return schema;
}

const CategoryColumn& column_named(const Journeys& journeys, const std::string& name) {
  if (journeys.type.name == name) return journeys.type;
  if (journeys.item.name == name) return journeys.item;
  const auto found = std::find_if(journeys.categorical.begin(), journeys.categorical.end(), [&](const CategoryColumn& column) { return column.name == name; });
  require(found != journeys.categorical.end(), "a schema with a column that its base lacks");
  return *found;
}

template <class T>
std::vector<T> slice(const std::vector<T>& values, std::int64_t begin, std::int64_t end) {
  return values.empty() ? std::vector<T>() : std::vector<T>(values.begin() + begin, values.begin() + end);
}

void add_customer(const CustomerIds& from, std::int64_t c, CustomerIds& to) {
  if (from.text) {
    to.names.push_back(from.names[static_cast<std::size_t>(c)]);
  } else {
    to.numbers.push_back(from.numbers[static_cast<std::size_t>(c)]);
  }
}

/// The events of rows [begin, end) with the codes of the base.
void take_events(const Journeys& from, const StoreSchema& schema, std::int64_t begin, std::int64_t end, Piece& piece) {
  piece.journeys.time = slice(from.time, begin, end);
  if (schema.amount) piece.journeys.amount = slice(from.amount, begin, end);
  for (const NumberColumn& column : from.numeric) piece.journeys.numeric.push_back({column.name, slice(column.values, begin, end)});
  for (const std::string& name : schema.event_names()) piece.codes.push_back(slice(column_named(from, name).codes, begin, end));
  piece.facts.events = piece.facts.lines = end - begin;
  if (begin == end) return;
  const auto [oldest, newest] = std::minmax_element(piece.journeys.time.begin(), piece.journeys.time.end());
  piece.facts.oldest = *oldest;
  piece.facts.newest = *newest;
}

/// Gives `partial` the name of `folder`. What was there goes afterwards, so that at every moment one of the two is whole under the name; a file system that
/// cannot exchange names has a moment without.
void take_name(const fs::path& partial, const fs::path& folder) {
  std::error_code problem;
  if (!fs::exists(folder)) {
    fs::rename(partial, folder, problem);
  } else if (renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) {
    fs::remove_all(partial, problem);
  } else if (errno == EINVAL || errno == ENOSYS) {
    fs::remove_all(folder, problem);
    if (!problem) fs::rename(partial, folder, problem);
  } else {
    problem = std::error_code(errno, std::generic_category());
  }
  if (problem) throw_write_error(folder, problem.value());
}

}  // namespace

void StateWriter::check(const fs::path& folder, bool replace) {
  std::error_code ignored;
  if (!fs::exists(named(folder), ignored)) return;
  if (!fs::is_directory(named(folder), ignored)) throw bad_input(folder.string() + " is a file, and a state is a folder", "give another --save-state");
  if (!holds_state(folder) && !fs::is_empty(folder, ignored)) throw bad_input(folder.string() + " exists already and is no state of scores", "give another --save-state");
  if (!replace && holds_state(folder)) throw bad_input(folder.string() + " exists already", "give --overwrite to replace it, or another --save-state");
}

StateWriter::StateWriter(fs::path folder, const Base& names, bool amount, std::int64_t width) : folder_(named(folder)) {
  partial_ = folder_.parent_path() / fmt::format(".{}.partial", folder_.filename().string());
  facts_.width = width;
  facts_.customers.assign(Base::partitions, 0);
  facts_.checksums.assign(Base::partitions, 0);
  manifest_.partitions.resize(Base::partitions);
  manifest_.schema = schema_of(names, amount);
  const StoreSchema& schema = manifest_.schema;
  for (const std::string& name : schema.event_names()) manifest_.schema.code_bytes.push_back(code_bytes_of(static_cast<std::int64_t>(column_named(*names.journeys, name).dictionary.size())));
  std::error_code problem;
  fs::remove_all(partial_, problem);
  if (!problem) fs::create_directories(StateFolder::journeys_path(partial_), problem);
  if (problem) throw bad_input("the folder " + folder_.string() + " cannot be made: " + problem.message(), "choose another --save-state");
}

StateWriter::~StateWriter() {
  std::error_code ignored;
  if (!finished_) fs::remove_all(partial_, ignored);
}

void StateWriter::write(const Base& base, std::int32_t first, std::int32_t end, const CarriedStates& states) {
  const std::int64_t offset = base.partition_first[static_cast<std::size_t>(first)];
  require(states.size() == base.partition_first[static_cast<std::size_t>(end)] - offset, "states of other customers than those of their partitions");
  for (std::int32_t p = first; p < end; ++p) write_partition(base, p, states, offset);
}

void StateWriter::write_partition(const Base& base, std::int32_t p, const CarriedStates& states, std::int64_t offset) {
  const auto at = static_cast<std::size_t>(p);
  const Journeys& journeys = *base.journeys;
  Piece piece;
  CarriedStates kept;
  piece.ids.text = base.ids.text;
  piece.journeys.first = {0};
  const std::int64_t begin = base.partition_first[at], end = base.partition_first[at + 1];
  for (std::int64_t c = begin; c < end; ++c) {
    const std::int64_t events = journeys.first[static_cast<std::size_t>(c) + 1] - journeys.first[static_cast<std::size_t>(c)];
    if (events == 0) continue;
    add_customer(base.ids, c, piece.ids);
    piece.journeys.first.push_back(piece.journeys.first.back() + events);
    piece.facts.longest = std::max(piece.facts.longest, events);
    const auto s = static_cast<std::size_t>(c - offset);
    kept.seen.push_back(states.seen[s]);
    kept.first.push_back(states.first[s]);
    const auto values = states.values.begin() + (c - offset) * facts_.width;
    kept.values.insert(kept.values.end(), values, values + facts_.width);
  }
  if (piece.ids.size() == 0) return;
  take_events(journeys, manifest_.schema, journeys.first[static_cast<std::size_t>(begin)], journeys.first[static_cast<std::size_t>(end)], piece);
  piece.facts.customers = facts_.customers[at] = piece.ids.size();
  const fs::path file = piece_path(StateFolder::journeys_path(partial_), p);
  manifest_.partitions[at].facts = piece.facts;
  manifest_.partitions[at].checksum = write_piece(file, manifest_.schema, piece, false);
  manifest_.partitions[at].bytes = fs::file_size(file);
  facts_.checksums[at] = write_states(StateFolder::states_path(partial_, p), kept, facts_.width);
}

void StateWriter::finish(const Origin& origin, const Base& names) {
  const fs::path store = StateFolder::journeys_path(partial_);
  const std::vector<std::string> columns = manifest_.schema.event_names();
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::vector<std::string>& words = column_named(*names.journeys, columns[c]).dictionary;
    const auto count = static_cast<std::int64_t>(words.size());
    manifest_.event_words.push_back({columns[c], count, count, write_words(words_path(store, WordsOf::events, c), words, {})});
  }
  manifest_.origin = origin.input;
  manifest_.job = origin.job;
  manifest_.counts.events = manifest_.counts.event_rows = manifest_.total().events;
  write_manifest(store, manifest_);
  facts_.model = origin.model;
  facts_.as_of = origin.as_of;
  write_state_facts(partial_, facts_);
  take_name(partial_, folder_);
  finished_ = true;
}

}  // namespace footfall
