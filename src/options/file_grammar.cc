// Owns the grammar of the configuration file: text to assignments, and back. Pure functions.
// SPDX-License-Identifier: MIT
#include "options/file_grammar.h"

#include <algorithm>

#include "http/ascii.h"

namespace reelgate::options {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";  // \r: a line may end as on Windows
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Takes the next line off the front of `text`: a \ before a line break joins two lines. Returns the number of lines in
/// the file that it took.
std::size_t next_line(std::string_view& text, std::string& line) {
    line.clear();
    for (std::size_t count = 1;; ++count) {
        const std::string_view rest = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(rest.size() + 1, text.size()));
        std::string_view part = rest.substr(0, rest.find_last_not_of('\r') + 1);
        const bool is_comment = count == 1 && trimmed(part).starts_with('#');
        if (is_comment || !part.ends_with('\\') || text.empty()) {
            line.append(part);
            return count;
        }
        line.append(part.substr(0, part.size() - 1)).push_back('\n');
    }
}

bool is_binary(char c) { return http::is_control(c) && c != '\t' && c != '\n' && c != '\r'; }

bool is_quoted(std::string_view value) {
    return value.size() > 1 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'');
}

/// Parses a line that is neither empty nor a comment.
FileLine parse_line(std::size_t number, std::string_view line) {
    const auto bad = [&](const char* cause, const char* remedy = "") {
        return BadLine{number, std::string{line}, cause, remedy};
    };
    if (line.starts_with('[')) return bad("there are no sections", "leave this line out");
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return bad("needs the form name = value");
    if (equals == 0) return bad("a name is missing before =");
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (is_quoted(value)) return bad("the quotes would be part of the value", "leave them out");
    return Assignment{number, std::string{trimmed(line.substr(0, equals))}, std::string{value}};
}

}  // namespace

std::vector<FileLine> parse_file(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::vector<FileLine> lines;
    std::string joined;
    for (std::size_t number = 1; !text.empty();) {
        const std::size_t first = number;
        number += next_line(text, joined);
        if (std::any_of(joined.begin(), joined.end(), is_binary)) {
            lines.push_back(BadLine{first, "", "control characters", "is this a text file, in UTF-8?"});
            break;
        }
        const std::string_view line = trimmed(joined);
        if (!line.empty() && !line.starts_with('#')) lines.push_back(parse_line(first, line));
    }
    return lines;
}

std::string format_assignment(std::string_view name, std::string_view value) {
    std::string line{name};
    line.append(" = ");
    for (const char c : value) line.append(c == '\n' ? "\\\n" : std::string(1, c));
    // With a line below it, which a \ at the end of the value would join.
    if (parse_file(line + "\n#\n") == std::vector<FileLine>{Assignment{1, std::string{name}, std::string{value}}})
        return line;
    std::replace_if(line.begin(), line.end(), http::is_control, '?');
    return "# cannot be written in a file: " + line;
}

}  // namespace reelgate::options
