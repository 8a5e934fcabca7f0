#include "host/journeys/store/vocabulary.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <numeric>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "host/table/atomic_file.hpp"
#include "kernels/error.hpp"

namespace footfall {

FinalCodes final_codes(const std::vector<std::string_view>& names, const std::vector<std::int64_t>& counts, std::int64_t most) {
  FinalCodes out;
  out.code_of.assign(names.size(), -1);
  std::vector<std::int32_t> kept;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (counts[i] > 0) kept.push_back(static_cast<std::int32_t>(i));
  const auto name = [&](std::int32_t i) { return names[static_cast<std::size_t>(i)]; };
  const auto by_name = [&](std::int32_t a, std::int32_t b) { return name(a) < name(b); };
  std::vector<std::int32_t> rare;
  if (static_cast<std::int64_t>(kept.size()) > most) {
    const auto first_rare = kept.begin() + (most - 1);
    std::nth_element(kept.begin(), first_rare, kept.end(), [&](std::int32_t a, std::int32_t b) {
      const std::int64_t rows_a = counts[static_cast<std::size_t>(a)], rows_b = counts[static_cast<std::size_t>(b)];
      return rows_a != rows_b ? rows_a > rows_b : by_name(a, b);
    });
    rare.assign(first_rare, kept.end());
    kept.erase(first_rare, kept.end());
  }
  std::sort(kept.begin(), kept.end(), by_name);
  std::int32_t rare_code = -1;
  for (const std::int32_t i : kept) {
    if (!rare.empty() && rare_code < 0 && name(i) >= rare_name) {
      rare_code = static_cast<std::int32_t>(out.dictionary.size());
      out.dictionary.emplace_back(rare_name);
    }
    if (!rare.empty() && name(i) == rare_name) {
      out.code_of[static_cast<std::size_t>(i)] = rare_code;
      continue;
    }
    out.code_of[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(out.dictionary.size());
    out.dictionary.emplace_back(name(i));
  }
  if (!rare.empty() && rare_code < 0) {
    rare_code = static_cast<std::int32_t>(out.dictionary.size());
    out.dictionary.emplace_back(rare_name);
  }
  for (const std::int32_t i : rare) out.code_of[static_cast<std::size_t>(i)] = rare_code;
  return out;
}

/// Names lie one after the other in blocks that never move; an open-addressed index finds them.
struct Vocabulary::State {
  static constexpr std::size_t block_bytes = std::size_t{1} << 20;

  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t number = -1;
  };

  static std::uint64_t hash_of(std::string_view name) { return std::hash<std::string_view>{}(name); }

  void grow() {
    std::vector<Slot> old = std::move(slots);
    slots.assign(old.empty() ? 1024 : old.size() * 2, Slot{});
    const std::size_t mask = slots.size() - 1;
    for (const Slot& slot : old) {
      if (slot.number < 0) continue;
      std::size_t at = hash_of(names[static_cast<std::size_t>(slot.number)]) & mask;
      while (slots[at].number >= 0) at = (at + 1) & mask;
      slots[at] = slot;
    }
  }

  std::string_view keep(std::string_view name) {
    if (name.size() > room) {
      const std::size_t size = std::max(block_bytes, name.size());
      blocks.push_back(std::make_unique<char[]>(size));
      free = blocks.back().get();
      room = size;
      used += static_cast<std::int64_t>(size);
    }
    if (!name.empty()) std::memcpy(free, name.data(), name.size());
    const std::string_view kept(free, name.size());
    free += name.size();
    room -= name.size();
    return kept;
  }

  [[nodiscard]] std::int64_t bytes() const {
    return used + static_cast<std::int64_t>(names.capacity() * sizeof(std::string_view) + slots.size() * sizeof(Slot));
  }

  std::int32_t number_of(std::string_view name, bool& added) {
    if ((names.size() + 1) * 2 > slots.size()) grow();
    const std::uint64_t hash = hash_of(name);
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = slots.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      Slot& slot = slots[at];
      if (slot.number < 0) {
        slot = {tag, static_cast<std::int32_t>(names.size())};
        names.push_back(keep(name));
        added = true;
        return slot.number;
      }
      if (slot.hash == tag && names[static_cast<std::size_t>(slot.number)] == name) return slot.number;
    }
  }

  void append(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw_write_error(log, errno);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  /// Takes up the names of a log; what was cut off at its end goes.
  void replay() {
    const std::string text = read_file(log);
    std::size_t at = 0;
    while (at + 4 <= text.size()) {
      std::uint32_t size = 0;
      std::memcpy(&size, text.data() + at, 4);
      if (at + 4 + size > text.size()) break;
      bool added = false;
      (void)number_of({text.data() + at + 4, size}, added);
      at += 4 + size;
    }
    if (truncate(log.c_str(), static_cast<off_t>(at)) != 0) throw_write_error(log, errno);
  }

  std::string column;
  std::filesystem::path log;
  std::shared_ptr<NameBudget> budget;
  std::int64_t counted = 0;   ///< bytes that the budget knows of
  int descriptor = -1;
  mutable std::mutex mutex;
  std::vector<std::unique_ptr<char[]>> blocks;
  char* free = nullptr;
  std::size_t room = 0;
  std::int64_t used = 0;
  std::vector<std::string_view> names;
  std::vector<Slot> slots;
};

Vocabulary::Vocabulary(std::string column, std::filesystem::path log, bool resume, std::shared_ptr<NameBudget> budget) : state_(std::make_unique<State>()) {
  state_->column = std::move(column);
  state_->log = std::move(log);
  state_->budget = std::move(budget);
  if (resume && std::filesystem::exists(state_->log)) state_->replay();
  state_->descriptor = open(state_->log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (resume ? 0 : O_TRUNC), 0666);
  if (state_->descriptor < 0) throw_write_error(state_->log, errno);
}

Vocabulary::~Vocabulary() {
  if (state_->descriptor >= 0) (void)close(state_->descriptor);
}

void Vocabulary::number(std::span<const std::string> names, std::vector<std::int32_t>& numbers) {
  if (names.empty()) return;
  std::string fresh;
  const std::lock_guard lock(state_->mutex);
  for (std::size_t i = 0; i < names.size(); ++i) {
    bool added = false;
    numbers.push_back(state_->number_of(names[i], added));
    if (!added) continue;
    const auto size = static_cast<std::uint32_t>(names[i].size());
    fresh.append(reinterpret_cast<const char*>(&size), 4);
    fresh += names[i];
  }
  state_->append(fresh);
  const std::int64_t more = state_->bytes() - state_->counted;
  state_->counted += more;
  if ((state_->budget->used += more) > state_->budget->limit)
    throw bad_input(fmt::format("column \"{}\" holds more than {} different names, which need more memory than the {} MiB left for them", state_->column,
                                state_->names.size() - 1, state_->budget->limit >> 20),
                    "give more --memory, or take the column out of the job");
}

std::int64_t Vocabulary::size() const { return static_cast<std::int64_t>(state_->names.size()); }
std::vector<std::string_view> Vocabulary::names() const { return state_->names; }

}  // namespace footfall
