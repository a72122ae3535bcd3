// Owns the way out for the tables of the program: prints them for scripts/generate. Not installed.
//
// Prints a block for each option, result column and kind of finding: a line "KEY VALUE" for each thing that the table
// says of it, and an empty line at the end.
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <iostream>

#include "audit/kinds.h"
#include "catalog/row.h"
#include "options/description.h"
#include "options/sources.h"
#include "options/table.h"

namespace {

using namespace reelgate::options;

const char* name_of(Scope scope) {
    switch (scope) {
        case Scope::settings: return "settings";
        case Scope::add: return "add";
        case Scope::remove: return "remove";
        case Scope::list: return "list";
        case Scope::init: return "init";
        case Scope::get: return "get";
        case Scope::status: return "status";
        case Scope::check: return "check";
        case Scope::sign: return "sign";
    }
    return "";
}

const char* name_of(reelgate::audit::Severity severity) {
    return severity == reelgate::audit::Severity::error ? "error" : "warning";
}

void print(std::string_view key, std::string_view value) {
    if (!value.empty()) std::cout << key << " " << value << "\n";
}

/// Returns what the shipped file shows as a value.
std::string shown_value(const Option& option, const Settings& defaults) {
    return option.example.empty() ? default_text(option, defaults) : std::string{option.example};
}

}  // namespace

int main() {
    const Settings defaults = settings_from({});
    for (const Option& option : option_table()) {
        print("option", option.name);
        print("scope", name_of(option.scope));
        print("argument", option.argument);
        print("switch", option.is_switch ? "yes" : "");
        print("default", option.default_value.empty() ? option.default_in_words : option.default_value);
        print("value", default_text(option, defaults).empty() ? "" : "yes");
        print("shown", shown_value(option, defaults));
        print("restart", option.agree ? "yes" : "");
        print("meaning", meaning_of(option));
        print("text", text_of(option));
        std::cout << "\n";
    }
    for (const reelgate::catalog::Column& column : reelgate::catalog::columns) {
        print("column", column.name);
        print("meaning", column.meaning);
        std::cout << "\n";
    }
    for (const reelgate::audit::KindRow& kind : reelgate::audit::kinds()) {
        print("finding", kind.name);
        print("severity", name_of(kind.severity));
        print("meaning", kind.meaning);
        print("remedy", kind.remedy);
        std::cout << "\n";
    }
    return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}
