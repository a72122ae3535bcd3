// Owns how reelgate answers questions about itself: the status as text, JSON, OpenMetrics and a page, and the ping.
// SPDX-License-Identifier: MIT
#include "engine/status_report.h"

#include <ctime>
#include <vector>

#include "engine/status_figures.h"
#include "http/json.h"
#include "http/plan.h"
#include "http/target.h"

namespace reelgate::engine {

namespace {

constexpr std::string_view page =
#include "status_html.inc"
    ;

/// Formats a time as php-fpm and access logs do: "22/Nov/2026:09:30:00 +0000".
std::string log_time(std::chrono::system_clock::time_point time) {
    const std::time_t value = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    gmtime_r(&value, &parts);
    char text[64];
    // No locale is ever set: the month is English.
    return {text, std::strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S +0000", &parts)};
}

std::string seconds_of(const Storage::Hung& hung) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(hung.time).count());
}

void append_line(std::string& text, std::string_view name, std::string_view value) {
    constexpr std::size_t column = 26;
    std::string line{name};
    line.append(": ");
    line.resize(std::max(column, line.size()), ' ');
    text.append(line).append(value).append("\n");
}

http::Response monitoring_response(const http::Request& request, std::string media_type, std::string content) {
    if (!http::asks_for_representation(request.method)) return http::without_representation(request.method);
    http::Response response{200, {{"Content-Type", std::move(media_type)}, {"Cache-Control", "no-store"}}, {}};
    response.pieces.emplace_back(std::move(content));
    http::seal(response);
    http::drop_content_if_head(response, request.method);
    return response;
}

}  // namespace

std::string format_text(const Status& status) {
    std::string text;
    append_line(text, "version", REELGATE_VERSION);
    for (const Figure& figure : figures(status))
        append_line(text, figure.name, figure.name == "start time" ? log_time(status.start_time) : figure.value);
    for (const Storage::Hung& hung : status.hung)
        append_line(text, "hung storage", hung.folder + ": no answer for " + seconds_of(hung) + " s, " +
                                              std::to_string(hung.waiting) + " waiting, " +
                                              std::to_string(hung.threads) + " threads held");
    return text;
}

std::string format_json(const Status& status) {
    std::string text = R"({"version":")" REELGATE_VERSION "\"";
    for (const Figure& figure : figures(status))
        text.append(",\"").append(figure.name).append("\":").append(figure.value);
    text.append(",\"hung storage\":[");
    const std::size_t begin = text.size();
    for (const Storage::Hung& hung : status.hung)
        text.append(text.size() > begin ? "," : "").append(R"({"folder":)").append(http::json_string(hung.folder))
            .append(R"(,"seconds":)").append(seconds_of(hung)).append(R"(,"waiting":)")
            .append(std::to_string(hung.waiting)).append(R"(,"threads":)").append(std::to_string(hung.threads))
            .append("}");
    return text.append("]}\n");
}

std::string format_openmetrics(const Status& status) {
    std::string text = "# TYPE reelgate_build info\n# HELP reelgate_build The program that runs\n"
                       "reelgate_build_info{version=\"" REELGATE_VERSION "\"} 1\n";
    const std::vector<Figure> all = figures(status);
    for (const Family& family : families()) {
        text.append("# TYPE ").append(family.name).append(" ").append(family.type).append("\n");
        if (!family.unit.empty())
            text.append("# UNIT ").append(family.name).append(" ").append(family.unit).append("\n");
        text.append("# HELP ").append(family.name).append(" ").append(family.help).append("\n");
        for (const Figure& figure : all) {
            if (figure.family != family.name) continue;
            text.append(family.name).append(family.type == "counter" ? "_total" : "").append(figure.labels);
            text.append(" ").append(figure.value).append("\n");
        }
    }
    return text.append("# EOF\n");
}

http::Response answer_status(const http::Request& request, const Status& status) {
    // The value of a parameter is ignored: Prometheus cannot leave it out.
    const auto asks_for = [&](std::string_view form) { return http::query_has(request.target, form); };
    if (asks_for("json")) return monitoring_response(request, "application/json", format_json(status));
    if (asks_for("openmetrics"))
        return monitoring_response(request, "application/openmetrics-text; version=1.0.0; charset=utf-8",
                                   format_openmetrics(status));
    if (asks_for("html")) return monitoring_response(request, "text/html; charset=utf-8", std::string{page});
    return monitoring_response(request, "text/plain; charset=utf-8", format_text(status));
}

http::Response answer_ping(const http::Request& request) {
    return monitoring_response(request, "text/plain; charset=utf-8", "pong");
}

}  // namespace reelgate::engine
