// Owns the words of the command line: the only door to Boost.ProgramOptions.
// SPDX-License-Identifier: MIT
#include "options/command_line.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <boost/version.hpp>

#include "options/table.h"

namespace reelgate::options {

namespace {

namespace po = boost::program_options;

/// Describes the permitted options to Boost: the settings, and the options of `scope`.
po::options_description described(Scope scope) {
    po::options_description description;
    for (const Option& option : option_table()) {
        if (option.scope != Scope::settings && option.scope != scope) continue;
        const std::string name{option.name};
        if (option.argument.empty())
            description.add_options()(name.c_str(), "");
        else
            description.add_options()(name.c_str(), po::value<std::vector<std::string>>()->composing(), "");
    }
    return description;
}

void add(Arguments& given, Problems& problems, const po::option& parsed, Scope scope) {
    if (parsed.position_key >= 0) {
        given.operands.insert(given.operands.end(), parsed.value.begin(), parsed.value.end());
        return;
    }
    const Option& option = *find_option(parsed.string_key, scope);
    if (parsed.value.empty())
        given.options[parsed.string_key];
    else
        given.add(problems, option, {option.name, parsed.value.front(), std::string{command_line_place}});
}

/// Returns the words, with the value of each switch that stands alone: Boost would take the next word for it.
std::vector<std::string> with_values_of_switches(std::span<const char* const> words, Scope scope) {
    std::vector<std::string> all(words.begin(), words.end());
    const auto operands = std::find(all.begin(), all.end(), "--");
    for (const Option& option : option_table()) {
        if (!option.is_switch || (option.scope != Scope::settings && option.scope != scope)) continue;
        const std::string alone = "--" + std::string{option.name};
        std::replace(all.begin(), operands, alone, alone + "=on");
    }
    return all;
}

}  // namespace

Arguments read_command_line(Problems& problems, std::span<const char* const> words, Scope scope) {
    const po::options_description description = described(scope);
    // No abbreviations: their meaning would change with new options.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing &
                      ~po::command_line_style::allow_short;
    Arguments given;
    try {
        const po::parsed_options parsed =
            po::command_line_parser(with_values_of_switches(words, scope))
                .options(description)
                .style(style)
                .run();
        for (const po::option& option : parsed.options) add(given, problems, option, scope);
    } catch (const po::unknown_option& error) {
        const std::string word = error.get_option_name();  // with its value, if that is in the same word
        problems.push_back(unknown_option("", word, word.substr(0, word.find('=')), scope));
    } catch (const po::error& error) {
        problems.push_back(posix::failure_of("option-form", error.what()));
    }
    return given;
}

std::string boost_version() {
    return std::to_string(BOOST_VERSION / 100'000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) + "." +
           std::to_string(BOOST_VERSION % 100);
}

}  // namespace reelgate::options
