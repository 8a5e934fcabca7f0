// Streams, events, copies and graphs of the emulated device: how late work runs, and what is refused.

#include <array>
#include <cmath>
#include <thread>

#include "kernels/device/launch.cuh"
#include "tests/emulator/support.hpp"

namespace footfall {
namespace {

class Streams : public EmulatedDevice {
 protected:
  void SetUp() override {
    EmulatedDevice::SetUp();
    ASSERT_EQ(cudaStreamCreateWithFlags(&other_, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), cudaSuccess);
    ASSERT_EQ(cudaHostAlloc(&pinned_, 16 * sizeof(int), cudaHostAllocDefault), cudaSuccess);
  }
  void TearDown() override {
    cudaStreamSynchronize(other_);
    cudaStreamSynchronize(stream_);
    cudaFreeHost(pinned_), cudaEventDestroy(event_), cudaStreamDestroy(other_);
    EmulatedDevice::TearDown();
  }
  cudaStream_t other_ = nullptr;
  cudaEvent_t event_ = nullptr;
  int* pinned_ = nullptr;
};
class StreamsDeathTest : public Streams {};

__global__ void set_kernel(int* out, int value) { *out = value; }
__global__ void double_kernel(const int* in, int* out) { *out = 2 * *in; }

TEST_F(Streams, WorkRunsWhenItsStreamIsSynchronised) {
  int* a = device<int>(1);
  launch(set_kernel, 1, 1, 0, stream_, a, 5);
  cudaMemcpyAsync(pinned_, a, sizeof(int), cudaMemcpyDeviceToHost, stream_);
  *pinned_ = -7;
  cudaStreamSynchronize(other_);
  EXPECT_EQ(*pinned_, -7);  // another stream's synchronisation does not run this one
  EXPECT_EQ(cudaStreamQuery(stream_), cudaErrorNotReady);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNotReady);  // a query leaves an error behind, as on a device
  cudaStreamSynchronize(stream_);
  EXPECT_EQ(*pinned_, 5);
}

TEST_F(Streams, PinnedMemoryIsReadWhenTheCopyRuns) {
  int* a = device<int>(1);
  *pinned_ = 1;
  cudaMemcpyAsync(a, pinned_, sizeof(int), cudaMemcpyHostToDevice, stream_);
  *pinned_ = 2;  // refilled too early
  EXPECT_EQ(host(a, 1)[0], 2);
}

TEST_F(Streams, OtherMemoryIsReadDuringTheCall) {
  int* a = device<int>(1);
  int value = 1;
  cudaMemcpyAsync(a, &value, sizeof(int), cudaMemcpyHostToDevice, stream_);
  value = 2;
  EXPECT_EQ(host(a, 1)[0], 1);
}

TEST_F(Streams, AnEventOrdersTwoStreams) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    footfall_emulator::set_seed(seed);
    int *a = device<int>(1), *b = device<int>(1);
    launch(set_kernel, 1, 1, 0, stream_, a, 21);
    cudaEventRecord(event_, stream_);
    cudaStreamWaitEvent(other_, event_);
    launch(double_kernel, 1, 1, 0, other_, a, b);
    cudaMemcpyAsync(pinned_, b, sizeof(int), cudaMemcpyDeviceToHost, other_);
    cudaStreamSynchronize(other_);
    EXPECT_EQ(*pinned_, 42);
  }
}

TEST_F(Streams, AMissingWaitShowsInSomeOrder) {
  bool wrong = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    footfall_emulator::set_seed(seed);
    int *a = device<int>(1), *b = device<int>(1);
    launch(set_kernel, 1, 1, 0, stream_, a, 21);
    launch(double_kernel, 1, 1, 0, other_, a, b);
    cudaMemcpyAsync(pinned_, b, sizeof(int), cudaMemcpyDeviceToHost, other_);
    cudaStreamSynchronize(other_);
    wrong = wrong || *pinned_ != 42;
  }
  EXPECT_TRUE(wrong);
}

