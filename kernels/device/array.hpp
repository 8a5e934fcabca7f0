#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/device/stream.hpp"
#include "kernels/error.hpp"

namespace footfall {

/// A run of values that somebody else owns.
template <class T>
struct View {
  T* data = nullptr;
  std::int64_t size = 0;
  Place place = Place::host;

  View() = default;
  View(T* first, std::int64_t count, Place where) : data(first), size(count), place(where) {}
  template <class U>
    requires std::is_same_v<T, const U>
  View(const View<U>& other) : data(other.data), size(other.size), place(other.place) {}  // NOLINT: a view of const is a weaker view

  [[nodiscard]] bool empty() const { return size == 0; }
  [[nodiscard]] View sub(std::int64_t first, std::int64_t count) const {
    require(first >= 0 && count >= 0 && first + count <= size, "a view is cut outside its bounds");
    return View(data + first, count, place);
  }
  /// Host memory only.
  [[nodiscard]] std::span<T> span() const {
    require(place == Place::host, "device memory is read by the host");
    return std::span<T>(data, static_cast<std::size_t>(size));
  }
};

/// A row-major matrix that somebody else owns: element (r, c) is data[r * stride + c].
template <class T>
struct MatrixView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;
  Place place = Place::host;

  MatrixView() = default;
  MatrixView(T* first, std::int64_t r, std::int64_t c, std::int64_t row_stride, Place where)
      : data(first), rows(r), columns(c), stride(row_stride), place(where) {}
  /// A dense matrix over a run of values.
  MatrixView(View<T> all, std::int64_t r, std::int64_t c) : data(all.data), rows(r), columns(c), stride(c), place(all.place) {
    require(r * c <= all.size, "a matrix is larger than the values below it");
  }
  template <class U>
    requires std::is_same_v<T, const U>
  MatrixView(const MatrixView<U>& o)  // NOLINT: a view of const is a weaker view
      : data(o.data), rows(o.rows), columns(o.columns), stride(o.stride), place(o.place) {}

  [[nodiscard]] bool empty() const { return rows == 0 || columns == 0; }
  [[nodiscard]] bool dense() const { return stride == columns; }
  [[nodiscard]] MatrixView row_range(std::int64_t first, std::int64_t count) const {
    require(first >= 0 && count >= 0 && first + count <= rows, "rows are cut outside a matrix");
    return MatrixView(data + first * stride, count, columns, stride, place);
  }
  [[nodiscard]] MatrixView column_range(std::int64_t first, std::int64_t count) const {
    require(first >= 0 && count >= 0 && first + count <= columns, "columns are cut outside a matrix");
    return MatrixView(data + first, rows, count, stride, place);
  }
};

/// Memory of a stream's device: taken and given back in the order of that stream, which must outlive it. Not initialised.
template <class T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Array() = default;
  Array(Stream& stream, std::int64_t size) : stream_(&stream), size_(size) {
    if (size > 0) data_ = static_cast<T*>(stream.allocate(static_cast<std::size_t>(size) * sizeof(T)));
  }
  Array(Array&& other) noexcept { swap(other); }
  Array& operator=(Array&& other) noexcept {
    Array moved(std::move(other));
    swap(moved);
    return *this;
  }
  Array(const Array&) = delete;             // a copy between devices is always spelled out: stream.copy(to, from)
  Array& operator=(const Array&) = delete;  // likewise
  ~Array() {
    if (data_ != nullptr) stream_->release(data_, static_cast<std::size_t>(size_) * sizeof(T));
  }

  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] View<T> view() { return View<T>(data_, size_, place()); }
  [[nodiscard]] View<const T> view() const { return View<const T>(data_, size_, place()); }
  [[nodiscard]] MatrixView<T> matrix(std::int64_t rows, std::int64_t columns) { return MatrixView<T>(view(), rows, columns); }
  [[nodiscard]] MatrixView<const T> matrix(std::int64_t rows, std::int64_t columns) const { return MatrixView<const T>(view(), rows, columns); }

 private:
  [[nodiscard]] Place place() const { return stream_ == nullptr ? Place::host : stream_->place(); }
  void swap(Array& other) noexcept {
    std::swap(stream_, other.stream_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  Stream* stream_ = nullptr;
  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

/// Host memory that a stream can copy from and to while the host goes on (page-locked on CUDA). Not initialised.
template <class T>
class Pinned {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Pinned() = default;
  Pinned(Stream& stream, std::int64_t size) : stream_(&stream), size_(size) {
    if (size > 0) data_ = static_cast<T*>(stream.allocate_pinned(static_cast<std::size_t>(size) * sizeof(T)));
  }
  Pinned(Pinned&& other) noexcept { swap(other); }
  Pinned& operator=(Pinned&& other) noexcept {
    Pinned moved(std::move(other));
    swap(moved);
    return *this;
  }
  Pinned(const Pinned&) = delete;             // it stands for one place that a copy engine may be reading
  Pinned& operator=(const Pinned&) = delete;  // likewise
  ~Pinned() {
    if (data_ != nullptr) stream_->release_pinned(data_);
  }

  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::int64_t i) { return data_[i]; }
  [[nodiscard]] View<T> view() { return View<T>(data_, size_, Place::host); }
  [[nodiscard]] View<const T> view() const { return View<const T>(data_, size_, Place::host); }
  [[nodiscard]] std::span<T> span() { return std::span<T>(data_, static_cast<std::size_t>(size_)); }

 private:
  void swap(Pinned& other) noexcept {
    std::swap(stream_, other.stream_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  Stream* stream_ = nullptr;
  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

/// Views of host values, for copies and for tests.
template <class T>
[[nodiscard]] View<const T> view_of(const std::vector<T>& values) {
  return View<const T>(values.data(), static_cast<std::int64_t>(values.size()), Place::host);
}
template <class T>
[[nodiscard]] View<T> view_of(std::vector<T>& values) {
  return View<T>(values.data(), static_cast<std::int64_t>(values.size()), Place::host);
}

/// Stream-ordered copy between any two places. Asynchronous only where the host side is Pinned and lives until the copy is done;
/// from and to other host memory the call returns when the host side may be used again.
template <class T>
void copy(View<const std::type_identity_t<T>> from, View<T> to, Stream& stream) {
  require(from.size == to.size, "a copy between arrays of different sizes");
  stream.copy(to.data, to.place, from.data, from.place, static_cast<std::size_t>(to.size) * sizeof(T));
}

/// Sets every byte to zero, stream-ordered.
template <class T>
void clear(View<T> values, Stream& stream) {
  stream.clear(values.data, static_cast<std::size_t>(values.size) * sizeof(T));
}

/// A new array on the stream's device with these values; returns when `values` may be changed again.
template <class T>
[[nodiscard]] Array<T> upload(const std::vector<T>& values, Stream& stream) {
  Array<T> there(stream, static_cast<std::int64_t>(values.size()));
  copy<T>(view_of(values), there.view(), stream);
  return there;
}

/// The values on the host; waits for the stream.
template <class T>
[[nodiscard]] std::vector<std::remove_const_t<T>> download(View<T> values, Stream& stream) {
  std::vector<std::remove_const_t<T>> here(static_cast<std::size_t>(values.size));
  copy<std::remove_const_t<T>>(values, view_of(here), stream);
  stream.synchronize();
  return here;
}

}  // namespace footfall
