#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/transform/normal.hpp"
#include "engine/transform/transform.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr double long_tail = 8.0;         ///< standard deviations from the mean beyond which a column is taken by its logarithm
constexpr float largest_event = 10.0F;    ///< scaled numbers of events are clipped here
constexpr float largest_profile = 4.0F;   ///< and those of profiles, which have their normal scores beside them
constexpr double least_missing = 0.005;   ///< share of missing cells from which a profile column has an indicator
constexpr std::int64_t chunk_rows = 16 * Columns::tile_rows;

/// Bytes of columns that are sorted together, at most, unless one column has more.
constexpr std::int64_t sorted_bytes = std::int64_t{16} << 20;

/// Which numbers a fit is for: those of events are one input each, those of profiles have normal scores beside them.
enum class Part : std::uint8_t { events, profile };

/// The training examples as the rows of a matrix: their profiles, or their events without the closing steps, whose cells are missing by design.
class TrainingRows {
 public:
  TrainingRows(const ExampleSource& source, std::span<const std::int64_t> training, Part part) : source_(source), training_(training), part_(part) {
    if (part == Part::profile) rows_ = static_cast<std::int64_t>(training.size());
    if (part == Part::events)
      for (const std::int64_t e : training) rows_ += source.index().length[static_cast<std::size_t>(e)] - 1;
  }

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] const std::vector<std::string>& numbers() const { return part_ == Part::events ? source_.index().event_numbers : source_.index().profile_numbers; }
  [[nodiscard]] const std::vector<std::string>& codes() const { return part_ == Part::events ? source_.index().event_codes : source_.index().profile_codes; }
  /// Of each column of numbers, whether its logarithm is taken before it is visited.
  void take_logarithms(const std::vector<std::uint8_t>& which) { logarithm_ = which; }

  /// work(values [rows, some] row-major) of the columns [begin, begin + some), in the order of the rows.
  template <class Work>
  void visit_numbers(std::size_t begin, std::size_t some, const Work& work) const {
    const std::size_t columns = numbers().size();
    std::vector<float> values;
    visit([&](const ExampleTable& table, std::int64_t first, std::int64_t rows) {
      const std::vector<float>& from = part_ == Part::events ? table.event_number : table.profile_number;
      values.resize(static_cast<std::size_t>(rows) * some);
      for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
        const float* cells = from.data() + (static_cast<std::size_t>(first) + row) * columns + begin;
        for (std::size_t c = 0; c < some; ++c) {
          const bool logarithm = !logarithm_.empty() && logarithm_[begin + c] != 0;
          values[row * some + c] = logarithm ? std::copysign(std::log1p(std::abs(cells[c])), cells[c]) : cells[c];
        }
      }
      work(std::span<const float>(values));
    });
  }

  template <class Work>
  void visit_codes(const Work& work) const {
    const auto columns = static_cast<std::int64_t>(codes().size());
    visit([&](const ExampleTable& table, std::int64_t first, std::int64_t rows) {
      const std::vector<std::int32_t>& from = part_ == Part::events ? table.event_code : table.profile_code;
      work(std::span<const std::int32_t>(from).subspan(static_cast<std::size_t>(first * columns), static_cast<std::size_t>(rows * columns)));
    });
  }

 private:
  template <class Work>
  void visit(const Work& work) const {
    visit_examples(source_, training_, {part_ == Part::events, part_ == Part::profile}, [&](const ExampleTable& table) {
      if (part_ == Part::profile) return work(table, 0, table.size());
      for (std::size_t i = 0; i < table.first.size(); ++i)
        if (table.length[i] > 1) work(table, table.first[i], table.length[i] - 1);
    });
  }

  const ExampleSource& source_;
  std::span<const std::int64_t> training_;
  Part part_;
  std::int64_t rows_ = 0;
  std::vector<std::uint8_t> logarithm_;
};

std::vector<Moments> moments_of(const TrainingRows& rows, Backend& backend, Stream& stream) {
  const auto columns = static_cast<std::int64_t>(rows.numbers().size());
  Array<Moments> state = upload(std::vector<Moments>(static_cast<std::size_t>(columns)), stream);
  const std::int64_t most = std::min(rows.rows(), chunk_rows) * columns;
  if (most == 0) return download(state.view(), stream);
  Array<float> chunk(stream, most);
  std::vector<float> waiting;
  const auto send = [&](std::span<const float> values) {
    const auto count = static_cast<std::int64_t>(values.size());
    const View<float> there = chunk.view().sub(0, count);
    copy<float>(View<const float>(values.data(), count, Place::host), there, stream);
    backend.columns().moments(MatrixView<const float>(there, count / columns, columns), state.view(), stream);
    stream.synchronize();
  };
  rows.visit_numbers(0, rows.numbers().size(), [&](std::span<const float> values) {
    waiting.insert(waiting.end(), values.begin(), values.end());
    std::size_t sent = 0;
    for (; waiting.size() - sent >= static_cast<std::size_t>(most); sent += static_cast<std::size_t>(most)) send(std::span<const float>(waiting).subspan(sent, static_cast<std::size_t>(most)));
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(sent));
  });
  if (!waiting.empty()) send(waiting);
  return download(state.view(), stream);
}