TEST_F(Streams, AWaitIsForTheLatestRecordAndOneNeverRecordedIsComplete) {
  EXPECT_EQ(cudaStreamWaitEvent(other_, event_), cudaSuccess);
  EXPECT_EQ(cudaEventQuery(event_), cudaSuccess);
  int* a = device<int>(1);
  launch(set_kernel, 1, 1, 0, stream_, a, 1);
  cudaEventRecord(event_, stream_);
  cudaStreamWaitEvent(other_, event_);
  cudaEventRecord(event_, other_);
  EXPECT_EQ(cudaEventSynchronize(event_), cudaSuccess);
  EXPECT_EQ(footfall_emulator::census().pending_work, 0u);
}

TEST_F(Streams, AGraphRepeatsItsWork) {
  int *a = device<int>(1), *b = device<int>(1);
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  launch(double_kernel, 1, 1, 0, stream_, a, b);
  cudaEventRecord(event_, stream_);
  cudaStreamWaitEvent(other_, event_);
  launch(double_kernel, 1, 1, 0, other_, b, a);
  cudaEventRecord(event_, other_);
  cudaStreamWaitEvent(stream_, event_);
  ASSERT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
  cudaGraphDestroy(graph);
  const int one = 1;
  cudaMemcpyAsync(a, &one, sizeof one, cudaMemcpyHostToDevice, stream_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
  EXPECT_EQ(host(a, 1)[0], 64);
  cudaGraphExecDestroy(exec);
}

TEST_F(Streams, ACaptureRefusesWhatADeviceRefuses) {
  int* a = device<int>(1);
  cudaGraph_t graph = nullptr;
  const auto begin = [this] { ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), cudaSuccess); };
  begin();
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
  begin();
  void* p = nullptr;
  EXPECT_EQ(cudaMalloc(&p, 64), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
  begin();
  int here = 0;
  EXPECT_EQ(cudaMemcpyAsync(&here, a, sizeof here, cudaMemcpyDeviceToHost, stream_), cudaErrorStreamCaptureUnsupported);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
  begin();
  cudaEventRecord(event_, stream_);
  cudaStreamWaitEvent(other_, event_);
  launch(set_kernel, 1, 1, 0, other_, a, 1);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureUnjoined);
  begin();
  std::thread([] { EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess); }).join();  // thread-local mode leaves other threads alone
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  cudaGraphDestroy(graph);
  cudaGetLastError();
}

TEST_F(Streams, AGraphExecIsUpdatedOnlyByTheSameWork) {
  int* a = device<int>(1);
  const auto capture = [&](int value, int kernels) {
    cudaGraph_t graph = nullptr;
    cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
    for (int i = 0; i < kernels; ++i) launch(set_kernel, 1, 1, 0, stream_, a, value);
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
    return graph;
  };
  const cudaGraph_t first = capture(1, 1), second = capture(2, 1), longer = capture(3, 2);
  cudaGraphExec_t exec = nullptr;
  cudaGraphExecUpdateResultInfo info{};
  ASSERT_EQ(cudaGraphInstantiate(&exec, first, 0), cudaSuccess);
  EXPECT_EQ(cudaGraphExecUpdate(exec, second, &info), cudaSuccess);
  cudaGraphLaunch(exec, stream_);
  EXPECT_EQ(host(a, 1)[0], 2);
  EXPECT_EQ(cudaGraphExecUpdate(exec, longer, &info), cudaErrorGraphExecUpdateFailure);
  EXPECT_EQ(info.result, cudaGraphExecUpdateErrorTopologyChanged);
  cudaGetLastError();
  for (const cudaGraph_t g : {first, second, longer}) cudaGraphDestroy(g);
  cudaGraphExecDestroy(exec);
}

TEST_F(StreamsDeathTest, TheDefaultStreamIsRefused) {
  int* a = device<int>(1);
  EXPECT_DEATH(launch(set_kernel, 1, 1, 0, nullptr, a, 1), "default stream");
  EXPECT_DEATH(cudaMemset(a, 0, 4), "default stream");
}

TEST_F(StreamsDeathTest, CopiesThatDoNotFit) {
  int* a = device<int>(2);
  EXPECT_DEATH(cudaMemcpyAsync(a, pinned_, 12, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync uses 12 bytes");
  EXPECT_DEATH(cudaMemcpyAsync(pinned_, a, 4, cudaMemcpyHostToDevice, stream_), "wrong direction");
}

}  // namespace
}  // namespace footfall
