#include "host/jobs/score.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "engine/bayes/feature_posterior.hpp"
#include "engine/pipeline/pipeline.hpp"
#include "engine/score/outcome.hpp"
#include "engine/score/scorer.hpp"
#include "host/jobs/journeys_of_job.hpp"
#include "host/jobs/prepared.hpp"
#include "host/jobs/score_chunks.hpp"
#include "host/jobs/score_output.hpp"
#include "host/jobs/score_plan.hpp"
#include "host/jobs/score_source.hpp"
#include "host/jobs/score_states.hpp"
#include "host/jobs/score_update.hpp"
#include "host/jobs/score_writer.hpp"
#include "host/journeys/base_reader.hpp"
#include "host/journeys/clock.hpp"
#include "host/journeys/requests.hpp"
#include "host/model_folder/digest.hpp"
#include "host/table/atomic_file.hpp"
#include "host/table/read.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {


std::int64_t file_bytes(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return static_cast<std::int64_t>(std::filesystem::file_size(path, ignored));
  std::int64_t sum = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path, ignored))
    if (entry.path().extension() == ".parquet") sum += static_cast<std::int64_t>(entry.file_size(ignored));
  return sum;
}

std::int64_t input_bytes(const Job& job) {
  std::int64_t sum = 0;
  const auto add = [&](const FilesSpec& table) {
    for (const std::string& file : expand_files(table.files, {})) sum += file_bytes(file);
  };
  if (job.events) add(job.events->table);
  if (job.customers) add(job.customers->table);
  return sum;
}

std::int64_t bytes_of(const ExampleTable& table) {
  return static_cast<std::int64_t>((table.event_number.size() + table.event_code.size() + table.profile_number.size() + table.profile_code.size()) * 4);
}

bool is_sharded(const ScoreRequest& request) { return request.out.extension().empty(); }

ChunkLimits limits_of(const SavedModel& model, const ScoreRequest& request, const RunOptions& options) {
  const bool carries = !request.update.empty() || !request.save_state.empty();
  ChunkLimits limits = plan_score(model, options, carries ? StateFlow::width_of(model) : 0).limits;
  if (request.customers_at_once > 0) limits.customers = request.customers_at_once;
  limits.partitions_a_shard = request.split.partitions_a_shard();
  return limits;
}

ScoreOutput::Request output_of(const ScoreRequest& request) {
  return {request.out, request.overwrite ? Existing::overwrite : request.resume ? Existing::resume : Existing::refuse, request.split};
}

Job job_of(const SavedModel& model, const ScoreRequest& request) {
  Job job = model.job;
  if (!request.events.empty()) {
    if (!job.events) throw bad_input("--events is given, but the model was fitted without an event log", "leave it out");
    job.events->table.files = request.events;
  }
  if (!request.customers.empty()) {
    if (!job.customers) throw bad_input("--customers is given, but the model was fitted without a customer table", "leave it out");
    job.customers->table.files = request.customers;
  }
  return job;
}

bool is_same_folder(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  return !b.empty() && std::filesystem::equivalent(a, b, ignored);
}

void count_unseen(const std::vector<UnseenCount>& more, std::vector<UnseenCount>& all) {
  for (const UnseenCount& count : more) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const UnseenCount& c) { return c.column == count.column; });
    if (found == all.end()) {
      all.push_back(count);
    } else {
      found->cells += count.cells;
    }
  }
}

/// Room for every chunk.
Scorer::Size largest_of(const std::vector<ScoreChunk>& chunks, bool carries) {
  Scorer::Size largest;
  largest.carries = carries;
  for (const ScoreChunk& chunk : chunks) {
    largest.event_rows = std::max(largest.event_rows, chunk.event_rows);
    largest.time = std::max(largest.time, chunk.longest);
    largest.examples = std::max(largest.examples, chunk.customers_at_most);
    largest.batch = std::max(largest.batch, std::min<std::int64_t>(prediction_batch, chunk.largest_group));
  }
  return largest;
}

/// What goes round in the pipeline.
struct Buffer {
  ScoreChunk* chunk = nullptr;
  const Base* base = nullptr;   ///< what the chunk's customers are numbered in
  Base own;                     ///< which is this one, when they come from a store
  std::vector<ExampleKey> keys;
  ExampleTable table;
  BatchPlan plan;
  StagedChunk staged;
  std::vector<float> outputs;   ///< [examples, outputs]
  std::vector<std::uint8_t> codes;   ///< of the network, a column a variable
  NetworkAnswer network;
  ChunkStates states;
};

/// The network's part of the work, on a stream of its own: its stage is another thread than the model's.
class NetworkScoring {
 public:
  NetworkScoring(const SavedModel& model, const Base& base, const Dictionaries& dictionaries, Workshop& shop)
      : team_(shop.backend->team()), stream_(shop.backend->make_stream()), reader_(reader_of(model, base, dictionaries)),
        posterior_(model.network->fitted.network, model.network->fitted.target,
                   model.architecture.heads[static_cast<std::size_t>(model.network->target)].kind == HeadKind::classes, reader_.columns(), *shop.backend, *stream_) {}

