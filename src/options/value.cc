// Owns the checks of values: from the text of an option to what it means.
// SPDX-License-Identifier: MIT
#include "options/value.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/ascii.h"
#include "http/cors.h"

namespace reelgate::options {

namespace {

/// Returns whether an option is given as a word of the command line, and not as a setting with a place.
bool is_word(const Value& value) { return value.place == command_line_place; }

/// Returns the number that is the whole of a text; nothing if none is.
std::optional<unsigned> whole_number(const std::string& text, int base) {
    unsigned number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// Rejects a setting for links that has no effect: its author believes that films are protected.
void require_keys(const Value& value, const std::filesystem::path& key_file) {
    if (key_file.empty() && value.place != default_place)
        reject(value, "does nothing without link-key", "name the file of keys there, or leave this out");
}

[[noreturn]] void reject_number(const Value& value, std::string_view cause) {
    const bool has_comment = value.text.find('#') != std::string::npos;
    reject(value, cause, has_comment ? "a comment needs a line of its own" : "");
}

}  // namespace

posix::Failure mistake_about(const Value& value, std::string_view cause, std::string_view remedy) {
    return is_word(value) ? posix::failure_of("option-itself", value.name, cause, remedy)
                          : posix::failure_of("setting-itself", value.place, value.name, cause, remedy);
}

void reject(const Value& value, std::string_view cause, std::string_view remedy) {
    if (value.text.empty()) throw posix::FailureError{mistake_about(value, cause, remedy)};
    if (is_word(value)) posix::fail("option", value.name, value.text, cause, remedy);
    posix::fail("setting", value.place, value.name, value.text, cause, remedy);
}

unsigned number_from(const Value& value, unsigned least, unsigned greatest) {
    const auto number = whole_number(value.text, 10);
    if (!number || *number < least || *number > greatest)
        reject_number(value, "needs a number from " + std::to_string(least) + " to " + std::to_string(greatest));
    return *number;
}

mode_t mode_from(const Value& value) {
    const auto mode = whole_number(value.text, 8);
    if (!mode || *mode > 0777) reject_number(value, "needs an octal mode such as 0660");
    return *mode;
}

std::chrono::seconds seconds_from(const Value& value, unsigned least, unsigned greatest) {
    return std::chrono::seconds{number_from(value, least, greatest)};
}

Offload offload_from(const Value& value) {
    if (value.text == "none") return Offload::none;
    if (value.text == "x-sendfile") return Offload::x_sendfile;
    if (value.text == "x-accel-redirect") return Offload::x_accel_redirect;
    reject(value, "needs none, x-sendfile or x-accel-redirect");
}

LinkUse link_use_from(const Value& value, const std::filesystem::path& key_file) {
    require_keys(value, key_file);
    if (value.text == "required") return LinkUse::required;
    if (value.text == "accepted") return LinkUse::accepted;
    reject(value, "needs required or accepted");
}

LogLevel log_level_from(const Value& value) {
    const auto level = log_level_named(value.text);
    if (!level) reject(value, "needs error, warning, notice, info or debug");
    return *level;
}

bool switch_from(const Value& value) {
    if (value.text != "on" && value.text != "off") reject(value, "needs on or off");
    return value.text == "on";
}

bool cors_credentials_from(const Value& value, const std::vector<std::string>& origins) {
    const bool is_on = switch_from(value);
    if (is_on && std::find(origins.begin(), origins.end(), "*") != origins.end())
        reject(value, "cors-origin is *, and browsers refuse that pair", "list the origins");
    return is_on;
}

std::string field_value_from(const Value& value) {
    if (std::any_of(value.text.begin(), value.text.end(), http::is_control))
        reject(value, "must not contain control characters");
    return value.text;
}

std::string link_cookie_from(const Value& value, const std::filesystem::path& key_file) {
    require_keys(value, key_file);
    static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    const auto is_token = [](char c) {
        const char lower = http::to_lower(c);
        return http::is_digit(c) || (lower >= 'a' && lower <= 'z') || others.find(c) != std::string_view::npos;
    };
    if (!std::all_of(value.text.begin(), value.text.end(), is_token))
        reject(value, "has characters that no name of a cookie has");
    return value.text;
}

std::string prefix_from(const Value& value) {
    if (!value.text.starts_with('/') || !value.text.ends_with('/')) reject(value, "has to begin and end with /");
    return field_value_from(value);
}

std::string path_from(const Value& value) {
    if (!value.text.starts_with('/')) reject(value, "has to begin with /");
    if (value.text.find_first_of("?#") != std::string::npos) reject(value, "has to end before ? and #");
    return value.text;
}

std::string own_path_from(const Value& value, std::initializer_list<TakenPath> taken) {
    std::string path = path_from(value);
    for (const TakenPath& other : taken)
        if (path == other.path)
            reject(value, "is " + std::string{other.option} + " as well", "which one is meant?");
    return path;
}

void add_origins(std::vector<std::string>& origins, const Value& value) {
    const auto reject_origin = [&](const std::string& origin, const char* cause, const char* remedy) {
        reject({value.name, origin, value.place}, cause, remedy);
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
            reject_origin(origins.back(), "needs * or scheme://host[:port], in lower case and with nothing after it",
                          "");
    }
    if (origins.size() == before) reject(value, "names no origin");
    if (origins.size() > 1 && std::find(origins.begin(), origins.end(), "*") != origins.end())
        reject_origin("*", "stands for every origin", "leave the others out");
}

}  // namespace reelgate::options
