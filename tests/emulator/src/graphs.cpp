// CUDA graphs: a capture collects the work of one or more streams with what each piece comes after; a launch puts the whole into a
// stream as one piece.

#include <set>
#include <thread>

#include "tests/emulator/src/streams.hpp"

using namespace footfall_emulator;

namespace {

struct Capture {
  std::shared_ptr<GraphBody> body;
  cudaStream_t origin = nullptr;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::thread::id thread;
  std::vector<StreamState*> members;
  bool invalid = false;
};

std::vector<std::unique_ptr<Capture>>& captures() {
  static auto& all = *new std::vector<std::unique_ptr<Capture>>;
  return all;
}

Capture* capture_of(const GraphBody* body) {
  for (const auto& capture : captures())
    if (capture->body.get() == body) return capture.get();
  return nullptr;
}

struct Graph {
  std::shared_ptr<GraphBody> body;
};
std::set<cudaGraph_t>& graphs() {
  static auto& all = *new std::set<cudaGraph_t>;
  return all;
}
std::set<cudaGraphExec_t>& execs() {
  static auto& all = *new std::set<cudaGraphExec_t>;
  return all;
}
Graph& graph_of(cudaGraph_t graph, const char* call) {
  if (graphs().count(graph) == 0) fault(std::string(call) + " of a graph that does not exist");
  return *reinterpret_cast<Graph*>(graph);
}
Graph& exec_of(cudaGraphExec_t exec, const char* call) {
  if (execs().count(exec) == 0) fault(std::string(call) + " of an executable graph that does not exist (destroyed?)");
  return *reinterpret_cast<Graph*>(exec);
}

// Nodes in any order that keeps each behind what it depends on.
void run_graph(const GraphBody& body) {
  std::vector<char> done(body.nodes.size(), 0);
  for (std::size_t left = body.nodes.size(); left > 0; --left) {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < body.nodes.size(); ++i) {
      if (done[i] != 0) continue;
      bool free = true;
      for (const std::size_t before : body.nodes[i].after) free = free && done[before] != 0;
      if (free) ready.push_back(i);
      if (free && !hostile()) break;
    }
    const std::size_t next = ready[choose(ready.size())];
    if (body.nodes[next].run) run_as_device(body.nodes[next].what + " of a graph", body.nodes[next].run);
    done[next] = 1;
  }
}

}  // namespace

