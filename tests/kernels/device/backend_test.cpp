#include "kernels/backend.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/device/cuda_library.hpp"
#include "kernels/device/team.hpp"
#include "kernels/error.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

using test::BackendTest;

/// The text of the error that a call throws, with its kind.
template <class Call>
std::pair<ErrorKind, std::string> error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  return {ErrorKind::failed, "nothing was thrown"};
}

TEST_F(BackendTest, CopiesThereAndBack) {
  EXPECT_EQ(backend().device().is_cuda(), !test::on_cpu());
  EXPECT_EQ(backend().team().threads(), 2);
  for (const std::int64_t size : {0, 1, 31, 1000}) {
    std::vector<float> values(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 0.5F;
    const Array<float> there = upload(values, stream());
    EXPECT_EQ(there.view().place, size == 0 ? there.view().place : stream().place());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(there.view().data) % 256, 0U);
    Array<float> again(stream(), size);
    copy<float>(there.view(), again.view(), stream());
    EXPECT_EQ(download(again.view(), stream()), values);
    clear(again.view(), stream());
    EXPECT_EQ(download(again.view(), stream()), std::vector<float>(values.size(), 0.0F));
  }
}

TEST_F(BackendTest, PinnedMemoryGoesThereAndBack) {
  Pinned<std::int32_t> here(stream(), 257);
  for (std::int64_t i = 0; i < here.size(); ++i) here[i] = static_cast<std::int32_t>(i * i);
  Array<std::int32_t> there(stream(), here.size());
  copy<std::int32_t>(std::as_const(here).view(), there.view(), stream());
  Pinned<std::int32_t> back(stream(), here.size());
  copy<std::int32_t>(std::as_const(there).view(), back.view(), stream());
  stream().synchronize();
  for (std::int64_t i = 0; i < here.size(); ++i) ASSERT_EQ(back[i], here[i]);
}

TEST_F(BackendTest, ArraysMoveAndKeepTheirValues) {
  Array<float> first = upload(std::vector<float>{1.0F, 2.0F}, stream());
  Array<float> second(std::move(first));
  Array<float> third;
  third = std::move(second);
  EXPECT_EQ(download(third.view(), stream()), (std::vector<float>{1.0F, 2.0F}));
}

TEST_F(BackendTest, AnEventOrdersTwoStreams) {
  const std::unique_ptr<Stream> other = backend().make_stream();
  const std::unique_ptr<Event> written = stream().make_event();
  Array<float> values = upload(std::vector<float>(1000, 3.0F), stream());
  Array<float> target(stream(), 1000);
  copy<float>(std::as_const(values).view(), target.view(), stream());
  stream().mark(*written);
  other->wait(*written);
  Array<float> after(*other, 1000);
  copy<float>(std::as_const(target).view(), after.view(), *other);
  EXPECT_EQ(download(after.view(), *other), std::vector<float>(1000, 3.0F));
  written->synchronize();
}

TEST_F(BackendTest, ATimerMeasuresWhatStandsBetween) {
  const std::unique_ptr<Timer> long_one = stream().make_timer(), short_one = stream().make_timer();
  Array<float> a(stream(), 1 << 22), b(stream(), 1 << 22);
  clear(a.view(), stream());
  clear(b.view(), stream());
  long_one->begin();
  short_one->begin();
  copy<float>(std::as_const(a).view(), b.view(), stream());
  short_one->end();
  for (int k = 0; k < 20; ++k) copy<float>(std::as_const(a).view(), b.view(), stream());
  long_one->end();
  EXPECT_GT(short_one->seconds(), 0.0);
  EXPECT_GT(long_one->seconds(), short_one->seconds());
  EXPECT_LT(long_one->seconds(), 60.0);
}

