#include "kernels/columns/moments_math.hpp"

namespace footfall {

Moments merged(const Moments& a, const Moments& b) { return merge_moments(a, b); }

}  // namespace footfall
