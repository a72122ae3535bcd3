// Owns the outgoing half of a FastCGI connection: a response becomes records, as fast as the peer takes them
// (FastCGI 1.0 §3.3, §5.3, §5.5).
// SPDX-License-Identifier: MIT
#include "gateway/response_writer.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "gateway/header_block.h"
#include "gateway/record.h"
#include "posix/error.h"

namespace reelgate::gateway {

namespace {

/// Bytes of a record's content up to which it is copied into what is written anyway: two more system calls, and a peer
/// who is woken once more, cost more. The last record of a range that ends in the middle of a page is no longer.
constexpr std::uint64_t small_record = 8192;

/// Most content of a record out of a file: its records end at whole pages, fifteen of them at the most. sendfile moves
/// sixteen pages at a time; a record of one more, or of two halves, costs twice the work and wakes the peer twice.
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t most_file_content = 15 * page;

void append_text_records(std::string& out, std::string_view text, std::uint16_t request_id) {
    while (!text.empty()) {
        const std::string_view part = text.substr(0, most_record_content);
        append_record_header(out, RecordType::std_out, request_id, part.size());
        out.append(part);
        text.remove_prefix(part.size());
    }
}

}  // namespace

void ResponseWriter::begin(http::Response response, const Content& content, std::uint16_t request_id) {
    pieces_ = std::move(response.pieces);
    piece_ = 0;
    range_left_ = record_left_ = sent_ = 0;
    content_ = content;
    request_id_ = request_id;
    is_unverified_ = is_ended_ = false;
    // It goes out together with what fill() puts behind it.
    const std::string head = format_header_block(response);
    head_left_ = head.size();
    append_text_records(interjected_, head, request_id);
}

/// Gives the pieces' memory back, and with them the place in them: what is interjected later is filled in after all of
/// them.
void ResponseWriter::forget_pieces() {
    std::vector<http::Piece>{}.swap(pieces_);
    piece_ = 0;
}

/// Looks at the file; breaks off where it is no longer what the answer announces.
bool ResponseWriter::is_still_announced() {
    is_unverified_ = false;
    const char* const fault = content_.look();
    if (fault) break_off(fault);
    return !fault;
}

/// Puts a record with the next bytes of the present range into out_. They are looked at after they were read, and so are
/// those that went out before them.
bool ResponseWriter::copy_range(std::uint64_t length) {
    char content[small_record];
    std::uint64_t done = 0;
    while (done < length) {
        const ssize_t n = pread(content_.fd, content + done, length - done, static_cast<off_t>(position_ + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break_off(posix::static_cause(errno));
        if (n == 0) break_off("the file is shorter than it was");
        if (n <= 0) return false;
        done += static_cast<std::uint64_t>(n);
    }
    if (!is_still_announced()) return false;
    append_record_header(out_, RecordType::std_out, request_id_, length);
    out_.append(content, length);
    return true;
}

/// Announces the next record of the present range, and puts its content behind it where that is little. False when the
/// file is no longer what was promised: found out before the record is announced, since after that nothing but its
/// content can be said.
bool ResponseWriter::announce_range() {
    const std::uint64_t length = std::min(range_left_, most_file_content - position_ % page);
    if (length <= small_record) {
        if (!copy_range(length)) return false;
        position_ += length;
    } else {
        if (is_unverified_ && !is_still_announced()) return false;
        append_record_header(out_, RecordType::std_out, request_id_, length);
        record_left_ = length;
        is_unverified_ = true;
    }
    range_left_ -= length;
    return true;
}

/// Fills out_ with what comes next: text, a record header before file content, or the end.
void ResponseWriter::fill() {
    out_.swap(interjected_);
    while (record_left_ == 0) {
        if (out_.size() > most_record_content) return;  // many small ranges: what there is goes first
        if (range_left_ > 0) {
            if (!announce_range()) return;
            continue;
        }
        if (piece_ == pieces_.size()) break;
        const http::Piece& piece = pieces_[piece_++];
        if (const auto* text = std::get_if<std::string>(&piece)) {
            append_text_records(out_, *text, request_id_);
        } else {
            const auto range = std::get<http::ByteRange>(piece);
            position_ = range.first_pos;
            range_left_ = range.length();
        }
    }
    if (record_left_ > 0 || is_ended_) return;
    if (is_unverified_ && !is_still_announced()) return;
    is_ended_ = true;
    // An empty record ends STDOUT (§3.3).
    append_record_header(out_, RecordType::std_out, request_id_, 0);
    append_end_request(out_, request_id_, ProtocolStatus::request_complete);
}

/// Says between two records that something is wrong: with a header of a version that does not exist. Within a record
/// that would be taken for content.
void ResponseWriter::break_off(const char* why) {
    out_.append(record_header_length, '\0');
    why_broken_ = why;
}

/// Counts the bytes of STDOUT in what has been written of out_: it is made of whole records, but for the last, whose
/// content may be in the file.
std::uint64_t ResponseWriter::stdout_in_out() const {
    std::uint64_t sum = 0;
    std::size_t i = 0;
    while (i + record_header_length < out_done_) {
        unsigned char bytes[record_header_length];
        std::copy_n(out_.begin() + static_cast<std::ptrdiff_t>(i), record_header_length, bytes);
        const RecordHeader header = parse_record_header(bytes);
        i += record_header_length;
        const std::size_t written = std::min<std::size_t>(header.content_length, out_done_ - i);
        if (header.type == RecordType::std_out) sum += written;
        i += written;
    }
    return sum;
}

std::uint64_t ResponseWriter::content_in_out() const {
    const std::uint64_t written = stdout_in_out();
    return written - std::min(written, head_left_);
}

ResponseWriter::Progress ResponseWriter::write_out(int connection, std::uint64_t& budget) {
    // With MSG_MORE a record's header travels with the content that follows it, where the transport knows packets.
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (record_left_ > 0 ? MSG_MORE : 0);
    const ssize_t n = send(connection, out_.data() + out_done_, out_.size() - out_done_, flags);
    if (n >= 0) {
        out_done_ += static_cast<std::size_t>(n);
        budget -= std::min(budget, static_cast<std::uint64_t>(n));
        if (out_done_ == out_.size()) {
            sent_ += content_in_out();
            head_left_ -= std::min(head_left_, stdout_in_out());
            // Swapped, since an assignment would keep the memory, and a parked viewer shall have none of it.
            std::string{}.swap(out_);
            out_done_ = 0;
        }
        return Progress::done;
    }
    if (errno == EINTR) return Progress::done;
    return errno == EAGAIN ? Progress::blocked : Progress::aborted;
}

ResponseWriter::Progress ResponseWriter::write_file(int connection, std::uint64_t& budget) {
    auto position = static_cast<off_t>(position_);
    const ssize_t n = sendfile(connection, content_.fd, &position, record_left_);
    if (n == 0) why_broken_ = "the file is shorter than it was";  // within this record
    if (n < 0) {
        if (errno == EINTR) return Progress::done;
        if (errno == EAGAIN) return Progress::blocked;
        if (errno == EPIPE || errno == ECONNRESET) return Progress::aborted;
        why_broken_ = posix::static_cause(errno);
    }
    if (n <= 0) return Progress::broken;
    const auto count = static_cast<std::uint64_t>(n);
    position_ += count;
    record_left_ -= count;
    sent_ += count;
    budget -= std::min(budget, count);
    return Progress::done;
}

ResponseWriter::Progress ResponseWriter::write(int connection, std::uint64_t budget) {
    while (true) {
        Progress progress = Progress::done;
        if (out_done_ < out_.size()) {
            progress = write_out(connection, budget);
        } else if (record_left_ > 0) {
            progress = write_file(connection, budget);
        } else if (why_broken_) {
            return Progress::broken;
        } else if (is_done()) {
            forget_pieces();
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
