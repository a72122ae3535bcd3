// Owns the arguments: what was given, and where.
// SPDX-License-Identifier: MIT
#include "options/arguments.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "http/ascii.h"
#include "messages/nearest.h"
#include "options/table.h"

namespace reelgate::options {

namespace {

/// Returns the option that a user may have meant; empty if none is like it.
std::string_view nearest_option(std::string_view name, Scope scope) {
    name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
    const std::string plain = plain_name(std::string{name});
    std::size_t least = messages::another_word(plain);
    std::string_view nearest;
    for (const Option& option : option_table()) {
        if (option.scope != Scope::settings && option.scope != scope) continue;
        const bool is_abbreviated = plain.size() > 2 && option.name.starts_with(plain);
        const std::size_t changes = is_abbreviated ? 1 : messages::distance(plain, option.name);
        if (changes >= least) continue;
        least = changes;
        nearest = option.name;
    }
    return nearest;
}

}  // namespace

std::optional<std::string> Arguments::value(std::string_view name) const {
    if (const auto found = options.find(name); found != options.end()) return found->second.front().text;
    for (const Option& option : option_table())
        if (option.name == name && !option.default_value.empty()) return std::string{option.default_value};
    return std::nullopt;
}

std::vector<std::string> Arguments::values(std::string_view name) const {
    std::vector<std::string> texts;
    if (const auto found = options.find(name); found != options.end())
        std::transform(found->second.begin(), found->second.end(), std::back_inserter(texts),
                       [](const Value& value) { return value.text; });
    return texts;
}

void Arguments::add(Problems& problems, const Option& option, Value value) {
    std::vector<Value>& values = options[std::string{option.name}];
    if (!values.empty() && !option.is_repeatable) {
        const std::string& first = values.front().place;
        problems.push_back(mistake_about(value, "given twice" + (first == value.place ? "" : ", first in " + first),
                                         "which one is meant?"));
        return;
    }
    if (value.text.empty())
        problems.push_back(mistake_about(value, "the value is empty", "leave the option out for its default"));
    values.push_back(std::move(value));
}

void Arguments::take(Arguments later) {
    options.merge(std::move(later.options));
    operands.insert(operands.end(), later.operands.begin(), later.operands.end());
}

posix::Failure unknown_option(std::string_view place, std::string_view word, std::string_view name, Scope scope) {
    const std::string_view nearest = nearest_option(name, scope);
    return posix::failure_of("option-unknown", place, word,
                             nearest.empty() ? "`reelgate --help` lists them"
                                             : "did you mean " + std::string{nearest} + "?");
}

std::string plain_name(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c == '_' ? '-' : http::to_lower(c); });
    return name;
}

}  // namespace reelgate::options
