// Owns the fuzzing of the configuration file: any bytes as its text.
// SPDX-License-Identifier: MIT
#include "options/file_grammar.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace reelgate::options;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::size_t& number_of(FileLine& line) {
    return std::visit([](auto& any) -> std::size_t& { return any.line; }, line);
}

/// Returns the text with line ends as on Windows.
std::string with_carriage_returns(std::string_view text) {
    std::string out;
    for (const char c : text) out.append(c == '\n' ? "\r\n" : std::string(1, c));
    return out;
}

/// Returns the lines as those of a file that has a comment above them.
std::vector<FileLine> below_a_comment(std::vector<FileLine> lines) {
    for (FileLine& line : lines) ++number_of(line);
    return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    std::vector<FileLine> lines = parse_file(text);
    const auto breaks = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    std::size_t last = 0;
    for (FileLine& line : lines) {
        // Each line of the file is told of once, and exists.
        if (number_of(line) <= last || number_of(line) > breaks + 1) std::abort();
        last = number_of(line);
        const auto* assignment = std::get_if<Assignment>(&line);
        if (!assignment) continue;
        if (assignment->name.empty() || assignment->name.find('=') != std::string::npos) std::abort();
        // What --check-config writes means what was read, or nothing.
        const auto again = parse_file(format_assignment(assignment->name, assignment->value) + "\n");
        if (!again.empty() && again != std::vector<FileLine>{Assignment{1, assignment->name, assignment->value}})
            std::abort();
    }
    if (parse_file(with_carriage_returns(text)) != lines) std::abort();
    if (!text.starts_with(byte_order_mark) && parse_file("# \\\n" + std::string{text}) != below_a_comment(lines))
        std::abort();
    return 0;
}
