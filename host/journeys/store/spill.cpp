#include "host/journeys/store/spill.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <numeric>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/journeys/store/checksum.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::uint64_t magic = 0x31304C4C49505346ULL;  // "FSPILL01"
constexpr std::size_t partitions = Base::partitions;
constexpr std::uint64_t alignment = 16;

/// The last bytes of a file.
struct Ending {
  std::uint64_t parts = 0;
  std::uint64_t layout = 0;    ///< checksum of the widths
  SpillCounts counts;
  std::uint64_t checksum = 0;  ///< of the index and of what is before this in the ending
  std::uint64_t magic_number = magic;
};

std::uint64_t checksum_of_layout(const SpillLayout& layout) {
  Checksum sum;
  sum.add_values(std::span(layout.widths));
  sum.add_values(std::span(layout.codes));
  sum.add_values(std::span(&layout.word_column, 1));
  return sum.value();
}

std::uint64_t checksum_of_ending(const std::vector<SpillPart>& parts, const Ending& ending) {
  Checksum sum;
  sum.add_values(std::span(parts));
  sum.add(std::as_bytes(std::span(&ending, 1)).first(offsetof(Ending, checksum)));
  return sum.value();
}

double since(std::chrono::steady_clock::time_point began) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); }

std::uint64_t filled(std::uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// Bytes of a segment: its columns, each filled up, then its words.
std::uint64_t segment_bytes(const SpillSegment& segment, const std::vector<std::int32_t>& widths) {
  std::uint64_t bytes = 0;
  for (const std::int32_t width : widths) bytes += filled(segment.rows * static_cast<std::uint64_t>(width));
  return bytes + segment.word_bytes;
}

/// Deals a column to the partitions, keeping the order of rows: `to[p]` is where its values of partition p go.
template <class To, class From = To>
void deal(const SpillRows& rows, const void* from, const std::array<std::byte*, partitions>& to) {
  std::array<To*, partitions> next;
  for (std::size_t p = 0; p < partitions; ++p) next[p] = reinterpret_cast<To*>(to[p]);
  const From* values = static_cast<const From*>(from);
  for (std::int64_t i = 0; i < rows.rows; ++i) *next[rows.partition[i]]++ = static_cast<To>(values[i]);
}

struct Wide {
  std::uint64_t low, high;
};

void deal_column(std::int32_t width, std::int32_t source_width, const SpillRows& rows, const void* from, const std::array<std::byte*, partitions>& to) {
  if (width < source_width) return width == 1 ? deal<std::uint8_t, std::int32_t>(rows, from, to) : deal<std::uint16_t, std::int32_t>(rows, from, to);
  switch (width) {
    case 16: return deal<Wide>(rows, from, to);
    case 8: return deal<std::uint64_t>(rows, from, to);
    case 4: return deal<std::uint32_t>(rows, from, to);
    case 2: return deal<std::uint16_t>(rows, from, to);
    case 1: return deal<std::uint8_t>(rows, from, to);
    default: require(false, "a spilled column of an odd width");
  }
}

/// Bytes that codes of a chunk take; the largest value of that many bytes stands for -1.
std::uint8_t code_width(const std::int32_t* codes, std::int64_t rows) {
  std::int32_t most = -1;
  for (std::int64_t i = 0; i < rows; ++i) most = std::max(most, codes[i]);
  return most < 255 ? 1 : most < 65535 ? 2 : 4;
}

template <class Narrow>
void widen(const std::byte* from, std::uint64_t rows, std::int32_t* to) {
  const auto* codes = reinterpret_cast<const Narrow*>(from);
  for (std::uint64_t i = 0; i < rows; ++i) to[i] = codes[i] == static_cast<Narrow>(-1) ? -1 : static_cast<std::int32_t>(codes[i]);
}

void read_whole(int descriptor, void* into, std::uint64_t size, std::uint64_t offset, const std::filesystem::path& file) {
  auto* at = static_cast<std::byte*>(into);
  while (size > 0) {
    const ssize_t n = pread(descriptor, at, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw failure(fmt::format("{} cannot be read: {}", file.string(), std::strerror(errno)), "check the disk and try again");
    if (n == 0) throw failure(fmt::format("{} is cut off", file.string()), "run again without --resume");
    at += n;
    size -= static_cast<std::uint64_t>(n);
    offset += static_cast<std::uint64_t>(n);
  }
}

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& file) : number_(open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (number_ < 0) throw failure(fmt::format("{} cannot be opened: {}", file.string(), std::strerror(errno)), "run again without --resume");
  }
  ~Descriptor() { (void)close(number_); }
  Descriptor(const Descriptor&) = delete;             // one owner
  Descriptor& operator=(const Descriptor&) = delete;  // likewise
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::int64_t SpillLayout::row_bytes() const { return std::accumulate(widths.begin(), widths.end(), std::int64_t{0}); }

std::vector<std::int32_t> SpillPart::widths(const SpillLayout& layout) const {
  std::vector<std::int32_t> out = layout.widths;
  for (std::size_t c = 0; c < std::min(layout.codes.size(), narrowed); ++c) out[layout.codes[c]] = code_widths[c];
  return out;
}

void SpillCounts::add(const SpillCounts& more) {
  rows_read += more.rows_read;
  rows += more.rows;
  id_runs += more.id_runs;
  future += more.future;
  bytes += more.bytes;
}

struct SpillWriter::State {
  State(std::filesystem::path name, SpillLayout wanted) : file(std::move(name)), layout(std::move(wanted)) {}

  /// Deals the words of the chunk: to each its partition and its place in the words of that partition.
  void deal_words(const SpillRows& rows, SpillPart& part) {
    const auto* places = static_cast<const std::int32_t*>(rows.columns[layout.word_column]);
    place_of.assign(rows.words->size(), -1);
    for (std::string& bytes : words) bytes.clear();
    for (std::string& sizes : word_sizes) sizes.clear();
    local.resize(static_cast<std::size_t>(rows.rows));
    for (std::int64_t i = 0; i < rows.rows; ++i) {
      const auto code = static_cast<std::size_t>(places[i]);
      if (place_of[code] < 0) {
        const std::size_t p = rows.partition[i];
        const std::string& word = (*rows.words)[code];
        const auto size = static_cast<std::uint32_t>(word.size());
        place_of[code] = static_cast<std::int32_t>(part[p].words++);
        word_sizes[p].append(reinterpret_cast<const char*>(&size), 4);
        words[p] += word;
      }
      local[static_cast<std::size_t>(i)] = place_of[code];
    }
    for (std::size_t p = 0; p < partitions; ++p) part[p].word_bytes = word_sizes[p].size() + words[p].size();
  }

  void add(const SpillRows& rows) {
    const auto began = std::chrono::steady_clock::now();
    require(rows.columns.size() == layout.widths.size(), "spilled rows of another layout");
    SpillPart part{};
    for (std::int64_t i = 0; i < rows.rows; ++i) ++part[rows.partition[i]].rows;
    const bool text = layout.word_column != SpillLayout::no_words;
    if (text) deal_words(rows, part);

    for (std::size_t c = 0; c < std::min(layout.codes.size(), SpillPart::narrowed); ++c)
      part.code_widths[c] = code_width(static_cast<const std::int32_t*>(rows.columns[layout.codes[c]]), rows.rows);
    const std::vector<std::int32_t> widths = part.widths(layout);

    std::uint64_t size = 0;
    for (SpillSegment& segment : part.segments) {
      segment.offset = size;
      size = filled(size + segment_bytes(segment, widths));
    }
    buffer.resize(size / sizeof(Wide));
    auto* const bytes = reinterpret_cast<std::byte*>(buffer.data());
    std::array<std::byte*, partitions> at;
    for (std::size_t p = 0; p < partitions; ++p) at[p] = bytes + part[p].offset;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      deal_column(widths[c], layout.widths[c], rows, text && c == layout.word_column ? local.data() : rows.columns[c], at);
      for (std::size_t p = 0; p < partitions; ++p) {
        const std::uint64_t used = part[p].rows * static_cast<std::uint64_t>(widths[c]);
        std::memset(at[p] + used, 0, filled(used) - used);
        at[p] += filled(used);
      }
    }
    for (std::size_t p = 0; p < partitions; ++p) {
      if (text) {
        std::memcpy(at[p], word_sizes[p].data(), word_sizes[p].size());
        std::memcpy(at[p] + word_sizes[p].size(), words[p].data(), words[p].size());
      }
      const std::uint64_t used = segment_bytes(part[p], widths);
      part[p].checksum = checksum_of({bytes + part[p].offset, used});
      std::memset(bytes + part[p].offset + used, 0, filled(used) - used);
      part[p].offset += written;
    }
    parts.push_back(part);
    dealing += since(began);
    const auto deal_ended = std::chrono::steady_clock::now();
    file.write({reinterpret_cast<const char*>(bytes), size});
    written += size;
    writing += since(deal_ended);
  }

  AtomicFile file;
  SpillLayout layout;
  std::vector<SpillPart> parts;
  std::uint64_t written = 0;
  std::vector<Wide> buffer;
  std::vector<std::int32_t> place_of, local;
  std::array<std::string, partitions> words, word_sizes;
  double dealing = 0.0, writing = 0.0;
};

