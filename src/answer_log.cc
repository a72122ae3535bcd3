// Owns what the log says of answers: the notes of an outcome, a line when its answer begins, and one when that has
// ended.
// SPDX-License-Identifier: MIT
#include "answer_log.h"

#include <cstdio>

#include "http/target.h"
#include "log.h"

namespace reelgate {

using messages::Number;

namespace {

/// Returns the paths of a request that names no video. Leaves out their queries, which may hold secrets.
std::string paths_of(const http::Request& request) {
    std::string paths{http::raw_path(request.target)};
    for (const std::string& target : request.rewritten) {
        if (!paths.empty()) paths.append(", ");
        paths.append(http::raw_path(target));
    }
    return paths.empty() ? "-" : paths;
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
