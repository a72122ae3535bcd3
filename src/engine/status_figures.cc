// Owns the figures of the status: their names in each form, their order, and their values.
// SPDX-License-Identifier: MIT
#include "engine/status_figures.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace reelgate::engine {

namespace {

constexpr std::array family_rows{
    Family{"reelgate_start_time_seconds", "gauge", "seconds", "When the server began, in Unix time"},
    Family{"reelgate_threads", "gauge", "", "Worker threads"},
    Family{"reelgate_descriptors_limit", "gauge", "", "Descriptors that the process may have"},
    Family{"reelgate_connections_accepted", "counter", "", "Connections accepted from web servers"},
    Family{"reelgate_connections_open", "gauge", "", "Connections open now"},
    Family{"reelgate_accept_pauses", "counter", "", "Pauses in accepting for want of descriptors"},
    Family{"reelgate_viewers", "gauge", "", "Answers going on now"},
    Family{"reelgate_viewers_most", "gauge", "", "Most answers at a time since the start"},
    Family{"reelgate_viewers_refused", "counter", "", "Requests over --max-viewers"},
    Family{"reelgate_requests", "counter", "", "Requests about videos, by method"},
    Family{"reelgate_requests_keep_conn", "counter", "", "Requests about videos whose web server keeps the connection"},
    Family{"reelgate_responses", "counter", "", "Answers to them, by status code"},
    Family{"reelgate_links_good", "counter", "", "Requests with a good link"},
    Family{"reelgate_refused", "counter", "", "Requests of those who may not watch, by the reason"},
    Family{"reelgate_ranges", "counter", "", "What became of Range in answers 200, 206 and 416"},
    Family{"reelgate_answers", "counter", "", "Answers that have ended, by how they did"},
    Family{"reelgate_offloaded", "counter", "", "Answers whose content the web server sends"},
    Family{"reelgate_sent_bytes", "counter", "bytes", "Content sent"},
    Family{"reelgate_catalog_look_ups", "counter", "", "Catalogue look-ups"},
    Family{"reelgate_catalog_errors", "counter", "", "Catalogue look-ups that failed"},
    Family{"reelgate_catalog_seconds", "counter", "seconds", "Time spent waiting for the catalogue"},
    Family{"reelgate_storage_hung", "gauge", "", "Folders whose storage does not answer"},
    Family{"reelgate_reloads", "counter", "", "Times that the settings were read again"},
    Family{"reelgate_monitoring", "counter", "", "Requests for status and ping, which are counted nowhere else"},
};

/// A counter with its names.
struct Counted {
    std::string_view name;
    std::string_view family;
    std::string_view labels;
    Counter counter;
};

constexpr std::array counted{
    Counted{"requests GET", "reelgate_requests", R"({method="GET"})", Counter::method_get},
    Counted{"requests HEAD", "reelgate_requests", R"({method="HEAD"})", Counter::method_head},
    Counted{"requests OPTIONS", "reelgate_requests", R"({method="OPTIONS"})", Counter::method_options},
    Counted{"requests other", "reelgate_requests", R"({method="other"})", Counter::method_other},
    Counted{"requests keep-conn", "reelgate_requests_keep_conn", "", Counter::keep_conn},
    Counted{"status 200", "reelgate_responses", R"({code="200"})", Counter::status_200},
    Counted{"status 204", "reelgate_responses", R"({code="204"})", Counter::status_204},
    Counted{"status 206", "reelgate_responses", R"({code="206"})", Counter::status_206},
    Counted{"status 304", "reelgate_responses", R"({code="304"})", Counter::status_304},
    Counted{"status 401", "reelgate_responses", R"({code="401"})", Counter::status_401},
    Counted{"status 403", "reelgate_responses", R"({code="403"})", Counter::status_403},
    Counted{"status 404", "reelgate_responses", R"({code="404"})", Counter::status_404},
    Counted{"status 405", "reelgate_responses", R"({code="405"})", Counter::status_405},
    Counted{"status 412", "reelgate_responses", R"({code="412"})", Counter::status_412},
    Counted{"status 416", "reelgate_responses", R"({code="416"})", Counter::status_416},
    Counted{"status 500", "reelgate_responses", R"({code="500"})", Counter::status_500},
    Counted{"status 503", "reelgate_responses", R"({code="503"})", Counter::status_503},
    Counted{"links good", "reelgate_links_good", "", Counter::links_good},
    Counted{"refused link missing", "reelgate_refused", R"({reason="link missing"})", Counter::refused_link_missing},
    Counted{"refused link not valid", "reelgate_refused", R"({reason="link not valid"})",
            Counter::refused_link_not_valid},
    Counted{"refused link expired", "reelgate_refused", R"({reason="link expired"})", Counter::refused_link_expired},
    Counted{"refused not logged in", "reelgate_refused", R"({reason="not logged in"})", Counter::refused_login},
    Counted{"refused not allowed", "reelgate_refused", R"({reason="not allowed"})", Counter::refused_forbidden},
    Counted{"refused hidden", "reelgate_refused", R"({reason="hidden"})", Counter::refused_hidden},
    Counted{"refused addresses differ", "reelgate_refused", R"({reason="addresses differ"})",
            Counter::refused_disputed},
    Counted{"ranges none", "reelgate_ranges", R"({kind="none"})", Counter::range_none},
    Counted{"ranges single", "reelgate_ranges", R"({kind="single"})", Counter::range_single},
    Counted{"ranges multipart", "reelgate_ranges", R"({kind="multipart"})", Counter::range_multipart},
    Counted{"ranges ignored", "reelgate_ranges", R"({kind="ignored"})", Counter::range_ignored},
    Counted{"ranges unsatisfiable", "reelgate_ranges", R"({kind="unsatisfiable"})", Counter::range_unsatisfiable},
    Counted{"answers complete", "reelgate_answers", R"({ending="complete"})", Counter::ended_complete},
    Counted{"answers aborted", "reelgate_answers", R"({ending="aborted"})", Counter::ended_aborted},
    Counted{"answers stalled", "reelgate_answers", R"({ending="stalled"})", Counter::ended_stalled},
    Counted{"answers broken", "reelgate_answers", R"({ending="broken"})", Counter::ended_broken},
    Counted{"answers offloaded", "reelgate_offloaded", "", Counter::offloaded},
    Counted{"bytes sent", "reelgate_sent_bytes", "", Counter::bytes_sent},
    Counted{"catalogue look-ups", "reelgate_catalog_look_ups", "", Counter::catalog_look_ups},
    Counted{"catalogue errors", "reelgate_catalog_errors", "", Counter::catalog_errors},
};

std::string seconds(std::uint64_t nanoseconds) {
    char text[40];
    std::snprintf(text, sizeof text, "%llu.%06llu", static_cast<unsigned long long>(nanoseconds / 1'000'000'000),
                  static_cast<unsigned long long>(nanoseconds % 1'000'000'000 / 1000));
    return text;
}

std::string unix_time(std::chrono::system_clock::time_point time) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

std::uint64_t requests(const Counts& counts) {
    std::uint64_t sum = 0;
    for (const Counted& row : counted)
        if (row.family == "reelgate_requests") sum += at(counts, row.counter);
    return sum;
}

}  // namespace

std::vector<Figure> figures(const Status& status) {
    const auto count = [&](Counter counter) { return std::to_string(at(status.counts, counter)); };
    const auto uptime = std::chrono::floor<std::chrono::seconds>(status.now - status.start_time).count();
    std::vector<Figure> all{
        {"start time", "reelgate_start_time_seconds", "", unix_time(status.start_time)},
        {"start since", "", "", std::to_string(uptime)},
        {"threads", "reelgate_threads", "", std::to_string(status.threads)},
        {"descriptors limit", "reelgate_descriptors_limit", "", std::to_string(status.max_descriptors)},
        {"accepted conn", "reelgate_connections_accepted", "", count(Counter::connections)},
        {"open conn", "reelgate_connections_open", "", std::to_string(status.open_connections)},
        {"accept pauses", "reelgate_accept_pauses", "", count(Counter::accept_pauses)},
        {"active viewers", "reelgate_viewers", "", std::to_string(status.viewers)},
        {"max active viewers", "reelgate_viewers_most", "", std::to_string(status.max_viewers)},
        {"max viewers reached", "reelgate_viewers_refused", "", count(Counter::viewers_refused)},
        {"requests", "", "", std::to_string(requests(status.counts))},
    };
    for (const Counted& row : counted) all.push_back({row.name, row.family, row.labels, count(row.counter)});
    all.push_back({"catalogue seconds", "reelgate_catalog_seconds", "",
                   seconds(at(status.counts, Counter::catalog_nanoseconds))});
    all.push_back({"hung folders", "reelgate_storage_hung", "", std::to_string(status.hung.size())});
    all.push_back({"reloads", "reelgate_reloads", "", count(Counter::reloads)});
    all.push_back({"monitoring requests", "reelgate_monitoring", "", count(Counter::monitoring)});
    return all;
}

std::span<const Family> families() { return family_rows; }

}  // namespace reelgate::engine
