// Owns the outgoing half of a FastCGI connection: a response becomes records, as fast as the peer takes them
// (FastCGI 1.0 §3.3, §5.3, §5.5).
// Does not wait for the peer: the caller does. Most file content goes from the page cache to the socket by sendfile.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/failure.h"
#include "gateway/out_buffer.h"
#include "gateway/piece_cursor.h"
#include "http/response.h"

namespace reelgate::gateway {

/// Writes one response after another into a non-blocking connection.
class ResponseWriter {
public:
    enum class Progress {
        done,     ///< all is written
        blocked,  ///< the peer must take something first
        yielded,  ///< the budget is spent; there is more to do
        aborted,  ///< the peer is gone
        broken,   ///< the file is not as announced, or there is no memory to send it: close the connection
    };

    /// How long the check before begin() is good: while an answer waits for storage, its file may change.
    static constexpr std::chrono::milliseconds max_check_age{5};

    /// Begins a response whose ranges refer to `content`. Its file was checked just now: what the next write() sends is
    /// not checked again, if the response ends with it within max_check_age.
    void begin(http::Response response, const Content& content, std::uint16_t request_id);

    /// Writes until all is written or something stops it; about `budget` bytes at most.
    Progress write(int connection, std::uint64_t budget);

    /// Inserts whole records as soon as the present one is complete.
    void interject(std::string_view records) { interjected_.append(records); }

    /// Returns whether all that was begun or interjected is written.
    bool is_done() const { return stage_ == Stage::ended && out_.is_empty() && interjected_.empty(); }

    /// Returns the number of interjected bytes that still wait. The caller must limit them.
    std::size_t interjected() const { return interjected_.size(); }

    /// Drops the rest after the present record, since the web server has aborted the request.
    void cut_short() { pieces_.cut_short(record_left_); }

    /// Returns why the response is aborted or broken; none if it is neither.
    Failure failure() const { return failure_; }

    /// Returns the bytes of content written, that is, given to the kernel for the peer.
    std::uint64_t sent() const { return sent_; }

private:
    using Clock = std::chrono::steady_clock;

    /// What the last check of the file is worth.
    enum class Check {
        fresh,  ///< it was made for this answer, just now: it is good for the first write(), for max_check_age
        done,   ///< it was made after the last bytes of the file went out
        due,    ///< bytes of the file have gone out since
    };

    enum class Stage {
        content,  ///< pieces are left, or the end is not in out_ yet
        ended,    ///< the end is in out_, or has been written; or nothing was begun
        stopped,  ///< by failure_; out_ may still be written
    };

    void fill();
    void gather();
    bool gather_piece(std::uint64_t room);
    bool copy_range(std::uint64_t length);
    void announce_range();
    void append_end();
    bool is_still_announced();
    bool is_checked();
    void outdate_check();
    void outdate_old_check();
    bool is_long_range_next() const;
    std::uint64_t range_record_length() const;
    Progress proceed(int connection, std::uint64_t& budget);
    Progress write_out(int connection, std::uint64_t& budget);
    Progress write_file(int connection, std::uint64_t& budget);
    bool stop(Failure failure);
    Progress take(Failure failure);

    PieceCursor pieces_;             ///< content that is neither written nor in out_
    std::uint64_t record_left_ = 0;  ///< bytes of the present range that the present record still lacks
    OutBuffer out_;                  ///< to be written before those
    std::string interjected_;
    std::uint64_t sent_ = 0;  ///< bytes of content
    Failure failure_;         ///< what has stopped it
    std::uint16_t request_id_ = 0;
    Stage stage_ = Stage::ended;
    Check check_ = Check::fresh;
    Clock::time_point begun_;  ///< when check_ was fresh
};

}  // namespace reelgate::gateway