namespace footfall_emulator {

void capture_node(StreamState& stream, std::string what, std::function<void()> work, const void* function) {
  stream.capture->nodes.push_back({std::move(what), function, std::move(work), stream.capture_front});
  stream.capture_front = {stream.capture->nodes.size() - 1};
}

void capture_record(StreamState& stream, Token& token) {
  // An empty node stands for the event, after all that the stream has to come after.
  capture_node(stream, "cudaEventRecord", nullptr, nullptr);
  token.capture = stream.capture;
  token.capture_node = stream.capture_front.front();
}

cudaError_t capture_wait(StreamState& stream, const Token& token) {
  Capture* capture = capture_of(token.capture);
  if (capture == nullptr) return refuse(cudaErrorStreamCaptureIsolation, "a stream waits for an event of a capture that has ended");
  if (stream.capture == nullptr) {
    stream.capture = token.capture;  // the stream joins the capture
    stream.capture_front.clear();
    capture->members.push_back(&stream);
  } else if (stream.capture != token.capture) {
    return refuse(cudaErrorStreamCaptureMerge, "two captures are joined by an event");
  }
  stream.capture_front.push_back(token.capture_node);
  return cudaSuccess;
}

cudaError_t forbid_in_capture(const char* call) {
  if (device_is_running()) fault(std::string(call) + " is called from a host function of a stream, which may not call CUDA");
  for (const auto& capture : captures()) {
    // Programming guide and cudaStreamCaptureMode: global forbids unsafe calls to all threads, thread-local to the capturing one.
    const bool mine = capture->thread == std::this_thread::get_id();
    if (capture->mode == cudaStreamCaptureModeRelaxed || thread_state().capture_mode == cudaStreamCaptureModeRelaxed) continue;
    if (capture->mode == cudaStreamCaptureModeThreadLocal && !mine) continue;
    capture->invalid = true;
    return refuse(cudaErrorStreamCaptureUnsupported, std::string(call) + " is not permitted while a stream is capturing");
  }
  return cudaSuccess;
}

}  // namespace footfall_emulator

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(handle, "cudaStreamBeginCapture")) return e;
  StreamState& stream = *streams().alive.at(handle);
  if (stream.capture != nullptr) return refuse(cudaErrorIllegalState, "the stream is capturing already");
  auto capture = std::make_unique<Capture>();
  capture->body = std::make_shared<GraphBody>();
  capture->origin = handle;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->members.push_back(&stream);
  stream.capture = capture->body.get();
  stream.capture_front.clear();
  captures().push_back(std::move(capture));
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* result) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(handle, "cudaStreamEndCapture")) return e;
  StreamState& stream = *streams().alive.at(handle);
  *result = nullptr;
  Capture* capture = stream.capture == nullptr ? nullptr : capture_of(stream.capture);
  if (capture == nullptr) return refuse(cudaErrorIllegalState, "the stream is not capturing");
  if (capture->origin != handle) return refuse(cudaErrorStreamCaptureUnmatched, "a capture is ended on another stream than it began on");
  if (capture->mode != cudaStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id())
    return refuse(cudaErrorStreamCaptureWrongThread, "a capture is ended by another thread");
  cudaError_t answer = capture->invalid ? refuse(cudaErrorStreamCaptureInvalidated, "a forbidden call spoiled the capture") : cudaSuccess;
  // Every node of another stream must be before the end of the origin's.
  std::vector<char> joined(capture->body->nodes.size(), 0);
  std::vector<std::size_t> open = stream.capture_front;
  while (!open.empty()) {
    const std::size_t node = open.back();
    open.pop_back();
    if (joined[node] != 0) continue;
    joined[node] = 1;
    for (const std::size_t before : capture->body->nodes[node].after) open.push_back(before);
  }
  for (const StreamState* member : capture->members)
    for (const std::size_t last : member->capture_front)
      if (joined[last] == 0 && answer == cudaSuccess) answer = refuse(cudaErrorStreamCaptureUnjoined, "a stream that joined the capture is not waited for at its end");
  for (StreamState* member : capture->members) {
    member->capture = nullptr;
    member->capture_front.clear();
  }
  if (answer == cudaSuccess) {
    auto* graph = new Graph{capture->body};
    *result = reinterpret_cast<cudaGraph_t>(graph);
    graphs().insert(*result);
  }
  std::erase_if(captures(), [capture](const auto& c) { return c.get() == capture; });
  return answer;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, "cudaStreamIsCapturing")) return e;
  *status = cudaStreamCaptureStatusNone;
  if (is_capturing(stream)) {
    const Capture* capture = capture_of(streams().alive.at(stream)->capture);
    *status = capture->invalid ? cudaStreamCaptureStatusInvalidated : cudaStreamCaptureStatusActive;
  }
  return cudaSuccess;
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  std::swap(*mode, thread_state().capture_mode);
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* result, cudaGraph_t graph, unsigned long long) {
  const auto lock = device_lock();
  // A copy: later changes of the graph do not reach it.
  auto* exec = new Graph{std::make_shared<GraphBody>(*graph_of(graph, "cudaGraphInstantiate").body)};
  *result = reinterpret_cast<cudaGraphExec_t>(exec);
  execs().insert(*result);
  return cudaSuccess;
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t exec, cudaGraph_t graph, cudaGraphExecUpdateResultInfo* info) {
  const auto lock = device_lock();
  Graph& old = exec_of(exec, "cudaGraphExecUpdate");
  const Graph& fresh = graph_of(graph, "cudaGraphExecUpdate");
  bool same = old.body->nodes.size() == fresh.body->nodes.size();
  for (std::size_t i = 0; same && i < old.body->nodes.size(); ++i) {
    const GraphNode& a = old.body->nodes[i];
    const GraphNode& b = fresh.body->nodes[i];
    same = a.what == b.what && a.function == b.function && a.after == b.after;
  }
  if (info != nullptr) *info = {same ? cudaGraphExecUpdateSuccess : cudaGraphExecUpdateErrorTopologyChanged, nullptr, nullptr};
  if (!same) return refuse(cudaErrorGraphExecUpdateFailure, "the graph has other nodes than the one it should update");
  old.body = std::make_shared<GraphBody>(*fresh.body);
  return cudaSuccess;
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream) {
  const auto lock = device_lock();
  exec_of(exec, "cudaGraphUpload");
  return check_stream(stream, "cudaGraphUpload");
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  const auto lock = device_lock();
  if (const cudaError_t e = check_stream(stream, "cudaGraphLaunch")) return e;
  const std::shared_ptr<GraphBody> body = exec_of(exec, "cudaGraphLaunch").body;
  return enqueue(stream, "cudaGraphLaunch", [body] { run_graph(*body); });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  const auto lock = device_lock();
  const Graph& g = graph_of(graph, "cudaGraphGetNodes");
  if (nodes == nullptr) *count = g.body->nodes.size();
  else return refuse(cudaErrorNotSupported, "the emulated device only counts the nodes of a graph");
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  const auto lock = device_lock();
  delete &graph_of(graph, "cudaGraphDestroy");
  graphs().erase(graph);
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  const auto lock = device_lock();
  delete &exec_of(exec, "cudaGraphExecDestroy");
  execs().erase(exec);
  return cudaSuccess;
}
