// Streams, events, memory and recordings of the CUDA backend.
//
// Facts this file rests on (CUDA C++ Programming Guide; CUDA Runtime API, "API synchronization behavior" and "Stream management"):
// - cudaSetDevice is a state of the host thread; a stream may be used from any thread whose device is the stream's.
// - A copy is asynchronous only between page-locked host memory and the device. From pageable memory the driver stages it and may return
//   before the source was read in full; so such a copy is followed by a synchronisation here, and it is forbidden inside a capture.
// - Memory from cudaMallocAsync is ordered in its stream, aligned to 256 bytes, and comes from the device's pool (see backend_cuda.cpp).
// - A captured graph keeps the addresses it saw: scratch that a graph may use is never freed before its stream.

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/device/cuda_check.hpp"
#include "kernels/device/cuda_stream.hpp"

namespace footfall {
namespace {

/// Enough for the partial sums of steps of usual size, so that the first step can be recorded without having run before.
constexpr std::size_t first_scratch = std::size_t{4} << 20U;

/// What cuBLAS advises (cublasSetWorkspace): 32 MiB from compute capability 9.0 on, 4 MiB before.
constexpr std::size_t large_workspace = std::size_t{32} << 20U;
constexpr std::size_t small_workspace = std::size_t{4} << 20U;

/// Sets the calling host thread's device where it is another one; cheap enough for each call.
cudaError_t set_device(int device) noexcept {
  thread_local int current = -1;
  if (current == device) return cudaSuccess;
  const cudaError_t status = cudaSetDevice(device);
  current = status == cudaSuccess ? device : -1;
  return status;
}

class CudaEvent final : public Event {
 public:
  explicit CudaEvent(int device, unsigned flags = cudaEventDisableTiming | cudaEventBlockingSync) : device_(device) {
    FOOTFALL_CUDA_CHECK(cudaEventCreateWithFlags(&event_, flags));
  }
  ~CudaEvent() override { static_cast<void>(cudaEventDestroy(event_)); }
  CudaEvent(const CudaEvent&) = delete;             // it owns an event
  CudaEvent& operator=(const CudaEvent&) = delete;  // likewise

  void synchronize() override {
    use_device(device_);
    FOOTFALL_CUDA_CHECK(cudaEventSynchronize(event_));
  }
  [[nodiscard]] cudaEvent_t native() const { return event_; }

 private:
  int device_;
  cudaEvent_t event_ = nullptr;
};

cudaEvent_t event_of(Event& event) {
  auto* cuda = dynamic_cast<CudaEvent*>(&event);
  require(cuda != nullptr, "an event of another backend is used on a CUDA stream");
  return cuda->native();
}

class CudaTimer final : public Timer {
 public:
  CudaTimer(CudaStream& stream, int device) : stream_(stream), begun_(device, cudaEventBlockingSync), ended_(device, cudaEventBlockingSync) {}
  void begin() override { stream_.mark(begun_); }
  void end() override { stream_.mark(ended_); }
  [[nodiscard]] double seconds() override {
    ended_.synchronize();
    float milliseconds = 0.0F;
    FOOTFALL_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, begun_.native(), ended_.native()));
    return 1e-3 * static_cast<double>(milliseconds);
  }

 private:
  CudaStream& stream_;
  CudaEvent begun_, ended_;
};

/// The closure itself, where graphs are switched off.
class ClosureRecording final : public Recording {
 public:
  explicit ClosureRecording(std::function<void()> work) : work_(std::move(work)) {}
  void replay() override { work_(); }

 private:
  std::function<void()> work_;
};

class GraphRecording final : public Recording {
 public:
  GraphRecording(CudaStream& stream, cudaGraph_t graph) : stream_(&stream) { FOOTFALL_CUDA_CHECK(cudaGraphInstantiate(&exec_, graph, 0)); }
  ~GraphRecording() override { static_cast<void>(cudaGraphExecDestroy(exec_)); }
  GraphRecording(const GraphRecording&) = delete;             // it owns a graph
  GraphRecording& operator=(const GraphRecording&) = delete;  // likewise

