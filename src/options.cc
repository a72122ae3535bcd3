// Owns the options: one table that feeds command line, environment, configuration file and --help. The only file
// with Boost.ProgramOptions.
// SPDX-License-Identifier: MIT
#include "options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <boost/version.hpp>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

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
           "looks a video up: one parameter, the id; result columns by name: status, and optionally"
           " file (path below VIDEOS), media_type, etag"},
    Option{"ready", "STATUS", "complete", "the status that may be streamed"},
    Option{"prefix", "PATH", "/api/stream/", "the part of REQUEST_URI before the id"},
    Option{"listen", "ADDR", "",
           "unix:/path, host:port or [v6]:port (default: the socket that systemd hands over, or the one on fd 0)"},
    Option{"socket-mode", "OCTAL", "0660", "mode of a Unix socket that --listen creates"},
    Option{"threads", "N", "", "worker threads, not a limit on viewers (default: the greater of 4 and 2 x cores)"},
    Option{"max-viewers", "N", "0", "answers at a time, 503 beyond them (0: as many as descriptors allow)"},
    Option{"stall-timeout", "SECONDS", "600",
           "drop a viewer that takes no byte, or a request that stays incomplete, for this long (0: never)"},
    Option{"storage-timeout", "SECONDS", "5", "answer 503 for films whose storage is silent for this long"},
    Option{"grace", "SECONDS", "30", "how long SIGTERM lets transfers finish"},
    Option{"max-ranges", "N", "100", "ignore a Range with more range-specs than this"},
    Option{"offload", "HOW", "none",
           "x-sendfile or x-accel-redirect: the web server sends the file; none: reelgate does"},
    Option{"offload-prefix", "PATH", "/reelgate-internal/", "the part of X-Accel-Redirect before a file's path"},
    Option{"cache-control", "VALUE", "private", "Cache-Control of 200, 206 and 304"},
    Option{"cors-origin", "ORIGIN", "", "origin whose pages may read answers: scheme://host[:port], or *; repeatable",
           Scope::settings, true},
    Option{"status-path", "PATH", "", "the path of the server's status (default: none)"},
    Option{"ping-path", "PATH", "", "the path of the health check (default: none)"},
    Option{"log-level", "LEVEL", "notice", "error, warning, notice, info or debug; on standard error"},
    Option{"config", "FILE", "", "reads options from FILE, one \"name = value\" a line"},
    Option{"id", "ID", "", "the video's id (default: FILE's name without .mp4)", Scope::add},
    Option{"range", "SPEC", "", "asks for a range: 0-99, 1000-, -500, or a whole field value", Scope::get},
    Option{"method", "METHOD", "GET", "the request method", Scope::get},
    Option{"header", "FIELD", "", "a request field, 'Name: value'; repeatable", Scope::get, true},
    Option{"body-only", "", "", "writes only the content; fails on an error status", Scope::get},
    Option{"connect", "ADDR", "", "where the running reelgate listens (default: what --listen says)", Scope::status},
    Option{"json", "", "", "writes JSON instead of \"name: value\" lines", Scope::status},
    Option{"openmetrics", "", "", "writes OpenMetrics", Scope::status},
    Option{"list", "SQL", "SELECT id FROM videos", "lists all ids: one result column, the id", Scope::check},
    Option{"user", "NAME", "", "checks the permissions of this user (default: the caller; only root may name another)",
           Scope::check},
    Option{"json", "", "", "writes one JSON document instead of lines", Scope::check},
};

constexpr std::string_view environment_prefix = "REELGATE_";

const Option* find_option(std::string_view name) {
    const auto* found = std::find_if(table.begin(), table.end(), [&](const Option& o) { return o.name == name; });
    return found == table.end() ? nullptr : found;
}

/// Describes the permitted options to Boost: the settings, and the options of `scope`.
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

using Problems = std::vector<std::string>;

/// Place of a value from the command line.
constexpr std::string_view command_line = "command line";

/// Place of a default.
constexpr const char* default_place = "default";

