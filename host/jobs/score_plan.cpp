#include "host/jobs/score_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "engine/train/predict.hpp"

namespace footfall {
namespace {

constexpr std::int64_t mebibyte = std::int64_t{1} << 20;
constexpr std::int64_t libraries = 64 * mebibyte, a_thread = 16 * mebibyte;   ///< measured: what a job of ten customers needs
constexpr std::int64_t share_of_chunks = 8;
constexpr std::int64_t fewest_customers = 256, most_customers = 8192;
constexpr std::int64_t places_of_states = 5;   ///< of the folder read, of the chunk, page-locked, on the device, and written
constexpr std::int64_t events_of_a_customer = 32;   ///< a chunk has room for so many each, on average

/// Of one event: in the table, in page-locked memory, on the device.
std::int64_t event_bytes(const Transform& t) { return 3 * 4 * static_cast<std::int64_t>(t.events.names.size() + t.event_words.size()); }

std::int64_t customer_bytes(const SavedModel& model) {
  const Transform& t = model.transform;
  return 3 * 4 * static_cast<std::int64_t>(t.profile.names.size() + t.profile_words.size()) + 4 * t.profile_width() + 8 * 4 * model.architecture.outputs() + 64;
}

/// Packed steps, gates and states of the longest batch, and the layers of every member.
std::int64_t network_bytes(const SavedModel& model) {
  const Architecture& a = model.architecture;
  std::int64_t values = static_cast<std::int64_t>(model.parameters.size());
  std::int64_t widths = a.input_width();
  for (const std::int64_t width : a.layers) widths += 3 * width;
  values += prediction_batch * a.members * widths;
  if (a.has_events()) {
    std::int64_t states = 0;
    for (const std::int64_t hidden : a.hidden) states += 6 * hidden;
    values += prediction_batch * (model.features.max_length + 1) * (a.step_width() + *std::max_element(a.hidden.begin(), a.hidden.end())) + prediction_batch * states;
  }
  return 4 * values;
}

}  // namespace

std::int64_t program_bytes(int threads) { return libraries + a_thread * threads; }

std::string memory_text(std::int64_t bytes) { return fmt::format("{:>8.1f} MiB", static_cast<double>(bytes) / static_cast<double>(mebibyte)); }

ScorePlan plan_score(const SavedModel& model, const RunOptions& options, std::int64_t carried) {
  ScorePlan plan;
  plan.memory = options.memory;
  plan.program = program_bytes(options.threads);
  plan.network = network_bytes(model);
  const std::int64_t each = customer_bytes(model) + places_of_states * 4 * carried + (model.features.events ? events_of_a_customer * event_bytes(model.transform) : 0);
  const auto count = static_cast<std::int64_t>(ScorePlan::chunks_in_memory);
  const std::int64_t affordable = options.memory > 0 ? options.memory / share_of_chunks / (count * each) : most_customers;
  plan.limits.customers = std::clamp(affordable, fewest_customers, most_customers);
  plan.limits.event_rows = plan.limits.customers * events_of_a_customer;
  plan.chunks = count * each * plan.limits.customers;
  plan.base = plan.memory - plan.program - plan.network - plan.chunks;
  return plan;
}

std::vector<std::string> describe_plan(const ScorePlan& plan) {
  return {fmt::format("memory    {}", memory_text(plan.memory)),
          fmt::format("program   {}  libraries and threads", memory_text(plan.program)),
          fmt::format("network   {}  parameters, and a batch of {} on its way", memory_text(plan.network), prediction_batch),
          fmt::format("chunks    {}  {} of about {} customers or {} events", memory_text(plan.chunks), ScorePlan::chunks_in_memory, plan.limits.customers, plan.limits.event_rows),
          fmt::format("journeys  {}  {}", memory_text(std::max<std::int64_t>(plan.base, 0)), plan.base > 0 ? "what is left for customers and events" : "nothing is left: give --memory more")};
}

}  // namespace footfall
