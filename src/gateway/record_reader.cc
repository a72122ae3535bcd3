// Owns the incoming half of a FastCGI connection: bytes, in parts of any size, become whole requests (FastCGI 1.0 §3.3,
// §4, §5).
// SPDX-License-Identifier: MIT
#include "gateway/record_reader.h"

#include <algorithm>

namespace reelgate::gateway {

namespace {

/// Limit on the params of one request, including the headers of their records. Web servers limit header sections to
/// some KiB; this leaves room for a raised limit, and keeps a peer from filling our memory.
constexpr std::size_t max_params = std::size_t{1} << 20;

/// Limit on the content of a management record. FCGI_GET_VALUES names three variables at most.
constexpr std::size_t max_management_content = 1024;

constexpr unsigned char keep_conn_flag = 1;  // §5.1

}  // namespace

void RecordReader::next() {
    state_ = State::waiting;
    forget_params();
    params_length_ = 0;
}

Incoming RecordReader::read(std::string_view& bytes, std::string& out) {
    while (true) {
        if (out.size() >= max_replies) return Incoming::full;
        if (!in_record_) {
            const std::size_t count = std::min(bytes.size(), record_header_length - header_count_);
            std::copy_n(bytes.begin(), count, header_bytes_ + header_count_);
            header_count_ += count;
            bytes.remove_prefix(count);
            if (header_count_ < record_header_length) return Incoming::wanting;
            header_ = parse_record_header(header_bytes_);
            // Any id counts: a web server may send the next request before it has read the end of this answer.
            if (state_ == State::answering && header_.type == RecordType::begin_request) return Incoming::held;
            if (begin_record() == Incoming::invalid) return Incoming::invalid;
        }
        const std::size_t content = std::min(bytes.size(), content_left_);
        take_content(bytes.substr(0, content));
        content_left_ -= content;
        bytes.remove_prefix(content);
        const std::size_t padding = content_left_ == 0 ? std::min(bytes.size(), padding_left_) : 0;
        padding_left_ -= padding;
        bytes.remove_prefix(padding);
        if (content_left_ > 0 || padding_left_ > 0) return Incoming::wanting;
        in_record_ = false;
        header_count_ = 0;
        if (const Incoming incoming = end_record(out); incoming != Incoming::wanting) return incoming;
    }
}

Incoming RecordReader::begin_record() {
    if (header_.version != fcgi_version) return Incoming::invalid;
    in_record_ = true;
    content_left_ = header_.content_length;
    padding_left_ = header_.padding_length;
    content_.clear();
    if (header_.request_id == 0 && header_.content_length > max_management_content) return Incoming::invalid;
    if (header_.type == RecordType::begin_request && header_.content_length != begin_request_length)
        return Incoming::invalid;
    if (is_params()) params_length_ += record_header_length + header_.content_length;
    return params_length_ > max_params ? Incoming::invalid : Incoming::wanting;
}

void RecordReader::take_content(std::string_view part) {
    if (header_.request_id == 0 || header_.type == RecordType::begin_request)
        content_.append(part);
    else if (is_params())
        params_.append(part);
}

Incoming RecordReader::begin_request(std::string& out) {
    const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(content_[i]); };
    const unsigned role = byte(0) << 8U | byte(1);
    const bool keeps = (byte(2) & keep_conn_flag) != 0;
    if (state_ != State::waiting) {
        // "The application [...] rejects a new request on a multiplexed connection with FCGI_CANT_MPX_CONN" (§5.5); a
        // second beginning of the same request is nothing at all.
        if (header_.request_id == request_id_) return Incoming::invalid;
        append_end_request(out, header_.request_id, ProtocolStatus::cant_mpx_conn);
        return Incoming::wanting;
    }
    if (role != responder_role) {
        // Its other records have an inactive id, and are ignored (§3.3).
        append_end_request(out, header_.request_id, ProtocolStatus::unknown_role);
        return keeps ? Incoming::wanting : Incoming::refused;
    }
    state_ = State::params;
    request_id_ = header_.request_id;
    keeps_connection_ = keeps;
    return Incoming::wanting;
}

Incoming RecordReader::end_record(std::string& out) {
    if (header_.request_id == 0) {
        if (header_.type == RecordType::get_values)
            append_values(out, content_, max_connections_);
        else
            append_unknown_type(out, header_.type);
        return Incoming::wanting;
    }
    if (header_.type == RecordType::begin_request) return begin_request(out);
    if (!is_ours()) return Incoming::wanting;
    if (header_.type == RecordType::abort_request) return Incoming::aborted;
    if (header_.content_length > 0) return Incoming::wanting;
    // An empty record ends a stream (§3.3).
    if (is_params()) {
        state_ = State::content;
    } else if (header_.type == RecordType::std_in && state_ == State::content) {
        state_ = State::answering;
        return Incoming::request;
    }
    return Incoming::wanting;
}

}  // namespace reelgate::gateway