/// A value from one of the sources, or the default.
struct Value {
    std::string_view name;
    std::string text;
    std::string place;  ///< see Arguments::places; "default" for a default
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// Names an option in an error, by the place where the user can correct it.
std::string called(std::string_view name, const std::string& place) {
    return place == command_line ? "--" + std::string{name} : place + ": " + std::string{name};
}

[[noreturn]] void reject(const Value& value, const std::string& why) {
    const char* const equals = value.place == command_line ? " " : " = ";
    throw UsageError{called(value.name, value.place) + equals + value.text + ": " + why};
}

/// Does `work`; records a UsageError as a problem and goes on.
template <typename Work>
void attempt(Problems& problems, const Work& work) {
    try {
        work();
    } catch (const UsageError& error) {
        problems.emplace_back(error.what());
    }
}

/// Returns the edit distance: how many characters to insert, delete or replace to turn one into the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

/// Turns a name from the environment into its form in the table.
std::string plain_name(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c == '_' ? '-' : http::to_lower(c); });
    return name;
}

/// Returns advice about an unknown option.
std::string no_such_option(std::string_view name, Scope scope) {
    name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
    const std::string plain = plain_name(std::string{name});
    std::size_t least = plain.size() / 3 + 2;  // beyond this distance it is another word
    std::string_view nearest;
    for (const Option& option : table) {
        if (option.scope != Scope::settings && option.scope != scope) continue;
        const bool is_abbreviated = plain.size() > 2 && option.name.starts_with(plain);
        const std::size_t changes = is_abbreviated ? 1 : distance(plain, option.name);
        if (changes >= least) continue;
        least = changes;
        nearest = option.name;
    }
    if (nearest.empty()) return "no such option; `reelgate --help` lists them";
    return "no such option; did you mean " + std::string{nearest} + "?";
}

/// Adds a value to those of one source.
void add(Arguments& given, Problems& problems, const Value& value) {
    auto& values = given.values[std::string{value.name}];
    auto& places = given.places[std::string{value.name}];
    const std::string name = called(value.name, value.place);
    if (!values.empty() && !find_option(value.name)->repeatable) {
        const std::string first = places.front() == value.place ? "" : ", first in " + places.front();
        problems.push_back(name + ": given twice" + first + "; which one is meant?");
        return;
    }
    if (value.text.empty()) problems.push_back(name + ": the value is empty; leave the option out for its default");
    values.push_back(value.text);
    places.push_back(value.place);
}

/// Merges the options of one source, except those that an earlier source gave already.
void take(Arguments& arguments, Arguments& given) {
    arguments.values.merge(given.values);
    arguments.places.merge(given.places);
    arguments.operands.insert(arguments.operands.end(), given.operands.begin(), given.operands.end());
}

void read_command_line(Arguments& arguments, Problems& problems, std::span<const char* const> words, Scope scope) {
    const po::options_description description = described(scope);
    // No abbreviations: their meaning would change with new options.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing &
                      ~po::command_line_style::allow_short;
    Arguments given;
    try {
        const po::parsed_options parsed =
            po::command_line_parser(std::vector<std::string>(words.begin(), words.end()))
                .options(description)
                .style(style)
                .run();
        for (const po::option& option : parsed.options) {
            if (option.position_key >= 0)
                given.operands.insert(given.operands.end(), option.value.begin(), option.value.end());
            else if (option.value.empty())
                given.values[option.string_key];
            else
                add(given, problems, {option.string_key, option.value.front(), std::string{command_line}});
        }
    } catch (const po::unknown_option& error) {
        const std::string word = error.get_option_name();  // with its value, if that is in the same word
        problems.push_back(word + ": " + no_such_option(word.substr(0, word.find('=')), scope));
    } catch (const po::error& error) {
        problems.push_back(std::string{error.what()} + "; `reelgate --help` lists the options");
    }
    take(arguments, given);
}

void read_environment(Arguments& arguments, Problems& problems, const char* const* environment) {
    Arguments given;
    for (; *environment; ++environment) {
        const std::string_view variable{*environment};
        const auto equals = variable.find('=');
        if (!variable.starts_with(environment_prefix) || equals == std::string_view::npos) continue;
        const std::string place = "environment " + std::string{variable.substr(0, equals)};
        const std::string name = plain_name(std::string{variable.substr(0, equals).substr(environment_prefix.size())});
        const Option* option = find_option(name);
        if (!option || option->scope != Scope::settings)
            problems.push_back(place + ": " + no_such_option(name, Scope::settings));
        else
            add(given, problems, {name, std::string{variable.substr(equals + 1)}, place});
    }
    take(arguments, given);
}

