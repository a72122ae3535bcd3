// Owns the options: one table that feeds command line, environment, configuration file and --help. The only file
// with Boost.ProgramOptions.
// SPDX-License-Identifier: MIT
#include "options.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <boost/version.hpp>
#include <charconv>
#include <fstream>

#include "http/ascii.h"
#include "http/cors.h"

namespace reelgate {

namespace {

namespace po = boost::program_options;

constexpr std::array table{
    Option{"data", "DIR", "/var/lib/reelgate", "root of the data volume"},
    Option{"database", "FILE", "", "the SQLite catalogue (default: DATA/catalog.db)"},
    Option{"videos", "DIR", "", "where the media files are (default: DATA/videos)"},
    Option{"query", "SQL", "SELECT status FROM videos WHERE id = ?1",
           "looks a video up: one parameter, the id; result columns by name: status, and, where there are any,"
           " file (path below VIDEOS), media_type, etag"},
    Option{"ready", "STATUS", "complete", "the status that may be streamed"},
    Option{"prefix", "PATH", "/api/stream/", "what comes before the id in REQUEST_URI"},
    Option{"listen", "ADDR", "",
           "unix:/path, host:port or [v6]:port (default: the socket that systemd hands over, or the one on fd 0)"},
    Option{"socket-mode", "OCTAL", "0660", "mode of a Unix socket that --listen makes"},
    Option{"threads", "N", "", "worker threads, not a limit on viewers (default: the greater of 4 and 2 x cores)"},
    Option{"max-viewers", "N", "0", "answers at a time, 503 beyond them (0: as many as descriptors allow)"},
    Option{"stall-timeout", "SECONDS", "600", "a viewer who takes no byte for so long is dropped (0: never)"},
    Option{"grace", "SECONDS", "30", "how long SIGTERM lets transfers finish"},
    Option{"max-ranges", "N", "100", "more range-specs than this: Range is ignored"},
    Option{"cache-control", "VALUE", "private", "Cache-Control of 200, 206 and 304"},
    Option{"cors-origin", "ORIGIN", "", "whose pages may read answers: scheme://host[:port], or *; repeatable",
           Scope::settings, true},
    Option{"log-level", "LEVEL", "notice", "error, warning, notice, info or debug; on standard error"},
    Option{"config", "FILE", "", "reads options from FILE, one \"name = value\" a line"},
    Option{"id", "ID", "", "the video's id (default: FILE's name without .mp4)", Scope::add},
    Option{"range", "SPEC", "", "asks for a range: 0-99, 1000-, -500, or a whole field value", Scope::get},
    Option{"method", "METHOD", "GET", "the request method", Scope::get},
    Option{"header", "FIELD", "", "a request field, 'Name: value'; repeatable", Scope::get, true},
    Option{"body-only", "", "", "writes the content alone, and fails with an error's status", Scope::get},
};

constexpr std::string_view environment_prefix = "REELGATE_";

const Option* find_option(std::string_view name) {
    const auto* found = std::find_if(table.begin(), table.end(), [&](const Option& o) { return o.name == name; });
    return found == table.end() ? nullptr : found;
}

/// Describes to Boost what may be given: the settings, and the options of `scope`.
po::options_description described(Scope scope) {
    po::options_description description;
    for (const Option& option : table) {
        if (option.scope != Scope::settings && option.scope != scope) continue;
        const std::string name{option.name};
        if (option.argument.empty())
            description.add_options()(name.c_str(), "");
        else
            description.add_options()(name.c_str(), po::value<std::vector<std::string>>()->composing(), "");
    }
    return description;
}

/// Takes over what one source gave, except what an earlier source gave already.
void take(Arguments& arguments, const po::parsed_options& parsed, const std::string& source) {
    Arguments given;
    for (const po::option& option : parsed.options) {
        if (option.position_key >= 0) {
            given.operands.insert(given.operands.end(), option.value.begin(), option.value.end());
            continue;
        }
        auto& values = given.values[option.string_key];
        if (!values.empty() && !find_option(option.string_key)->repeatable)
            throw UsageError{source + option.string_key + ": given twice; which one is meant?"};
        values.insert(values.end(), option.value.begin(), option.value.end());
    }
    for (const auto& [name, values] : given.values)
        if (std::find(values.begin(), values.end(), "") != values.end())
            throw UsageError{source + name + ": the value is empty; leave the option out for its default"};
    arguments.values.merge(given.values);
    arguments.operands.insert(arguments.operands.end(), given.operands.begin(), given.operands.end());
}

void read_command_line(Arguments& arguments, std::span<const char* const> words, Scope scope) {
    const po::options_description description = described(scope);
    // No abbreviations: what they mean would change with each new option.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing &
                      ~po::command_line_style::allow_short;
    take(arguments,
         po::command_line_parser(std::vector<std::string>(words.begin(), words.end()))
             .options(description)
             .style(style)
             .run(),
         "--");
}

void read_environment(Arguments& arguments, const char* const* environment) {
    po::parsed_options parsed{nullptr};
    for (; *environment; ++environment) {
        const std::string_view variable{*environment};
        const auto equals = variable.find('=');
        if (!variable.starts_with(environment_prefix) || equals == std::string_view::npos) continue;
        std::string name{variable.substr(environment_prefix.size(), equals - environment_prefix.size())};
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c == '_' ? '-' : http::to_lower(c); });
        const Option* option = find_option(name);
        if (!option || option->scope != Scope::settings)
            throw UsageError{"environment variable " + std::string{variable.substr(0, equals)} +
                             ": no such option; `reelgate --help` lists them"};
        parsed.options.emplace_back(name, std::vector<std::string>{std::string{variable.substr(equals + 1)}});
    }
    take(arguments, parsed, "environment variable for ");
}