  void replay() override { FOOTFALL_CUDA_CHECK(cudaGraphLaunch(exec_, stream_->native())); }

 private:
  CudaStream* stream_;
  cudaGraphExec_t exec_ = nullptr;
};

bool is_pinned(const void* host) {
  cudaPointerAttributes attributes{};
  FOOTFALL_CUDA_CHECK(cudaPointerGetAttributes(&attributes, host));
  return attributes.type == cudaMemoryTypeHost;
}

cudaMemcpyKind kind_of(Place to, Place from) {
  if (to == Place::device) return from == Place::device ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice;
  return from == Place::device ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost;
}

}  // namespace

void use_device(int device) { FOOTFALL_CUDA_CHECK(set_device(device)); }

CudaStream::CudaStream(int device, bool graphs) : device_(device), graphs_(graphs) {
  use_device(device_);
  FOOTFALL_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
}

// Nothing can be reported from here: work that failed has been reported by the last synchronize(), or nobody asked for its result.
CudaStream::~CudaStream() {
  static_cast<void>(set_device(device_));
  for (const Block& block : scratch_) static_cast<void>(cudaFreeAsync(block.memory, stream_));
  static_cast<void>(cudaStreamSynchronize(stream_));
  if (blas_ != nullptr) static_cast<void>(cublasDestroy(blas_));
  if (blas_workspace_ != nullptr) static_cast<void>(cudaFreeAsync(blas_workspace_, stream_));
  static_cast<void>(cudaStreamSynchronize(stream_));
  static_cast<void>(cudaStreamDestroy(stream_));
}

cudaStream_t CudaStream::native() {
  use_device(device_);
  return stream_;
}

void CudaStream::refuse_in_recording(const char* what) const { require(!recording_, std::string(what) + " inside a recording"); }

void CudaStream::synchronize() {
  refuse_in_recording("a stream is synchronised");
  use_device(device_);
  FOOTFALL_CUDA_CHECK(cudaStreamSynchronize(stream_));
}

std::unique_ptr<Event> CudaStream::make_event() {
  use_device(device_);
  return std::make_unique<CudaEvent>(device_);
}

std::unique_ptr<Timer> CudaStream::make_timer() {
  use_device(device_);
  return std::make_unique<CudaTimer>(*this, device_);
}

void CudaStream::mark(Event& event) { FOOTFALL_CUDA_CHECK(cudaEventRecord(event_of(event), native())); }

void CudaStream::wait(Event& event) { FOOTFALL_CUDA_CHECK(cudaStreamWaitEvent(native(), event_of(event), 0)); }

/// Captures what `work` puts into the stream; an exception of `work` ends the capture and goes on.
cudaGraph_t CudaStream::capture(const std::function<void()>& work) {
  FOOTFALL_CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
  recording_ = true;
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    recording_ = false;
    if (cudaStreamEndCapture(stream_, &graph) == cudaSuccess && graph != nullptr) static_cast<void>(cudaGraphDestroy(graph));
    static_cast<void>(cudaGetLastError());
    throw;
  }
  recording_ = false;
  FOOTFALL_CUDA_CHECK(cudaStreamEndCapture(stream_, &graph));
  return graph;
}

std::unique_ptr<Recording> CudaStream::record(std::function<void()> work) {
  refuse_in_recording("a recording is made");
  if (!graphs_) return std::make_unique<ClosureRecording>(std::move(work));
  use_device(device_);
  static_cast<void>(blas());  // neither may be made during the capture
  static_cast<void>(scratch(1));
  struct Graph {
    cudaGraph_t graph;
    ~Graph() { static_cast<void>(cudaGraphDestroy(graph)); }
  };
  const Graph captured{capture(work)};
  for (void* memory : std::exchange(released_late_, {})) release(memory, 0);
  return std::make_unique<GraphRecording>(*this, captured.graph);
}