// The file is not read by Boost: its parser cuts a value at the first # (a URL, a query), knows sections, and reports
// neither the line of a mistake nor a remedy. Working around that would take more than these lines.

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

/// Returns what is wrong with the form of a line; null if it is "name = value".
const char* wrong_form(std::string_view line, std::string_view value) {
    if (line.starts_with('[')) return "there are no sections; leave this line out";
    if (line.find('=') == std::string_view::npos) return "needs the form name = value";
    if (line.starts_with('=')) return "a name is missing before =";
    if (value.size() > 1 && value.front() == value.back() && (value.front() == '"' || value.front() == '\''))
        return "the quotes would be part of the value; leave them out";
    return nullptr;
}

void read_line(Arguments& given, Problems& problems, std::string_view line, const std::string& place) {
    line = trimmed(line);
    if (line.empty() || line.starts_with('#')) return;
    const auto equals = std::min(line.find('='), line.size());
    const std::string name{trimmed(line.substr(0, equals))};
    const std::string_view value = trimmed(line.substr(std::min(equals + 1, line.size())));
    const Option* option = find_option(name);
    if (const char* why = wrong_form(line, value))
        problems.push_back(place + ": " + std::string{line} + ": " + why);
    else if (name == "config")
        problems.push_back(place + ": cannot name another file with config");
    else if (!option || option->scope != Scope::settings)
        problems.push_back(place + ": " + name + ": " + no_such_option(name, Scope::settings));
    else
        add(given, problems, {name, std::string{value}, place});
}

/// Reads the lines of a configuration file.
Arguments read_lines(Problems& problems, std::string_view text, const std::string& path) {
    Arguments given;
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::string line;
    for (std::size_t number = 1; !text.empty();) {
        const std::string place = path + ":" + std::to_string(number);
        number += next_line(text, line);
        const auto is_binary = [](char c) { return is_control(c) && c != '\t' && c != '\n' && c != '\r'; };
        if (std::any_of(line.begin(), line.end(), is_binary)) {
            problems.push_back(place + ": control characters; is this a text file, in UTF-8?");
            return given;
        }
        read_line(given, problems, line, place);
    }
    return given;
}

/// Reads a whole file. It must be regular: it is read again on SIGHUP, and reading must not block.
std::string content_of(const Value& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path.text, error);
    if (!std::filesystem::exists(status)) reject(path, "cannot be read: " + error.message());
    if (std::filesystem::is_directory(status)) reject(path, "cannot be read: is a folder; name a file in it");
    if (!std::filesystem::is_regular_file(status)) reject(path, "cannot be read: is no regular file");
    std::ifstream file{path.text, std::ios::binary};
    const std::string content{std::istreambuf_iterator<char>{file}, {}};
    if (!file.is_open() || file.bad())
        reject(path, "cannot be read: may user id " + std::to_string(geteuid()) + " read it?");
    return content;
}

unsigned number_from(const Value& value, unsigned least, unsigned most, int base = 10) {
    unsigned number = 0;
    const char* const end = value.text.data() + value.text.size();
    const auto [stop, error] = std::from_chars(value.text.data(), end, number, base);
    if (error == std::errc{} && stop == end && number >= least && number <= most) return number;
    std::string why = base == 8 ? "needs an octal mode such as 0660"
                                : "needs a number from " + std::to_string(least) + " to " + std::to_string(most);
    if (value.text.find('#') != std::string::npos) why.append("; a comment needs a line of its own");
    reject(value, why);
}