void read_file(Arguments& arguments, const std::string& path) {
    std::ifstream file{path};
    if (!file.is_open() || file.peek() == std::ifstream::traits_type::eof()) {
        // An empty file is a valid one; a folder opens and cannot be read.
        if (!file.is_open() || file.bad() || std::filesystem::is_directory(path))
            throw UsageError{"--config " + path + ": cannot be read; is it there, and may this user read it?"};
    }
    try {
        const po::parsed_options parsed = po::parse_config_file(file, described(Scope::settings));
        for (const po::option& option : parsed.options)
            if (option.string_key == "config")
                throw UsageError{"--config " + path + ": cannot name another with config"};
        take(arguments, parsed, path + ": ");
    } catch (const po::error& error) {
        throw UsageError{"--config " + path + ": " + error.what()};
    }
    if (file.bad()) throw UsageError{"--config " + path + ": cannot be read"};
}

[[noreturn]] void reject(std::string_view name, const std::string& value, const std::string& why) {
    throw UsageError{"--" + std::string{name} + " " + value + ": " + why};
}

unsigned number_from(std::string_view name, const std::string& value, unsigned least, unsigned most, int base = 10) {
    unsigned number = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number, base);
    if (error != std::errc{} || stop != end || number < least || number > most)
        reject(name, value, base == 8 ? "needs an octal mode such as 0660"
                                      : "needs a number from " + std::to_string(least) + " to " + std::to_string(most));
    return number;
}

void check_prefix(const std::string& prefix) {
    if (!prefix.starts_with('/') || !prefix.ends_with('/')) reject("prefix", prefix, "has to begin and end with /");
}

void check_field_value(std::string_view name, const std::string& value) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(value.begin(), value.end(), is_control)) reject(name, value, "must not contain control characters");
}

