#pragma once

#include "host/journeys/labels.hpp"

namespace footfall {

/// The labels of a target of kind `column`, as make_labels says; `column` holds a row a customer.
[[nodiscard]] Labels column_labels(const CustomerIds& ids, const Column& column, const TargetSpec& target, const LabelSchema* known);

}  // namespace footfall
