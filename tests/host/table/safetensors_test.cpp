// The safetensors format: written bytes as the format says, damaged files refused.
#include <bit>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "host/table/atomic_file.hpp"
#include "host/table/safetensors.hpp"
#include "tests/host/table/temporary_folder.hpp"

namespace footfall {
namespace {

using testing::message_of;
using testing::TemporaryFolder;

/// A file of the format from a header and data, put together by hand.
std::string assemble(const std::string& header, std::size_t data_bytes) {
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) out.push_back(static_cast<char>((header.size() >> (8 * i)) & 0xFF));
  return out + header + std::string(data_bytes, '\0');
}

TEST(SafetensorsTest, IsReadBack) {
  const TemporaryFolder folder;
  TensorFile file;
  file.tensors = {
      {"lstm.weight_ih_l0", {4, 2}, {1, -2, 3.5f, 0, 1e-30f, -0.0f, 7, 8}}, {"bias", {}, {42}}, {"empty", {0, 3}, {}}, {"a", {1}, {9}}};
  file.metadata = {{"format", "footfall"}, {"quoted", "say \"hi\""}};
  save_tensors(folder.file("w.safetensors"), file);
  const TensorFile back = load_tensors(folder.file("w.safetensors"));
  ASSERT_EQ(back.tensors.size(), 4u);
  EXPECT_EQ(back.metadata, file.metadata);
  for (const NamedTensor& tensor : file.tensors) {
    ASSERT_NE(back.find(tensor.name), nullptr);
    EXPECT_EQ(back.find(tensor.name)->shape, tensor.shape);
    ASSERT_EQ(back.find(tensor.name)->values.size(), tensor.values.size());
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {  // by bits: -0 is not 0
      EXPECT_EQ(std::bit_cast<std::uint32_t>(back.find(tensor.name)->values[i]), std::bit_cast<std::uint32_t>(tensor.values[i]));
    }
  }
  EXPECT_EQ(back.find("none"), nullptr);
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(SafetensorsTest, TheBytesAreTheFormats) {
  const TemporaryFolder folder;
  save_tensors(folder.file("w.safetensors"), {{{"x", {2}, {1, 2}}}, {}});
  const std::string bytes = read_file(folder.file("w.safetensors"));
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0u);
  EXPECT_EQ(bytes.size(), 8 + length + 8);
  EXPECT_EQ(bytes.substr(8, length).substr(0, 55), R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} )");
  float second = 0;
  std::memcpy(&second, bytes.data() + 8 + length + 4, 4);
  EXPECT_EQ(second, 2.0f);
}

TEST(SafetensorsTest, DamagedFilesAreRefused) {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& bytes) {
    folder.write("w.safetensors", bytes);
    return message_of(folder, [&] { (void)load_tensors(folder.file("w.safetensors")); });
  };
  const auto expect = [&](const std::string& bytes, const std::string& what) {
    const std::string text = refusal(bytes);
    EXPECT_NE(text.find("w.safetensors is damaged: " + what), std::string::npos) << text;
  };
  expect("", "it is shorter than 8 bytes");
  expect(std::string(8, '\xff'), "its header is longer than the file");
  expect(assemble("{nonsense", 0), "its header is no JSON object");
  expect(assemble(R"({"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4), "tensor \"x\" has the type \"F16\"");
  expect(assemble(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4), "tensor \"x\" has offsets that do not fit its shape");
  expect(assemble(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4), "tensor \"x\" ends 4 bytes behind the end of the file");
  expect(assemble(R"({"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "tensor \"x\" has offsets that do not fit its shape");
  expect(assemble(R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
         "tensor \"x\" has offsets that do not fit its shape");
  expect(assemble(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8), "tensor \"x\" follows a gap");
  expect(assemble(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4),
         "tensor \"y\" overlaps another");
  expect(assemble(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4),
         "its header names a tensor twice");
  expect(assemble(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8), "4 bytes follow the last tensor");
  expect(assemble(R"({"x":5})", 0), "tensor \"x\" lacks dtype");
  expect(assemble(R"({"__metadata__":{"a":1}})", 0), "its __metadata__ \"a\" is no text");
}

TEST(SafetensorsTest, FlippedBytesNeverCrash) {
  const TemporaryFolder folder;
  save_tensors(folder.file("w.safetensors"), {{{"x", {2}, {1, 2}}, {"y", {1, 2}, {3, 4}}}, {{"k", "v"}}});
  const std::string bytes = read_file(folder.file("w.safetensors"));
  std::mt19937_64 random(3);
  int refused = 0;
  for (int i = 0; i < 500; ++i) {
    std::string bad = bytes;
    for (int k = 0; k < 1 + i % 3; ++k) bad[random() % bad.size()] = static_cast<char>(random());
    if (i % 5 == 0) bad.resize(random() % bad.size());
    folder.write("w.safetensors", bad);
    try {
      (void)load_tensors(folder.file("w.safetensors"));
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(ErrorKind::bad_input)) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace footfall
