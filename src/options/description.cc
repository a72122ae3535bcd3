// Owns what the program says of its options: --help, and the settings in force.
// SPDX-License-Identifier: MIT
#include "options/description.h"

#include <algorithm>

#include "options/file_grammar.h"
#include "options/table.h"

namespace reelgate::options {

namespace {

/// Formats a value with its source. What a file cannot set is a comment.
std::string describe(const Option& option, std::string_view place, std::string_view text) {
    std::string out = "# ";
    out.append(place).append("\n");
    if (text.empty() || !option.set)
        out.append("# ").append(option.name).append(" = ").append(text);
    else
        out.append(format_assignment(option.name, text));
    return out.append("\n");
}

}  // namespace

std::string describe_settings(const Arguments& arguments, const Settings& settings) {
    std::string out;
    for (const Option& option : option_table()) {
        if (option.scope != Scope::settings) continue;
        const auto given = arguments.options.find(option.name);
        if (given == arguments.options.end()) {
            out.append(describe(option, default_place, default_text(option, settings)));
            continue;
        }
        for (const Value& value : given->second) out.append(describe(option, value.place, value.text));
    }
    return out;
}

std::string meaning_of(const Option& option) {
    return std::string{option.meaning} + (option.is_repeatable ? "; repeatable" : "");
}

std::string describe_options(Scope scope) {
    constexpr std::size_t column = 26;
    std::string text;
    for (const Option& option : option_table()) {
        if (option.scope != scope) continue;
        std::string line = "  --" + std::string{option.name};
        if (!option.argument.empty()) line.append(" ").append(option.argument);
        line.resize(std::max(column, line.size() + 2), ' ');
        text.append(line).append(meaning_of(option));
        const std::string_view words = option.default_value.empty() ? option.default_in_words : option.default_value;
        if (!words.empty()) text.append(" (default: ").append(words).append(")");
        text.push_back('\n');
    }
    return text;
}

}  // namespace reelgate::options
