#pragma once

#include <string>
#include <string_view>

namespace footfall {

/// 16 hexadecimal digits that change when a byte does: FNV-1a, 64 bits. Finds damage, not malice.
[[nodiscard]] std::string digest_of(std::string_view bytes);

}  // namespace footfall
