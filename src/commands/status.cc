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
    if (text.empty())
        throw UsageError{{.operation = "status",
                          .cause = "no address",
                          .remedy = "say with --connect where the running reelgate listens"}};
    try {
        return gateway::parse_address(text);
    } catch (const std::invalid_argument& error) {
        throw UsageError{{.object = (connect ? "--connect " : "--listen ") + text, .cause = error.what()}};
    }
}

std::string target_from(const Invocation& invocation) {
    const bool is_json = invocation.arguments.has("json"), is_openmetrics = invocation.arguments.has("openmetrics");
    if (is_json && is_openmetrics)
        throw UsageError{{.object = "--json and --openmetrics", .cause = "which one is meant?"}};
    const std::string& path = invocation.settings.engine.status_path;
    if (path.empty())
        throw UsageError{{.operation = "status",
                          .cause = "no --status-path",
                          .remedy = "name the one that the running reelgate was started with: none is answered unless"
                                    " it is set there"}};
    return path + (is_json ? "?json" : is_openmetrics ? "?openmetrics" : "");
}

}  // namespace

int status(const Invocation& invocation) {
    const gateway::Address address = address_from(invocation);
    const std::string target = target_from(invocation);
    const gateway::Reply reply = gateway::get_from(address, target, timeout);
    const std::string where = "status " + gateway::format_address(address) + ": ";
    const std::string& path = invocation.settings.engine.status_path;
    if (reply.status == 404)
        throw std::runtime_error{where + path + " is not its status path; start it with --status-path " + path +
                                 ", or name here the one that it has"};
    if (reply.status != 200) throw std::runtime_error{where + "answers " + std::to_string(reply.status)};
    print(reply.content);
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
