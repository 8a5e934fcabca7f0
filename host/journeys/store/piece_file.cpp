#include "host/journeys/store/piece_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/journeys/store/checksum.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::uint64_t magic = 0x31305945'4E52554AULL;  // "JURNEY01"
constexpr std::size_t alignment = 64;
constexpr std::array<std::byte, alignment> zeros{};

struct Header {
  std::uint64_t magic_number = magic;
  std::uint64_t size = 0;          ///< of the file
  PieceFacts facts;
  std::int64_t name_bytes = 0;     ///< of the ids, where they are text
};

constexpr std::size_t header_bytes = 2 * alignment;
static_assert(sizeof(Header) <= header_bytes);

std::size_t filled(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// Calls column(values, how many the piece has) for the columns of events but for codes, in the order of the file.
template <class Each>
void each_event_column(const StoreSchema& schema, const PieceFacts& facts, auto& journeys, const Each& column) {
  const auto events = static_cast<std::size_t>(facts.events);
  column(journeys.time, events);
  if (schema.amount) column(journeys.amount, events);
  for (auto& c : journeys.numeric) column(c.values, events);
}

/// The same for the columns of customers, but for ids and `first`.
template <class Each>
void each_customer_column(const StoreSchema& schema, const PieceFacts& facts, auto& profiles, auto& targets, const Each& column) {
  const auto customers = static_cast<std::size_t>(facts.customers);
  if (!schema.profiles) return;
  column(profiles.present, customers);
  for (auto& c : profiles.numeric) column(c.values, customers);
  for (auto& c : profiles.categorical) column(c.codes, customers);
  for (auto& c : targets) {
    column(c.valid, customers);
    if (c.type == ColumnType::text)
      column(c.codes, customers);
    else if (c.type == ColumnType::number)
      column(c.numbers, customers);
    else
      column(c.integers, customers);
  }
}

/// Writes columns and sums them up on the way.
class ColumnWriter {
 public:
  explicit ColumnWriter(const std::filesystem::path& name) : file_(name) {}

  void write(std::span<const std::byte> bytes) {
    sum_.add(bytes);
    file_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  template <class T>
  void column(const std::vector<T>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    write(bytes);
    write(std::span(zeros).first(filled(bytes.size()) - bytes.size()));
  }
  std::uint64_t finish(bool flush) {
    flush ? file_.commit() : file_.rename();
    return sum_.value();
  }

 private:
  AtomicFile file_;
  Checksum sum_;
};

/// What the file of such a piece has after its header, in bytes.
std::uint64_t body_bytes(const StoreSchema& schema, const PieceFacts& facts, std::int64_t name_bytes) {
  const auto customers = static_cast<std::size_t>(facts.customers), events = static_cast<std::size_t>(facts.events);
  std::size_t bytes = schema.text_ids ? filled(customers * 4) + filled(static_cast<std::size_t>(name_bytes)) : filled(customers * 8);
  bytes += filled((customers + 1) * 8) + filled(events * 8);
  if (schema.amount) bytes += filled(events * 8);
  bytes += schema.numeric.size() * filled(events * 4);
  for (const std::int32_t width : schema.code_bytes) bytes += filled(events * static_cast<std::size_t>(width));
  if (!schema.profiles) return bytes;
  bytes += filled(customers) + (schema.profile_numeric.size() + schema.profile_categorical.size()) * filled(customers * 4);
  for (const StoreSchema::Target& target : schema.targets) bytes += filled(customers) + filled(customers * (target.type == ColumnType::text ? 4 : 8));
  return bytes;
}

}  // namespace

std::uint64_t write_piece(const std::filesystem::path& file, const StoreSchema& schema, const Piece& piece, bool flush) {
  std::vector<std::uint32_t> sizes;
  std::vector<char> names;
  for (const std::string& name : piece.ids.names) {
    sizes.push_back(static_cast<std::uint32_t>(name.size()));
    names.insert(names.end(), name.begin(), name.end());
  }
  Header header;
  header.facts = piece.facts;
  header.name_bytes = static_cast<std::int64_t>(names.size());
  header.size = filled(sizeof header) + body_bytes(schema, piece.facts, header.name_bytes);
  ColumnWriter out(file);
  std::array<std::byte, header_bytes> block{};
  std::memcpy(block.data(), &header, sizeof header);
  out.write(block);
  if (schema.text_ids) {
    out.column(sizes);
    out.column(names);
  } else {
    out.column(piece.ids.numbers);
  }
  out.column(piece.journeys.first);
  const auto write = [&](const auto& values, std::size_t n) {
    require(values.size() == n, "a column of a piece is of another length");
    out.column(values);
  };
  each_event_column(schema, piece.facts, piece.journeys, write);
  for (std::size_t c = 0; c < piece.codes.size(); ++c) {
    const std::vector<std::int32_t>& codes = piece.codes[c];
    const auto events = static_cast<std::size_t>(piece.facts.events);
    if (schema.code_bytes[c] == 1)
      write(std::vector<std::uint8_t>(codes.begin(), codes.end()), events);
    else if (schema.code_bytes[c] == 2)
      write(std::vector<std::uint16_t>(codes.begin(), codes.end()), events);
    else
      write(codes, events);
  }
  each_customer_column(schema, piece.facts, piece.profiles, piece.targets, write);
  return out.finish(flush);
}

PieceFile::PieceFile(std::filesystem::path file, const StoreSchema& schema) : file_(std::move(file)), schema_(schema) {
  descriptor_ = open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) refuse(std::strerror(errno));
  try {
    struct stat about {};
    if (fstat(descriptor_, &about) != 0) refuse(std::strerror(errno));
    size_ = static_cast<std::uint64_t>(about.st_size);
    Header header;
    if (size_ < header_bytes) refuse("it is too short");
    read_whole(descriptor_, &header, sizeof header, 0);
    facts_ = header.facts;
    name_bytes_ = header.name_bytes;
    constexpr std::int64_t most = std::int64_t{1} << 40;
    const bool sane = facts_.customers >= 0 && facts_.customers < most && facts_.events >= 0 && facts_.events < most && name_bytes_ >= 0 && name_bytes_ < most;
    if (header.magic_number != magic || header.size != size_ || !sane || size_ != header_bytes + body_bytes(schema_, facts_, name_bytes_))
      refuse("its header is not as it was written");
  } catch (...) {
    (void)close(descriptor_);
    throw;
  }
}

