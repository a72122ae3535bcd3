// Owns the command `list`: the videos of the catalogue, with the size, the length in time and the state of each.
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <optional>
#include <string>

#include "catalog/list.h"
#include "commands/commands.h"
#include "commands/listed.h"
#include "commands/print.h"
#include "http/json.h"

namespace reelgate::commands {

namespace {

std::string state_of(const Listed& listed) {
    return listed.row ? listed.row->status.value_or("(no status)") : "(no row)";
}

std::string line_of(const Listed& listed) {
    std::string line = listed.id + ": " + state_of(listed);
    if (listed.length) line.append(": ").append(std::to_string(*listed.length)).append(" bytes");
    if (listed.seconds) line.append(": ").append(text_of(*listed.seconds)).append(" s");
    if (!listed.file.empty()) line.append(": ").append(listed.file);
    if (!listed.obstacle.empty()) line.append(": ").append(listed.obstacle);
    return line + "\n";
}

std::string json_of(const Listed& listed, const std::string& ready) {
    std::string out = "{\"id\": " + http::json_string(listed.id);
    const auto add = [&](std::string_view name, const std::string& value) {
        out.append(", \"").append(name).append("\": ").append(value);
    };
    const auto add_text = [&](std::string_view name, const std::optional<std::string>& value) {
        if (value) add(name, http::json_string(*value));
    };
    const bool is_ready = listed.row && listed.row->status == ready;
    if (listed.row)
        for (const catalog::Column& column : catalog::columns)
            if (column.value && column.name != "file") add_text(column.name, (*listed.row).*column.value);
    if (listed.row) add_text("file", listed.file);
    add("ready", is_ready ? "true" : "false");
    if (listed.length) add("bytes", std::to_string(*listed.length));
    if (listed.seconds) add("seconds", text_of(*listed.seconds));
    if (!listed.obstacle.empty()) add_text("cause", listed.obstacle);
    return out + "}";
}

}  // namespace

int list(const Invocation& invocation) {
    const Places& places = invocation.settings.handler.places;
    const bool is_json = invocation.arguments.has("json");
    Lister lister{places};
    std::string text;
    for (const std::string& id : catalog::list_ids(places.database, invocation.arguments.value("list").value())) {
        const Listed listed = lister.look_at(id);
        if (is_json)
            text.append(text.empty() ? "[\n  " : ",\n  ").append(json_of(listed, places.ready));
        else
            text.append(line_of(listed));
    }
    if (is_json) text.append(text.empty() ? "[]\n" : "\n]\n");
    print(std::move(text));
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
