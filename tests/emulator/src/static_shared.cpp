// Static shared memory is `static thread_local` here, so it is zero at first and then what the block before has left. A device promises
// nothing, so all of it is poisoned before each block: the thread-local data of the program or library that the kernel is in, but for
// the one pointer that the emulated device itself keeps there.

#include <elf.h>
#include <link.h>

#include <cstring>

#include "tests/emulator/src/runtime.hpp"

namespace footfall_emulator {
namespace {

struct Search {
  std::uintptr_t function;
  StaticShared found;
};

int look(dl_phdr_info* info, std::size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  bool mine = false;
  std::size_t bytes = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& part = info->dlpi_phdr[i];
    const std::uintptr_t first = info->dlpi_addr + part.p_vaddr;
    if (part.p_type == PT_LOAD && search.function >= first && search.function < first + part.p_memsz) mine = true;
    if (part.p_type == PT_TLS) bytes = part.p_memsz;
  }
  if (!mine) return 0;
  search.found = {static_cast<unsigned char*>(info->dlpi_tls_data), info->dlpi_tls_data == nullptr ? 0 : bytes};
  return 1;
}

}  // namespace

StaticShared static_shared_of(const void* function) {
  Search search{reinterpret_cast<std::uintptr_t>(function), {}};
  dl_iterate_phdr(look, &search);
  return search.found;
}

void poison(const StaticShared& shared) {
  if (shared.bytes == 0) return;
  auto* keep = reinterpret_cast<unsigned char*>(thread_state_place());
  ThreadState* const state = *thread_state_place();
  std::memset(shared.memory, 0xff, shared.bytes);
  if (keep >= shared.memory && keep < shared.memory + shared.bytes) *thread_state_place() = state;
}

}  // namespace footfall_emulator