PieceFile::~PieceFile() { (void)close(descriptor_); }

void PieceFile::refuse(std::string_view why) const {
  throw bad_input(fmt::format("{} is damaged: {}", file_.string(), why), "prepare the journeys again with --overwrite; check the disk when it happens again");
}

void PieceFile::read_whole(int descriptor, void* into, std::uint64_t size, std::uint64_t offset) const {
  auto* at = static_cast<std::byte*>(into);
  while (size > 0) {
    const ssize_t n = pread(descriptor, at, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw failure(fmt::format("{} cannot be read: {}", file_.string(), std::strerror(errno)), "check the disk and try again");
    if (n == 0) refuse("it is cut off");
    at += n;
    size -= static_cast<std::uint64_t>(n);
    offset += static_cast<std::uint64_t>(n);
  }
}

/// Reads columns one after the other, summing up all bytes.
class PieceFile::ColumnReader {
 public:
  explicit ColumnReader(const PieceFile& file) : file_(file) {
    std::array<std::byte, header_bytes> block;
    read(block.data(), block.size());
  }

  void read(void* into, std::size_t size) {
    file_.read_whole(file_.descriptor_, into, size, offset_);
    sum_.add({static_cast<const std::byte*>(into), size});
    offset_ += size;
  }
  /// Appends `n` values to a column.
  template <class T>
  void column(std::vector<T>& values, std::size_t n) {
    const std::size_t old = values.size();
    values.resize(old + n);
    read(values.data() + old, n * sizeof(T));
    std::array<std::byte, alignment> gap;
    read(gap.data(), filled(n * sizeof(T)) - n * sizeof(T));
  }
  [[nodiscard]] std::uint64_t checksum() const { return sum_.value(); }

 private:
  const PieceFile& file_;
  Checksum sum_;
  std::uint64_t offset_ = 0;
};

namespace {

/// Appends codes of a width to every column of that name.
template <class Code>
void append_narrow(auto& in, const std::string& name, std::size_t events, const std::vector<std::int32_t>* code_of, Journeys& journeys) {
  std::vector<Code> narrow;
  in.column(narrow, events);
  constexpr auto nothing = static_cast<Code>(-1);
  const auto code = [&](Code stored) {
    if (stored == nothing) return -1;
    if (code_of == nullptr || code_of->empty()) return static_cast<std::int32_t>(stored);
    return static_cast<std::size_t>(stored) < code_of->size() ? (*code_of)[static_cast<std::size_t>(stored)] : -1;
  };
  const auto append = [&](CategoryColumn& column) {
    if (column.name != name) return;
    const std::size_t old = column.codes.size();
    column.codes.resize(old + narrow.size());
    std::transform(narrow.begin(), narrow.end(), column.codes.begin() + static_cast<std::ptrdiff_t>(old), code);
  };
  append(journeys.type);
  append(journeys.item);
  for (CategoryColumn& column : journeys.categorical) append(column);
}

void append_codes(auto& in, const std::string& name, std::int32_t width, std::size_t events, const std::vector<std::int32_t>* code_of, Journeys& journeys) {
  if (width == 1) return append_narrow<std::uint8_t>(in, name, events, code_of, journeys);
  if (width == 2) return append_narrow<std::uint16_t>(in, name, events, code_of, journeys);
  append_narrow<std::int32_t>(in, name, events, code_of, journeys);
}

}  // namespace

void PieceFile::append_to(Base& base, std::vector<Column>& targets, const std::vector<const std::vector<std::int32_t>*>& code_of, const std::uint64_t* checksum) const {
  ColumnReader in(*this);
  const auto customers = static_cast<std::size_t>(facts_.customers);
  if (schema_.text_ids) {
    std::vector<std::uint32_t> sizes;
    std::vector<char> names;
    in.column(sizes, customers);
    in.column(names, static_cast<std::size_t>(name_bytes_));
    std::size_t at = 0;
    for (const std::uint32_t size : sizes) {
      if (at + size > names.size()) refuse("its ids are not as they were written");
      base.ids.names.emplace_back(names.data() + at, size);
      at += size;
    }
  } else {
    in.column(base.ids.numbers, customers);
  }
  Journeys& journeys = *base.journeys;
  std::vector<std::int64_t> first;
  in.column(first, customers + 1);
  const std::int64_t before = journeys.first.back();
  for (std::size_t c = 1; c < first.size(); ++c) {
    if (first[c] < first[c - 1] || first[c] > facts_.events) refuse("its customers are not as they were written");
    journeys.first.push_back(before + first[c]);
  }
  const auto read = [&](auto& values, std::size_t n) { in.column(values, n); };
  each_event_column(schema_, facts_, journeys, read);
  const std::vector<std::string> names = schema_.event_names();
  for (std::size_t c = 0; c < names.size(); ++c) append_codes(in, names[c], schema_.code_bytes[c], static_cast<std::size_t>(facts_.events), code_of[c], journeys);
  Profiles none;
  each_customer_column(schema_, facts_, base.profiles ? *base.profiles : none, targets, read);
  if (checksum != nullptr && in.checksum() != *checksum) refuse("its checksum is not that of manifest.json");
}

std::uint64_t PieceFile::checksum() const {
  Checksum sum;
  std::vector<std::byte> block(std::size_t{1} << 20);
  for (std::uint64_t at = 0; at < size_; at += block.size()) {
    const std::size_t n = std::min<std::uint64_t>(block.size(), size_ - at);
    read_whole(descriptor_, block.data(), n, at);
    sum.add({block.data(), n});
  }
  return sum.value();
}

}  // namespace footfall
