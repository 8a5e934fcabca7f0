// Blocks of threads as fibers. A fiber runs until it must wait for others; the scheduler then takes the next one. When nobody can
// go on, the kernel is wrong, and the message says where each group of threads is waiting.

#include <sys/mman.h>

#include <boost/context/fiber.hpp>
#include <boost/context/preallocated.hpp>
#include <cstring>
#include <map>
#include <numeric>

#include "tests/emulator/src/runtime.hpp"
#include "tests/emulator/src/thread_checking.hpp"

namespace footfall_emulator {
namespace {

namespace ctx = boost::context;

constexpr unsigned kWarp = 32;
constexpr std::size_t kStack = 128 * 1024;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kMostShared = 256 * 1024;

enum class State : std::uint8_t { ready, at_block_barrier, at_warp_operation, finished };

struct Fiber : Lane {
  State state = State::ready;
  Site site;
  unsigned vote = 0;  // at a block barrier
  Together kind{};    // at a warp operation
  unsigned mask = 0, argument = 0, width = 32;
  std::uint64_t value = 0, answer = 0;
  ctx::fiber self, scheduler;
  void* checked = nullptr;  // the thread checker's idea of this thread
};

// Addresses by which the thread checker knows what is ordered; each block has its own.
struct Meetings {
  char barrier[2], warp[32], start, end;
};

// Blocks whose races with each other the thread checker can see: each has threads, stacks and dynamic memory of its own.
constexpr std::size_t kBatch = checked::on ? 4 : 1;

struct Block {
  const Launch* launch = nullptr;
  std::vector<Fiber> fibers;
  unsigned finished = 0, at_barrier = 0, barrier_result = 0;
  unsigned char* shared = nullptr;  ///< dynamic shared memory, which ends before a closed page
  Meetings* meetings = nullptr;
  unsigned barriers = 0;
  void* checked = nullptr;  ///< of the scheduler
};

}  // namespace

/// What a host thread keeps for the blocks that it runs.
struct Workshop {
  Block block;
  Fiber* now = nullptr;
  std::size_t slot = 0;  ///< of the running block in its batch
  struct Slot {
    unsigned char* stacks = nullptr;
    unsigned char* shared_end = nullptr;
    std::vector<void*> checked;
  };
  Slot slots[kBatch];
  [[nodiscard]] Slot& here() { return slots[slot]; }
};

namespace {

Workshop& workshop() {
  Workshop*& mine = thread_state().workshop;
  if (mine == nullptr) mine = new Workshop;
  return *mine;
}

// Stacks of 1024 threads, each with a closed page below it; memory is only taken where it is touched.
unsigned char* stack_of(unsigned thread) {
  unsigned char*& stacks = workshop().here().stacks;
  if (stacks == nullptr) {
    const std::size_t bytes = 1024 * kStack;
    void* all = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) fault("no memory for the stacks of the emulated threads");
    stacks = static_cast<unsigned char*>(all);
    for (unsigned i = 0; i < 1024; ++i) mprotect(stacks + i * kStack, kPage, PROT_NONE);
  }
  return stacks + thread * kStack;
}

// Room for `bytes` of dynamic shared memory, aligned to 16 as a device promises, poisoned, its end at a closed page.
unsigned char* dynamic_memory(std::size_t bytes) {
  Workshop::Slot& mine = workshop().here();
  if (mine.shared_end == nullptr) {
    void* all = mmap(nullptr, kMostShared + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) fault("no memory for the shared memory of the emulated blocks");
    mine.shared_end = static_cast<unsigned char*>(all) + kMostShared;
    mprotect(mine.shared_end, kPage, PROT_NONE);
  }
  const std::size_t rounded = (bytes + 15) / 16 * 16;
  std::memset(mine.shared_end - rounded, 0xff, rounded);
  return mine.shared_end - rounded;
}

struct StackOfLane {
  ctx::stack_context allocate() { return {}; }
  void deallocate(ctx::stack_context&) noexcept {}  // it stays with the workshop
};

std::string place(const Site& site) {
  const char* slash = std::strrchr(site.file, '/');
  return std::string(slash == nullptr ? site.file : slash + 1) + ":" + std::to_string(site.line);
}

std::string name(const Fiber& fiber) {
  const auto triple = [](uint3 at) { return "(" + std::to_string(at.x) + "," + std::to_string(at.y) + "," + std::to_string(at.z) + ")"; };
  return "block " + triple(fiber.block) + " thread " + triple(fiber.thread);
}

const char* word(Together kind) {
  static const char* const words[] = {"warp barrier", "ballot",  "any",       "all", "shuffle", "shuffle up", "shuffle down", "shuffle xor",
                                      "match any",    "reduce add", "reduce max", "reduce min", "reduce and", "reduce or"};
  return words[static_cast<int>(kind)];
}

// Where everybody is, threads that wait at the same place together.
[[noreturn]] void stuck(const Block& block, const std::string& what) {
  std::map<std::string, std::vector<const Fiber*>> groups;
  for (const Fiber& fiber : block.fibers) {
    std::string where;
    switch (fiber.state) {
      case State::ready: where = "still running"; break;
      case State::finished: where = "has returned from the kernel"; break;
      case State::at_block_barrier: where = "waits at the block barrier of " + place(fiber.site); break;
      case State::at_warp_operation: {
        char mask[16];
        std::snprintf(mask, sizeof mask, "0x%08x", fiber.mask);
        where = std::string("waits in a ") + word(fiber.kind) + " with mask " + mask + " at " + place(fiber.site);
        break;
      }
    }
    groups[where].push_back(&fiber);
  }
  std::string text = what + " in the kernel launched at " + place(block.launch->site);
  for (const auto& [where, members] : groups) {
    text += "\n  " + name(*members.front());
    if (members.size() > 1) text += " and " + std::to_string(members.size() - 1) + " more";
    text += " " + where;
  }
  fault(text);
}

void wait_for_others(Fiber& fiber) {
  checked::switch_to(workshop().block.checked);
  fiber.scheduler = std::move(fiber.scheduler).resume();
}

void release_barrier(Block& block) {
  for (Fiber& fiber : block.fibers) {
    if (fiber.site.line != block.fibers.front().site.line || std::strcmp(fiber.site.file, block.fibers.front().site.file) != 0)
      stuck(block, "divergent block barrier: threads of one block wait at different barriers");
  }
  block.barrier_result = 0;
  for (Fiber& fiber : block.fibers) {
    block.barrier_result += fiber.vote;
    fiber.state = State::ready;
  }
  block.at_barrier = 0;
  ++block.barriers;
}

// All lanes of the mask are here: every one gets its answer.
void complete(Fiber* warp, unsigned mask) {
  const Fiber& any = warp[std::countr_zero(mask)];
  const Together kind = any.kind;
  std::uint64_t all = kind == Together::min || kind == Together::conjunction ? ~std::uint64_t{0} : 0;
  for (unsigned i = 0; i < kWarp; ++i) {
    if ((mask >> i & 1u) == 0) continue;
    const std::uint64_t v = warp[i].value;
    switch (kind) {
      case Together::ballot:
      case Together::any:
      case Together::all: all |= (v & 1u) << i; break;
      case Together::add: all += v; break;
      case Together::max: all = std::max(all, v); break;
      case Together::min: all = std::min(all, v); break;
      case Together::conjunction: all &= v; break;
      case Together::disjunction: all |= v; break;
      default: break;
    }
  }
  for (unsigned i = 0; i < kWarp; ++i) {
    if ((mask >> i & 1u) == 0) continue;
    Fiber& fiber = warp[i];
    const unsigned first = i / fiber.width * fiber.width;  // of the sub-warp
    unsigned source = i;
    switch (kind) {
      case Together::barrier: break;
      case Together::any: fiber.answer = all != 0; break;
      case Together::all: fiber.answer = all == mask; break;
      case Together::match_any:
        fiber.answer = 0;
        for (unsigned j = 0; j < kWarp; ++j)
          if ((mask >> j & 1u) != 0 && warp[j].value == fiber.value) fiber.answer |= 1u << j;
        break;
      case Together::shuffle: source = first + fiber.argument % fiber.width; break;
      case Together::shuffle_up: source = i - first >= fiber.argument ? i - fiber.argument : i; break;
      case Together::shuffle_down: source = i + fiber.argument < first + fiber.width ? i + fiber.argument : i; break;
      case Together::shuffle_xor: source = (i ^ fiber.argument) < first + fiber.width ? i ^ fiber.argument : i; break;
      default: fiber.answer = all; break;
    }
    if (kind >= Together::shuffle && kind <= Together::shuffle_xor) {
      // Reading a lane that takes no part is undefined (programming guide, "Warp shuffle functions").
      if ((mask >> source & 1u) == 0)
        fault(std::string(word(kind)) + " at " + place(fiber.site) + ": " + name(fiber) + " reads lane " + std::to_string(source) +
              ", which is not in the mask");
      fiber.answer = warp[source].value;
    }
    fiber.state = State::ready;
  }
}

void run_block(Block& block, const Launch& launch, uint3 at, const std::function<void()>& kernel) {
  const unsigned threads = launch.block.x * launch.block.y * launch.block.z;
  block.launch = &launch;
  block.finished = block.at_barrier = block.barriers = 0;
  block.checked = checked::current();
  block.shared = dynamic_memory(launch.shared_bytes);
  std::vector<void*>& known = workshop().here().checked;
  checked::release(&block.meetings->start);

  for (unsigned i = 0; i < threads; ++i) {
    Fiber& fiber = block.fibers[i];
    fiber.thread = {i % launch.block.x, i / launch.block.x % launch.block.y, i / launch.block.x / launch.block.y};
    fiber.block = at;
    fiber.block_dim = launch.block;
    fiber.grid_dim = launch.grid;
    fiber.linear = i;
    fiber.state = State::ready;
    if (checked::on) {
      if (known.size() == i) known.push_back(checked::create());
      fiber.checked = known[i];
      checked::rename(fiber.checked, name(fiber).c_str());
    }
    ctx::stack_context stack;
    stack.size = kStack - kPage;
    stack.sp = stack_of(i) + kStack;
    fiber.self = ctx::fiber(std::allocator_arg, ctx::preallocated(stack.sp, stack.size, stack), StackOfLane{},
                            [&fiber, &block, &kernel](ctx::fiber&& scheduler) {
                              fiber.scheduler = std::move(scheduler);
                              checked::acquire(&block.meetings->start);
                              kernel();
                              checked::release(&block.meetings->end);
                              fiber.state = State::finished;
                              ++block.finished;
                              checked::switch_to(block.checked);
                              return std::move(fiber.scheduler);
                            });
  }
  // Threads go on in a changing order: a start and a stride that meets every thread.
  while (block.finished < threads) {
    const unsigned start = static_cast<unsigned>(choose(threads));
    unsigned stride = 1 + static_cast<unsigned>(choose(threads));
    while (std::gcd(stride, threads) != 1) ++stride;
    bool moved = false;
    for (unsigned k = 0; k < threads; ++k) {
      Fiber& fiber = block.fibers[(start + static_cast<std::uint64_t>(k) * stride) % threads];
      if (fiber.state != State::ready) continue;
      workshop().now = &fiber;
      checked::switch_to(fiber.checked);
      fiber.self = std::move(fiber.self).resume();
      moved = true;
    }
    workshop().now = nullptr;
    if (!moved) {
      if (block.at_barrier > 0) stuck(block, "divergent block barrier: not every thread of the block arrives");
      stuck(block, "divergent warp operation: not every lane of the mask arrives");
    }
  }
  checked::acquire(&block.meetings->end);
}

}  // namespace