/// Takes the values apart at commas and white space, which no origin contains: an environment variable has but one.
std::vector<std::string> origins_from(const std::vector<std::string>& values) {
    std::vector<std::string> origins;
    for (const std::string& value : values) {
        std::string_view rest = value;
        while (true) {
            rest.remove_prefix(std::min(rest.find_first_not_of(", \t"), rest.size()));
            if (rest.empty()) break;
            origins.emplace_back(rest.substr(0, rest.find_first_of(", \t")));
            rest.remove_prefix(origins.back().size());
            if (!http::is_cors_origin(origins.back()))
                reject("cors-origin", origins.back(), "needs * or scheme://host[:port], in lower case and with nothing after it");
        }
    }
    if (origins.empty()) reject("cors-origin", values.front(), "names no origin");
    if (origins.size() > 1 && std::find(origins.begin(), origins.end(), "*") != origins.end())
        reject("cors-origin", "*", "stands for every origin; leave the others out");
    return origins;
}

}  // namespace

std::span<const Option> option_table() { return table; }

std::optional<std::string> Arguments::value(std::string_view name) const {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second.front();
}

Arguments read_arguments(std::span<const char* const> words, const char* const* environment, Scope scope) {
    Arguments arguments;
    try {
        read_command_line(arguments, words, scope);
        read_environment(arguments, environment);
    } catch (const po::error& error) {
        throw UsageError{std::string{error.what()} + "; `reelgate --help` lists the options"};
    }
    if (const auto path = arguments.value("config")) read_file(arguments, *path);
    return arguments;
}

Settings settings_from(const Arguments& arguments) {
    const auto value = [&](std::string_view name) {
        return arguments.value(name).value_or(std::string{find_option(name)->default_value});
    };
    const auto number = [&](std::string_view name, unsigned least, unsigned most) {
        return number_from(name, value(name), least, most);
    };
    Settings settings;
    settings.data = value("data");
    settings.handler.database = arguments.value("database").value_or(settings.data / "catalog.db");
    settings.handler.videos = arguments.value("videos").value_or(settings.data / "videos");
    settings.handler.query = value("query");
    settings.handler.ready = value("ready");
    settings.handler.prefix = value("prefix");
    check_prefix(settings.handler.prefix);
    settings.handler.policy.max_ranges = number("max-ranges", 1, 10'000);
    settings.handler.policy.cache_control = value("cache-control");
    check_field_value("cache-control", settings.handler.policy.cache_control);
    if (const auto origins = arguments.values.find("cors-origin"); origins != arguments.values.end())
        settings.handler.cors_origins = origins_from(origins->second);
    settings.listen = value("listen");
    settings.socket_mode = number_from("socket-mode", value("socket-mode"), 0, 0777, 8);
    settings.engine.threads = arguments.has("threads") ? number("threads", 1, 1024)
                                                       : engine::default_threads();
    settings.engine.max_viewers = number("max-viewers", 0, 1'000'000'000);
    settings.engine.stall_timeout = std::chrono::seconds{number("stall-timeout", 0, 86'400)};
    settings.engine.grace = std::chrono::seconds{number("grace", 0, 86'400)};
    const auto level = log_level_named(value("log-level"));
    if (!level) reject("log-level", value("log-level"), "needs error, warning, notice, info or debug");
    settings.log_level = *level;
    return settings;
}

std::string describe_options(Scope scope) {
    constexpr std::size_t column = 26;
    std::string text;
    for (const Option& option : table) {
        if (option.scope != scope) continue;
        std::string line = "  --" + std::string{option.name};
        if (!option.argument.empty()) line.append(" ").append(option.argument);
        line.resize(std::max(column, line.size() + 2), ' ');
        text.append(line).append(option.meaning);
        if (!option.default_value.empty()) text.append(" (default: ").append(option.default_value).append(")");
        text.push_back('\n');
    }
    return text;
}

std::string boost_version() {
    return std::to_string(BOOST_VERSION / 100'000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) + "." +
           std::to_string(BOOST_VERSION % 100);
}

}  // namespace reelgate
