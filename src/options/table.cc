// Owns the table of options. `make generate` writes what it says into conf/reelgate.conf and the manuals.
// SPDX-License-Identifier: MIT
#include "options/table.h"

#include <algorithm>
#include <array>

#include "options/command_rows.h"
#include "options/settings_rows.h"

namespace reelgate::options {

namespace {

constexpr auto table = [] {
    std::array<Option, settings_rows.size() + command_rows.size()> all;
    const auto rest = std::copy(settings_rows.begin(), settings_rows.end(), all.begin());
    std::copy(command_rows.begin(), command_rows.end(), rest);
    return all;
}();

}  // namespace

std::span<const Option> option_table() { return table; }

const Option* find_option(std::string_view name, Scope scope) {
    const auto is_it = [&](const Option& option) {
        return option.name == name && (option.scope == Scope::settings || option.scope == scope);
    };
    const auto* const found = std::find_if(table.begin(), table.end(), is_it);
    return found == table.end() ? nullptr : found;
}

}  // namespace reelgate::options
