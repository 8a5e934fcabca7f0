#pragma once

#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <vector>

#include "kernels/device/stream.hpp"

namespace footfall {

/// Sets the calling host thread to this device; nobody calls cudaSetDevice beside it, which would not be noticed here.
void use_device(int device);

/// The stream of the CUDA backend: a non-blocking CUDA stream, and beside it what belongs to one stream at a time: scratch for two-stage
/// reductions and a cuBLAS handle with a workspace of its own (so that products give the same bits and can be captured).
class CudaStream final : public Stream {
 public:
  /// `graphs` false: a Recording calls its closure again.
  CudaStream(int device, bool graphs);
  ~CudaStream() override;
  CudaStream(const CudaStream&) = delete;             // it owns a stream
  CudaStream& operator=(const CudaStream&) = delete;  // likewise

  [[nodiscard]] Place place() const override { return Place::device; }
  void synchronize() override;
  [[nodiscard]] std::unique_ptr<Event> make_event() override;
  [[nodiscard]] std::unique_ptr<Timer> make_timer() override;
  void mark(Event& event) override;
  void wait(Event& event) override;
  [[nodiscard]] std::unique_ptr<Recording> record(std::function<void()> work) override;
  [[nodiscard]] void* allocate(std::size_t bytes) override;
  void release(void* memory, std::size_t bytes) noexcept override;
  [[nodiscard]] void* allocate_pinned(std::size_t bytes) override;
  void release_pinned(void* memory) noexcept override;
  void copy(void* to, Place to_place, const void* from, Place from_place, std::size_t bytes) override;
  void clear(void* memory, std::size_t bytes) override;

  /// After setting the calling host thread to this stream's device (cudaSetDevice is per host thread).
  [[nodiscard]] cudaStream_t native();

  /// At least `bytes` of device memory, aligned to 256 bytes, whose content the caller's kernels use and give up before the next caller in
  /// this stream. Grows outside of recordings only; old blocks live on, because a graph may hold their addresses.
  [[nodiscard]] void* scratch(std::size_t bytes);

  /// The cuBLAS handle of this stream; made before the first recording or at the first call.
  [[nodiscard]] cublasHandle_t blas();

 private:
  struct Block {
    void* memory;
    std::size_t bytes;
  };

  void refuse_in_recording(const char* what) const;
  [[nodiscard]] cudaGraph_t capture(const std::function<void()>& work);

  int device_;
  bool graphs_;
  bool recording_ = false;
  cudaStream_t stream_ = nullptr;
  cublasHandle_t blas_ = nullptr;
  std::vector<Block> scratch_;  // ascending sizes; the last one is in use
  void* blas_workspace_ = nullptr;
  std::vector<void*> released_late_;  // given back inside a recording, freed when it ends
};

/// The CudaStream behind a Stream; throws when it belongs to another backend.
[[nodiscard]] CudaStream& cuda_stream(Stream& stream);

}  // namespace footfall
