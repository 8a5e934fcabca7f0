#include <algorithm>
#include <numeric>

#include "engine/transform/transform.hpp"

namespace footfall {
namespace {

/// One identity matrix for each vocabulary: its rows are the one-hot codes, so that the packing kernel writes them.
struct Identities {
  std::vector<float> values;
  std::vector<EmbeddingTable> tables;
};

Identities identities_of(const std::vector<Vocabulary>& vocabularies) {
  Identities out;
  for (const Vocabulary& words : vocabularies) {
    const auto n = static_cast<std::int32_t>(words.size());
    out.tables.push_back({static_cast<std::int64_t>(out.values.size()), n, n});
    for (std::int32_t i = 0; i < n; ++i)
      for (std::int32_t j = 0; j < n; ++j) out.values.push_back(i == j ? 1.0F : 0.0F);
  }
  return out;
}

}  // namespace

ProfileEncoder::ProfileEncoder(const Transform& transform, std::int64_t largest, Backend& backend, Stream& stream)
    : backend_(backend),
      numbers_(static_cast<std::int64_t>(transform.profile.names.size())),
      width_(transform.profile_width()),
      points_(transform.points),
      indicators_(transform.profile.indicators()),
      gated_(!transform.gate.empty()),
      knots_(upload(transform.knots, stream)),
      scores_(upload(transform.scores, stream)),
      gate_(upload(transform.gate, stream)),
      filled_(stream, transform.points > 0 ? largest * numbers_ : 0),
      scale_(upload(transform.profile.scale, stream)),
      fill_(upload(transform.fill, stream)),
      indicator_scale_(upload(transform.indicator_scale, stream)) {
  const Identities identities = identities_of(transform.profile_words);
  identities_ = upload(identities.values, stream);
  tables_ = upload(identities.tables, stream);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(largest));
  std::iota(rows.begin(), rows.end(), 0);
  first_ = upload(rows, stream);
  length_ = upload(std::vector<std::int32_t>(static_cast<std::size_t>(largest), 1), stream);
  pack_ = backend.sequences().make_pack({numbers_, indicators_, identities.tables, largest}, stream);
  packed_ = Array<float>(stream, largest * pack_->features());
}

void ProfileEncoder::encode(MatrixView<const float> numbers, MatrixView<const std::int32_t> codes, MatrixView<float> out, Stream& stream) {
  const std::int64_t rows = out.rows;
  if (rows == 0 || width_ == 0) return;
  const std::int64_t scores = points_ > 0 ? numbers_ : 0;
  const PackInput in{numbers, scale_.view(), codes, tables_.view(), identities_.view(), first_.view().sub(0, rows), length_.view().sub(0, rows)};
  const MatrixView<float> packed(packed_.view(), rows, pack_->features());
  pack_->forward(in, 1, packed, stream);
  backend_.layers().copy_matrix(packed, out.column_range(scores, packed.columns), stream);
  if (indicators_ > 0) {
    const MatrixView<float> indicators = out.column_range(scores + numbers_, indicators_);
    backend_.columns().standardize(indicators, indicator_scale_.view(), indicators, stream);
  }
  if (scores > 0) {
    const MatrixView<float> filled(filled_.view(), rows, numbers_);
    backend_.columns().standardize(numbers, fill_.view(), filled, stream);
    backend_.columns().interpolate(filled, knots_.matrix(numbers_, points_), scores_.matrix(numbers_, points_), 0.0F, out.column_range(0, numbers_), stream);
  }
  if (gated_) backend_.layers().member_scale(out, gate_.matrix(1, width_), out, stream);
}

}  // namespace footfall
