#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/features/example_source.hpp"
#include "engine/transform/vocabulary.hpp"
#include "kernels/backend.hpp"

namespace footfall {

enum class Scale : std::uint8_t { standard, minmax, none };

/// How to fit a transform.
struct TransformSpec {
  Scale scale = Scale::standard;
  NumericMissing numeric = NumericMissing::mean;
  CategoricalMissing categorical = CategoricalMissing::own;
  bool indicators = true;                ///< a column that tells where a number was missing, where any was
  std::int64_t most_words = 10'000;      ///< of a vocabulary of the events
  std::int64_t most_one_hot = 64;        ///< of a vocabulary of the profiles
  std::int64_t least_count = 1;          ///< a rarer word shares the code of the unseen
};

/// Fitted preprocessing: everything that turns raw features into what the encoders read. Fitted on training examples only.
struct Transform {
  struct Numbers {
    std::vector<std::string> names;
    std::vector<std::uint8_t> logarithm;   ///< sign(x) log1p|x| first, for columns with a long tail
    std::vector<ColumnScale> scale;        ///< then fill, scale, clip, indicator
    [[nodiscard]] std::int64_t indicators() const;
  };
  Numbers events, profile;
  std::vector<Vocabulary> event_words, profile_words;
  std::int64_t points = 0;                 ///< knots of each profile column's piecewise-linear map to normal scores; 0: none, unless scaled by `standard`
  std::vector<float> knots, scores;        ///< [profile numbers, points]
  std::vector<ColumnScale> fill;           ///< of each profile column before that map: NaN stays where the mean is the fill
  std::vector<ColumnScale> indicator_scale;  ///< of each indicator of the profile
  std::vector<float> gate;                 ///< [profile_width] a factor for each encoded input (gate.hpp); empty: none

  /// Width of the encoded profile: normal scores, scaled numbers, indicators, one-hot categories.
  [[nodiscard]] std::int64_t profile_width() const;
};

/// Words of each category column of the table, in the order of its columns (the base's dictionaries).
struct Dictionaries {
  std::vector<const std::vector<std::string>*> event, profile;
};
[[nodiscard]] Dictionaries dictionaries_of(const Base& base, const FeatureSpec& spec);

/// Fits on the examples `training` (rows of the source), which are visited a few at a time: as often as it takes to sort some columns of them in
/// 16 MiB. The same bits wherever the examples are kept.
[[nodiscard]] Transform fit_transform(const ExampleSource& source, const Dictionaries& dictionaries, std::span<const std::int64_t> training,
                                      const TransformSpec& spec, Backend& backend, Stream& stream);
/// The same for a table in memory.
[[nodiscard]] Transform fit_transform(const ExampleTable& table, const Dictionaries& dictionaries, std::span<const std::int64_t> training,
                                      const TransformSpec& spec, Backend& backend, Stream& stream);

/// Cells of category columns that hold words the fit did not see, by column name, for the report.
struct UnseenCount {
  std::string column;
  std::int64_t cells = 0;
};

/// Turns codes of a base into those of the model and takes logarithms, in place. What remains (fill, scale, scores) happens on the device.
class Recoder {
 public:
  /// `transform` must outlive this.
  Recoder(const Transform& transform, const Dictionaries& dictionaries);
  /// Returns the columns with unseen words.
  std::vector<UnseenCount> recode(ExampleTable& table, Team& team) const;

 private:
  const Transform& transform_;
  std::vector<std::vector<std::int32_t>> event_maps_, profile_maps_;   ///< a column each: codes of the model by those of the base
};

/// The same for one table.
std::vector<UnseenCount> recode(ExampleTable& table, const Dictionaries& dictionaries, const Transform& transform, Team& team);

/// Encodes profile rows on the stream's device: numbers [rows, P] and codes [rows, Q] as `recode` left them -> [rows, profile_width].
/// Scratch and constants are owned; for at most `largest` rows a call.
class ProfileEncoder {
 public:
  ProfileEncoder(const Transform& transform, std::int64_t largest, Backend& backend, Stream& stream);
  void encode(MatrixView<const float> numbers, MatrixView<const std::int32_t> codes, MatrixView<float> out, Stream& stream);

 private:
  Backend& backend_;
  std::int64_t numbers_, width_, points_, indicators_;
  bool gated_;
  Array<float> knots_, scores_, gate_, identities_, packed_, filled_;
  Array<ColumnScale> scale_, fill_, indicator_scale_;
  Array<EmbeddingTable> tables_;
  Array<std::int64_t> first_;
  Array<std::int32_t> length_;
  std::unique_ptr<Pack> pack_;
};

}  // namespace footfall