/// Visits the columns one by one, each sorted and its missing cells cut off: work(column, values). As many are sorted at once as fit.
template <class Work>
void visit_sorted(const TrainingRows& rows, Backend& backend, Stream& stream, const Work& work) {
  const std::size_t columns = rows.numbers().size();
  if (rows.rows() == 0) {
    for (std::size_t c = 0; c < columns; ++c) work(c, std::vector<float>());
    return;
  }
  const auto together = static_cast<std::size_t>(std::max<std::int64_t>(1, sorted_bytes / (4 * rows.rows())));
  for (std::size_t begin = 0; begin < columns; begin += together) {
    const std::size_t some = std::min(together, columns - begin);
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(rows.rows()) * some);
    rows.visit_numbers(begin, some, [&](std::span<const float> cells) { values.insert(values.end(), cells.begin(), cells.end()); });
    const auto width = static_cast<std::int64_t>(some);
    Array<float> out(stream, rows.rows() * width);
    Array<std::int64_t> valid(stream, width);
    {
      const Array<float> in = upload(values, stream);
      backend.columns().sort_columns(in.matrix(rows.rows(), width), out.view(), valid.view(), stream);
      values = download(out.view(), stream);
    }
    const std::vector<std::int64_t> counts = download(valid.view(), stream);
    for (std::size_t c = 0; c < some; ++c) {
      const auto from = values.begin() + static_cast<std::ptrdiff_t>(c) * rows.rows();
      work(begin + c, std::vector<float>(from, from + counts[c]));
    }
  }
}

float most_frequent(const std::vector<float>& sorted) {
  float best = 0.0F;
  std::ptrdiff_t most = 0;
  for (auto run = sorted.begin(); run != sorted.end();) {
    const auto end = std::upper_bound(run, sorted.end(), *run);
    if (end - run > most) {
      most = end - run;
      best = *run;
    }
    run = end;
  }
  return best;
}

float fill_of(NumericMissing policy, const Moments& moments, const std::vector<float>& sorted) {
  if (moments.count == 0) return 0.0F;
  if (policy == NumericMissing::zero) return 0.0F;
  if (policy == NumericMissing::median) return sorted[(sorted.size() - 1) / 2];
  if (policy == NumericMissing::mode) return most_frequent(sorted);
  return static_cast<float>(moments.mean);
}

bool needs_order(NumericMissing policy) { return policy == NumericMissing::median || policy == NumericMissing::mode; }

ColumnScale scale_of(Scale scale, const Moments& moments, float largest) {
  ColumnScale out;
  if (scale == Scale::none) return out;
  if (moments.count == 0) {
    out.inverse = 0.0F;  // the fit knows nothing of such a column, so what turns up in it later says nothing
    return out;
  }
  const double n = static_cast<double>(moments.count);
  const double deviation = std::sqrt(moments.m2 / n);
  const double range = moments.maximum - moments.minimum;
  if (scale == Scale::minmax) {
    out.mean = static_cast<float>(moments.minimum);
    out.inverse = range > 0.0 ? static_cast<float>(1.0 / range) : 0.0F;
  } else {
    out.mean = static_cast<float>(moments.mean);
    out.inverse = deviation > 1e-6 * (1.0 + std::abs(moments.mean)) ? static_cast<float>(1.0 / deviation) : 0.0F;
  }
  out.low = -largest;
  out.high = largest;
  return out;
}

bool has_long_tail(const Moments& m) {
  if (m.count < 2 || m.m2 <= 0.0) return false;
  const double deviation = std::sqrt(m.m2 / static_cast<double>(m.count));
  return std::max(m.maximum - m.mean, m.mean - m.minimum) > long_tail * deviation;
}

void refuse_infinite(const std::vector<Moments>& moments, const std::vector<std::string>& names) {
  for (std::size_t c = 0; c < names.size(); ++c)
    if (moments[c].count > 0 && (std::isinf(moments[c].minimum) || std::isinf(moments[c].maximum)))
      throw bad_input("column \"" + names[c] + "\" holds an infinite value", "take it out or name it in [missing] missing_tokens");
}

