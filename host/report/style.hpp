#pragma once

#include <string>

namespace footfall {

/// The page's style sheet: light and dark by the reader's preference, always light on paper. Holds no < and no &.
[[nodiscard]] const std::string& page_style();

}  // namespace footfall
