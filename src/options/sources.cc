// Owns the sources and their order: command line, environment (REELGATE_NAME), the file that --config names, defaults.
// SPDX-License-Identifier: MIT
#include "options/sources.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "options/command_line.h"
#include "options/file_grammar.h"
#include "options/table.h"

namespace reelgate::options {

namespace {

constexpr std::string_view environment_prefix = "REELGATE_";
constexpr std::string_view config = "config";

Arguments read_environment(Problems& problems, const char* const* environment) {
    Arguments given;
    for (; *environment; ++environment) {
        const std::string_view variable{*environment};
        const auto equals = variable.find('=');
        if (!variable.starts_with(environment_prefix) || equals == std::string_view::npos) continue;
        const std::string place = "environment " + std::string{variable.substr(0, equals)};
        const std::string name = plain_name(std::string{variable.substr(0, equals).substr(environment_prefix.size())});
        if (const Option* option = find_option(name, Scope::settings))
            given.add(problems, *option, {option->name, std::string{variable.substr(equals + 1)}, place});
        else
            problems.push_back(unknown_option(place, "", name, Scope::settings));
    }
    return given;
}

Arguments read_file(Problems& problems, std::string_view text, const std::string& path) {
    const auto place_of = [&](std::size_t line) { return path + ":" + std::to_string(line); };
    Arguments given;
    for (FileLine& line : parse_file(text)) {
        if (auto* bad = std::get_if<BadLine>(&line)) {
            problems.push_back(posix::failure_of("file-line", place_of(bad->line), bad->text, bad->cause, bad->remedy));
            continue;
        }
        auto& assignment = std::get<Assignment>(line);
        std::string place = place_of(assignment.line);
        const Option* option = find_option(assignment.name, Scope::settings);
        if (!option)
            problems.push_back(unknown_option(place, assignment.name, assignment.name, Scope::settings));
        else if (option->name == config)
            problems.push_back(posix::failure_of("file-names-file", place));
        else
            given.add(problems, *option, {option->name, std::move(assignment.value), std::move(place)});
    }
    return given;
}

/// Reads a whole file. It must be regular: it is read again on SIGHUP, and reading must not block.
std::string content_of(const Value& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path.text, error);
    if (!std::filesystem::exists(status)) reject(path, "cannot be read: " + error.message());
    if (std::filesystem::is_directory(status)) reject(path, "cannot be read: is a folder", "name a file in it");
    if (!std::filesystem::is_regular_file(status)) reject(path, "cannot be read: is no regular file");
    std::ifstream file{path.text, std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{file}, {}};
    if (!file.is_open() || file.bad())
        reject(path, "cannot be read: may user id " + std::to_string(geteuid()) + " read it?");
    return content;
}

/// Reads all sources. The reading is partial if one of them cannot be read.
Reading read_sources(std::span<const char* const> words, const char* const* environment, Scope scope) {
    Reading reading;
    reading.arguments = read_command_line(reading.problems, words, scope);
    reading.is_partial = !reading.problems.empty();
    reading.arguments.take(read_environment(reading.problems, environment));
    const auto found = reading.arguments.options.find(config);
    if (found == reading.arguments.options.end()) return reading;
    const Value path = found->second.front();
    if (path.text.empty()) return reading;
    std::string content;
    const std::size_t before = reading.problems.size();
    attempt(reading.problems, [&] { content = content_of(path); });
    if (reading.problems.size() > before) reading.is_partial = true;
    reading.arguments.take(read_file(reading.problems, content, path.text));
    return reading;
}

Settings settings_from(Problems& problems, const Arguments& arguments) {
    Settings settings;
    for (const Option& option : option_table()) {
        if (!option.set) continue;
        const auto given = arguments.options.find(option.name);
        const bool is_given = given != arguments.options.end();
        // First the default, so that it stands in for a value that is refused; several values take its place.
        if (std::string text = default_text(option, settings); !text.empty() && !(is_given && option.is_repeatable))
            option.set(settings, {option.name, std::move(text), std::string{default_place}});
        if (!is_given) continue;
        for (const Value& value : given->second)
            if (!value.text.empty()) attempt(problems, [&] { option.set(settings, value); });
    }
    return settings;
}

}  // namespace

Arguments read_arguments(std::span<const char* const> words, const char* const* environment, Scope scope) {
    Reading reading = read_sources(words, environment, scope);
    throw_first(reading.problems);
    return std::move(reading.arguments);
}

Settings settings_from(const Arguments& arguments) {
    Problems problems;
    Settings settings = settings_from(problems, arguments);
    throw_first(problems);
    return settings;
}

Reading examine_arguments(std::span<const char* const> words, const char* const* environment, Scope scope) {
    Reading reading = read_sources(words, environment, scope);
    reading.settings = settings_from(reading.problems, reading.arguments);
    return reading;
}

}  // namespace reelgate::options
