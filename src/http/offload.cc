// Owns offloading: how to ask the web server to send a video itself, and for which requests.
// SPDX-License-Identifier: MIT
#include "http/offload.h"

#include <algorithm>
#include <utility>

#include "http/ascii.h"
#include "http/target.h"
#include "http/utf8.h"

namespace reelgate::http {

namespace {

/// Returns whether web servers read a path as it is meant: they resolve "." and ".." in the text, regardless of
/// symbolic links, and lighttpd replaces control characters by "_".
bool is_plain_path(std::string_view path) {
    if (std::any_of(path.begin(), path.end(), is_control)) return false;
    while (true) {
        const auto end = path.find('/');
        const std::string_view segment = path.substr(0, end);
        if (segment.empty() || segment == "." || segment == "..") return false;
        if (end == std::string_view::npos) return true;
        path.remove_prefix(end + 1);
    }
}

/// Limit on the digits of a position: every number of so many is below 2^63, and nginx refuses higher ones.
constexpr std::size_t max_digits = 18;

/// Returns whether `value` is "bytes=" and one range-spec, without white space, list or capitals. Keep
/// conf/lighttpd/offload.conf the same.
bool is_plain_range(std::string_view value) {
    constexpr std::string_view unit = "bytes=";
    if (!value.starts_with(unit)) return false;
    value.remove_prefix(unit.size());
    const auto hyphen = value.find('-');
    if (hyphen == std::string_view::npos || value.size() == 1) return false;
    const auto is_short_number = [](std::string_view text) {
        return text.size() <= max_digits && std::all_of(text.begin(), text.end(), is_digit);
    };
    return is_short_number(value.substr(0, hyphen)) && is_short_number(value.substr(hyphen + 1));
}

}  // namespace

std::optional<OffloadField> x_sendfile(std::string_view path) {
    if (!path.starts_with('/') || !is_plain_path(path.substr(1))) return std::nullopt;
    // lighttpd answers 502 to a path that is not UTF-8.
    if (!is_utf8(path)) return std::nullopt;
    if (path.find('%') != std::string_view::npos || path.ends_with(' ')) return std::nullopt;
    return OffloadField{.name = "X-Sendfile", .value = std::string{path}};
}

std::optional<OffloadField> x_accel_redirect(std::string_view prefix, std::string_view name) {
    if (!is_plain_path(name)) return std::nullopt;
    std::string uri = std::string{prefix} + encode_path(name);
    return OffloadField{.name = "X-Accel-Redirect", .value = std::move(uri), .describes_itself = true};
}

bool may_be_offloaded(const Request& request, const OffloadField& field) {
    // HEAD has no content to send.
    if (request.method != "GET") return false;
    if (request.if_match || request.if_none_match || request.if_modified_since || request.if_unmodified_since)
        return false;
    // The file may be replaced after we compare If-Range. Only a web server that compares it with the file that it
    // sends is sure not to continue an old file with bytes of a new one (RFC 9110 §13.1.5).
    if (request.if_range && !field.describes_itself) return false;
    return !request.range || is_plain_range(*request.range);
}

bool may_be_rejected(std::string_view invalid_range, const OffloadField& field) {
    return !field.describes_itself && is_plain_range(invalid_range);
}

}  // namespace reelgate::http
