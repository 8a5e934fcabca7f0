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

/// Rows of a matrix of the table that training sees, as one dense host matrix.
struct Rows {
  std::vector<float> values;
  std::int64_t rows = 0, columns = 0;
};

Rows training_profiles(const ExampleTable& table, std::span<const std::int64_t> training) {
  Rows out{{}, static_cast<std::int64_t>(training.size()), static_cast<std::int64_t>(table.profile_numbers.size())};
  out.values.reserve(static_cast<std::size_t>(out.rows * out.columns));
  for (const std::int64_t e : training) {
    const auto from = table.profile_number.begin() + e * out.columns;
    out.values.insert(out.values.end(), from, from + out.columns);
  }
  return out;
}

/// Events without the closing steps, whose cells are missing by design.
Rows training_events(const ExampleTable& table, std::span<const std::int64_t> training) {
  Rows out{{}, 0, static_cast<std::int64_t>(table.event_numbers.size())};
  for (const std::int64_t e : training) {
    const std::int64_t events = table.length[static_cast<std::size_t>(e)] - 1;
    const auto from = table.event_number.begin() + table.first[static_cast<std::size_t>(e)] * out.columns;
    out.values.insert(out.values.end(), from, from + events * out.columns);
    out.rows += events;
  }
  return out;
}

std::vector<Moments> moments_of(const Rows& rows, Backend& backend, Stream& stream) {
  Array<Moments> state = upload(std::vector<Moments>(static_cast<std::size_t>(rows.columns)), stream);
  Array<float> chunk(stream, std::min(rows.rows, chunk_rows) * rows.columns);
  for (std::int64_t begin = 0; begin < rows.rows; begin += chunk_rows) {
    const std::int64_t count = std::min(chunk_rows, rows.rows - begin);
    const View<float> there = chunk.view().sub(0, count * rows.columns);
    copy<float>(view_of(rows.values).sub(begin * rows.columns, count * rows.columns), there, stream);
    backend.columns().moments(MatrixView<const float>(there, count, rows.columns), state.view(), stream);
  }
  return download(state.view(), stream);
}

void take_logarithm(Rows& rows, const std::vector<std::uint8_t>& which) {
  for (std::size_t i = 0; i < rows.values.size(); ++i)
    if (which[i % which.size()] != 0) rows.values[i] = std::copysign(std::log1p(std::abs(rows.values[i])), rows.values[i]);
}

/// Each column sorted, missing cells cut off.
std::vector<std::vector<float>> sorted_columns(const Rows& rows, Backend& backend, Stream& stream) {
  std::vector<std::vector<float>> sorted(static_cast<std::size_t>(rows.columns));
  if (rows.rows == 0 || rows.columns == 0) return sorted;
  Array<float> in = upload(rows.values, stream);
  Array<float> out(stream, rows.rows * rows.columns);
  Array<std::int64_t> valid(stream, rows.columns);
  backend.columns().sort_columns(in.matrix(rows.rows, rows.columns), out.view(), valid.view(), stream);
  const std::vector<float> values = download(out.view(), stream);
  const std::vector<std::int64_t> counts = download(valid.view(), stream);
  for (std::size_t c = 0; c < sorted.size(); ++c) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(c) * rows.rows;
    sorted[c].assign(from, from + counts[c]);
  }
  return sorted;
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

/// Which numbers a fit is for: those of events are one input each, those of profiles have normal scores beside them.
enum class Part : std::uint8_t { events, profile };

