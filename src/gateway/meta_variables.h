// Owns what the environment means: meta-variables become a Request (RFC 3875 §4.1), the same for every gateway.
// Does not know whether they come from a process environment, FastCGI params or a command line.
// SPDX-License-Identifier: MIT
#pragma once

#include "http/request.h"

namespace reelgate::gateway {

/// Which meta-variables a request keeps, besides those that it has members for.
enum class Keep { none, all };

/// Reads a request from meta-variables: a null-terminated array of "NAME=value", like environ(7) and FastCGI params. A
/// repeated variable is a field of several lines, which are joined (RFC 9110 §5.3): some servers pass on repeated
/// fields like that. The target is REQUEST_URI, which is the client's; or, if a server sets none, SCRIPT_NAME followed
/// by PATH_INFO (RFC 3875 §4.1.5, §4.1.13). If these name another path they are a rewritten target, and so is
/// SCRIPT_FILENAME in the form of mod_proxy_fcgi. Without REQUEST_METHOD the method is empty, which no resource allows.
http::Request request_from(const char* const* meta_variables, Keep keep = Keep::none);

}  // namespace reelgate::gateway
