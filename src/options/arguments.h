// Owns the arguments: what was given, and where.
// Does not check values.
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options/option.h"
#include "options/problems.h"

namespace reelgate::options {

/// Options by name, and operands.
struct Arguments {
    std::map<std::string, std::vector<Value>, std::less<>> options;  ///< an option without an argument has no value
    std::vector<std::string> operands;

    bool has(std::string_view name) const { return options.contains(name); }

    /// Returns the value of an option that is not repeatable, or its fixed default; nothing if it has none.
    std::optional<std::string> value(std::string_view name) const;

    /// Returns the texts of a repeatable option.
    std::vector<std::string> values(std::string_view name) const;

    /// Adds a value, in the order of its source. Reports one that is empty, and one that is given twice.
    void add(Problems& problems, const Option& option, Value value);

    /// Takes over from a later source what no earlier one has given.
    void take(Arguments later);
};

/// Returns what is wrong with a name that is no option of `scope`: "PLACE: WORD: no such option; did you mean NAME?"
posix::Failure unknown_option(std::string_view place, std::string_view word, std::string_view name, Scope scope);

/// Turns a name from the environment into its form in the table.
std::string plain_name(std::string name);

}  // namespace reelgate::options
