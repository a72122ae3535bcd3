// Owns the request target: from what stood in the request line to the id of a video (RFC 9110 §7.1, RFC 3986 §2.1).
// SPDX-License-Identifier: MIT
#include "http/target.h"

#include <algorithm>

#include "http/ascii.h"

namespace reelgate::http {

namespace {

/// unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~" (RFC 3986 §2.3).
bool is_unreserved(char c) {
    const char lower = to_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_segment(std::string_view text) {
    if (text == "." || text == "..") return false;
    return !text.empty() && text.size() <= max_id_length && std::all_of(text.begin(), text.end(), is_unreserved);
}

/// Returns the value of a HEXDIG; nothing for any other character.
std::optional<unsigned> hex_value(char c) {
    if (is_digit(c)) return static_cast<unsigned>(c - '0');
    const char lower = to_lower(c);
    if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
    return std::nullopt;
}

/// Takes one character off the front of `text`, which is not empty, and decodes it. Returns nothing if it is a "%"
/// without its two digits.
std::optional<char> take_decoded(std::string_view& text) {
    const bool is_encoded = text.front() == '%';
    if (is_encoded && text.size() < 3) return std::nullopt;
    const std::string_view taken = text.substr(0, is_encoded ? 3 : 1);
    text.remove_prefix(taken.size());
    if (!is_encoded) return taken.front();
    const auto high = hex_value(taken[1]), low = hex_value(taken[2]);
    if (!high || !low) return std::nullopt;
    return static_cast<char>(*high << 4 | *low);
}

/// Returns whether `is_meant` accepts any parameter of the query: name=value, or a name alone.
template <typename Predicate>
bool any_parameter(std::string_view target, Predicate&& is_meant) {
    std::string_view query = raw_query(target);
    while (true) {
        const auto end = query.find('&');
        if (is_meant(query.substr(0, end))) return true;
        if (end == std::string_view::npos) return false;
        query.remove_prefix(end + 1);
    }
}

}  // namespace

/// Takes the absolute-form, "http://host/path", too: every server must accept it (RFC 9112 §3.2.2), and some web
/// servers pass it on.
std::string_view raw_path(std::string_view target) {
    target = target.substr(0, target.find('?'));
    if (target.starts_with('/')) return target;
    const auto authority = target.find("://");
    if (authority == std::string_view::npos) return {};
    const auto path = target.find('/', authority + 3);
    return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
}

std::string_view path_for_log(std::string_view target) {
    // An encoded "%" may encode any of the others.
    constexpr std::string_view of_parameters = "?=&;%";
    const std::string_view path = raw_path(target);
    for (std::size_t i = 0; i < path.size(); ++i) {
        std::string_view rest = path.substr(i);
        const auto c = take_decoded(rest);
        if (c && of_parameters.find(*c) != std::string_view::npos) return path.substr(0, i);
    }
    return path;
}

std::string_view raw_query(std::string_view target) {
    const auto question = target.find('?');
    return question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
}

std::optional<std::string> percent_decode(std::string_view text) {
    if (text.find('%') == std::string_view::npos) return std::string{text};
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto c = take_decoded(text);
        if (!c) return std::nullopt;
        out.push_back(*c);
    }
    return out;
}

std::optional<std::string> decoded_path(std::string_view target) { return percent_decode(raw_path(target)); }

bool is_below(std::string_view target, std::string_view prefix) {
    std::string_view path = raw_path(target);
    return std::all_of(prefix.begin(), prefix.end(),
                       [&path](char c) { return !path.empty() && take_decoded(path) == c; });
}

bool is_video_id(std::string_view id, unsigned max_segments) {
    for (unsigned count = 1; count <= max_segments; ++count) {
        const auto slash = id.find('/');
        if (!is_segment(id.substr(0, slash))) return false;
        // Below a gate for a whole folder, hidden names are those of files on their way, and of secrets.
        const bool is_one_of_several = count > 1 || slash != std::string_view::npos;
        if (is_one_of_several && id.starts_with('.')) return false;
        if (slash == std::string_view::npos) return true;
        id.remove_prefix(slash + 1);
    }
    return false;
}

std::optional<std::string> video_id(std::string_view target, std::string_view prefix, unsigned max_segments) {
    auto path = decoded_path(target);
    if (!path || !path->starts_with(prefix)) return std::nullopt;
    path->erase(0, prefix.size());
    if (!is_video_id(*path, max_segments)) return std::nullopt;
    return path;
}

std::string_view last_segment(std::string_view id) {
    return id.substr(id.rfind('/') + 1);  // npos + 1 is 0: all of it
}

std::string_view extension_of(std::string_view id) {
    const std::string_view last = last_segment(id);
    const auto dot = last.rfind('.');
    return dot == std::string_view::npos || dot == 0 ? std::string_view{} : last.substr(dot);
}

bool query_has(std::string_view target, std::string_view name) {
    return any_parameter(target, [name](std::string_view parameter) {
        return parameter.substr(0, parameter.find('=')) == name;
    });
}

bool query_has(std::string_view target, std::string_view name, std::string_view value) {
    return any_parameter(target, [name, value](std::string_view parameter) {
        const auto equals = parameter.find('=');
        return equals != std::string_view::npos && parameter.substr(0, equals) == name &&
               parameter.substr(equals + 1) == value;
    });
}

std::string encode_path(std::string_view path) {
    std::string out;
    for (const char c : path) {
        const auto [high, low] = upper_hex(c);
        if (is_unreserved(c) || c == '/')
            out.push_back(c);
        else
            out.append({'%', high, low});
    }
    return out;
}

}  // namespace reelgate::http
