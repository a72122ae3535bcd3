// Owns the parameters of a link.
// SPDX-License-Identifier: MIT
#include "link/parameters.h"

#include <algorithm>
#include <utility>

#include "http/ascii.h"
#include "http/target.h"

namespace reelgate::link {

namespace {

/// In the order of Parameter.
constexpr std::array<std::string_view, 6> names{"token", "expires", "download", "limit", "token_ignore_params",
                                                "token_path"};

/// Takes one parameter, with its value, off the front of `text`.
std::string_view take_parameter(std::string_view& text) {
    const std::string_view taken = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(taken.size() + 1, text.size()));
    return taken;
}

std::string_view name_of(std::string_view parameter) { return parameter.substr(0, parameter.find('=')); }

/// Names are never decoded: no signer encodes them.
std::size_t index_of(std::string_view name, Parameters::Place place) {
    if (place == Parameters::Place::front) {
        if (name == token_in_front) name = names.front();
        else if (name == names.front()) return names.size();
    }
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

bool can_be_signed(std::string_view value) {
    return std::none_of(value.begin(), value.end(), [](char c) { return c == '&' || http::is_control(c); });
}

}  // namespace

std::string_view name_of(Parameter parameter) { return names[static_cast<std::size_t>(parameter)]; }

bool Parameters::add(std::string_view text, Place place) {
    if (text.ends_with('&')) return false;  // an empty name
    while (!text.empty()) {
        const std::string_view parameter = take_parameter(text);
        const std::string_view name = name_of(parameter);
        const std::size_t index = index_of(name, place);
        if (index == names.size() || values_[index] || name.size() == parameter.size()) return false;
        auto value = http::percent_decode(parameter.substr(name.size() + 1));
        if (!value || !can_be_signed(*value)) return false;
        values_[index] = std::move(value);
    }
    return true;
}

void Parameters::set(Parameter parameter, std::string value) {
    values_[static_cast<std::size_t>(parameter)] = std::move(value);
}

const std::optional<std::string>& Parameters::operator[](Parameter parameter) const {
    return values_[static_cast<std::size_t>(parameter)];
}

std::string Parameters::signed_text() const {
    std::string text;
    for (const Parameter parameter : signed_parameters) {
        const auto& value = (*this)[parameter];
        if (!value) continue;
        if (!text.empty()) text += '&';
        text.append(name_of(parameter)).append("=").append(*value);
    }
    return text;
}

bool has_token(std::string_view query) {
    while (!query.empty())
        if (name_of(take_parameter(query)) == names.front()) return true;
    return false;
}

}  // namespace reelgate::link