void* CudaStream::allocate(std::size_t bytes) {
  refuse_in_recording("memory is allocated");
  use_device(device_);
  void* memory = nullptr;
  FOOTFALL_CUDA_CHECK(cudaMallocAsync(&memory, bytes, stream_));
  return memory;
}

void CudaStream::release(void* memory, std::size_t /*bytes*/) noexcept {
  if (recording_) {
    released_late_.push_back(memory);
    return;
  }
  static_cast<void>(set_device(device_));
  if (cudaFreeAsync(memory, stream_) != cudaSuccess) static_cast<void>(cudaGetLastError());
}

void* CudaStream::allocate_pinned(std::size_t bytes) {
  refuse_in_recording("pinned memory is allocated");
  use_device(device_);
  void* memory = nullptr;
  FOOTFALL_CUDA_CHECK(cudaHostAlloc(&memory, bytes, cudaHostAllocPortable));
  return memory;
}

// A copy that is still on its way may be using the buffer.
void CudaStream::release_pinned(void* memory) noexcept {
  static_cast<void>(cudaStreamSynchronize(stream_));
  if (cudaFreeHost(memory) != cudaSuccess) static_cast<void>(cudaGetLastError());
}

void CudaStream::copy(void* to, Place to_place, const void* from, Place from_place, std::size_t bytes) {
  if (bytes == 0) return;
  use_device(device_);
  if (to_place == Place::host && from_place == Place::host) {
    synchronize();
    std::memcpy(to, from, bytes);
    return;
  }
  const void* host = to_place == Place::host ? to : (from_place == Place::host ? from : nullptr);
  const bool asynchronous = host == nullptr || is_pinned(host);
  if (!asynchronous) refuse_in_recording("memory that is not pinned is copied");
  FOOTFALL_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, kind_of(to_place, from_place), stream_));
  if (!asynchronous) FOOTFALL_CUDA_CHECK(cudaStreamSynchronize(stream_));
}

void CudaStream::clear(void* memory, std::size_t bytes) {
  if (bytes == 0) return;
  FOOTFALL_CUDA_CHECK(cudaMemsetAsync(memory, 0, bytes, native()));
}

void* CudaStream::scratch(std::size_t bytes) {
  const std::size_t largest = scratch_.empty() ? 0 : scratch_.back().bytes;
  if (bytes > largest) {
    require(!recording_, "scratch would have to grow inside a recording: run the step once before it is recorded");
    const std::size_t size = std::max({bytes, 2 * largest, first_scratch});
    scratch_.push_back({allocate(size), size});
  }
  return scratch_.back().memory;
}

cublasHandle_t CudaStream::blas() {
  if (blas_ == nullptr) {
    refuse_in_recording("a cuBLAS handle is made");
    use_device(device_);
    int major = 0;
    FOOTFALL_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device_));
    const std::size_t bytes = major >= 9 ? large_workspace : small_workspace;
    if (blas_workspace_ == nullptr) blas_workspace_ = allocate(bytes);
    cublasHandle_t handle = nullptr;
    FOOTFALL_CUBLAS_CHECK(cublasCreate(&handle));
    blas_ = handle;
    FOOTFALL_CUBLAS_CHECK(cublasSetStream(blas_, stream_));
    FOOTFALL_CUBLAS_CHECK(cublasSetWorkspace(blas_, blas_workspace_, bytes));  // after SetStream, which would reset it
  }
  return blas_;
}

CudaStream& cuda_stream(Stream& stream) {
  auto* cuda = dynamic_cast<CudaStream*>(&stream);
  require(cuda != nullptr, "a stream of another backend is used on CUDA");
  return *cuda;
}

cudaStream_t native(Stream& stream) { return cuda_stream(stream).native(); }

}  // namespace footfall
