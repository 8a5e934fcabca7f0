#include "tests/kernels/sequences/npy.hpp"

#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <string>

namespace footfall::test {
namespace {

template <class T>
void append(const std::string& bytes, std::size_t from, std::vector<double>& values) {
  for (std::size_t at = from; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    values.push_back(static_cast<double>(value));
  }
}

}  // namespace

Npy read_npy(const std::filesystem::path& file) {
  static_assert(std::endian::native == std::endian::little);
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto refuse = [&](const char* why) { return std::runtime_error(file.string() + ": " + why); };
  if (bytes.size() < 12 || bytes.compare(0, 6, "\x93NUMPY") != 0) throw refuse("no .npy file");
  const bool first_version = bytes[6] == 1;
  const std::size_t start = first_version ? 10 : 12;
  std::size_t length = 0;
  for (std::size_t i = start; i-- > 8;) length = length * 256 + static_cast<unsigned char>(bytes[i]);
  const std::string header = bytes.substr(start, length);

  Npy array;
  std::smatch match;
  if (!std::regex_search(header, match, std::regex(R"('fortran_order':\s*False)"))) throw refuse("not in C order");
  if (!std::regex_search(header, match, std::regex(R"('shape':\s*\(([^)]*)\))"))) throw refuse("no shape");
  const std::string shape = match[1];
  const std::regex number("[0-9]+");
  for (std::sregex_iterator i(shape.begin(), shape.end(), number), end; i != end; ++i) array.shape.push_back(std::stoll(i->str()));
  if (header.find("<f8") != std::string::npos) {
    append<double>(bytes, start + length, array.values);
  } else if (header.find("<f4") != std::string::npos) {
    append<float>(bytes, start + length, array.values);
  } else {
    throw refuse("neither float64 nor float32");
  }
  std::int64_t count = 1;
  for (const std::int64_t extent : array.shape) count *= extent;
  if (count != static_cast<std::int64_t>(array.values.size())) throw refuse("cut off");
  return array;
}

}  // namespace footfall::test
