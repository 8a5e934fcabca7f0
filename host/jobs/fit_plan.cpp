#include "host/jobs/fit_plan.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "host/jobs/choices.hpp"
#include "host/jobs/prepared.hpp"
#include "host/jobs/score_plan.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::int64_t copies_of_features = 3;    ///< as built, recoded for a part, and on the device (a processor's is the same memory)
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

}  // namespace

std::vector<std::string> explain_fit(const Job& asked, const RunOptions& options) {
  const ReadBase read = read_base(asked);
  Workshop shop(options);
  const Prepared prepared = prepare_examples(read, cutoffs_of(read), shop.backend->team());
  Job job = read.job;
  const std::int64_t examples = prepared.table.size();
  make_choices(job, examples, read.base.journeys.has_value());
  std::vector<std::int64_t> rows(static_cast<std::size_t>(examples));
  std::iota(rows.begin(), rows.end(), 0);
  const Dictionaries dictionaries = dictionaries_of(read.base, prepared.features);
  const Transform transform = fit_transform(prepared.table, dictionaries, rows, transform_of(job), *shop.backend, *shop.stream);
  const Architecture model = architecture_of(job, transform, prepared.schemas, examples);
  const std::int64_t parameters = ParameterLayout(model).size();
  const std::int64_t time = prepared.table.length.empty() ? 0 : *std::max_element(prepared.table.length.begin(), prepared.table.length.end());
  const std::int64_t program = program_bytes(options.threads), base = base_bytes(read.base);
  const std::int64_t features = copies_of_features * table_bytes(prepared.table) + 4 * examples * transform.profile_width();
  const std::int64_t network = 4 * (copies_of_parameters * parameters + batch_values(model, *job.train.batch, time));
  const std::int64_t left = options.memory - program - base - features - network;
  return {fmt::format("memory    {}", memory_text(options.memory)),
          fmt::format("program   {}  libraries and threads", memory_text(program)),
          fmt::format("journeys  {}  {} customers and their events", memory_text(base), read.base.customers()),
          fmt::format("features  {}  of {} examples, {} times, and encoded", memory_text(features), examples, copies_of_features),
          fmt::format("training  {}  {} parameters, their gradient and moments, a batch of {}", memory_text(network), parameters, *job.train.batch),
          fmt::format("left      {}  {}", memory_text(std::max<std::int64_t>(left, 0)), left > 0 ? "for reading the files and for predictions" : "nothing: give --memory more")};
}

}  // namespace footfall
