// A page-locked buffer that is filled again and again: the event behind its copy says when.

#include <gtest/gtest.h>

#include "tests/support/backend_fixture.hpp"

namespace footfall {
namespace {

class PinnedRingTest : public test::BackendTest {};

TEST_F(PinnedRingTest, HostMemoryMayBeReusedAfterAPinnedCopy) {
  constexpr std::int64_t size = 64, chunks = 4;
  Pinned<float> slot(stream(), size);
  Array<float> there(stream(), size * chunks);
  const std::unique_ptr<Event> copied = stream().make_event();
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    if (chunk > 0) copied->synchronize();
    for (float& value : slot.span()) value = static_cast<float>(chunk);
    copy<float>(std::as_const(slot).view(), there.view().sub(chunk * size, size), stream());
    stream().mark(*copied);
  }
  const std::vector<float> seen = download(there.view(), stream());
  for (std::int64_t i = 0; i < size * chunks; ++i) ASSERT_EQ(seen[static_cast<std::size_t>(i)], static_cast<float>(i / size));
}

}  // namespace
}  // namespace footfall
