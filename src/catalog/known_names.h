// Owns the names that parameters of a query may have.
// Does not know what they stand for: parameters.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace reelgate::catalog {

inline constexpr std::string_view cookie_beginning = "_cookie_";
inline constexpr std::string_view argument_beginning = "_query_";

/// Returns whether a name is that of a meta-variable that a query may ask for: one of RFC 3875, one that web servers
/// add, or one of a family, as HTTP_ is for the fields of the request.
bool is_variable(std::string_view name);

/// Returns whether a query may name a meta-variable, or a cookie. A false match only costs time.
bool names_variables(std::string_view query);

/// Returns the known name that is like an unknown one, with its ":"; empty if none is.
std::string nearest_parameter(std::string_view name);

/// Returns the name of the request field that a meta-variable has the value of: "Accept-Language" for
/// HTTP_ACCEPT_LANGUAGE (RFC 3875 §4.1.18); empty for any other variable.
std::string field_of(std::string_view variable);

}  // namespace reelgate::catalog
