// Owns the likeness of names.
// SPDX-License-Identifier: MIT
#include "http/parameter_name.h"

#include <algorithm>

#include "http/ascii.h"

namespace reelgate::http {

namespace {

char as_parameter_character(char c) {
    const char lower = to_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') ? c : '_';
}

}  // namespace

bool is_same_parameter(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
        return as_parameter_character(x) == as_parameter_character(y);
    });
}

}  // namespace reelgate::http
