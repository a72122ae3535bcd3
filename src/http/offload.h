// Owns offloading: how the web server in front is asked to send a video itself, and which requests it may be left.
// Does not know where videos are, nor which web server that is.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/request.h"

namespace reelgate::http {

/// A field that makes a web server send a file, in place of the content that comes with the field.
struct OffloadField {
    std::string_view name;
    std::string value;
    /// The web server describes the file that it has opened: Accept-Ranges, ETag and Last-Modified are its own, and it
    /// compares If-Range with these. Otherwise ours go out with the content.
    bool describes_itself = false;

    bool operator==(const OffloadField&) const = default;
};

/// Makes X-Sendfile (lighttpd, Apache's mod_xsendfile), which names a file by its absolute path. Nothing for a path
/// that not both of them take as it is meant: one with control characters, empty, "." or ".." segments, with "%"
/// (lighttpd decodes percent-encoding, mod_xsendfile does not), with a blank at its end, or not in UTF-8.
std::optional<OffloadField> x_sendfile(std::string_view path);

/// Makes X-Accel-Redirect (nginx), which names a file by a URI: `prefix`, which stands in it as it is, and behind that
/// `name`, percent-encoded, a path below the folder that nginx has there. Nothing for a name with control characters,
/// or with empty, "." or ".." segments.
std::optional<OffloadField> x_accel_redirect(std::string_view prefix, std::string_view name);

/// Tells whether a web server that sends the file itself gives the answer to `request` that we would: those differ in
/// what they make of preconditions, of several ranges and of invalid ones, and evaluate all that anew. The rest is GET
/// with no Range or a single plain one, which is what players ask. `request` has to get a 200 or a 206.
bool may_be_offloaded(const Request& request, const OffloadField& field);

/// Tells whether a web server may answer 416 to an invalid Range although we send it the whole. lighttpd does so when
/// it has all of a short film at once, since it cannot be told which of our 200s it must not cut a range out of.
bool may_be_rejected(std::string_view invalid_range, const OffloadField& field);

}  // namespace reelgate::http
