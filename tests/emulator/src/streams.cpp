// Streams as queues that run as late as the rules allow, events as ends of work in them.

#include <chrono>
#include <deque>
#include <set>

#include "tests/emulator/src/runtime.hpp"
#include "tests/emulator/src/streams.hpp"

namespace footfall_emulator {
namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

StreamTable& streams() {
  static StreamTable& table = *new StreamTable;
  return table;
}

bool stream_exists(cudaStream_t stream) { return streams().alive.count(stream) != 0; }

cudaError_t check_stream(cudaStream_t stream, const char* call) {
  if (stream == nullptr || stream == cudaStreamLegacy || stream == cudaStreamPerThread)
    fault(std::string(call) + " on the default stream: footfall always names a stream of its own");
  if (!stream_exists(stream)) fault(std::string(call) + " on a stream that does not exist (destroyed?)");
  return cudaSuccess;
}

// ---- running
namespace {

bool may_run(const StreamState& stream) { return !stream.queue.empty() && (stream.queue.front().wait == nullptr || stream.queue.front().wait->done); }

void step(StreamState& stream);

void run_until(const std::shared_ptr<Token>& token) {
  while (!token->done) step(*token->stream);
}

// The next piece of work of a stream; first what it has to wait for.
void step(StreamState& stream) {
  if (hostile() && choose(3) == 1) {
    // Another stream may go first.
    std::vector<StreamState*> others;
    for (const auto& other : streams().all)
      if (other.get() != &stream && may_run(*other)) others.push_back(other.get());
    if (!others.empty()) {
      StreamState& other = *others[choose(others.size())];
      StreamWork work = std::move(other.queue.front());
      other.queue.pop_front();
      if (work.run) run_as_device(work.what, work.run);
      if (work.end) {
        work.end->done = true;
        work.end->finished_at = seconds();
      }
      return;
    }
  }
  if (stream.queue.front().wait != nullptr) run_until(stream.queue.front().wait);
  if (stream.queue.empty()) return;
  StreamWork work = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (work.run) run_as_device(work.what, work.run);
  if (work.end) {
    work.end->done = true;
    work.end->finished_at = seconds();
  }
}

}  // namespace

void run_stream(cudaStream_t handle) {
  const std::shared_ptr<StreamState> stream = streams().alive.at(handle);
  // What is put in meanwhile (by host functions it cannot be) is not waited for.
  while (!stream->queue.empty()) step(*stream);
}

void run_everything() {
  for (bool more = true; more;) {
    more = false;
    const std::vector<std::shared_ptr<StreamState>> all = streams().all;
    for (const auto& stream : all)
      while (!stream->queue.empty()) {
        step(*stream);
        more = true;
      }
  }
  std::erase_if(streams().all, [](const auto& stream) { return stream->destroyed && stream->queue.empty(); });
}

void maybe_run_something() {
  if (!hostile() || choose(4) != 1) return;
  std::vector<StreamState*> ready;
  for (const auto& stream : streams().all)
    if (may_run(*stream)) ready.push_back(stream.get());
  if (!ready.empty()) step(*ready[choose(ready.size())]);
}

cudaError_t enqueue(cudaStream_t handle, std::string what, std::function<void()> work, const void* function) {
  StreamState& stream = *streams().alive.at(handle);
  if (stream.capture != nullptr) {
    capture_node(stream, std::move(what), std::move(work), function);
    return cudaSuccess;
  }
  stream.queue.push_back({std::move(what), std::move(work), nullptr, nullptr});
  maybe_run_something();
  return cudaSuccess;
}

bool is_capturing(cudaStream_t stream) {
  const auto found = streams().alive.find(stream);
  return found != streams().alive.end() && found->second->capture != nullptr;
}

void count_streams(Census& census) {
  census.streams = streams().alive.size();
  census.events = streams().events.size();
  for (const auto& stream : streams().all) census.pending_work += stream->queue.size();
}

}  // namespace footfall_emulator

using namespace footfall_emulator;

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* result, unsigned flags, int) {
  const auto lock = device_lock();
  if (result == nullptr || flags > cudaStreamNonBlocking) return refuse(cudaErrorInvalidValue, "cudaStreamCreateWithFlags: bad argument");
  auto stream = std::make_shared<StreamState>();
  *result = reinterpret_cast<cudaStream_t>(stream.get());
  streams().alive.emplace(*result, stream);
  streams().all.push_back(std::move(stream));
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* result, unsigned flags) { return cudaStreamCreateWithPriority(result, flags, 0); }
cudaError_t cudaStreamCreate(cudaStream_t* result) { return cudaStreamCreateWithFlags(result, cudaStreamDefault); }
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  if (least != nullptr) *least = 0;
  if (greatest != nullptr) *greatest = -5;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const auto lock = device_lock();
  check_stream(stream, "cudaStreamDestroy");
  if (is_capturing(stream)) return refuse(cudaErrorStreamCaptureUnsupported, "a stream is destroyed while it captures");
  // Returns at once; what is in the stream still runs, some time.
  streams().alive.at(stream)->destroyed = true;
  streams().alive.erase(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, "cudaStreamSynchronize")) return e;
  if (const cudaError_t e = forbid_in_capture("cudaStreamSynchronize")) return e;
  run_stream(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, "cudaStreamQuery")) return e;
  if (const cudaError_t e = forbid_in_capture("cudaStreamQuery")) return e;
  StreamState& state = *streams().alive.at(stream);
  if (state.queue.empty()) return cudaSuccess;
  step(state);  // who asks again and again gets an answer in the end
  return refuse(cudaErrorNotReady, "the stream has work left");
}

