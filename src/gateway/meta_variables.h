// Owns what the environment means: meta-variables to Request (RFC 3875 §4.1), the same for every way in.
// Does not know whether they came from a process environment, FastCGI params or a command line.
// SPDX-License-Identifier: MIT
#pragma once

#include "http/request.h"

namespace reelgate::gateway {

/// Reads a request out of meta-variables: a null-terminated array of "NAME=value", as environ(7) and FastCGI params
/// are. A variable that stands there twice is a field of two lines, joined (RFC 9110 §5.3); some servers hand
/// repeated fields on like that. REQUEST_URI gives the target; where a server sets none, SCRIPT_NAME and PATH_INFO
/// do (RFC 3875 §4.1.5, §4.1.13). Without REQUEST_METHOD the method is empty, which no resource allows.
http::Request request_from(const char* const* meta_variables);

}  // namespace reelgate::gateway
