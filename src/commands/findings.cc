// Owns the two forms of an audit's report: lines for people, JSON for programs.
// SPDX-License-Identifier: MIT
#include "commands/findings.h"

#include <algorithm>
#include <utility>

#include "http/ascii.h"
#include "http/json.h"
#include "http/utf8.h"

namespace reelgate::commands {

namespace {

unsigned char byte_of(char c) { return static_cast<unsigned char>(c); }

std::string hex_of(char c) {
    const auto [high, low] = http::lower_hex(c);
    return {high, low};
}

bool is_control(std::string_view character) {
    // C0 and DEL; and C1, U+0080 to U+009F, which some terminals interpret as well.
    if (character.size() == 1) return byte_of(character[0]) < 0x20 || character[0] == 0x7f;
    return character.size() == 2 && byte_of(character[0]) == 0xc2 && byte_of(character[1]) < 0xa0;
}

std::string escaped(std::string_view text) {
    std::string out;
    http::for_each_character(text, [&](std::string_view character, bool is_utf8) {
        if (is_utf8 && !is_control(character)) {
            out.append(character);
            return;
        }
        for (const char c : character) out.append("\\x").append(hex_of(c));
    });
    return out;
}

std::string json_member(std::string_view name, std::string_view value) {
    return http::json_string(name) + ": " + http::json_string(value);
}

/// Formats a member, and a second one with the bytes if the first one cannot contain them.
std::string exact_member(std::string_view name, std::string_view value) {
    std::string out = json_member(name, value);
    if (http::is_utf8(value)) return out;
    std::string hex;
    for (const char c : value) hex.append(hex_of(c));
    return out + ", " + json_member(std::string{name} + "_hex", hex);
}

std::string_view name_of(audit::Severity severity) { return severity == audit::Severity::error ? "error" : "warning"; }

std::string json_finding(const audit::Finding& finding) {
    const audit::KindRow& row = audit::row_of(finding.kind);
    std::string out = "{" + json_member("severity", name_of(row.severity)) + ", " + json_member("what", row.name);
    if (!finding.id.empty()) out.append(", ").append(exact_member("id", finding.id));
    for (std::size_t i = 0; i < posix::failure_parts.size(); ++i)
        if (const std::string& value = finding.failure.*posix::failure_parts[i]; !value.empty())
            out.append(", ").append(exact_member(messages::parts[i].name, value));
    if (const int error = finding.failure.error) out.append(", \"errno\": ").append(std::to_string(error));
    return out + "}";
}

std::size_t count_of(const audit::Report& report, audit::Severity severity) {
    const auto is_one = [&](const audit::Finding& finding) { return audit::row_of(finding.kind).severity == severity; };
    return static_cast<std::size_t>(std::count_if(report.findings.begin(), report.findings.end(), is_one));
}

std::string counted(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// Counts findings by kind, in which they are sorted: "2 no file, 1 cut off".
std::string groups(const audit::Report& report) {
    std::string out;
    const auto& findings = report.findings;
    for (std::size_t first = 0, next = 0; first < findings.size(); first = next) {
        while (next < findings.size() && findings[next].kind == findings[first].kind) ++next;
        out.append(out.empty() ? "" : ", ").append(std::to_string(next - first)).append(" ");
        out.append(audit::row_of(findings[first].kind).name);
    }
    return out;
}

}  // namespace

std::string text_of(const audit::Report& report) {
    std::string out;
    for (const audit::Finding& finding : report.findings) {
        const audit::KindRow& row = audit::row_of(finding.kind);
        out.append(name_of(row.severity)).append(": ").append(row.name).append(": ");
        out.append(escaped(posix::text_of(finding.failure))).append("\n");
    }
    const auto is_one = [](const audit::Finding& finding) {
        return finding.kind == audit::Kind::no_row && finding.failure.remedy.starts_with('`');
    };
    if (!report.add_command.empty() && std::count_if(report.findings.begin(), report.findings.end(), is_one) > 1)
        out.append("note: ").append(escaped(report.add_command)).append(" records all media without a row\n");
    if (report.findings.empty()) {
        out.append("nothing is wrong");
    } else {
        out.append(counted(count_of(report, audit::Severity::error), "error")).append(", ");
        out.append(counted(count_of(report, audit::Severity::warning), "warning"));
        out.append(" (").append(groups(report)).append(")");
    }
    return out + ": " + counted(report.rows, "row") + ", " + std::to_string(report.ready) + " ready; " +
           counted(report.files, "file") + "\n";
}

std::string json_of(const audit::Report& report) {
    std::string out = "{\"findings\": [";
    for (const audit::Finding& finding : report.findings) {
        out.append(&finding == &report.findings.front() ? "\n  " : ",\n  ");
        out.append(json_finding(finding));
    }
    out.append(report.findings.empty() ? "]" : "\n]");
    const std::pair<const char*, std::size_t> counts[] = {{"errors", count_of(report, audit::Severity::error)},
                                                          {"warnings", count_of(report, audit::Severity::warning)},
                                                          {"rows", report.rows},
                                                          {"ready", report.ready},
                                                          {"files", report.files}};
    for (const auto& [name, count] : counts)
        out.append(", ").append(http::json_string(name)).append(": ").append(std::to_string(count));
    return out + "}\n";
}

}  // namespace reelgate::commands