std::chrono::seconds seconds_from(const Value& value) { return std::chrono::seconds{number_from(value, 0, 86'400)}; }

std::filesystem::path path_or(const Value& value, const std::filesystem::path& otherwise) {
    return value.text.empty() ? otherwise : std::filesystem::path{value.text};
}

std::string field_value_from(const Value& value) {
    if (std::any_of(value.text.begin(), value.text.end(), is_control))
        reject(value, "must not contain control characters");
    return value.text;
}

std::string prefix_from(const Value& value) {
    if (!value.text.starts_with('/') || !value.text.ends_with('/')) reject(value, "has to begin and end with /");
    return field_value_from(value);
}

/// Returns the path of a page; empty: off.
std::string path_from(const Value& value) {
    if (!value.text.empty() && !value.text.starts_with('/')) reject(value, "has to begin with /");
    return value.text;
}

/// Returns the ping path, which must differ from the status path: one would hide the other.
std::string ping_path_from(const Value& value, const std::string& status_path) {
    std::string path = path_from(value);
    if (!path.empty() && path == status_path) reject(value, "is status-path as well; which one is meant?");
    return path;
}

Offload offload_from(const Value& value) {
    if (value.text == "none") return Offload::none;
    if (value.text == "x-sendfile") return Offload::x_sendfile;
    if (value.text == "x-accel-redirect") return Offload::x_accel_redirect;
    reject(value, "needs none, x-sendfile or x-accel-redirect");
}

/// Splits a value at commas and white space, which no origin contains: an environment variable has only one value.
void add_origins(std::vector<std::string>& origins, const Value& value) {
    const auto reject_origin = [&](const std::string& origin, const char* why) {
        reject({value.name, origin, value.place}, why);
    };
    const std::size_t before = origins.size();
    constexpr std::string_view separators = ", \t\n";
    std::string_view rest = value.text;
    while (true) {
        rest.remove_prefix(std::min(rest.find_first_not_of(separators), rest.size()));
        if (rest.empty()) break;
        origins.emplace_back(rest.substr(0, rest.find_first_of(separators)));
        rest.remove_prefix(origins.back().size());
        if (!http::is_cors_origin(origins.back()))
            reject_origin(origins.back(), "needs * or scheme://host[:port], in lower case and with nothing after it");
    }
    if (origins.size() == before && !value.text.empty()) reject(value, "names no origin");
    if (origins.size() > 1 && std::find(origins.begin(), origins.end(), "*") != origins.end())
        reject_origin("*", "stands for every origin; leave the others out");
}

LogLevel log_level_from(const Value& value) {
    const auto level = log_level_named(value.text);
    if (!level) reject(value, "needs error, warning, notice, info or debug");
    return *level;
}

/// Checks and stores the value of an option; it is empty if none was given and there is no default.
struct Setter {
    std::string_view name;
    void (*set)(Settings&, const Value&);
};

/// Setters, in the order in which defaults depend on each other.
constexpr std::array setters{
    Setter{"data", [](Settings& s, const Value& v) { s.data = v.text; }},
    Setter{"database", [](Settings& s, const Value& v) {
               s.handler.places.database = path_or(v, s.data / "catalog.db");
           }},
    Setter{"videos", [](Settings& s, const Value& v) { s.handler.places.videos = path_or(v, s.data / "videos"); }},
    Setter{"query", [](Settings& s, const Value& v) { s.handler.places.query = v.text; }},
    Setter{"ready", [](Settings& s, const Value& v) { s.handler.places.ready = v.text; }},
    Setter{"prefix", [](Settings& s, const Value& v) { s.handler.places.prefix = prefix_from(v); }},
    Setter{"listen", [](Settings& s, const Value& v) { s.listen = v.text; }},
    Setter{"socket-mode", [](Settings& s, const Value& v) { s.socket_mode = number_from(v, 0, 0777, 8); }},
    Setter{"threads", [](Settings& s, const Value& v) {
               s.engine.threads = v.text.empty() ? engine::default_threads() : number_from(v, 1, 1024);
           }},
    Setter{"max-viewers", [](Settings& s, const Value& v) { s.engine.max_viewers = number_from(v, 0, 1'000'000'000); }},
    Setter{"stall-timeout", [](Settings& s, const Value& v) { s.engine.stall_timeout = seconds_from(v); }},
    Setter{"storage-timeout", [](Settings& s, const Value& v) {
               s.engine.storage_timeout = std::chrono::seconds{number_from(v, 1, 3600)};
           }},
    Setter{"grace", [](Settings& s, const Value& v) { s.engine.grace = seconds_from(v); }},
    Setter{"max-ranges", [](Settings& s, const Value& v) { s.handler.policy.max_ranges = number_from(v, 1, 10'000); }},
    Setter{"offload", [](Settings& s, const Value& v) { s.handler.delivery.offload = offload_from(v); }},
    Setter{"offload-prefix", [](Settings& s, const Value& v) { s.handler.delivery.offload_prefix = prefix_from(v); }},
    Setter{"cache-control", [](Settings& s, const Value& v) { s.handler.policy.cache_control = field_value_from(v); }},
    Setter{"cors-origin", [](Settings& s, const Value& v) { add_origins(s.handler.policy.cors_origins, v); }},
    Setter{"status-path", [](Settings& s, const Value& v) { s.engine.status_path = path_from(v); }},
    Setter{"ping-path", [](Settings& s, const Value& v) {
               s.engine.ping_path = ping_path_from(v, s.engine.status_path);
           }},
    Setter{"log-level", [](Settings& s, const Value& v) { s.log_level = log_level_from(v); }},
};

/// Returns all values of an option, or its default.
std::vector<Value> values_of(const Arguments& arguments, std::string_view name) {
    const auto found = arguments.values.find(name);
    if (found == arguments.values.end()) return {{name, std::string{find_option(name)->default_value}, default_place}};
    const auto places = arguments.places.find(name);
    std::vector<Value> values;
    for (std::size_t i = 0; i < found->second.size(); ++i)
        values.push_back({name, found->second[i], places->second[i]});
    return values;
}

/// Reads all sources. The reading is partial if one of them cannot be read.
Reading read_sources(std::span<const char* const> words, const char* const* environment, Scope scope) {
    Reading reading;
    read_command_line(reading.arguments, reading.problems, words, scope);
    reading.is_partial = !reading.problems.empty();
    read_environment(reading.arguments, reading.problems, environment);
    const Value path = values_of(reading.arguments, "config").front();
    if (path.text.empty()) return reading;
    std::string content;
    const std::size_t before = reading.problems.size();
    attempt(reading.problems, [&] { content = content_of(path); });
    if (reading.problems.size() > before) reading.is_partial = true;
    Arguments given = read_lines(reading.problems, content, path.text);
    take(reading.arguments, given);
    return reading;
}

Settings settings_from(Problems& problems, const Arguments& arguments) {
    Settings settings;
    for (const Setter& setter : setters) {
        for (const Value& value : values_of(arguments, setter.name)) {
            const bool was_refused = value.text.empty() && value.place != default_place;
            if (!was_refused) attempt(problems, [&] { setter.set(settings, value); });
        }
    }
    return settings;
}

void throw_first(const Problems& problems) {
    if (!problems.empty()) throw UsageError{problems.front()};
}

/// Formats a value as one or more lines of a file; as a comment if no line can express it.
std::string line_of(const Value& value) {
    std::string line{value.name};
    line.append(" = ");
    for (const char c : value.text) line.append(c == '\n' ? "\\\n" : std::string(1, c));
    Problems problems;
    const Arguments read = read_lines(problems, line + "\n#\n", "");
    if (problems.empty() && read.value(value.name) == value.text) return line;
    std::replace_if(line.begin(), line.end(), is_control, '?');
    return "# cannot be written in a file: " + line;
}

/// Returns a default that the table cannot have.
std::string computed_default(std::string_view name, const Settings& settings) {
    if (name == "database") return settings.handler.places.database;
    if (name == "videos") return settings.handler.places.videos;
    if (name == "threads") return std::to_string(settings.engine.threads);
    return {};
}

}  // namespace

std::span<const Option> option_table() { return table; }

std::string_view default_of(std::string_view name) { return find_option(name)->default_value; }

std::optional<std::string> Arguments::value(std::string_view name) const {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second.front();
}

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

std::string describe_settings(const Arguments& arguments, const Settings& settings) {
    std::string text;
    for (const Option& option : table) {
        if (option.scope != Scope::settings) continue;
        for (Value& value : values_of(arguments, option.name)) {
            if (value.text.empty()) value.text = computed_default(option.name, settings);
            text.append("# ").append(value.place).append("\n");
            if (value.text.empty() || option.name == "config")
                text.append("# ").append(option.name).append(" = ").append(value.text).append("\n");
            else
                text.append(line_of(value)).append("\n");
        }
    }
    return text;
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