/// Fits logarithm, scale, fill and indicator of every column; `rows` is left to take these logarithms.
Transform::Numbers fit_numbers(TrainingRows& rows, const TransformSpec& spec, Part part, std::vector<Moments>& moments, Backend& backend, Stream& stream) {
  Transform::Numbers fitted;
  const std::vector<std::string>& names = rows.numbers();
  fitted.names = names;
  fitted.logarithm.assign(names.size(), 0);
  moments = moments_of(rows, backend, stream);
  refuse_infinite(moments, names);
  if (spec.scale == Scale::standard) {
    for (std::size_t c = 0; c < names.size(); ++c) fitted.logarithm[c] = part == Part::profile || has_long_tail(moments[c]) ? 1 : 0;
    rows.take_logarithms(fitted.logarithm);
    moments = moments_of(rows, backend, stream);
  }
  std::vector<float> fill(names.size());
  const auto find_fill = [&](std::size_t c, const std::vector<float>& sorted) { fill[c] = fill_of(spec.numeric, moments[c], sorted); };
  if (needs_order(spec.numeric)) {
    visit_sorted(rows, backend, stream, find_fill);
  } else {
    for (std::size_t c = 0; c < names.size(); ++c) find_fill(c, {});
  }
  auto next = static_cast<std::int32_t>(names.size());
  for (std::size_t c = 0; c < names.size(); ++c) {
    const Moments& m = moments[c];
    ColumnScale scale = scale_of(spec.scale, m, part == Part::events ? largest_event : largest_profile);
    scale.fill = fill[c];
    const double least = part == Part::events ? 0.0 : least_missing * static_cast<double>(m.count + m.missing);
    if (spec.indicators && m.count > 0 && static_cast<double>(m.missing) > least) scale.indicator = next++;
    fitted.scale.push_back(scale);
  }
  return fitted;
}

/// Linear between the first `used` knots, constant outside.
double interpolated(const float* knots, const float* scores, std::int64_t used, float x) {
  const float* above = std::lower_bound(knots, knots + used, x);
  if (above == knots) return scores[0];
  if (above == knots + used) return scores[used - 1];
  const std::int64_t j = above - knots;
  const double share = (static_cast<double>(x) - knots[j - 1]) / (static_cast<double>(knots[j]) - knots[j - 1]);
  return scores[j - 1] + share * (static_cast<double>(scores[j]) - scores[j - 1]);
}

/// Knots at equally spaced quantiles of what the fit saw, each at the normal quantile of its values' middle rank; then all scores
/// are scaled to mean 0 and deviation 1 over what the fit saw. The last knot is repeated where fewer are used.
void fit_scores(const std::vector<float>& sorted, std::int64_t points, float* knots, float* scores) {
  std::int64_t used = 0;
  const auto n = static_cast<double>(sorted.size());
  for (std::int64_t j = 0; j < points && !sorted.empty(); ++j) {
    const auto rank = static_cast<std::size_t>(std::llround((n - 1.0) * static_cast<double>(j) / static_cast<double>(points - 1)));
    const float value = sorted[rank];
    if (used > 0 && knots[used - 1] == value) continue;
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
    const double middle = (static_cast<double>(low - sorted.begin()) + static_cast<double>(high - sorted.begin())) / (2.0 * n);
    knots[used] = value;
    scores[used++] = static_cast<float>(normal_quantile(std::clamp(middle, 0.5 / n, 1.0 - 0.5 / n)));
  }
  double sum = 0.0, squares = 0.0;
  for (const float x : sorted) {
    const double score = interpolated(knots, scores, used, x);
    sum += score;
    squares += score * score;
  }
  const double mean = used > 0 ? sum / n : 0.0;
  const double deviation = used > 1 ? std::sqrt(std::max(0.0, squares / n - mean * mean)) : 0.0;
  for (std::int64_t j = 0; j < used; ++j) scores[j] = deviation > 0.0 ? static_cast<float>((scores[j] - mean) / deviation) : 0.0F;
  for (std::int64_t j = used; j < points; ++j) {
    knots[j] = used > 0 ? knots[used - 1] : 0.0F;
    scores[j] = used > 0 ? scores[used - 1] : 0.0F;
  }
}

