// Owns the figures of the status: their names in each form, their order, and their values.
// Does not format them: status_report.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/status_report.h"

namespace reelgate::engine {

/// One number with its names.
struct Figure {
    std::string_view name;    ///< in text and JSON
    std::string_view family;  ///< in OpenMetrics; empty: left out, since it follows from others
    std::string_view labels;
    std::string value;
};

/// OpenMetrics metadata of a family of figures.
struct Family {
    std::string_view name;
    std::string_view type;
    std::string_view unit;
    std::string_view help;
};

/// Returns the families in the order of the report.
std::span<const Family> families();

/// Returns all figures in the order of the text.
std::vector<Figure> figures(const Status& status);

}  // namespace reelgate::engine
