#pragma once

#include <cstdint>

#include "kernels/device/random.hpp"

namespace footfall {

/// What a stream of random numbers is for. Streams are independent, so that a change in one leaves the others' numbers where they are.
enum class DrawSubject : std::uint32_t { catalogue, profile, latent, sessions, contents };

/// The random numbers of one customer (or item) and one subject: Philox keyed by the seed, counted by owner, subject and position. They
/// depend on nothing else, so a shop is the same for any number of threads and any cut into chunks.
class SubjectDraws {
 public:
  SubjectDraws(std::uint64_t seed, DrawSubject subject, std::uint64_t owner) : seed_(seed), owner_(owner), subject_(subject) {}

  /// In [0, 1), multiples of 2^-53.
  double uniform();
  /// Exponential of mean 1.
  double exponential();
  double normal();
  /// Gamma of this shape > 0 and rate 1.
  double gamma(double shape);
  double beta(double a, double b);
  bool chance(double probability) { return uniform() < probability; }
  /// A whole number in [0, n), n < 2^32.
  std::int64_t below(std::int64_t n);
  /// Failures before the first success, of mean `mean`.
  std::int64_t geometric(double mean);

 private:
  std::uint64_t seed_;
  std::uint64_t owner_;
  DrawSubject subject_;
  std::uint32_t next_block_ = 0;
  PhiloxWords words_{};
  int used_ = 4;
};

}  // namespace footfall
