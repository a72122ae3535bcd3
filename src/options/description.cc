// Owns what the program says of its options: --help, and the settings in force.
// SPDX-License-Identifier: MIT
#include "options/description.h"

#include <algorithm>
#include <utility>

#include "catalog/row.h"
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

/// Lists the result columns of the query for --help.
std::string names_of_columns() {
    std::string names;
    bool is_optional = false;
    for (const catalog::Column& column : catalog::columns) {
        names.append(names.empty() ? "" : ", ");
        if (!column.is_required && !std::exchange(is_optional, true)) names.append("and optionally ");
        names.append(column.name).append(column.note);
    }
    return names;
}

/// Lists them for the manual.
std::string meanings_of_columns() {
    std::string meanings;
    for (const catalog::Column& column : catalog::columns)
        meanings.append(meanings.empty() ? "`" : ", `").append(column.name).append("` (").append(column.meaning) += ')';
    return meanings;
}

/// Returns a text of the table with the result columns in their place.
std::string filled_in(std::string_view text, const std::string& columns) {
    constexpr std::string_view place = "{columns}";
    std::string out{text};
    if (const auto found = out.find(place); found != std::string::npos) out.replace(found, place.size(), columns);
    return out;
}

}  // namespace

std::string describe_settings(const Arguments& arguments, const Settings& settings) {
    std::string out;
    for (const Option& option : option_table()) {
        if (option.scope != Scope::settings) continue;
        const auto given = arguments.options.find(option.name);
        if (given == arguments.options.end()) {
            const std::string text = default_text(option, settings);
            std::string place{default_place};
            if (text.empty() && !option.default_in_words.empty()) place.append(": ").append(option.default_in_words);
            out.append(describe(option, place, text));
            continue;
        }
        for (const Value& value : given->second) out.append(describe(option, value.place, value.text));
    }
    return out;
}

std::string meaning_of(const Option& option) {
    return filled_in(option.meaning, names_of_columns()) + (option.is_repeatable ? "; repeatable" : "");
}

std::string text_of(const Option& option) { return filled_in(option.text, meanings_of_columns()); }

std::string describe_options(Scope scope) {
    constexpr std::size_t column = 26;
    std::string text;
    for (const Option& option : option_table()) {
        if (option.scope != scope) continue;
        std::string line = "  --" + std::string{option.name};
        if (option.is_switch) line.append("[=").append(option.argument).append("]");
        else if (!option.argument.empty()) line.append(" ").append(option.argument);
        line.resize(std::max(column, line.size() + 2), ' ');
        text.append(line).append(meaning_of(option));
        const std::string_view words = option.default_value.empty() ? option.default_in_words : option.default_value;
        if (!words.empty()) text.append(" (default: ").append(words).append(")");
        text.push_back('\n');
    }
    return text;
}

}  // namespace reelgate::options
