// Owns what the log says of answers: the notes of an outcome, a line when its answer begins, and one when that has
// ended.
// SPDX-License-Identifier: MIT
#include "answer_log.h"

#include <arpa/inet.h>

#include <cstdio>
#include <cstring>

#include "http/target.h"
#include "log.h"
#include "refusal_limit.h"

namespace reelgate {

using messages::Number;

namespace {

/// Returns the paths of a request that names no video, without what may be secret.
std::string paths_of(const http::Request& request) {
    std::string paths{http::path_for_log(request.target)};
    for (const std::string& target : request.rewritten) {
        if (!paths.empty()) paths.append(", ");
        paths.append(http::path_for_log(target));
    }
    return paths.empty() ? "-" : paths;
}

/// Returns the address that the web server tells, or "-" for a text that is none: programs that read the log block
/// addresses.
std::string_view address_of(const http::Request& request) noexcept {
    const char* const text = request.remote_addr.c_str();
    in6_addr bytes;  // has room for both families
    const bool is_address = inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1;
    return is_address && std::strlen(text) == request.remote_addr.size() ? std::string_view{text} : "-";
}

/// Logs that a client may not watch. An id has neither spaces nor colons, so that no client can write the address.
void log_refused(const http::Request& request, const Outcome& outcome) noexcept {
    static_assert(static_cast<std::size_t>(Refused::end) <= RefusalLimit::max_reasons);
    const auto reason = static_cast<std::size_t>(*outcome.refused);
    log_refusal(reason, "refused", Number{outcome.response.status},
                outcome.id ? std::string_view{*outcome.id} : "-", address_of(request), row_of(*outcome.refused).why);
}

}  // namespace

bool AnswerLog::is_news(const Note& note) noexcept {
    switch (note.kind) {
        case Note::Kind::failure: break;
        case Note::Kind::path: return !was_path_said_.test_and_set();
        case Note::Kind::value: return !was_value_said_[note.column].test_and_set();
    }
    return true;
}

std::unique_ptr<const LoggedAnswer> AnswerLog::begin(const http::Request& request, const Outcome& outcome) {
    for (const Note& note : outcome.notes)
        if (is_news(note)) log_failure(note.what);
    tell_rationed_lines();
    if (outcome.refused) log_refused(request, outcome);
    if (!is_logged(LogLevel::info)) return nullptr;
    const std::string* content_range = http::find_field(outcome.response, "Content-Range");
    auto logged = std::make_unique<const LoggedAnswer>(LoggedAnswer{
        .number = ++count_,
        .id = outcome.id ? *outcome.id : paths_of(request),
        .method = request.method,
        .range = request.range.value_or("-"),
        .status = outcome.response.status,
        .content_range = content_range ? *content_range : "-",
    });
    log("request", Number{logged->number}, logged->id, logged->method, logged->range, Number{logged->status},
        logged->content_range);
    if (!outcome.link_key.empty()) log("link", Number{logged->number}, logged->id, outcome.link_key);
    return logged;
}

void log_end(const LoggedAnswer& answer, const Sending& sending) noexcept {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f", sending.time.count());
    const Number number{answer.number}, status{answer.status}, sent{sending.sent}, planned{sending.planned};
    if (sending.cause)
        log("response-cause", number, answer.id, answer.method, answer.range, status, answer.content_range, sent,
            planned, seconds, sending.ending, sending.cause);
    else
        log("response", number, answer.id, answer.method, answer.range, status, answer.content_range, sent, planned,
            seconds, sending.ending);
}

void log_notes(std::span<const Note> notes) noexcept {
    for (const Note& note : notes) log_failure(note.what);
}

}  // namespace reelgate
