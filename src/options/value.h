// Owns the checks of values: from the text of an option to what it means.
// Does not know which option is checked how: the table does.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <initializer_list>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "handler_settings.h"
#include "log.h"
#include "posix/failure.h"

namespace reelgate::options {

/// A value of an option, from one of the sources or by default.
struct Value {
    std::string_view name;  ///< of the option, in the table
    std::string text;
    std::string place;  ///< where to correct it: "environment REELGATE_NAME", "FILE:LINE", or one of those below
};

inline constexpr std::string_view command_line_place = "command line";
inline constexpr std::string_view default_place = "default";

/// Describes a mistake about an option, not about its value.
posix::Failure mistake_about(const Value& value, std::string_view cause, std::string_view remedy);

/// Throws a usage error about the value.
[[noreturn]] void reject(const Value& value, std::string_view cause, std::string_view remedy = {});

// Each of these throws a usage error unless the text has the form that it needs.

unsigned number_from(const Value& value, unsigned least, unsigned greatest);
mode_t mode_from(const Value& value);
std::chrono::seconds seconds_from(const Value& value, unsigned least = 0, unsigned greatest = 86'400);
Offload offload_from(const Value& value);

/// Returns what a link is for. There must be keys, unless it is the default.
LinkUse link_use_from(const Value& value, const std::filesystem::path& key_file);
LogLevel log_level_from(const Value& value);

/// Returns whether a switch is on.
bool switch_from(const Value& value);

/// Returns whether requests with cookies are admitted from `origins`, which must be a list then, and not "*".
bool cors_credentials_from(const Value& value, const std::vector<std::string>& origins);

/// Returns a text without control characters: a field value or a part of one.
std::string field_value_from(const Value& value);

/// Returns the name of a cookie that may hold a link, a token (RFC 9110 §5.6.2). There must be keys.
std::string link_cookie_from(const Value& value, const std::filesystem::path& key_file);

/// Returns a path that begins and ends with a slash.
std::string prefix_from(const Value& value);

/// Returns a path that begins with a slash, without a query.
std::string path_from(const Value& value);

/// A path that reelgate answers already, and the option that names it.
struct TakenPath {
    std::string_view option;
    const std::string& path;
};

/// Returns a path that begins with a slash, and is none of those that are taken: one would hide the other.
std::string own_path_from(const Value& value, std::initializer_list<TakenPath> taken);

/// Adds the origins of a value, which commas and white space separate: no origin contains them, and an environment
/// variable has only one value.
void add_origins(std::vector<std::string>& origins, const Value& value);

}  // namespace reelgate::options
