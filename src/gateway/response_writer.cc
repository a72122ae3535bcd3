// Owns the outgoing half of a FastCGI connection: a response becomes records, as fast as the peer takes them
// (FastCGI 1.0 §3.3, §5.3, §5.5).
// SPDX-License-Identifier: MIT
#include "gateway/response_writer.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "gateway/header_block.h"
#include "gateway/record.h"

namespace reelgate::gateway {

namespace {

using Kind = Failure::Kind;
using Next = PieceCursor::Next;

/// Bytes up to which the content of a record is copied into the next write: two more system calls, and one more wake-up
/// of the peer, would cost more. The last record of a range that ends in the middle of a page is no longer.
constexpr std::uint64_t small_record = 8192;

/// Limit on the content of a record from a file: records end at page boundaries, after fifteen pages at most. sendfile
/// moves sixteen pages at a time: a longer or unaligned record costs twice the work, and wakes the peer twice.
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t max_file_content = 15 * page;

void append_text_records(std::string& out, std::string_view text, std::uint16_t request_id) {
    while (!text.empty()) {
        const std::string_view part = text.substr(0, max_record_content);
        append_record_header(out, RecordType::std_out, request_id, part.size());
        out.append(part);
        text.remove_prefix(part.size());
    }
}

}  // namespace

void ResponseWriter::begin(http::Response response, const Content& content, std::uint16_t request_id) {
    pieces_ = PieceCursor{std::move(response.pieces), content};
    record_left_ = sent_ = 0;
    request_id_ = request_id;
    check_ = Check::fresh;
    begun_ = Clock::now();
    stage_ = Stage::content;
    // Goes out together with what fill() appends.
    append_text_records(interjected_, format_header_block(response), request_id);
}

/// Stops the response because of a failure, if there is one. Returns whether there is.
bool ResponseWriter::stop(Failure failure) {
    if (!failure) return false;
    failure_ = failure;
    stage_ = Stage::stopped;
    return true;
}

/// Checks the file. Returns false if it is no longer as the answer announces it.
bool ResponseWriter::is_still_announced() {
    check_ = Check::done;
    return !stop(pieces_.content().look());
}

/// Ends what the check before begin() is good for. Without a file there is nothing to check.
void ResponseWriter::outdate_check() {
    if (check_ == Check::fresh) check_ = pieces_.content().fd >= 0 ? Check::due : Check::done;
}

void ResponseWriter::outdate_old_check() {
    if (check_ == Check::fresh && Clock::now() - begun_ >= max_check_age) outdate_check();
}

bool ResponseWriter::is_checked() {
    outdate_old_check();
    return check_ != Check::due || is_still_announced();
}

/// Returns the bytes of the present range up to the end of a record from the file.
std::uint64_t ResponseWriter::range_record_length() const {
    return std::min(pieces_.left(), max_file_content - pieces_.position() % page);
}

/// Returns whether the next record comes from the file, without a copy.
bool ResponseWriter::is_long_range_next() const {
    return pieces_.next() == Next::range && range_record_length() > small_record;
}

/// Copies the next bytes of the present range to out_. Checks the file after reading them, unless the check is fresh,
/// which also covers the bytes that went out before. Returns false on a failure.
bool ResponseWriter::copy_range(std::uint64_t length) {
    char content[small_record];
    std::uint64_t done = 0;
    while (done < length) {
        const ssize_t n = pread(pieces_.content().fd, content + done, length - done,
                                static_cast<off_t>(pieces_.position() + done));
        const Failure failure = n < 0 ? failure_of_file(errno) : Failure{n == 0 ? Kind::shorter : Kind::none};
        if (failure.kind == Kind::interrupted) continue;
        if (stop(failure)) return false;
        done += static_cast<std::uint64_t>(n);
    }
    outdate_old_check();
    if (check_ != Check::fresh && !is_still_announced()) return false;
    out_.bytes().append(content, length);
    pieces_.advance(length);
    return true;
}

/// Appends the next bytes to out_ if they are text or few, and there is room. Returns whether it did.
bool ResponseWriter::gather_piece(std::uint64_t room) {
    if (pieces_.next() == Next::text) {
        const std::string_view text = pieces_.text().substr(0, room);
        out_.bytes().append(text);
        pieces_.advance(text.size());
        return !text.empty();
    }
    if (pieces_.next() == Next::end || is_long_range_next()) return false;
    const std::uint64_t length = range_record_length();
    return length <= room && copy_range(length);
}

/// Puts consecutive text and small ranges into one record, so that the content in out_ is in one run.
void ResponseWriter::gather() {
    if (pieces_.next() == Next::end || is_long_range_next()) return;
    std::string& out = out_.bytes();
    append_record_header(out, RecordType::std_out, request_id_, 0);
    const std::size_t begin = out.size();
    while (gather_piece(max_record_content - (out.size() - begin))) {}
    // An empty record would end STDOUT and hide the failure.
    if (out.size() == begin) return out.resize(begin - record_header_length);
    set_content_length(out, begin - record_header_length, out.size() - begin);
    out_.mark_content(begin);
}

/// Announces the next record of the present range, unless the file has changed. Checks before it announces: a record
/// must be followed by its content, and could no longer report a failure.
void ResponseWriter::announce_range() {
    if (!is_checked()) return;
    record_left_ = range_record_length();
    append_record_header(out_.bytes(), RecordType::std_out, request_id_, record_left_);
    if (check_ == Check::done) check_ = Check::due;
}

void ResponseWriter::append_end() {
    if (!is_checked()) return;
    stage_ = Stage::ended;
    // An empty record ends STDOUT (§3.3).
    append_record_header(out_.bytes(), RecordType::std_out, request_id_, 0);
    append_end_request(out_.bytes(), request_id_, ProtocolStatus::request_complete);
}

/// Fills out_: interjected and copied records, then the header of a record from the file, or the end.
void ResponseWriter::fill() {
    out_.bytes().swap(interjected_);
    gather();
    if (stage_ == Stage::content && is_long_range_next()) announce_range();
    if (stage_ == Stage::content && pieces_.next() == Next::end) append_end();
    // Signals the failure between two records: by a header with a version that does not exist. Within a record it would
    // be taken for content.
    if (stage_ == Stage::stopped) out_.bytes().append(record_header_length, '\0');
}

/// Decides how to go on after a failure.
ResponseWriter::Progress ResponseWriter::take(Failure failure) {
    switch (failure.kind) {
        case Kind::none:
        case Kind::interrupted: return Progress::done;
        case Kind::blocked: return Progress::blocked;
        case Kind::aborted: stop(failure); return Progress::aborted;
        case Kind::starved:
        case Kind::unreadable:
        case Kind::shorter:
        case Kind::changed: break;
    }
    stop(failure);
    return Progress::broken;
}

ResponseWriter::Progress ResponseWriter::write_out(int connection, std::uint64_t& budget) {
    // With MSG_MORE a record's header travels in one packet with its content, if the transport has packets.
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (record_left_ > 0 ? MSG_MORE : 0);
    const std::string_view rest = out_.rest();
    const ssize_t n = send(connection, rest.data(), rest.size(), flags);
    if (n < 0) return take(failure_of_output(errno));
    sent_ += out_.advance(static_cast<std::size_t>(n));
    budget -= std::min(budget, static_cast<std::uint64_t>(n));
    return Progress::done;
}

ResponseWriter::Progress ResponseWriter::write_file(int connection, std::uint64_t& budget) {
    auto position = static_cast<off_t>(pieces_.position());
    const ssize_t n = sendfile(connection, pieces_.content().fd, &position, record_left_);
    if (n < 0) return take(failure_of_copy(connection, errno));
    if (n == 0) return take({Kind::shorter});  // within this record
    const auto count = static_cast<std::uint64_t>(n);
    pieces_.advance(count);
    record_left_ -= count;
    sent_ += count;
    budget -= std::min(budget, count);
    return Progress::done;
}

ResponseWriter::Progress ResponseWriter::write(int connection, std::uint64_t budget) {
    const Progress progress = proceed(connection, budget);
    // Time passes until the next call: the file may change meanwhile.
    outdate_check();
    return progress;
}

/// Writes until something stops it.
ResponseWriter::Progress ResponseWriter::proceed(int connection, std::uint64_t& budget) {
    while (true) {
        Progress progress = Progress::done;
        if (!out_.is_empty()) {
            progress = write_out(connection, budget);
        } else if (record_left_ > 0) {
            progress = write_file(connection, budget);
        } else if (stage_ == Stage::stopped) {
            return Progress::broken;
        } else if (is_done()) {
            return Progress::done;
        } else if (budget == 0) {
            return Progress::yielded;
        } else {
            fill();
        }
        if (progress != Progress::done) return progress;
    }
}

}  // namespace reelgate::gateway