  /// Before the table is recoded.
  void encode(const ExampleTable& table, std::vector<std::uint8_t>& codes) {
    rows_.resize(static_cast<std::size_t>(table.size()));
    std::iota(rows_.begin(), rows_.end(), 0);
    reader_.encode(table, rows_, codes, team_);
  }
  [[nodiscard]] NetworkAnswer answer(const Buffer& buffer) { return posterior_.answer(buffer.codes, buffer.chunk->size()); }

 private:
  /// The columns of a table without rows are those of every chunk.
  FeatureCodes reader_of(const SavedModel& model, const Base& base, const Dictionaries& dictionaries) {
    return {model.network->fitted.network.variables, model.network->fitted.target, build_examples(base, model.features, {}, team_), dictionaries};
  }

  Team& team_;
  std::unique_ptr<Stream> stream_;
  FeatureCodes reader_;
  FeaturePosterior posterior_;
  std::vector<std::int64_t> rows_;
};

/// The stages, and what they share.
class Scoring {
 public:
  Scoring(const SavedModel& model, const ScoreSource& source, std::vector<ScoreChunk> chunks, std::int64_t as_of, StateFlow& states, Workshop& shop)
      : model_(model),
        source_(source),
        states_(states),
        chunks_(std::move(chunks)),
        as_of_(as_of),
        team_(shop.backend->team()),
        dictionaries_(source.dictionaries(model.features)),
        scorer_(model.architecture, model.transform, model.parameters, largest_of(chunks_, states.carries()), *shop.backend, *shop.stream) {
    if (model.network) network_.emplace(model, source.names(), dictionaries_, shop);
  }

  std::vector<StageTime> run(ScoreOutput& output, const Observer& observer, ScoreSummary& summary) {
    const auto features = [&](Buffer& buffer) { return build_features(buffer, summary.unseen); };
    Pipeline<Buffer> pipeline(source_.stored() ? "load" : "features", [&](Buffer& buffer) {
      const std::optional<Load> loaded = load(buffer);
      return loaded && !source_.stored() ? features(buffer) : loaded;   // what is in memory need not be loaded
    });
    if (source_.stored()) pipeline.then("features", features);
    pipeline.then("predict", [&](Buffer& buffer) { return predict(buffer); });
    pipeline.then("collect", [&](Buffer& buffer) { return collect(buffer); });
    if (network_)
      pipeline.then("network", [&](Buffer& buffer) {
        buffer.network = network_->answer(buffer);
        return Load{buffer.chunk->size(), static_cast<std::int64_t>(buffer.codes.size())};
      });
    pipeline.then("write", [&](Buffer& buffer) {
      write(buffer, output);
      summary.customers += buffer.chunk->size();
      observer.progress("score", summary.customers, source_.customers(), "customers");
      return Load{buffer.chunk->size(), 0};
    });
    std::vector<Buffer> buffers(std::min(ScorePlan::chunks_in_memory + (source_.stored() ? 1 : 0) + (network_ ? 1 : 0), chunks_.size()));
    for (Buffer& buffer : buffers) buffer.staged = scorer_.make_chunk();
    return pipeline.run(buffers);
  }

 private:
  /// The next chunk that has customers.
  std::optional<Load> load(Buffer& buffer) {
    while (next_ < chunks_.size()) {
      buffer.chunk = &chunks_[next_++];
      buffer.base = &source_.load(*buffer.chunk, model_.features, as_of_, buffer.own, buffer.states.merged);
      if (buffer.chunk->size() == 0) states_.pass(*buffer.base, *buffer.chunk);
      if (buffer.chunk->size() > 0) return Load{buffer.chunk->size(), source_.stored() ? source_.bytes(*buffer.chunk) : 0};
    }
    return std::nullopt;
  }

  Load build_features(Buffer& buffer, std::vector<UnseenCount>& unseen) {
    buffer.keys.clear();
    for (const std::int64_t customer : buffer.chunk->customers) buffer.keys.push_back({customer, as_of_});
    if (states_.wanted()) states_.begin(*buffer.base, *buffer.chunk, buffer.keys, buffer.states);
    buffer.table = build_examples(*buffer.base, model_.features, buffer.keys, team_, std::move(buffer.table));
    if (network_) network_->encode(buffer.table, buffer.codes);
    count_unseen(recode(buffer.table, dictionaries_, model_.transform, team_), unseen);
    const auto lengths = model_.architecture.has_events() ? std::span<const std::int32_t>(buffer.table.length) : std::span<const std::int32_t>();
    buffer.plan = plan_groups(lengths, buffer.chunk->groups, prediction_batch);
    return Load{buffer.chunk->size(), bytes_of(buffer.table)};
  }

  Load predict(Buffer& buffer) {
    if (states_.carries()) states_.give(*buffer.base, *buffer.chunk, buffer.plan, buffer.states, buffer.staged.carried());
    return {buffer.chunk->size(), scorer_.send(buffer.table, buffer.plan, buffer.staged)};
  }

