// Owns the names that parameters of a query may have.
// SPDX-License-Identifier: MIT
#include "catalog/known_names.h"

#include <algorithm>
#include <array>

#include "http/ascii.h"
#include "messages/nearest.h"

namespace reelgate::catalog {

namespace {

/// Names that are not those of variables.
constexpr auto plain_names = std::to_array<std::string_view>({"id", "_now_epoch", "_link"});

constexpr auto variables = std::to_array<std::string_view>({
    // RFC 3875 §4.1
    "AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "GATEWAY_INTERFACE", "PATH_INFO", "PATH_TRANSLATED", "QUERY_STRING",
    "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_IDENT", "REMOTE_USER", "REQUEST_METHOD", "SCRIPT_NAME", "SERVER_NAME",
    "SERVER_PORT", "SERVER_PROTOCOL", "SERVER_SOFTWARE",
    // What web servers add
    "CONTEXT_DOCUMENT_ROOT", "CONTEXT_PREFIX", "DOCUMENT_ROOT", "DOCUMENT_URI", "FCGI_ROLE", "HTTPS", "PATH",
    "REDIRECT_QUERY_STRING", "REDIRECT_REMOTE_USER", "REDIRECT_STATUS", "REDIRECT_URI", "REDIRECT_URL", "REMOTE_PORT",
    "REQUEST_SCHEME", "REQUEST_URI", "SCRIPT_FILENAME", "SCRIPT_URI", "SCRIPT_URL", "SERVER_ADDR", "SERVER_ADMIN",
    "SERVER_SIGNATURE", "UNIQUE_ID",
});

/// How the rest of a name is written.
enum class Letters {
    capitals,  ///< another one would never be there
    any,       ///< modules take names of claims and attributes as these are
};

struct Family {
    std::string_view beginning;
    Letters letters;
};

constexpr std::array families{
    Family{"HTTP_", Letters::capitals},       // fields of the request
    Family{"SSL_", Letters::any},             // certificates, of nginx's and Apache's TLS
    Family{"AUTHENTICATE_", Letters::any},    // mod_authn_dbd, mod_authnz_ldap
    Family{"AUTHORIZE_", Letters::any},       // mod_authnz_ldap
    Family{"OIDC_", Letters::any},            // mod_auth_openidc
    Family{"MELLON_", Letters::any},          // mod_auth_mellon
    Family{"GEOIP_", Letters::capitals},      // mod_geoip, and the lines that nginx users write
    Family{"X_", Letters::capitals},          // a site's own
    Family{cookie_beginning, Letters::any},
    Family{argument_beginning, Letters::any},
};

constexpr bool begins_with_capital(std::string_view name) { return name.front() >= 'A' && name.front() <= 'Z'; }

// names_variables() relies on this first letter.
static_assert(std::all_of(variables.begin(), variables.end(), begins_with_capital));
static_assert(std::all_of(families.begin(), families.end(), [](const Family& family) {
    return begins_with_capital(family.beginning) || family.beginning == cookie_beginning ||
           family.beginning == argument_beginning;
}));

bool is_capital(char c) { return (c >= 'A' && c <= 'Z') || http::is_digit(c) || c == '_'; }

bool is_of(const Family& family, std::string_view name) {
    if (!name.starts_with(family.beginning) || name.size() == family.beginning.size()) return false;
    return family.letters == Letters::any || std::all_of(name.begin(), name.end(), is_capital);
}

std::string lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), http::to_lower);
    return out;
}

char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// Returns what a name was meant to be if it was meant to be of a family.
std::string as_of(const Family& family, std::string_view rest) {
    std::string out{family.beginning};
    if (rest.empty()) return out + "NAME";
    std::transform(rest.begin(), rest.end(), std::back_inserter(out),
                   [&](char c) { return family.letters == Letters::capitals ? to_upper(c) : c; });
    return out;
}

/// Returns the length of the beginning of `name` that has as many "_" as the beginning of a family.
std::size_t beginning_of(std::string_view name, const Family& family) {
    auto count = std::count(family.beginning.begin(), family.beginning.end(), '_');
    std::size_t length = 0;
    for (; count > 0 && length < name.size(); ++length)
        if (name[length] == '_') --count;
    return length;
}

/// Returns how far a name, in small letters, is from a known one. A part of it is an abbreviation.
std::size_t changes_between(std::string_view typed, std::string_view known) {
    const std::string plain = lower(known);
    const bool is_part = typed.size() > 2 && (plain.starts_with(typed) || plain.ends_with("_" + std::string{typed}));
    return is_part ? 1 : messages::distance(typed, plain);
}

}  // namespace

bool names_variables(std::string_view query) {
    for (auto colon = query.find(':'); colon != std::string_view::npos; colon = query.find(':', colon + 1)) {
        const std::string_view name = query.substr(colon + 1);
        if (name.starts_with(cookie_beginning) || (!name.empty() && begins_with_capital(name))) return true;
    }
    return false;
}

bool is_variable(std::string_view name) {
    return std::find(variables.begin(), variables.end(), name) != variables.end() ||
           std::any_of(families.begin(), families.end(), [&](const Family& family) {
               return !family.beginning.starts_with('_') && is_of(family, name);
           });
}

std::string nearest_parameter(std::string_view name) {
    if (name.starts_with('?')) return ":id";
    name.remove_prefix(std::min<std::size_t>(name.size(), 1));
    const std::string plain = lower(name);
    std::size_t least = messages::another_word(plain);
    std::string nearest;
    const auto consider = [&](std::size_t changes, const std::string& meant) {
        if (changes >= least) return;
        least = changes;
        nearest = ":" + meant;
    };
    for (const std::string_view known : plain_names) consider(changes_between(plain, known), std::string{known});
    for (const std::string_view known : variables) consider(changes_between(plain, known), std::string{known});
    for (const Family& family : families) {
        // The first "_" is easily forgotten.
        const std::string whole = (family.beginning.starts_with('_') && !name.starts_with('_') ? "_" : "") +
                                  std::string{name};
        const std::size_t length = beginning_of(whole, family);
        const std::size_t changes = messages::distance(lower(whole.substr(0, length)), lower(family.beginning));
        // Beginnings are short: more changes make another one.
        if (changes <= family.beginning.size() / 4) consider(changes, as_of(family, whole.substr(length)));
    }
    return nearest;
}

std::string field_of(std::string_view variable) {
    constexpr std::string_view beginning = "HTTP_";
    if (!variable.starts_with(beginning)) return {};
    std::string field;
    bool begins_word = true;
    for (const char c : variable.substr(beginning.size())) {
        field.push_back(c == '_' ? '-' : begins_word ? c : http::to_lower(c));
        begins_word = c == '_';
    }
    return field;
}

}  // namespace reelgate::catalog
