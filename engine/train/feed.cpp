#include "engine/train/feed.hpp"

#include <algorithm>

#include "kernels/error.hpp"

namespace footfall {

Placement ResidentFeed::lay_out(const BatchPlan& plan) {
  Placement out;
  out.profile = plan.order;
  if (!table_.length.empty())
    for (const std::int64_t e : plan.order) out.first.push_back(table_.first[static_cast<std::size_t>(e)]);
  return out;
}

BlockFeed::BlockFeed(const ExampleSource& source, const Dictionaries& dictionaries, const Transform& transform, Wanted wanted, BlockSize size, Backend& backend,
                     Stream& stream)
    : source_(source), recoder_(transform, dictionaries), wanted_(wanted), size_(size), backend_(backend), stream_(stream) {
  const ExampleTable& index = source.index();
  const auto count = [](const auto& names) { return static_cast<std::int64_t>(names.size()); };
  if (wanted.events) {
    device_.event_rows = size.event_rows;
    device_.event_number = Array<float>(stream, size.event_rows * count(index.event_numbers));
    device_.event_code = Array<std::int32_t>(stream, size.event_rows * count(index.event_codes));
  }
  device_.examples = size.examples;
  if (!wanted.profile) return;
  device_.profile = Array<float>(stream, size.examples * transform.profile_width());
  encoder_ = std::make_unique<ProfileEncoder>(transform, size.examples, backend, stream);
  number_ = Array<float>(stream, size.examples * count(index.profile_numbers));
  code_ = Array<std::int32_t>(stream, size.examples * count(index.profile_codes));
}

std::span<const std::int32_t> BlockFeed::lengths() const {
  return wanted_.events ? std::span<const std::int32_t>(source_.index().length) : std::span<const std::int32_t>();
}

Placement BlockFeed::lay_out(const BatchPlan& plan) {
  plan_ = &plan;
  starts_.assign(1, 0);
  begin_ = end_ = 0;
  const std::span<const std::int32_t> length = lengths();
  Placement out;
  std::int64_t examples = 0, events = 0;
  for (std::int64_t k = 0; k < plan.batches(); ++k) {
    const auto begin = static_cast<std::size_t>(plan.start[static_cast<std::size_t>(k)]), end = static_cast<std::size_t>(plan.start[static_cast<std::size_t>(k) + 1]);
    std::int64_t more = 0;
    if (!length.empty())
      for (std::size_t i = begin; i < end; ++i) more += length[static_cast<std::size_t>(plan.order[i])];
    const auto size = static_cast<std::int64_t>(end - begin);
    require(size <= size_.examples && more <= size_.event_rows, "a batch is larger than a block of examples");
    if (examples + size > size_.examples || events + more > size_.event_rows) {
      starts_.push_back(k);
      examples = events = 0;
    }
    for (std::size_t i = begin; i < end; ++i) {
      out.profile.push_back(examples++);
      if (length.empty()) continue;
      out.first.push_back(events);
      events += length[static_cast<std::size_t>(plan.order[i])];
    }
  }
  starts_.push_back(plan.batches());
  return out;
}

void BlockFeed::bring(std::int64_t k) {
  if (k >= begin_ && k < end_) return;
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), k);
  begin_ = *(next - 1);
  end_ = *next;
  const auto first = static_cast<std::size_t>(plan_->start[static_cast<std::size_t>(begin_)]), last = static_cast<std::size_t>(plan_->start[static_cast<std::size_t>(end_)]);
  stream_.synchronize();  // the block before is still read from where this one comes to, and copied from its table
  source_.gather(std::span<const std::int64_t>(plan_->order).subspan(first, last - first), wanted_, block_);
  static_cast<void>(recoder_.recode(block_, backend_.team()));
  const auto put = [&](const auto& from, auto& to) {
    if (!from.empty()) copy(view_of(from), to.view().sub(0, static_cast<std::int64_t>(from.size())), stream_);
  };
  put(block_.event_number, device_.event_number);
  put(block_.event_code, device_.event_code);
  if (!encoder_) return;
  put(block_.profile_number, number_);
  put(block_.profile_code, code_);
  const std::int64_t rows = block_.size();
  const auto numbers = static_cast<std::int64_t>(block_.profile_numbers.size()), codes = static_cast<std::int64_t>(block_.profile_codes.size());
  const std::int64_t width = device_.profile.size() / size_.examples;
  encoder_->encode(MatrixView<const float>(number_.view().sub(0, rows * numbers), rows, numbers), MatrixView<const std::int32_t>(code_.view().sub(0, rows * codes), rows, codes),
                   device_.profile.matrix(size_.examples, width).row_range(0, rows), stream_);
}

}  // namespace footfall
