#include "host/journeys/store/schema.hpp"

#include <algorithm>

#include "host/journeys/clock.hpp"
#include "host/journeys/requests.hpp"

namespace footfall {
namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::size_t add(SpillLayout& layout, std::int32_t width) {
  layout.widths.push_back(width);
  return layout.widths.size() - 1;
}

}  // namespace

std::vector<std::string> StoreSchema::event_names() const {
  std::vector<std::string> names;
  add_once(names, type);
  add_once(names, item);
  for (const std::string& name : categorical) add_once(names, name);
  return names;
}

std::vector<std::string> StoreSchema::target_names() const {
  std::vector<std::string> names;
  for (const Target& target : targets)
    if (target.type == ColumnType::text) names.push_back(target.name);
  return names;
}

std::int32_t code_bytes_of(std::int64_t names) { return names < 256 ? 1 : names < 65536 ? 2 : 4; }

StoreSchema schema_of(const Job& job, const Table& events, const Table* customers, bool targets) {
  const EventsSpec& spec = *job.events;
  StoreSchema out;
  out.text_ids = events.at(spec.customer).type == ColumnType::text;
  const Clock clock = clock_of(events.at(spec.time));
  out.clock_steps = clock.steps;
  out.clock_resolution = clock.resolution;
  out.amount = !spec.amount.empty();
  out.type = spec.type;
  out.item = spec.item;
  out.categorical = spec.categorical;
  out.numeric = event_number_names(spec);
  out.code_bytes.assign(out.event_names().size(), 4);
  if (customers == nullptr) return out;
  out.profiles = true;
  out.profile_categorical = job.customers->categorical.names;
  out.profile_numeric = job.customers->numeric.names;
  if (!targets) return out;
  for (const std::string& name : job.target_columns()) {
    const Column& column = customers->at(name);
    out.targets.push_back({name, column.type, column.resolution});
  }
  return out;
}

EventLayout event_layout(const StoreSchema& schema, const EventsSpec& spec) {
  EventLayout out;
  out.merged = !spec.merge.empty();
  SpillLayout& spill = out.spill;
  if (out.merged) out.merge = add(spill, 16);
  if (!schema.text_ids) out.key = add(spill, 8);
  out.time = add(spill, 8);
  if (schema.amount) out.amount = add(spill, 8);
  if (out.merged)
    for (std::size_t i = 0; i < spec.numeric.size(); ++i) out.numbers.push_back(add(spill, 8));
  if (schema.text_ids) spill.word_column = out.key = add(spill, 4);
  for (std::size_t i = 0; i < schema.event_names().size(); ++i) out.codes.push_back(add(spill, 4));
  spill.codes = out.codes;
  if (!out.merged)
    for (std::size_t i = 0; i < spec.numeric.size(); ++i) out.numbers.push_back(add(spill, 4));
  return out;
}

ProfileLayout profile_layout(const StoreSchema& schema) {
  ProfileLayout out;
  SpillLayout& spill = out.spill;
  if (!schema.text_ids) out.key = add(spill, 8);
  out.position = add(spill, 8);
  for (std::size_t i = 0; i < schema.targets.size(); ++i) out.targets.push_back(add(spill, 8));
  if (schema.text_ids) spill.word_column = out.key = add(spill, 4);
  out.file = add(spill, 4);
  for (std::size_t i = 0; i < schema.profile_names().size(); ++i) out.codes.push_back(add(spill, 4));
  spill.codes = out.codes;
  for (std::size_t i = 0; i < schema.profile_numeric.size(); ++i) out.numbers.push_back(add(spill, 4));
  for (std::size_t i = 0; i < schema.targets.size(); ++i) out.targets_valid.push_back(add(spill, 1));
  return out;
}

}  // namespace footfall