SpillWriter::SpillWriter(std::filesystem::path file, SpillLayout layout) : state_(std::make_unique<State>(std::move(file), std::move(layout))) {}
SpillWriter::~SpillWriter() = default;
void SpillWriter::add(const SpillRows& rows) { state_->add(rows); }
double SpillWriter::seconds_dealing() const { return state_->dealing; }
double SpillWriter::seconds_writing() const { return state_->writing; }

void SpillWriter::leave_hole(std::uint64_t bytes) {
  if (lseek(state_->file.descriptor(), static_cast<off_t>(bytes), SEEK_CUR) < 0) throw_write_error(state_->file.partial(), errno);
  state_->written += bytes;
}

void SpillWriter::finish(const SpillCounts& counts) {
  Ending ending;
  ending.parts = state_->parts.size();
  ending.layout = checksum_of_layout(state_->layout);
  ending.counts = counts;
  ending.counts.bytes = state_->written;
  ending.checksum = checksum_of_ending(state_->parts, ending);
  state_->file.write({reinterpret_cast<const char*>(state_->parts.data()), state_->parts.size() * sizeof(SpillPart)});
  state_->file.write({reinterpret_cast<const char*>(&ending), sizeof ending});
  state_->file.rename();
}

SpillFile::SpillFile(std::filesystem::path file, const SpillLayout& layout) : file_(std::move(file)), layout_(layout) {
  const Descriptor descriptor(file_);
  struct stat about {};
  if (fstat(descriptor.number(), &about) != 0) refuse("its size cannot be read");
  const auto size = static_cast<std::uint64_t>(about.st_size);
  Ending ending;
  if (size < sizeof ending) refuse("it is too short");
  read_whole(descriptor.number(), &ending, sizeof ending, size - sizeof ending, file_);
  const std::uint64_t index = ending.parts * sizeof(SpillPart);
  if (ending.magic_number != magic || ending.parts > size / sizeof(SpillPart) || ending.counts.bytes + index + sizeof ending != size) refuse("its end is not as it was written");
  if (ending.layout != checksum_of_layout(layout_)) refuse("it is of another job");
  parts_.resize(ending.parts);
  read_whole(descriptor.number(), parts_.data(), index, ending.counts.bytes, file_);
  if (checksum_of_ending(parts_, ending) != ending.checksum) refuse("its index is not as it was written");
  counts_ = ending.counts;
}

