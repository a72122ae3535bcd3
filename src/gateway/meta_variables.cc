// Owns what the environment means: meta-variables become a Request (RFC 3875 §4.1), the same for every gateway.
// SPDX-License-Identifier: MIT
#include "gateway/meta_variables.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "http/ascii.h"
#include "http/link_front.h"
#include "http/target.h"

namespace reelgate::gateway {

namespace {

void join(std::optional<std::string>& field, std::string_view value) {
    if (field)
        field->append(", ").append(value);
    else
        field.emplace(value);
}

/// Returns the field of `request` that a protocol-specific meta-variable stands for (RFC 3875 §4.1.18); nullptr for one
/// that does not change answers.
std::optional<std::string>* field_named(http::Request& request, std::string_view name) {
    constexpr std::string_view prefix = "HTTP_";
    if (!name.starts_with(prefix)) return nullptr;
    name.remove_prefix(prefix.size());
    if (name == "RANGE") return &request.range;
    if (name == "IF_RANGE") return &request.if_range;
    if (name == "IF_MATCH") return &request.if_match;
    if (name == "IF_NONE_MATCH") return &request.if_none_match;
    if (name == "IF_MODIFIED_SINCE") return &request.if_modified_since;
    if (name == "IF_UNMODIFIED_SINCE") return &request.if_unmodified_since;
    if (name == "ORIGIN") return &request.origin;
    return nullptr;
}

/// Takes the address of the client; none if there are two, as Variables has it.
void take_address(http::Request& request, std::string_view value) {
    request.remote_addr = request.remote_addr.empty() ? value : std::string_view{"-"};
}

/// The meta-variables that tell a path, besides REQUEST_URI.
struct Paths {
    std::string_view script_name, path_info, script_filename, query_string;
};

/// The user whom the web server has logged in. nginx takes REMOTE_USER from the field Authorization, even if it has
/// not checked the password there: such a name counts only with AUTH_TYPE, as RFC 3875 §4.1.11 has it. An empty
/// Authorization is one that the web server's configuration hides, and nginx has read all the same.
struct User {
    std::vector<std::string_view> names;
    bool is_verified = false;   ///< the web server says how
    bool is_claimed = false;    ///< the client may have sent it, with a password or without
};

/// Returns whether the value of Authorization is of the scheme that has a name and a password (RFC 7617).
bool is_basic(std::string_view value) {
    constexpr std::string_view scheme = "basic ";
    value = http::trim_ows(value);
    return value.size() >= scheme.size() && std::equal(scheme.begin(), scheme.end(), value.begin(),
                                                       [](char a, char b) { return a == http::to_lower(b); });
}

/// Returns whether SCRIPT_NAME followed by PATH_INFO is `path`.
bool is_joined_to(std::string_view path, const Paths& paths) {
    return path.size() == paths.script_name.size() + paths.path_info.size() && path.starts_with(paths.script_name) &&
           path.ends_with(paths.path_info);
}

/// Adds what the web server has made of the target, unless it has the same path. Its query is QUERY_STRING, which a
/// rewrite may have changed; where that is empty, REQUEST_URI's, which an internal redirect leaves behind.
void add_rewritten(http::Request& request, const Paths& paths) {
    const std::string_view path = http::raw_path(request.target);
    const std::string_view query =
        paths.query_string.empty() ? http::raw_query(request.target) : paths.query_string;
    const auto add = [&](std::string target) {
        if (target.empty() || target == path) return;
        if (!query.empty()) target.append("?").append(query);
        request.rewritten.push_back(std::move(target));
    };
    // Unlike REQUEST_URI, these two are decoded already.
    if (!is_joined_to(path, paths)) add(http::encode_path(std::string{paths.script_name}.append(paths.path_info)));
    // mod_proxy_fcgi says only here where its own rewrite leads to, and has encoded that. Elsewhere it is a file.
    if (paths.script_filename.starts_with("proxy:fcgi://")) add(std::string{http::raw_path(paths.script_filename)});
}

/// Takes a link off the front of each target, so that no path and no log has it. The variable REQUEST_URI keeps it.
void take_link_front(http::Request& request) {
    const auto take_from = [&](std::string& target) {
        const http::Fronted fronted = http::take_front(target);
        if (fronted.front.empty()) return;
        if (request.link_front.empty()) request.link_front = fronted.front;
        target = std::string{fronted.rest};
    };
    take_from(request.target);
    for (std::string& target : request.rewritten) take_from(target);
}

}  // namespace

http::Request request_from(const char* const* meta_variables, Keep keep) {
    http::Request request;
    if (keep == Keep::all) request.variables.emplace();
    Paths paths;
    User user;
    for (; *meta_variables; ++meta_variables) {
        const std::string_view variable{*meta_variables};
        const auto equals = variable.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view name = variable.substr(0, equals), value = variable.substr(equals + 1);
        if (request.variables) {
            if (name == "REMOTE_USER")
                user.names.push_back(value);
            else
                request.variables->add(name, value);
            if (name == "AUTH_TYPE") user.is_verified |= !value.empty();
            if (name == "HTTP_AUTHORIZATION") user.is_claimed |= value.empty() || is_basic(value);
        }
        if (name == "REQUEST_METHOD") request.method = value;
        else if (name == "REQUEST_URI") request.target = value;
        else if (name == "SCRIPT_NAME") paths.script_name = value;
        else if (name == "PATH_INFO") paths.path_info = value;
        else if (name == "SCRIPT_FILENAME") paths.script_filename = value;
        else if (name == "QUERY_STRING") paths.query_string = value;
        else if (name == "REMOTE_ADDR") take_address(request, value);
        else if (auto* field = field_named(request, name)) join(*field, http::trim_ows(value));
    }
    if (user.is_verified || !user.is_claimed)
        for (const std::string_view name : user.names) request.variables->add("REMOTE_USER", name);
    add_rewritten(request, paths);
    if (request.target.empty() && !request.rewritten.empty()) {
        request.target = std::move(request.rewritten.front());
        request.rewritten.erase(request.rewritten.begin());
    }
    take_link_front(request);
    return request;
}

}  // namespace reelgate::gateway