Lane& lane() {
  if (workshop().now == nullptr) fault("threadIdx, blockIdx and their kin exist only inside a kernel");
  return *workshop().now;
}

unsigned block_barrier(unsigned vote, Site site) {
  Fiber& fiber = *workshop().now;
  Block& block = workshop().block;
  fiber.site = site;
  fiber.vote = vote;
  fiber.state = State::at_block_barrier;
  char* meeting = &block.meetings->barrier[block.barriers % 2];
  checked::release(meeting);
  if (++block.at_barrier == block.fibers.size()) release_barrier(block);
  wait_for_others(fiber);
  checked::acquire(meeting);
  return block.barrier_result;
}

std::uint64_t warp_together(Together kind, unsigned mask, std::uint64_t value, unsigned argument, unsigned width, Site site) {
  Fiber& fiber = *workshop().now;
  Block& block = workshop().block;
  const unsigned lane_index = fiber.linear % kWarp;
  const unsigned first = fiber.linear - lane_index;
  fiber.site = site;
  fiber.kind = kind;
  fiber.mask = mask;
  fiber.value = value;
  fiber.argument = argument;
  fiber.width = width;
  // Programming guide, "Warp vote functions" and "Warp shuffle functions": each calling thread has its own bit in the mask.
  if ((mask >> lane_index & 1u) == 0) fault(std::string(word(kind)) + " at " + place(site) + ": " + name(fiber) + " is not in its own mask");
  if (width == 0 || width > kWarp || (width & (width - 1)) != 0) fault(std::string(word(kind)) + " at " + place(site) + ": width is no power of two up to 32");
  const std::size_t present = std::min<std::size_t>(kWarp, block.fibers.size() - first);
  // A mask may name lanes that the last warp of a block does not have: hardware never starts them.
  const unsigned exist = present == kWarp ? 0xffffffffu : (1u << present) - 1u;
  const unsigned group = mask & exist;
  fiber.state = State::at_warp_operation;
  char* meeting = &block.meetings->warp[fiber.linear / kWarp];
  checked::release(meeting);
  Fiber* warp = &block.fibers[first];
  for (unsigned i = 0; i < present; ++i) {
    if ((group >> i & 1u) == 0) continue;
    const Fiber& other = warp[i];
    if (other.state == State::finished) stuck(block, "divergent warp operation: the mask names a lane that has returned");
    if (other.state != State::at_warp_operation || other.mask != mask) {
      wait_for_others(fiber);
      checked::acquire(meeting);
      return fiber.answer;
    }
  }
  for (unsigned i = 0; i < present; ++i)
    if ((group >> i & 1u) != 0 && (warp[i].kind != kind || warp[i].width != width))
      stuck(block, "divergent warp operation: lanes of one mask are in different operations");
  complete(warp, group);
  checked::acquire(meeting);
  return fiber.answer;
}

