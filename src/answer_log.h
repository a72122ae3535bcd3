// Owns what the log says of answers: the notes of an outcome, a line when its answer begins, and one when that has
// ended.
// Does not decide which level is written: log.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "http/request.h"
#include "outcome.h"

namespace reelgate {

/// What the log says of an answer both when it begins and when it has ended.
struct LoggedAnswer {
    std::uint64_t number = 0;   ///< links the two lines
    std::string id;             ///< of the video; or the paths that name none; "-": there is none
    std::string method;
    std::string range;          ///< as requested; "-": none
    int status = 0;
    std::string content_range;  ///< "-": none
};

/// How the sending of an answer has ended.
struct Sending {
    std::uint64_t sent = 0;     ///< bytes of content
    std::uint64_t planned = 0;  ///< bytes of content
    std::chrono::duration<double> time{0};
    const char* ending = "";      ///< in one word
    const char* cause = nullptr;  ///< null: none is known, or it is logged by itself
};

/// Logs answers and numbers them. For any thread.
class AnswerLog {
public:
    /// Logs the notes of `outcome`, at level notice why a client is refused, and at level debug that the answer begins,
    /// and which key has signed a good link. Returns what log_end() needs; null unless level info is written.
    std::unique_ptr<const LoggedAnswer> begin(const http::Request& request, const Outcome& outcome);

private:
    bool is_news(const Note& note) noexcept;

    std::atomic<std::uint64_t> count_{0};
    std::atomic_flag was_path_said_{};
    catalog::PerColumn<std::atomic_flag> was_value_said_{};
};

/// Logs that an answer has ended, at level info.
void log_end(const LoggedAnswer& answer, const Sending& sending) noexcept;

/// Logs each of `notes`.
void log_notes(std::span<const Note> notes) noexcept;

}  // namespace reelgate
