#include "host/score_state/state_file.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <span>

#include <fmt/format.h>

#include "host/journeys/store/checksum.hpp"
#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::uint64_t magic = 0x31305345'54415453ULL;  // "STATES01"
constexpr std::size_t header_bytes = 64;

struct Header {
  std::uint64_t magic_number = magic;
  std::uint64_t size = 0;
  std::int64_t customers = 0, width = 0;
};

Header header_of(std::int64_t customers, std::int64_t width) {
  const auto each = 2 * sizeof(std::int64_t) + static_cast<std::size_t>(width) * sizeof(float);
  return {magic, header_bytes + static_cast<std::uint64_t>(customers) * each, customers, width};
}

std::array<std::byte, header_bytes> block_of(const Header& header) {
  std::array<std::byte, header_bytes> block{};
  std::memcpy(block.data(), &header, sizeof header);
  return block;
}

}  // namespace

std::uint64_t write_states(const std::filesystem::path& file, const CarriedStates& states, std::int64_t width) {
  require(states.first.size() == states.seen.size() && states.values.size() == states.seen.size() * static_cast<std::size_t>(width), "lists of states of different lengths");
  AtomicFile out(file);
  Checksum sum;
  const auto write = [&](std::span<const std::byte> bytes) {
    sum.add(bytes);
    out.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  write(block_of(header_of(states.size(), width)));
  write(std::as_bytes(std::span(states.seen)));
  write(std::as_bytes(std::span(states.first)));
  write(std::as_bytes(std::span(states.values)));
  out.rename();
  return sum.value();
}

void read_states(const std::filesystem::path& file, std::int64_t customers, std::int64_t width, std::uint64_t checksum, CarriedStates& states) {
  const auto refuse = [&](const char* why) { return bad_input(fmt::format("{} is damaged: {}", file.string(), why), "score from scratch with --save-state; check the disk when it happens again"); };
  std::ifstream in(file, std::ios::binary);
  if (!in) throw refuse("it is missing or cannot be read");
  Checksum sum;
  const auto read = [&](void* into, std::size_t size) {
    if (!in.read(static_cast<char*>(into), static_cast<std::streamsize>(size))) throw refuse("it is cut off");
    sum.add({static_cast<const std::byte*>(into), size});
  };
  std::array<std::byte, header_bytes> block;
  read(block.data(), block.size());
  const Header expected = header_of(customers, width);
  if (block != block_of(expected)) throw refuse("its header is not as it was written");
  const auto append = [&](auto& values, std::int64_t count) {
    const std::size_t old = values.size();
    values.resize(old + static_cast<std::size_t>(count));
    read(values.data() + old, static_cast<std::size_t>(count) * sizeof values[0]);
  };
  append(states.seen, customers);
  append(states.first, customers);
  append(states.values, customers * width);
  if (sum.value() != checksum || in.peek() != std::ifstream::traits_type::eof()) throw refuse("its checksum is not that of state.json");
}

}  // namespace footfall
