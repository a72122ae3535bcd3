// Owns the command `get`: one request from the command line, answered the same way as over CGI and FastCGI.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "commands/commands.h"
#include "commands/one_answer.h"
#include "gateway/cgi.h"
#include "gateway/meta_variables.h"
#include "http/target.h"

namespace reelgate::commands {

namespace {

/// Returns the target: "/..." and "http://..." are URIs, all else is an id.
std::string target_of(const std::string& operand, const std::string& prefix) {
    const bool is_uri = operand.starts_with('/') || operand.find("://") != std::string::npos;
    return is_uri ? operand : http::encode_path(prefix + operand);
}

/// Turns 'Name: value' into HTTP_NAME=value (RFC 3875 §4.1.18).
std::string meta_variable_of(const std::string& field) {
    const auto colon = field.find(':');
    if (colon == std::string::npos || colon == 0)
        posix::fail("header-form", field);
    std::string name = field.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return "HTTP_" + name + "=" + field.substr(colon + 1);
}

/// Checks 'NAME=value'.
std::string checked_meta_variable(const std::string& variable) {
    const auto equals = variable.find('=');
    if (equals == std::string::npos || equals == 0) posix::fail("meta-form", variable);
    return variable;
}

std::vector<std::string> meta_variables(const Invocation& invocation) {
    const Arguments& arguments = invocation.arguments;
    std::vector<std::string> variables{
        "REQUEST_METHOD=" + arguments.value("method").value(),
        "REQUEST_URI=" + target_of(arguments.operands.front(), invocation.settings.handler.places.prefix),
    };
    if (const auto range = arguments.value("range"))
        variables.push_back("HTTP_RANGE=" + (range->find('=') == std::string::npos ? "bytes=" + *range : *range));
    const std::vector<std::string> fields = arguments.values("header");
    std::transform(fields.begin(), fields.end(), std::back_inserter(variables), meta_variable_of);
    const std::vector<std::string> given = arguments.values("meta");
    std::transform(given.begin(), given.end(), std::back_inserter(variables), checked_meta_variable);
    return variables;
}

/// Throws an error response: with --body-only its content must not end up in a file for a film.
void check_is_video(const Outcome& outcome, const std::string& operand) {
    const http::Response& response = outcome.response;
    if (response.status < 400) return;
    const auto* detail = response.pieces.empty() ? nullptr : std::get_if<std::string>(&response.pieces.front());
    const std::string status =
        std::to_string(response.status) + " " + std::string{http::reason_phrase(response.status)};
    // An operand may be an address with a link.
    const std::string_view what = outcome.id ? std::string_view{*outcome.id} : http::path_for_log(operand);
    posix::fail("get-status", what, status, detail ? *detail : "");
}

}  // namespace

int get(const Invocation& invocation) {
    const std::vector<std::string> variables = meta_variables(invocation);
    std::vector<const char*> environment;
    for (const std::string& variable : variables) environment.push_back(variable.c_str());
    environment.push_back(nullptr);

    HandlerSettings settings = invocation.settings.handler;
    // There is no web server that could send the content.
    if (invocation.arguments.has("body-only")) settings.delivery.offload = Offload::none;
    const OneAnswer answer{settings, gateway::request_from(environment.data(), gateway::Keep::all)};
    const Outcome& outcome = answer.outcome();
    if (invocation.arguments.has("body-only")) {
        check_is_video(outcome, invocation.arguments.operands.front());
        answer.end(gateway::write_content(STDOUT_FILENO, {outcome.response.pieces, outcome.content()}));
    } else {
        answer.end(gateway::write_response(STDOUT_FILENO, outcome.response, outcome.content()));
    }
    // A client error is an ordinary answer; a server error is a failure of the command.
    return outcome.response.status < 500 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace reelgate::commands