TEST_F(BackendTest, ARecordingRunsOnlyWhenReplayed) {
  Array<float> from = upload(std::vector<float>(64, 1.0F), stream());
  Array<float> to = upload(std::vector<float>(64, 10.0F), stream());
  const MatrixView<const float> in = std::as_const(from).matrix(8, 8);
  const MatrixView<float> out = to.matrix(8, 8);
  Layers& layers = backend().layers();
  Stream& s = stream();
  const std::unique_ptr<Recording> recording = stream().record([&layers, in, out, &s] { layers.add_matrix(in, out, s); });
  EXPECT_EQ(download(to.view(), stream())[0], 10.0F);
  recording->replay();
  recording->replay();
  EXPECT_EQ(download(to.view(), stream()), std::vector<float>(64, 12.0F));
  // What lies in device memory may change between runs.
  const std::vector<float> fives(64, 5.0F);
  copy<float>(view_of(fives), from.view(), stream());
  recording->replay();
  EXPECT_EQ(download(to.view(), stream())[63], 17.0F);
}

TEST_F(BackendTest, MemoryThatIsNotThereIsAnErrorWithBothNumbers) {
  const auto [kind, text] = error_of([&] { static_cast<void>(stream().allocate(std::size_t{1} << 60)); });
  EXPECT_EQ(kind, ErrorKind::failed);
  EXPECT_NE(text.find("wanted"), std::string::npos) << text;
  EXPECT_NE(text.find("free"), std::string::npos) << text;
}

TEST(ChooseDevice, RefusesWhatIsNoDevice) {
  for (const char* wanted : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "", "CPU"}) {
    const auto [kind, text] = error_of([&] { static_cast<void>(choose_device(wanted)); });
    EXPECT_EQ(kind, ErrorKind::bad_input) << wanted;
    EXPECT_NE(text.find("auto, cpu, cuda or cuda:N"), std::string::npos) << text;
  }
  EXPECT_EQ(choose_device("cpu").device, (Device{Device::Kind::cpu, 0}));
}

TEST(ChooseDevice, WithoutTheLibraryAutoIsTheCpuAndSaysWhy) {
  const std::string before = cuda_library_name();
  set_cuda_library_name("libfootfall_cuda_that_is_not_there.so");
  const CudaState state = cuda_state();
  EXPECT_FALSE(state.library_found);
  EXPECT_TRUE(state.devices.empty());
  EXPECT_NE(state.problem.find("libfootfall_cuda_that_is_not_there.so"), std::string::npos) << state.problem;
  const DeviceChoice choice = choose_device("auto");
  EXPECT_FALSE(choice.device.is_cuda());
  EXPECT_NE(choice.reason.find("no CUDA"), std::string::npos) << choice.reason;
  const auto [kind, text] = error_of([] { static_cast<void>(choose_device("cuda:0")); });
  EXPECT_EQ(kind, ErrorKind::bad_input);
  EXPECT_NE(text.find("--device cuda:0"), std::string::npos) << text;
  EXPECT_NE(text.find("libfootfall_cuda_that_is_not_there.so"), std::string::npos) << text;
  EXPECT_THROW(static_cast<void>(make_backend(Device{Device::Kind::cuda, 0})), Error);
  set_cuda_library_name(before);
}

TEST(ChooseDevice, ALibraryOfSomebodyElseIsRefused) {
  const std::string before = cuda_library_name();
  set_cuda_library_name("libc.so.6");
  EXPECT_NE(cuda_state().problem.find("is not footfall's CUDA library"), std::string::npos) << cuda_state().problem;
  set_cuda_library_name(before);
}

TEST_F(BackendTest, TheStateListsTheDeviceThatIsUsed) {
  if (test::on_cpu()) GTEST_SKIP() << "the CPU is not listed";
  test::select_cuda_library();
  const CudaState state = cuda_state();
  EXPECT_TRUE(state.library_found);
  ASSERT_FALSE(state.devices.empty()) << state.problem;
  EXPECT_FALSE(state.devices[0].name.empty());
  EXPECT_GT(state.devices[0].memory_bytes, 0);
  EXPECT_TRUE(choose_device("auto").device.is_cuda());
  EXPECT_EQ(choose_device("cuda:0").device.name(), "cuda:0");
  const auto [kind, text] = error_of([] { static_cast<void>(choose_device("cuda:99")); });
  EXPECT_EQ(kind, ErrorKind::bad_input);
  EXPECT_NE(text.find("cuda:0"), std::string::npos) << text;
}

}  // namespace
}  // namespace footfall
