// Owns what there is to know of an option: a row of the table.
// Does not have the rows: table.cc does.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "options/settings.h"
#include "options/value.h"

namespace reelgate::options {

/// Which commands take an option.
enum class Scope {
    settings,  ///< every command; also from environment and configuration file
    add,       ///< only this command, from its command line
    remove,
    list,
    init,
    get,
    status,
    check,
    sign,
};

/// An option. It has at most one of a fixed default, and a default in words.
struct Option {
    std::string_view name;           ///< without the dashes
    std::string_view argument;       ///< name of its value in --help; empty: it takes none
    std::string_view default_value;  ///< empty: none, or it depends on another option or the machine
    std::string_view default_in_words;
    /// Returns what the default in words comes to, with the settings of the rows above; null: there is no value then.
    std::string (*compute_default)(const Settings&) = nullptr;
    std::string_view example;  ///< what the shipped file shows if that is not the default
    std::string_view meaning;  ///< for --help: a line without a period; {columns} stands for the result columns
    /// For the shipped file and its manual: whole sentences, with what a computer reads or writes in grave accents.
    std::string_view text;
    Scope scope = Scope::settings;
    bool is_repeatable = false;
    bool is_switch = false;  ///< its values are on and off; alone on the command line it means on
    /// Checks a value and stores it; one after another if it is repeatable. Null: a command reads it from Arguments.
    void (*set)(Settings&, const Value&) = nullptr;
    /// Returns whether two settings agree in it: a change takes effect only when reelgate is restarted. Null: SIGHUP
    /// changes it.
    bool (*agree)(const Settings&, const Settings&) = nullptr;
};

/// Returns the value of an option that was not given; empty if there is none. `settings` has the rows above.
inline std::string default_text(const Option& option, const Settings& settings) {
    return option.compute_default ? option.compute_default(settings) : std::string{option.default_value};
}

}  // namespace reelgate::options
