// Owns what the log says of answers: the notes of an outcome, a line when its answer begins, and one when that has
// ended.
// SPDX-License-Identifier: MIT
#include "answer_log.h"

#include <cstdio>
#include <new>

#include "log_line.h"

namespace reelgate {

namespace {

/// Writes what both lines of an answer have in common.
LogLine head_of(const LoggedAnswer& answer) noexcept {
    LogLine line;
    line.append(answer.number).append(": ").append(answer.id).append(": ");
    line.append(answer.method).append(" ").append(answer.range).append(": ");
    line.append(static_cast<std::uint64_t>(answer.status)).append(" ").append(answer.content_range);
    return line;
}

/// Logs the operation alone if there is no memory for the whole text: a note may be of the lack of it.
void log_note(const Note& note) noexcept {
    if (!is_logged(note.level)) return;
    try {
        log(note.level, text_of(note.what));
    } catch (const std::bad_alloc&) {
        log(note.level, note.what.operation);
    }
}

}  // namespace

bool AnswerLog::is_news(Note::Kind kind) noexcept {
    return kind == Note::Kind::failure || !was_said_[static_cast<std::size_t>(kind)].test_and_set();
}

std::unique_ptr<const LoggedAnswer> AnswerLog::begin(const http::Request& request, const Outcome& outcome) {
    for (const Note& note : outcome.notes)
        if (is_news(note.kind)) log_note(note);
    if (!is_logged(LogLevel::info)) return nullptr;
    const std::string* content_range = http::find_field(outcome.response, "Content-Range");
    auto logged = std::make_unique<const LoggedAnswer>(LoggedAnswer{
        .number = ++count_,
        .id = outcome.id.value_or("-"),
        .method = request.method,
        .range = request.range.value_or("-"),
        .status = outcome.response.status,
        .content_range = content_range ? *content_range : "-",
    });
    if (is_logged(LogLevel::debug)) log(LogLevel::debug, {"request ", head_of(*logged).text()});
    return logged;
}

void log_end(const LoggedAnswer& answer, const Sending& sending) noexcept {
    char end[96];
    std::snprintf(end, sizeof end, ": %llu of %llu bytes in %.3f s: %s", static_cast<unsigned long long>(sending.sent),
                  static_cast<unsigned long long>(sending.planned), sending.time.count(), sending.ending);
    log(LogLevel::info, {"response ", head_of(answer).text(), end, sending.cause ? ": " : "",
                         sending.cause ? sending.cause : ""});
}

void log_notes(std::span<const Note> notes) noexcept {
    for (const Note& note : notes) log_note(note);
}

}  // namespace reelgate