/// The profile's map to normal scores and the scales of its indicators. `rows` takes its logarithms.
void fit_profile_maps(const TrainingRows& rows, const std::vector<Moments>& moments, const TransformSpec& spec, Transform& fitted, Backend& backend, Stream& stream) {
  constexpr std::int64_t most_points = 1024;
  const std::size_t columns = fitted.profile.names.size();
  for (std::size_t c = 0; c < columns; ++c) {
    if (fitted.profile.scale[c].indicator < 0) continue;
    const double share = static_cast<double>(moments[c].missing) / static_cast<double>(moments[c].count + moments[c].missing);
    ColumnScale scale;
    scale.mean = static_cast<float>(share);
    scale.inverse = static_cast<float>(1.0 / std::sqrt(share * (1.0 - share)));
    fitted.indicator_scale.push_back(scale);
  }
  if (spec.scale != Scale::standard || columns == 0) return;
  fitted.points = std::clamp<std::int64_t>(rows.rows(), 2, most_points);
  fitted.knots.resize(columns * static_cast<std::size_t>(fitted.points));
  fitted.scores.resize(fitted.knots.size());
  visit_sorted(rows, backend, stream, [&](std::size_t c, const std::vector<float>& sorted) {
    const std::size_t at = c * static_cast<std::size_t>(fitted.points);
    fit_scores(sorted, fitted.points, fitted.knots.data() + at, fitted.scores.data() + at);
  });
  for (std::size_t c = 0; c < columns; ++c) {
    ColumnScale fill;
    fill.fill = spec.numeric == NumericMissing::mean ? std::numeric_limits<float>::quiet_NaN() : fitted.profile.scale[c].fill;
    fitted.fill.push_back(fill);
  }
}

std::vector<Vocabulary> fit_words(const TrainingRows& rows, const std::vector<const std::vector<std::string>*>& dictionaries, std::int64_t most, const TransformSpec& spec) {
  const std::size_t columns = rows.codes().size();
  std::vector<std::vector<std::int64_t>> counts;
  for (std::size_t c = 0; c < columns; ++c) counts.emplace_back(dictionaries[c]->size());
  if (columns > 0)
    rows.visit_codes([&](std::span<const std::int32_t> codes) {
      for (std::size_t i = 0; i < codes.size(); ++i)
        if (codes[i] >= 0) ++counts[i % columns][static_cast<std::size_t>(codes[i])];
    });
  std::vector<Vocabulary> vocabularies;
  for (std::size_t c = 0; c < columns; ++c)
    vocabularies.push_back(fit_vocabulary(rows.codes()[c], *dictionaries[c], counts[c], spec.least_count, most, spec.categorical));
  return vocabularies;
}

}  // namespace

std::int64_t Transform::Numbers::indicators() const {
  return std::count_if(scale.begin(), scale.end(), [](const ColumnScale& s) { return s.indicator >= 0; });
}

std::int64_t Transform::profile_width() const {
  const auto columns = static_cast<std::int64_t>(profile.names.size());
  std::int64_t width = (points > 0 ? 2 : 1) * columns + profile.indicators();
  for (const Vocabulary& words : profile_words) width += words.size();
  return width;
}

Dictionaries dictionaries_of(const Base& base, const FeatureSpec& spec) {
  Dictionaries out;
  const auto find = [](const std::vector<CategoryColumn>& columns, const std::string& name) -> const CategoryColumn* {
    for (const CategoryColumn& column : columns)
      if (column.name == name) return &column;
    return nullptr;
  };
  for (const std::string& name : spec.event_categorical) {
    const CategoryColumn* column = name == base.journeys->type.name ? &base.journeys->type : find(base.journeys->categorical, name);
    require(column != nullptr, "a category column of the events is gone");
    out.event.push_back(&column->dictionary);
  }
  for (const std::string& name : spec.profile_categorical) {
    const CategoryColumn* column = find(base.profiles->categorical, name);
    require(column != nullptr, "a category column of the customers is gone");
    out.profile.push_back(&column->dictionary);
  }
  return out;
}

Transform fit_transform(const ExampleSource& source, const Dictionaries& dictionaries, std::span<const std::int64_t> training, const TransformSpec& spec,
                        Backend& backend, Stream& stream) {
  Transform fitted;
  std::vector<Moments> moments;
  if (!source.index().event_numbers.empty()) {
    TrainingRows events(source, training, Part::events);
    fitted.events = fit_numbers(events, spec, Part::events, moments, backend, stream);
    fitted.event_words = fit_words(events, dictionaries.event, spec.most_words, spec);
  }
  TrainingRows profiles(source, training, Part::profile);
  fitted.profile = fit_numbers(profiles, spec, Part::profile, moments, backend, stream);
  fit_profile_maps(profiles, moments, spec, fitted, backend, stream);
  fitted.profile_words = fit_words(profiles, dictionaries.profile, spec.most_one_hot, spec);
  return fitted;
}

Transform fit_transform(const ExampleTable& table, const Dictionaries& dictionaries, std::span<const std::int64_t> training, const TransformSpec& spec,
                        Backend& backend, Stream& stream) {
  return fit_transform(TableSource(table), dictionaries, training, spec, backend, stream);
}

}  // namespace footfall