void SpillFile::refuse(std::string_view why) const {
  throw failure(fmt::format("{} is damaged: {}", file_.string(), why), "run again without --resume; check the disk when it happens again");
}

std::int64_t SpillFile::rows(std::int32_t partition) const {
  std::uint64_t rows = 0;
  for (const SpillPart& part : parts_) rows += part[static_cast<std::size_t>(partition)].rows;
  return static_cast<std::int64_t>(rows);
}

void SpillFile::take_segment(const SpillSegment& segment, const std::vector<std::int32_t>& widths, const std::byte* bytes, std::int64_t at, SpilledRows& into) const {
  for (std::size_t c = 0; c < widths.size(); ++c) {
    std::byte* const to = into.columns[c].data() + static_cast<std::uint64_t>(at) * static_cast<std::uint64_t>(layout_.widths[c]);
    const std::uint64_t used = segment.rows * static_cast<std::uint64_t>(widths[c]);
    if (widths[c] == layout_.widths[c])
      std::memcpy(to, bytes, used);
    else if (widths[c] == 1)
      widen<std::uint8_t>(bytes, segment.rows, reinterpret_cast<std::int32_t*>(to));
    else
      widen<std::uint16_t>(bytes, segment.rows, reinterpret_cast<std::int32_t*>(to));
    bytes += filled(used);
  }
  if (segment.words == 0) return;
  auto* places = reinterpret_cast<std::int32_t*>(into.columns[layout_.word_column].data()) + at;
  for (std::uint64_t i = 0; i < segment.rows; ++i) places[i] += static_cast<std::int32_t>(into.words.size());
  std::uint64_t next = std::uint64_t{segment.words} * 4;
  for (std::uint32_t w = 0; w < segment.words; ++w) {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes + std::size_t{w} * 4, 4);
    if (next + size > segment.word_bytes) refuse("its words are not as they were written");
    into.words.emplace_back(reinterpret_cast<const char*>(bytes) + next, size);
    next += size;
  }
}

void SpillFile::read(std::int32_t partition, std::int64_t& at, SpilledRows& into, std::vector<std::byte>& scratch) const {
  const auto p = static_cast<std::size_t>(partition);
  if (rows(partition) == 0) return;
  const Descriptor descriptor(file_);
  for (const SpillPart& part : parts_) {
    const SpillSegment& segment = part[p];
    if (segment.rows == 0) continue;
    const std::vector<std::int32_t> widths = part.widths(layout_);
    scratch.resize(std::max<std::size_t>(scratch.size(), segment_bytes(segment, widths)));
    const std::span<std::byte> bytes = std::span(scratch).first(segment_bytes(segment, widths));
    read_whole(descriptor.number(), bytes.data(), bytes.size(), segment.offset, file_);
    if (checksum_of(bytes) != segment.checksum) refuse("the checksum of its rows is not as it was written");
    take_segment(segment, widths, bytes.data(), at, into);
    at += static_cast<std::int64_t>(segment.rows);
  }
}

SpilledRows read_partition_rows(const std::vector<SpillFile>& files, const SpillLayout& layout, std::int32_t partition) {
  SpilledRows out;
  for (const SpillFile& file : files) out.rows += file.rows(partition);
  for (const std::int32_t width : layout.widths) out.columns.emplace_back(static_cast<std::size_t>(out.rows) * static_cast<std::size_t>(width));
  std::int64_t at = 0;
  std::vector<std::byte> scratch;
  for (const SpillFile& file : files) file.read(partition, at, out, scratch);
  return out;
}

}  // namespace footfall