cudaError_t cudaDeviceSynchronize() {
  const auto lock = device_lock();
  if (const cudaError_t e = forbid_in_capture("cudaDeviceSynchronize")) return e;
  run_everything();
  return cudaSuccess;
}

// ---- events
namespace {
EventState* find_event(cudaEvent_t event, const char* call) {
  const auto found = streams().events.find(event);
  if (found == streams().events.end()) fault(std::string(call) + " of an event that does not exist (destroyed?)");
  return found->second.get();
}
}  // namespace

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* result, unsigned flags) {
  const auto lock = device_lock();
  if (result == nullptr || flags > 7) return refuse(cudaErrorInvalidValue, "cudaEventCreateWithFlags: bad argument");
  auto event = std::make_unique<EventState>();
  event->timing = (flags & cudaEventDisableTiming) == 0;
  *result = reinterpret_cast<cudaEvent_t>(event.get());
  streams().events.emplace(*result, std::move(event));
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* result) { return cudaEventCreateWithFlags(result, cudaEventDefault); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const auto lock = device_lock();
  find_event(event, "cudaEventDestroy");
  streams().events.erase(event);
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  const auto lock = device_lock();
  EventState* state = find_event(event, "cudaEventRecord");
  if (const cudaError_t e = check_stream(handle, "cudaEventRecord")) return e;
  const std::shared_ptr<StreamState>& stream = streams().alive.at(handle);
  state->last = std::make_shared<Token>();
  if (stream->capture != nullptr) {
    capture_record(*stream, *state->last);
    return cudaSuccess;
  }
  state->last->stream = stream;
  stream->queue.push_back({"cudaEventRecord", nullptr, nullptr, state->last});
  maybe_run_something();
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned flags) {
  const auto lock = device_lock();
  if (flags != 0) return refuse(cudaErrorInvalidValue, "cudaStreamWaitEvent: unknown flags");
  EventState* state = find_event(event, "cudaStreamWaitEvent");
  if (const cudaError_t e = check_stream(handle, "cudaStreamWaitEvent")) return e;
  StreamState& stream = *streams().alive.at(handle);
  if (state->last == nullptr) return cudaSuccess;  // never recorded: counts as complete
  if (state->last->capture != nullptr) return capture_wait(stream, *state->last);
  if (stream.capture != nullptr) return refuse(cudaErrorStreamCaptureIsolation, "captured work waits for an event that was recorded outside its capture");
  stream.queue.push_back({"cudaStreamWaitEvent", nullptr, state->last, nullptr});
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const auto lock = device_lock();
  EventState* state = find_event(event, "cudaEventSynchronize");
  if (const cudaError_t e = forbid_in_capture("cudaEventSynchronize")) return e;
  if (state->last == nullptr) return cudaSuccess;
  if (state->last->capture != nullptr) return refuse(cudaErrorCapturedEvent, "an event of captured work is waited for by the host");
  const std::shared_ptr<Token> token = state->last;
  run_until(token);
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  const auto lock = device_lock();
  EventState* state = find_event(event, "cudaEventQuery");
  if (const cudaError_t e = forbid_in_capture("cudaEventQuery")) return e;
  if (state->last == nullptr || state->last->done) return cudaSuccess;
  if (state->last->capture != nullptr) return refuse(cudaErrorCapturedEvent, "an event of captured work is asked by the host");
  const std::shared_ptr<Token> token = state->last;
  step(*token->stream);
  return refuse(cudaErrorNotReady, "the event is not reached");
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  const auto lock = device_lock();
  const EventState* first = find_event(start, "cudaEventElapsedTime");
  const EventState* last = find_event(end, "cudaEventElapsedTime");
  if (!first->timing || !last->timing || first->last == nullptr || last->last == nullptr)
    return refuse(cudaErrorInvalidResourceHandle, "cudaEventElapsedTime of events without timing or never recorded");
  if (!first->last->done || !last->last->done) return refuse(cudaErrorNotReady, "cudaEventElapsedTime before both events are reached");
  *milliseconds = static_cast<float>(1e3 * (last->last->finished_at - first->last->finished_at));
  return cudaSuccess;
}
