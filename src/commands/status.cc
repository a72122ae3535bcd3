// Owns the command `status`: asks a running reelgate what it is doing, without a web server.
// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "commands/commands.h"
#include "commands/print.h"
#include "gateway/client.h"

namespace reelgate::commands {

namespace {

/// Limit on the wait: a status needs neither catalogue nor files, so a server that takes longer hangs.
constexpr std::chrono::seconds timeout{5};

gateway::Address address_from(const Invocation& invocation) {
    const auto connect = invocation.arguments.value("connect");
    const std::string text = connect.value_or(invocation.settings.listen);
    if (text.empty()) posix::fail("status-no-address");
    return commands::address_from(connect ? "connect" : "listen", text);
}

std::string target_from(const Invocation& invocation) {
    const bool is_json = invocation.arguments.has("json"), is_openmetrics = invocation.arguments.has("openmetrics");
    if (is_json && is_openmetrics) posix::fail("status-two-forms");
    const std::string& path = invocation.settings.engine.status_path;
    if (path.empty()) posix::fail("status-no-path");
    return path + (is_json ? "?json" : is_openmetrics ? "?openmetrics" : "");
}

}  // namespace

int status(const Invocation& invocation) {
    const gateway::Address address = address_from(invocation);
    const std::string target = target_from(invocation);
    const gateway::Reply reply = gateway::get_from(address, target, timeout);
    const std::string where = gateway::format_address(address);
    const std::string& path = invocation.settings.engine.status_path;
    if (reply.status == 404) posix::fail("status-other-path", where, path, path);
    if (reply.status != 200) posix::fail("status-code", where, messages::Number{reply.status});
    print(reply.content);
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