  Load collect(Buffer& buffer) {
    buffer.staged.outputs_of(buffer.plan, buffer.outputs);
    if (states_.carries()) states_.take(*buffer.base, *buffer.chunk, buffer.plan, buffer.staged.carried(), buffer.states);
    return {buffer.chunk->size(), static_cast<std::int64_t>(buffer.outputs.size() * sizeof(float))};
  }

  void write(const Buffer& buffer, ScoreOutput& output) const {
    std::vector<Outcome> outcomes;
    std::int64_t first = 0;
    for (const HeadSpec& head : model_.architecture.heads) {
      outcomes.push_back(outcome_of(head, buffer.outputs, model_.architecture.outputs(), first));
      first += head.outputs();
    }
    states_.write(*buffer.base, *buffer.chunk, buffer.states);
    output.write(score_table(model_, buffer.base->ids, buffer.chunk->customers, outcomes, buffer.network), buffer.chunk->last_partition);
  }

  const SavedModel& model_;
  const ScoreSource& source_;
  StateFlow& states_;
  std::vector<ScoreChunk> chunks_;
  std::int64_t as_of_;
  Team& team_;
  Dictionaries dictionaries_;
  Scorer scorer_;
  std::optional<NetworkScoring> network_;
  std::size_t next_ = 0;
};

}  // namespace

ScoreSummary score(const ScoreRequest& request, const RunOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  ScoreSummary summary;
  const SavedModel model = load_model(request.model);
  const ScoreOutput::Request wanted = output_of(request);
  ScoreOutput::check(wanted);
  ScoreIdentity identity{digest_of(read_file(request.model / "model.json")), {}, {}};
  const std::unique_ptr<StateFolder> state = open_state(request, model, identity.model, options.observer);
  if (ScoreOutput::is_done(wanted, identity.model)) {
    options.observer.note(request.out.string() + " holds whole scores: nothing to do");
    summary.was_there = true;
    return summary;
  }
  if (!request.save_state.empty()) StateWriter::check(request.save_state, request.overwrite || is_same_folder(request.save_state, request.update));
  Workshop shop(options);
  Job job = job_of(model, request);
  if (state && request.journeys.empty()) job = unread_job(std::move(job), *state, options.observer);
  const JourneysOfJob journeys(job, request.journeys, request.out, false, options);
  StageTime reading{"read"};
  std::optional<ScoreSource> source;
  StageClock(reading).work([&] {
    source.emplace(job, state.get(), !request.save_state.empty());
    return job.journeys.empty() ? Load{source->rows_read(), input_bytes(job)} : Load{};
  });
  for (const std::string& notice : source->notices()) options.observer.note(notice);
  std::int64_t as_of = source->end_of_events();
  if (!request.as_of.empty()) {
    if (!source->has_events()) throw bad_input("--as-of is given, but there are no events", "leave it out");
    as_of = parse_cutoff(request.as_of, source->clock(), "--as-of");
  }
  if (state && as_of < state->facts().as_of)
    throw bad_input(fmt::format("the scores would be as of {}, and the state is as of {}, which is later", moment_text(as_of, source->clock()), moment_text(state->facts().as_of, source->clock())),
                    "give a later --as-of, or score from scratch");
  if (source->has_events()) summary.as_of = moment_text(as_of, source->clock());
  std::vector<ScoreChunk> chunks = source->chunks(model.features, as_of, limits_of(model, request, options));
  const auto nobody = [] { return bad_input("there is no customer to score", "check the files, or --as-of: customers are scored from their first event on"); };
  if (chunks.empty()) throw nobody();
  if (source->has_events()) identity.as_of = std::to_string(as_of);
  if (is_sharded(request)) identity.input = source->fingerprint();
  const StoreOrigin origin = source->has_events() ? origin_of_state(job, state.get()) : StoreOrigin();
  std::optional<StateWriter> writer;
  if (!request.save_state.empty()) writer.emplace(request.save_state, source->names(), model.features.amount, StateFlow::width_of(model));
  StateFlow states(model, as_of, state.get(), writer ? &*writer : nullptr);
  ScoreOutput output(wanted, identity, score_columns(model, source->text_ids()));
  std::erase_if(chunks, [&](const ScoreChunk& chunk) { return !output.wants(chunk.last_partition); });
  if (chunks.empty()) {
    summary.stages = {{"write"}};
  } else {
    summary.stages = Scoring(model, *source, std::move(chunks), as_of, states, shop).run(output, options.observer, summary);
    if (summary.customers == 0 && source->stored()) throw nobody();   // only now known
  }
  summary.customers_before = output.customers_before();
  summary.customers += summary.customers_before;
  summary.stages.insert(summary.stages.begin(), reading);
  StageClock(summary.stages.back()).work([&] {
    output.finish();
    if (writer) writer->finish({identity.model, as_of, origin, to_toml(job)}, source->names());
    return Load{0, file_bytes(request.out)};
  });
  if (state) summary.update = states.counts();
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return summary;
}

}  // namespace footfall
