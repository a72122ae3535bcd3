// Owns the grammar of the configuration file: text to assignments, and back. Pure functions.
// Does not know any option. Boost has a parser for such files, but it cuts a value at the first # (a URL, a query),
// knows sections, and reports neither the line of a mistake nor a remedy.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reelgate::options {

/// A line "name = value", or several that a \ at their ends joins. The white space around both is gone.
struct Assignment {
    std::size_t line;   ///< the first one, counted from 1
    std::string name;
    std::string value;  ///< with line breaks where lines were joined; may be empty

    bool operator==(const Assignment&) const = default;
};

/// A line that has not that form.
struct BadLine {
    std::size_t line;
    std::string text;  ///< empty if it cannot be shown
    std::string cause;
    std::string remedy;

    bool operator==(const BadLine&) const = default;
};

using FileLine = std::variant<Assignment, BadLine>;

/// Parses a file, without its comments and empty lines. Ends with a line that is binary.
std::vector<FileLine> parse_file(std::string_view text);

/// Formats an assignment; as a comment if no line can express it. Without a line break at the end.
std::string format_assignment(std::string_view name, std::string_view value);

}  // namespace reelgate::options