void* dynamic_shared(std::size_t& bytes) {
  Block& block = workshop().block;
  bytes = block.launch->shared_bytes;
  return block.shared;
}

std::string describe_block_memory(const void* pointer) {
  Workshop& all = workshop();
  const Workshop::Slot& mine = all.here();
  const auto* p = static_cast<const unsigned char*>(pointer);
  if (mine.shared_end != nullptr && p >= mine.shared_end && p < mine.shared_end + kPage)
    return std::to_string(p - mine.shared_end) + " bytes past the end of the " + std::to_string(all.block.launch->shared_bytes) + " bytes of dynamic shared memory of the kernel launched at " +
           place(all.block.launch->site);
  if (mine.stacks != nullptr && p >= mine.stacks && p < mine.stacks + 1024 * kStack) return "the end of the stack of an emulated thread: too many local variables";
  return {};
}

void check_alignment(const void* pointer, std::size_t alignment, Site site) {
  if (reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0) return;
  fault("misaligned address: an access of " + std::to_string(alignment) + " bytes at " + place(site) + " goes to " + describe_address(pointer));
}

void run_blocks(const Launch& launch, const std::function<void()>& kernel) {
  const std::uint64_t blocks = static_cast<std::uint64_t>(launch.grid.x) * launch.grid.y * launch.grid.z;
  const std::uint64_t start = choose(blocks);
  std::uint64_t stride = 1 + choose(blocks);
  while (std::gcd(stride, blocks) != 1) ++stride;
  Workshop& mine = workshop();
  const unsigned threads = launch.block.x * launch.block.y * launch.block.z;
  if (mine.block.fibers.size() != threads) mine.block.fibers = std::vector<Fiber>(threads);
  const int running = thread_state().running;
  for (std::uint64_t first = 0; first < blocks; first += kBatch) {
    const std::size_t count = std::min<std::uint64_t>(kBatch, blocks - first);
    std::vector<std::unique_ptr<Meetings>> meetings(count);
    for (auto& each : meetings) each = std::make_unique<Meetings>();
    checked::one_after_the_other(count, [&](std::size_t k) {
      thread_state().workshop = &mine;
      thread_state().running = running;
      const std::uint64_t index = (start + (first + k) % blocks * (stride % blocks)) % blocks;
      const uint3 at{static_cast<unsigned>(index % launch.grid.x), static_cast<unsigned>(index / launch.grid.x % launch.grid.y),
                     static_cast<unsigned>(index / launch.grid.x / launch.grid.y)};
      poison(static_shared_of(launch.function));
      mine.slot = k;
      mine.block.meetings = meetings[k].get();
      run_block(mine.block, launch, at, kernel);
    });
  }
}

}  // namespace footfall_emulator
