#include "host/jobs/fit_plan.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "host/jobs/choices.hpp"
#include "host/jobs/examples_of_job.hpp"
#include "host/jobs/part.hpp"
#include "host/jobs/score_plan.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t copies_of_features = 3;    ///< as built, recoded for a part, and on the device (a processor's is the same memory)
constexpr std::int64_t sorted_together = std::int64_t{16} << 20;   ///< of engine/transform/fit_transform.cpp
constexpr std::int64_t copies_of_parameters = 5;  ///< values, gradient, both moments, the best epoch's

std::int64_t base_bytes(const Base& base) {
  std::int64_t bytes = base.customers() * 16;
  if (base.journeys) {
    const auto columns = static_cast<std::int64_t>(base.journeys->numeric.size() + base.journeys->categorical.size());
    bytes += base.journeys->events() * (8 + 4 * columns + (base.journeys->amount.empty() ? 0 : 8) + 8);
  }
  if (base.profiles) bytes += base.customers() * 4 * static_cast<std::int64_t>(base.profiles->numeric.size() + base.profiles->categorical.size());
  return bytes;
}

std::int64_t table_bytes(const ExampleTable& table) {
  return 4 * static_cast<std::int64_t>(table.event_number.size() + table.event_code.size() + table.profile_number.size() + table.profile_code.size());
}

/// What a batch leaves behind on its way forward, for the way back.
std::int64_t batch_values(const Architecture& a, std::int64_t batch, std::int64_t time) {
  std::int64_t values = 2 * batch * a.input_width();
  std::int64_t in = a.input_width();
  for (const std::int64_t width : a.layers) {
    values += batch * a.members * (2 * in + 3 * width);
    in = width;
  }
  if (!a.has_events()) return values;
  std::int64_t steps = 2 * a.step_width();
  for (const std::int64_t hidden : a.hidden) steps += 8 * hidden;  // four gates, cell, state, and the gradients of both
  return values + batch * time * steps;
}

/// Labels, keys, places and predictions of every example, and the ids.
std::int64_t held_bytes(const JobExamples& examples) {
  return held_of_examples(examples.prepared.table.size(), examples.read.base.customers(), examples.read.job);
}

}  // namespace

std::vector<std::string> explain_fit(const Job& asked, const std::filesystem::path& folder, const RunOptions& options) {
  Workshop shop(options);
  const JobExamples data = examples_of_job(asked, nullptr, folder, options, shop.backend->team());
  const Prepared& prepared = data.prepared;
  Job job = data.read.job;
  const std::int64_t examples = prepared.table.size();
  make_choices(job, examples, data.read.base.journeys.has_value());
  std::vector<std::int64_t> rows(static_cast<std::size_t>(examples));
  std::iota(rows.begin(), rows.end(), 0);
  const Transform transform = fit_transform(*prepared.source(), dictionaries_of(data), rows, transform_of(job), *shop.backend, *shop.stream);
  const Architecture model = architecture_of(job, transform, prepared.schemas, examples);
  const std::int64_t parameters = ParameterLayout(model).size();
  const std::int64_t time = prepared.table.length.empty() ? 0 : *std::max_element(prepared.table.length.begin(), prepared.table.length.end());
  const std::int64_t program = program_bytes(options.threads), held = held_bytes(data);
  const std::int64_t network = 4 * (copies_of_parameters * parameters + batch_values(model, *job.train.batch, time));
  std::int64_t left = options.memory - program - held - network;
  std::vector<std::string> lines = {fmt::format("memory    {}", memory_text(options.memory)), fmt::format("program   {}  libraries and threads", memory_text(program)),
                                    fmt::format("held      {}  ids, labels and predictions of {} examples", memory_text(held), examples)};
  if (prepared.spilled) {
    const BlockSize size = block_size(prepared.table, *job.train.batch);
    const auto cells = [](const auto& a, const auto& b) { return static_cast<std::int64_t>(a.size() + b.size()); };
    const std::int64_t event = cells(prepared.table.event_numbers, prepared.table.event_codes), profile = 2 * cells(prepared.table.profile_numbers, prepared.table.profile_codes) + transform.profile_width();
    const std::int64_t block = 4 * (2 * size.event_rows * event + size.examples * profile), sorted = 4 * std::max(sorted_together, 4 * examples);
    lines.push_back(fmt::format("disk      {}  features of all examples, in {}", memory_text(prepared.spilled->bytes()), folder.string()));
    lines.push_back(fmt::format("reading   {}  partitions of the journeys that are read together, before anything else", memory_text(example_memory(asked, options.memory).partitions)));
    lines.push_back(fmt::format("sorting   {}  columns of features, before the training", memory_text(sorted)));
    lines.push_back(fmt::format("block     {}  at most {} examples or {} events, as they are and on the device", memory_text(block), size.examples, size.event_rows));
    left -= block;
  } else {
    const std::int64_t base = base_bytes(data.read.base), features = copies_of_features * table_bytes(prepared.table) + 4 * examples * transform.profile_width();
    lines.push_back(fmt::format("journeys  {}  {} customers and their events", memory_text(base), data.read.base.customers()));
    lines.push_back(fmt::format("features  {}  of {} examples, {} times, and encoded", memory_text(features), examples, copies_of_features));
    left -= base + features;
  }
  lines.push_back(fmt::format("training  {}  {} parameters, their gradient and moments, a batch of {}", memory_text(network), parameters, *job.train.batch));
  lines.push_back(fmt::format("left      {}  {}", memory_text(std::max<std::int64_t>(left, 0)), left > 0 ? "for what a fit needs by the way" : "nothing: give --memory more"));
  return lines;
}

}  // namespace footfall
