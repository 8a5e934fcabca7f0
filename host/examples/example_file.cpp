#include "host/examples/example_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "host/journeys/store/checksum.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::size_t written_at_once = std::size_t{4} << 20;
constexpr std::int64_t read_at_once = std::int64_t{1} << 20;

template <class T>
void add_values(std::vector<std::byte>& record, const std::vector<T>& from, std::int64_t row, std::int64_t rows, std::size_t columns) {
  const auto width = static_cast<std::size_t>(columns);
  const auto* bytes = reinterpret_cast<const std::byte*>(from.data() + static_cast<std::size_t>(row) * width);
  record.insert(record.end(), bytes, bytes + static_cast<std::size_t>(rows) * width * sizeof(T));
}

/// The next values of a record.
template <class T>
void take_values(const std::byte*& from, std::vector<T>& to, std::int64_t row, std::int64_t rows, std::size_t columns) {
  const std::size_t size = static_cast<std::size_t>(rows) * columns * sizeof(T);
  if (size > 0) std::memcpy(to.data() + static_cast<std::size_t>(row) * columns, from, size);
  from += size;
}

/// Where a record lies, without its checksum.
struct RecordPlace {
  std::int64_t offset = 0, size = 0;
};

/// Reads the records of rows, those that lie side by side together: take(i, bytes).
template <class PlaceOf, class Take>
void read_records(const RecordFile& file, std::span<const std::int64_t> rows, const PlaceOf& place_of, const Take& take) {
  std::vector<std::byte> bytes;
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    const RecordPlace first = place_of(rows[begin]);
    RecordPlace last = first;
    for (end = begin + 1; end < rows.size(); ++end) {
      const RecordPlace next = place_of(rows[end]);
      const std::int64_t gap = next.offset - last.offset - last.size - RecordFile::checksum_bytes;
      if (gap < 0 || gap > 4096 || next.offset + next.size - first.offset > read_at_once) break;
      last = next;
    }
    bytes.resize(static_cast<std::size_t>(last.offset + last.size + RecordFile::checksum_bytes - first.offset));
    file.read(first.offset, static_cast<std::int64_t>(bytes.size()), bytes.data());
    for (std::size_t i = begin; i < end; ++i) {
      const RecordPlace place = place_of(rows[i]);
      const std::byte* record = bytes.data() + (place.offset - first.offset);
      file.check(record, place.size, rows[i]);
      take(i, record);
    }
  }
}

}  // namespace

RecordFile::RecordFile(std::filesystem::path file) : file_(std::move(file)) {
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor_ < 0) throw_write_error(file_, errno);
  ::unlink(file_.c_str());
}

RecordFile::~RecordFile() { ::close(descriptor_); }

void RecordFile::append(const std::vector<std::byte>& record) {
  waiting_.insert(waiting_.end(), record.begin(), record.end());
  const std::uint64_t sum = checksum_of(record);
  const auto* bytes = reinterpret_cast<const std::byte*>(&sum);
  waiting_.insert(waiting_.end(), bytes, bytes + sizeof sum);
  if (waiting_.size() >= written_at_once) flush();
}

void RecordFile::flush() {
  write(waiting_.data(), waiting_.size());
  waiting_.clear();
}

void RecordFile::write(const std::byte* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t done = ::pwrite(descriptor_, bytes, size, written_);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) throw_write_error(file_, done < 0 ? errno : ENOSPC);
    bytes += done;
    size -= static_cast<std::size_t>(done);
    written_ += done;
  }
}

void RecordFile::read(std::int64_t offset, std::int64_t size, std::byte* into) const {
  while (size > 0) {
    const ssize_t done = ::pread(descriptor_, into, static_cast<std::size_t>(size), offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw failure(file_.string() + " cannot be read: " + std::strerror(errno), "check the disk, and start again");
    if (done == 0) throw failure(file_.string() + ", where examples wait, is cut off", "check the disk, and start again");
    into += done;
    offset += done;
    size -= done;
  }
}

void RecordFile::check(const std::byte* record, std::int64_t size, std::int64_t number) const {
  std::uint64_t sum = 0;
  std::memcpy(&sum, record + size, sizeof sum);
  if (sum != checksum_of({record, static_cast<std::size_t>(size)}))
    throw failure(file_.string() + ", where examples wait, is damaged at example " + std::to_string(number), "check the disk, and start again");
}

void ExampleFile::append(const ExampleTable& table) {
  std::vector<std::byte> record;
  for (std::int64_t e = 0; e < table.size(); ++e) {
    if (!table.length.empty()) {
      const auto i = static_cast<std::size_t>(e);
      record.clear();
      add_values(record, table.event_number, table.first[i], table.length[i], table.event_numbers.size());
      add_values(record, table.event_code, table.first[i], table.length[i], table.event_codes.size());
      events_.append(record);
    }
    record.clear();
    add_values(record, table.profile_number, e, 1, table.profile_numbers.size());
    add_values(record, table.profile_code, e, 1, table.profile_codes.size());
    profiles_.append(record);
  }
}

void ExampleFile::finish() {
  events_.flush();
  profiles_.flush();
}

void SpilledSource::gather(std::span<const std::int64_t> rows, Wanted wanted, ExampleTable& out) const {
  begin_gathering(index_, rows, wanted, out);
  if (!out.length.empty()) {
    const auto row_bytes = static_cast<std::int64_t>(4 * (index_.event_numbers.size() + index_.event_codes.size()));
    const auto place = [&](std::int64_t e) {
      const auto i = static_cast<std::size_t>(e);
      return RecordPlace{index_.first[i] * row_bytes + e * RecordFile::checksum_bytes, index_.length[i] * row_bytes};
    };
    read_records(file_.events(), rows, place, [&](std::size_t i, const std::byte* bytes) {
      take_values(bytes, out.event_number, out.first[i], out.length[i], out.event_numbers.size());
      take_values(bytes, out.event_code, out.first[i], out.length[i], out.event_codes.size());
    });
  }
  if (!wanted.profile) return;
  const auto size = static_cast<std::int64_t>(4 * (index_.profile_numbers.size() + index_.profile_codes.size()));
  const auto place = [&](std::int64_t e) { return RecordPlace{e * (size + RecordFile::checksum_bytes), size}; };
  read_records(file_.profiles(), rows, place, [&](std::size_t i, const std::byte* bytes) {
    const auto at = static_cast<std::int64_t>(i);
    take_values(bytes, out.profile_number, at, 1, out.profile_numbers.size());
    take_values(bytes, out.profile_code, at, 1, out.profile_codes.size());
  });
}

}  // namespace footfall