/// Fits logarithm, scale, fill and indicator of every column; `rows` is left with the logarithms taken.
Transform::Numbers fit_numbers(Rows& rows, const std::vector<std::string>& names, const TransformSpec& spec, Part part, std::vector<Moments>& moments,
                               Backend& backend, Stream& stream) {
  Transform::Numbers fitted;
  fitted.names = names;
  fitted.logarithm.assign(names.size(), 0);
  moments = moments_of(rows, backend, stream);
  refuse_infinite(moments, names);
  if (spec.scale == Scale::standard) {
    for (std::size_t c = 0; c < names.size(); ++c) fitted.logarithm[c] = part == Part::profile || has_long_tail(moments[c]) ? 1 : 0;
    take_logarithm(rows, fitted.logarithm);
    moments = moments_of(rows, backend, stream);
  }
  const auto sorted = needs_order(spec.numeric) ? sorted_columns(rows, backend, stream) : std::vector<std::vector<float>>(names.size());
  auto next = static_cast<std::int32_t>(names.size());
  for (std::size_t c = 0; c < names.size(); ++c) {
    const Moments& m = moments[c];
    ColumnScale scale = scale_of(spec.scale, m, part == Part::events ? largest_event : largest_profile);
    scale.fill = fill_of(spec.numeric, m, sorted[c]);
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

/// The profile's map to normal scores and the scales of its indicators. `rows` has its logarithms taken.
void fit_profile_maps(const Rows& rows, const std::vector<Moments>& moments, const TransformSpec& spec, Transform& fitted, Backend& backend, Stream& stream) {
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
  fitted.points = std::clamp<std::int64_t>(rows.rows, 2, most_points);
  fitted.knots.resize(columns * static_cast<std::size_t>(fitted.points));
  fitted.scores.resize(fitted.knots.size());
  const auto sorted = sorted_columns(rows, backend, stream);
  for (std::size_t c = 0; c < columns; ++c) {
    const std::size_t at = c * static_cast<std::size_t>(fitted.points);
    fit_scores(sorted[c], fitted.points, fitted.knots.data() + at, fitted.scores.data() + at);
    ColumnScale fill;
    fill.fill = spec.numeric == NumericMissing::mean ? std::numeric_limits<float>::quiet_NaN() : fitted.profile.scale[c].fill;
    fitted.fill.push_back(fill);
  }
}

std::vector<std::int64_t> counted(std::size_t words, std::span<const std::int32_t> codes, std::size_t column, std::size_t columns) {
  std::vector<std::int64_t> counts(words);
  for (std::size_t i = column; i < codes.size(); i += columns)
    if (codes[i] >= 0) ++counts[static_cast<std::size_t>(codes[i])];
  return counts;
}

std::vector<Vocabulary> fit_words(const std::vector<std::string>& names, const std::vector<const std::vector<std::string>*>& dictionaries,
                                  std::span<const std::int32_t> codes, std::int64_t most, const TransformSpec& spec) {
  std::vector<Vocabulary> vocabularies;
  for (std::size_t c = 0; c < names.size(); ++c) {
    const std::vector<std::string>& words = *dictionaries[c];
    vocabularies.push_back(fit_vocabulary(names[c], words, counted(words.size(), codes, c, names.size()), spec.least_count, most, spec.categorical));
  }
  return vocabularies;
}

template <class Rows_>
std::vector<std::int32_t> training_codes(const std::vector<std::int32_t>& codes, std::size_t columns, std::span<const std::int64_t> training, Rows_ rows_of) {
  std::vector<std::int32_t> out;
  for (const std::int64_t e : training) {
    const auto [first, count] = rows_of(static_cast<std::size_t>(e));
    const auto from = codes.begin() + first * static_cast<std::int64_t>(columns);
    out.insert(out.end(), from, from + count * static_cast<std::int64_t>(columns));
  }
  return out;
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

Transform fit_transform(const ExampleTable& table, const Dictionaries& dictionaries, std::span<const std::int64_t> training, const TransformSpec& spec,
                        Backend& backend, Stream& stream) {
  Transform fitted;
  std::vector<Moments> moments;
  if (!table.event_numbers.empty()) {
    Rows events = training_events(table, training);
    fitted.events = fit_numbers(events, table.event_numbers, spec, Part::events, moments, backend, stream);
    const auto codes = training_codes(table.event_code, table.event_codes.size(), training,
                                      [&](std::size_t e) { return std::pair<std::int64_t, std::int64_t>(table.first[e], table.length[e] - 1); });
    fitted.event_words = fit_words(table.event_codes, dictionaries.event, codes, spec.most_words, spec);
  }
  Rows profiles = training_profiles(table, training);
  fitted.profile = fit_numbers(profiles, table.profile_numbers, spec, Part::profile, moments, backend, stream);
  fit_profile_maps(profiles, moments, spec, fitted, backend, stream);
  const auto codes = training_codes(table.profile_code, table.profile_codes.size(), training,
                                    [](std::size_t e) { return std::pair<std::int64_t, std::int64_t>(static_cast<std::int64_t>(e), 1); });
  fitted.profile_words = fit_words(table.profile_codes, dictionaries.profile, codes, spec.most_one_hot, spec);
  return fitted;
}

}  // namespace footfall
